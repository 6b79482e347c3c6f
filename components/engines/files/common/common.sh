# shellcheck shell=bash disable=SC2154
# What the scripts of a server share: its name and its marks. Sourced after the settings.

node_name() {
  local name
  name=$(uname -n)
  printf '%s\n' "${name%%.*}"
}

# stage NAME [KEY=VALUE]...: how far this server is, for whoever waits: one line in the console log, which Nova
# shows, and in the journal. NAME is packages, prepare, ready, failed or one of the engine's own; the latest line holds. Values have no blanks.
stage() {
  local line
  line="bay: stage=$1 node=$(node_name)${2:+ ${*:2}}"
  printf '%s\n' "$line"
  # A prompt may stand on the console's last line.
  printf '\n%s\n' "$line" >>"$BAY_CONSOLE" || true
}

# need COMMAND PACKAGE: from the distribution, where the image lacks it.
need() {
  ! command -v "$1" >/dev/null || return 0
  stage packages "state=installing" "package=$2"
  command -v apt-get >/dev/null || {
    stage failed "reason=image-lacks-$1"
    exit 1
  }
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "$2"
}

# This server's address, if it is a master.
listed_address() {
  local names addresses i
  read -ra names <<<"$BAY_MASTER_NAMES"
  read -ra addresses <<<"$BAY_MASTER_ADDRESSES"
  for i in "${!names[@]}"; do
    [ "${names[i]}" != "$(node_name)" ] || echo "${addresses[i]}"
  done
}
