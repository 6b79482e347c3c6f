# shellcheck shell=bash
# How a master lets a node go. Sourced by join-root.

# entries ADDRESS: names of the nodes there; a master is nobody's to drain.
entries() {
  local nodes name addresses
  nodes=$(kube get nodes --selector '!node-role.kubernetes.io/control-plane' --output \
    'jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}') ||
    return 1
  while read -r name addresses; do
    [[ " $addresses " != *" $1 "* ]] || echo "$name"
  done <<<"$nodes"
}

# drain ADDRESS SECONDS: pods of DaemonSets stay, and no disruption budget is broken while there is time.
drain() {
  local nodes node
  nodes=$(entries "$1") || exit 5
  for node in $nodes; do
    kube cordon "$node" >&2 || exit 5
    kube drain "$node" --ignore-daemonsets --delete-emptydir-data --force --timeout "$2s" >&2 || exit 6
  done
}

# wake ADDRESS
wake() {
  local nodes node
  nodes=$(entries "$1") || exit 5
  for node in $nodes; do
    kube uncordon "$node" >&2
  done
}

# let_go ADDRESS
let_go() {
  local nodes node
  nodes=$(entries "$1") || exit 5
  for node in $nodes; do
    kube delete node "$node" --ignore-not-found >&2
  done
}
