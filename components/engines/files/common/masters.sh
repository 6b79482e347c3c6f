# shellcheck shell=bash disable=SC2154
# How a server asks the masters over SSH. Sourced after the settings and common.sh.

# Everybody starts with another one, so that no master has to serve all.
other_masters() {
  local addresses own address
  read -ra addresses <<<"$BAY_MASTER_ADDRESSES"
  own=$(listed_address)
  for address in "${addresses[@]}"; do
    [ "$address" = "$own" ] || echo "$address"
  done | shuf
}

# ask ADDRESS REQUEST [SECONDS]: see join-door for the requests, join-root for the exit codes; ssh's own is 255.
ask() {
  timeout "${3:-30}" ssh -F "$BAY_SSH_CONFIG" "$1" "$2" </dev/null
}

# Is an SSH server there at all? One that refuses is a master in trouble, not one that does not exist.
is_there() {
  [ -n "$(ssh-keyscan -T 5 -t ed25519 "$1" 2>/dev/null)" ]
}

# A shutdown that was cut short may have left this node in the bay, but without work.
wake() {
  local address
  until [ ! -e "$BAY_LEAVING" ]; do
    for address in $(other_masters); do
      ! ask "$address" wake || {
        rm -f "$BAY_LEAVING"
        return
      }
    done
    tell "cluster state=waiting reason=no-master-gives-it-work"
    sleep 5
  done
}
