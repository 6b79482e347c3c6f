# shellcheck shell=bash disable=SC2154
# How a server gets into its bay: it asks the masters over SSH. Sourced after the settings, common.sh and masters.sh.
# The engine brings
#   WHOLE                the word for what the servers are in together
#   membership           print "ready", "outside", "resume", "wait REASON" or "refuse REASON"
#   ask_in ADDRESS       ask that master to be let in: print a token, of one word
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
  local address answer code silent=0 busy=0 outside=0 taken=0
  [ -e "$BAY_JOIN_KEY" ] || [ -e "$BAY_MEMBER_KEY" ] || {
    echo "refuse join-key-is-used-up"
    return
  }
  for address in $(other_masters); do
    code=0
    answer=$(ask_in "$address") || code=$?
    if [ "$code" = 0 ] && is_token "$answer"; then
      echo "join $address $answer"
      return
    fi
    if [ "$code" = 3 ]; then
      outside=$((outside + 1)) # it answers, and is in none either
    elif [ "$code" = 4 ]; then
      taken=1
    elif is_there "$address"; then
      busy=$((busy + 1))
    else
      silent=$((silent + 1))
    fi
  done
  # Whoever has the name is in one.
  if [ "$taken" = 1 ]; then
    echo "wait name-is-taken-for-now"
  else
    decide_init "$1" "$silent" "$busy" "$outside"
  fi
}

# No master has a token for this server: may it make the whole itself? Silence of the others proves nothing: a first
# master built anew may be cut off, or they may restart. With this one most of all must be known to be in none.
decide_init() {
  local age masters
  age=$(($(date +%s) - BAY_MADE_AT))
  read -ra masters <<<"$BAY_MASTER_NAMES"
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
  elif (($2 > 0 && $1 < 3 || 2 * (1 + $4) <= ${#masters[@]})); then
    echo "wait another-master-is-silent" # it may be booting, or cut off for a moment
  else
    echo init
  fi
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
  ask "$1" forget || {
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
