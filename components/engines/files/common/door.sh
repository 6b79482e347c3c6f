# shellcheck shell=bash disable=SC2034,SC2154
# Who asks at a master's door: what join-root of every engine begins with. Sourced after the settings and common.sh.

# Seconds, as long as a request may take, and a node's work to move.
REQUEST_WITHIN=90
DRAIN_WITHIN=60

# Here and not on a command line, which others on this server could read.
CHECK='
import hmac, sys
name, proof = sys.stdin.read().split()
with open("/etc/bay/door/proof_keys") as file:
    keys = dict(line.split() for line in file)
right = hmac.digest(bytes.fromhex(keys[sys.argv[1]]), name.encode(), "sha256").hex()
sys.exit(not hmac.compare_digest(right[:32], proof))
'

is_master_name() {
  local number=${1#"$BAY_NAME-master-"}
  [ "$number" != "$1" ] && [[ $number =~ ^[0-9]+$ ]]
}

# admit ROLE GENERATION CALLER: reads a request and sets ROLE, CALLER, VERB, NAME and ARGUMENT. Ends with 2 unless the
# caller proves the name, which is one of that role, and with 5 while the same server has another request.
admit() {
  local proof more
  [ $# = 3 ] || exit 2
  [[ $1 =~ ^(node|master|member)$ && $2 =~ ^[0-9]{1,6}$ && $3 =~ ^[0-9a-f.:]{2,45}$ ]] || exit 2
  ROLE=$1 CALLER=$3
  read -r VERB NAME proof ARGUMENT more || exit 2
  [[ $VERB =~ ^[a-z]{1,20}$ && $NAME =~ ^[a-z0-9-]{1,63}$ && $proof =~ ^[0-9a-f]{32}$ && -z $more ]] || exit 2
  if is_master_name "$NAME"; then
    [ "$ROLE" = master ] || exit 2
  else
    [ "$ROLE" != master ] || exit 2
  fi
  python3 -I -c "$CHECK" "$2" <<<"$NAME $proof" 2>/dev/null || exit 2
  mkdir -p "$RUN/door"
  exec 9>"$RUN/door/$CALLER"
  flock --wait 5 9 || exit 5
}

# is_a_drains_time SECONDS: not for ever, which is what 0 means to kubectl.
is_a_drains_time() {
  [[ $1 =~ ^[0-9]{1,2}$ ]] && ((10#$1 >= 1 && 10#$1 <= DRAIN_WITHIN))
}
