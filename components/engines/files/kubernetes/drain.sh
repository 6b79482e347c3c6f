# shellcheck shell=bash disable=SC2153
# How a master lets a node go. Sourced by join-root.

# The node that asks, if its entry is at its address: masters are never drained.
entry() {
  local found name addresses
  found=$(kube get nodes --selector '!node-role.kubernetes.io/control-plane' --field-selector "metadata.name=$NAME" \
    --output 'jsonpath={range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}') ||
    return 1
  read -r name addresses <<<"$found"
  [[ " $addresses " != *" $CALLER "* ]] || echo "$name"
}

# drain SECONDS: pods of DaemonSets stay, and no disruption budget is broken while there is time.
drain() {
  local node
  node=$(entry) || exit 5
  [ -n "$node" ] || return 0
  kube cordon "$node" >&2 || exit 5
  kube drain "$node" --ignore-daemonsets --delete-emptydir-data --force --timeout "$1s" >&2 || exit 6
}

wake() {
  local node
  node=$(entry) || exit 5
  [ -z "$node" ] || kube uncordon "$node" >&2
}

let_go() {
  local node
  node=$(entry) || exit 5
  [ -z "$node" ] || kube delete node "$node" --ignore-not-found >&2
}
