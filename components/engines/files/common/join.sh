# shellcheck shell=bash disable=SC2154
# How a server gets into its bay: it asks the masters over SSH. Sourced after the settings and common.sh.
# The engine brings
#   WHOLE                the word for what the servers are in together
#   membership           print "ready", "outside", "resume", "wait REASON" or "refuse REASON"
#   is_token TEXT        whether that lets a server in
#   has_state            whether the state of one is on this disk already
#   initialise           make one
#   join ADDRESS TOKEN   enter the one of that master
#   resume               go on with the one whose state is on this disk, if `membership` ever says so

YOUNG=86400 # seconds: only in the first day of a bay's life may a master make a new one
SLOWEST=15  # seconds between two attempts

# decide ATTEMPT: what to do next, one of
#   ready               this server is in
#   join ADDRESS TOKEN  that master lets it in
#   init                it is the one to make it
#   resume              it was the only one in it
#   wait REASON         nothing, for the time being
#   refuse REASON       nothing, and time alone will not help
decide() {
  local state
  state=$(membership)
  case $state in
    outside) decide_entry "$1" ;;
    *) echo "$state" ;;
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
    if [ "$code" = 0 ] && is_token "$answer"; then
      echo "join $address $answer"
      return
    fi
    [ "$code" != 3 ] || continue # it answers, and is in none either
    is_there "$address" && busy=$((busy + 1)) || silent=$((silent + 1))
  done
  decide_init "$1" "$silent" "$busy"
}

# No master has a token for this server: may it make the whole itself?
decide_init() {
  local age
  age=$(($(date +%s) - BAY_MADE_AT))
  if [ "$BAY_ROLE" != master ]; then
    echo "wait no-master-lets-it-in"
  elif [ "${BAY_MASTER_NAMES%% *}" != "$(node_name)" ]; then
    echo "wait first-master-has-no-$WHOLE"
  elif ((age <= -3600 || age >= YOUNG)); then
    echo "refuse bay-is-not-new"
  elif has_state; then
    echo "refuse state-of-a-$WHOLE-is-on-disk"
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

# enter ADDRESS TOKEN: also takes the place of an earlier server of the same name.
enter() {
  ask "$1" "forget $(node_name)" || {
    tell "cluster state=waiting reason=name-is-taken-for-now"
    return 1
  }
  join "$1" "$2"
}

# act DECISION: true if it changed something, so that the next look is worth taking at once.
act() {
  local word first second
  read -r word first second <<<"$1"
  case $word in
    init) initialise ;;
    resume) resume ;;
    join) enter "$first" "$second" ;;
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
