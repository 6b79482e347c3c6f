# shellcheck shell=bash
# How a manager lets a node go. Sourced by join-root.

# entries ADDRESS: ids of the workers there; managers are never drained.
entries() {
  local found workers
  found=$(docker node ls --filter role=worker --quiet) || return 1
  [ -n "$found" ] || return 0
  mapfile -t workers <<<"$found"
  docker node inspect --format '{{.Status.Addr}} {{.ID}}' "${workers[@]}" | sed -n "s/^${1//./\\.} //p"
}

# running SERVICE: how many replicas; nothing for a service that has as many as there are nodes, or ends by itself.
running() {
  docker service ls --filter "id=$1" --format '{{.Mode}} {{.Replicas}}' | sed -n 's|^replicated \([0-9]*\)/.*|\1|p'
}

# work NODE: "SERVICE REPLICAS" a line, of the services that run there.
work() {
  local found tasks service replicas
  found=$(docker node ps "$1" --filter desired-state=running --quiet) || return 1
  [ -n "$found" ] || return 0
  mapfile -t tasks <<<"$found"
  docker inspect --type task --format '{{.ServiceID}}' "${tasks[@]}" | sort -u | while read -r service; do
    replicas=$(running "$service")
    [ -z "$replicas" ] || echo "$service $replicas"
  done
}

# is_empty NODE: nothing runs there, whatever was meant to.
is_empty() {
  local states
  states=$(docker node ps "$1" --format '{{.CurrentState}}') || return 1
  ! grep -Eq '^(New|Allocated|Pending|Assigned|Accepted|Preparing|Ready|Starting|Running)\b' <<<"$states"
}

# has_moved WORK: as many replicas run as before, unless there is no place for them.
has_moved() {
  local service replicas now errors
  while read -r service replicas; do
    [ -n "$service" ] || continue
    now=$(running "$service")
    ((${now:-$replicas} < replicas)) || continue
    errors=$(docker service ps "$service" --filter desired-state=running --format '{{.Error}}')
    [[ $errors == *"no suitable node"* ]] || return 1
  done <<<"$1"
}

# drain ADDRESS SECONDS
drain() {
  local nodes node work
  nodes=$(entries "$1") || exit 5
  for node in $nodes; do
    work=$(work "$node") || exit 5
    docker node update --availability drain "$node" >&2
    until is_empty "$node" && has_moved "$work"; do
      ((SECONDS < $2)) || exit 6
      sleep 1
    done
  done
}

# wake ADDRESS
wake() {
  local nodes node
  nodes=$(entries "$1") || exit 5
  for node in $nodes; do
    docker node update --availability active "$node" >&2
  done
}

# let_go ADDRESS
let_go() {
  local nodes node
  nodes=$(entries "$1") || exit 5
  for node in $nodes; do
    docker node rm --force "$node" >&2
  done
}
