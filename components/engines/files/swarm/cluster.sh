# shellcheck shell=bash disable=SC2154
# Membership of this server in the swarm, for join.sh. Sourced after the settings, common.sh and docker.sh.

# shellcheck disable=SC2034 # join.sh says it
WHOLE=swarm

membership() {
  local state
  state=$(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null) || state=down
  case $state in
    active) echo ready ;;
    inactive) echo outside ;;
    pending | down) echo "wait docker-is-$state" ;;
    *) echo "refuse swarm-is-$state" ;; # error, locked
  esac
}

ask_in() {
  ask "$1" token
}

is_token() {
  [[ $1 == SWMTKN-* ]]
}

has_state() {
  [ -n "$(ls -A "$(docker info --format '{{.DockerRootDir}}')/swarm" 2>/dev/null)" ]
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

join() {
  size_gateway_bridge || return 1
  docker swarm join --token "$2" --advertise-addr "$(own_address "$1")" --availability "$(availability)" \
    "$(endpoint "$1")" && return
  tell "cluster state=waiting reason=join-at-$1-failed"
  # Docker goes on in the background. A worker starts afresh, maybe with another master; a manager that leaves in
  # the middle would take the majority with it.
  [ "$BAY_ROLE" = master ] || docker swarm leave --force || true
  return 1
}
