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

# What proves this server's name to the masters.
proof() {
  cat "$BAY_PROOF" 2>/dev/null || echo none
}

# ask ADDRESS VERB [SECONDS [ARGUMENT]]: see join-door for what may be asked, join-root for the exit codes; ssh's own is
# 255. A master that an earlier version of bay made knows no proofs: it refuses, or reads nothing but the command.
ask() {
  local code=0 older
  over_ssh "$1" "$2" "${3:-30}" <<<"$(node_name) $(proof)${4:+ $4}" || code=$?
  case $2 in
    certificate) older=token ;;
    forget) older="forget $(node_name)" ;;
    drain) older="drain $4" ;;
    *) return "$code" ;;
  esac
  [ "$code" = 2 ] || return "$code"
  over_ssh "$1" "$older" "${3:-30}" </dev/null
}

# over_ssh ADDRESS COMMAND SECONDS
over_ssh() {
  timeout "$3" ssh -F "$BAY_SSH_CONFIG" "$1" "$2"
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
