# shellcheck shell=bash disable=SC2154
# Membership of this server in the swarm. Sourced after the settings, common.sh and docker.sh.

YOUNG=86400 # seconds: only in the first day of a bay's life may a master make its swarm
SLOWEST=15  # seconds between two attempts

# decide ATTEMPT: what to do next, one of
#   ready               this server is in the swarm
#   join ADDRESS TOKEN  that master lets it in
#   init                it is the one to make the swarm
#   wait REASON         nothing, for the time being
#   refuse REASON       nothing, and time alone will not help
decide() {
  local state
  state=$(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null) || state=down
  case $state in
    active) echo ready ;;
    inactive) decide_entry "$1" ;;
    pending | down) echo "wait docker-is-$state" ;;
    *) echo "refuse swarm-is-$state" ;; # error, locked
  esac
}

decide_entry() {
  local address answer code silent=0 busy=0
  [ -e "$BAY_JOIN_KEY" ] || {
    echo "refuse join-key-is-used-up"
    return
  }
  for address in $(other_masters); do
    code=0
    answer=$(ask "$address" token) || code=$?
    case $code:$answer in
      0:SWMTKN-*) echo "join $address $answer" && return ;;
      3:*) ;; # it answers, and has no swarm either
      *) is_there "$address" && busy=$((busy + 1)) || silent=$((silent + 1)) ;;
    esac
  done
  decide_init "$1" "$silent" "$busy"
}

# No master has a token for this server: may it make the swarm itself?
decide_init() {
  local age
  age=$(($(date +%s) - BAY_MADE_AT))
  if [ "$BAY_ROLE" != master ]; then
    echo "wait no-master-lets-it-in"
  elif [ "${BAY_MASTER_NAMES%% *}" != "$(node_name)" ]; then
    echo "wait first-master-has-no-swarm"
  elif ((age <= -3600 || age >= YOUNG)); then
    echo "refuse bay-is-not-new"
  elif [ -n "$(ls -A "$(docker info --format '{{.DockerRootDir}}')/swarm" 2>/dev/null)" ]; then
    echo "refuse state-of-a-swarm-is-on-disk"
  elif (($3 > 0)); then
    echo "wait another-master-is-busy"
  elif (($2 > 0 && $1 < 3)); then
    echo "wait another-master-is-silent" # it may be booting, or cut off for a moment
  else
    echo init
  fi
}

# Everybody starts with another one, so that no master has to serve all.
other_masters() {
  local addresses own address
  read -ra addresses <<<"$BAY_MASTER_ADDRESSES"
  own=$(listed_address)
  for address in "${addresses[@]}"; do
    [ "$address" = "$own" ] || echo "$address"
  done | shuf
}

# ask ADDRESS REQUEST: see join-door for the requests, join-root for the exit codes; ssh's own is 255.
ask() {
  timeout 30 ssh -F "$BAY_SSH_CONFIG" "$1" "$2" </dev/null
}

# Is an SSH server there at all? One that refuses is a master in trouble, not one that does not exist.
is_there() {
  [ -n "$(ssh-keyscan -T 5 -t ed25519 "$1" 2>/dev/null)" ]
}

# own_address PEER: the address under which the other servers find this one.
own_address() {
  local listed
  listed=$(listed_address)
  [ -n "$listed" ] || listed=$(ip -o route get "$1" | sed -n 's/.* src \([^ ]*\).*/\1/p')
  echo "$listed"
}

# endpoint ADDRESS: where managers listen.
endpoint() {
  case $1 in
    *:*) echo "[$1]:2377" ;;
    *) echo "$1:2377" ;;
  esac
}

availability() {
  [ "$BAY_ROLE" = master ] && echo drain || echo active
}

initialise() {
  size_gateway_bridge || return 1
  # What it says holds a token, and this output goes to the journal.
  docker swarm init --advertise-addr "$(listed_address)" --availability "$(availability)" >/dev/null || return 1
  size_ingress || tell "cluster state=working reason=ingress-network-has-another-mtu"
}

# join ADDRESS TOKEN: also takes the place of an earlier server of the same name.
join() {
  ask "$1" "forget $(node_name)" || {
    tell "cluster state=waiting reason=name-is-taken-for-now"
    return 1
  }
  size_gateway_bridge || return 1
  docker swarm join --token "$2" --advertise-addr "$(own_address "$1")" --availability "$(availability)" \
    "$(endpoint "$1")" && return
  tell "cluster state=waiting reason=join-at-$1-failed"
  # Docker goes on in the background. A worker starts afresh, maybe with another master; a manager that leaves in
  # the middle would take the majority with it.
  [ "$BAY_ROLE" = master ] || docker swarm leave --force || true
  return 1
}

# act DECISION: true if it changed something, so that the next look is worth taking at once.
act() {
  local word first second
  read -r word first second <<<"$1"
  case $word in
    init) initialise ;;
    join) join "$first" "$second" ;;
    wait) tell "cluster state=waiting reason=$first" && return 1 ;;
    refuse) tell "failed reason=$first" && return 1 ;;
  esac
}

# tell MARK: a stage mark, unless it was the last one.
tell() {
  [ "$1" = "${TOLD:-}" ] || {
    local words
    read -ra words <<<"$1"
    stage "${words[@]}"
    TOLD=$1
  }
}

# Tries for ever: a master that is away now may come back.
join_cluster() {
  local attempt=1 decision
  decision=$(decide "$attempt")
  until [ "$decision" = ready ]; do
    act "$decision" || sleep "$((attempt < SLOWEST ? attempt : SLOWEST)).$((RANDOM % 10))"
    attempt=$((attempt + 1))
    decision=$(decide "$attempt")
  done
}
