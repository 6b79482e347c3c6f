# shellcheck shell=bash disable=SC2034,SC2154
# What the scripts of a server share: its name and its marks. Sourced after the settings.

# What is true until the next boot; READY: this server is a part of its bay.
RUN=/run/bay
READY=$RUN/ready

node_name() {
  local name
  name=$(uname -n)
  printf '%s\n' "${name%%.*}"
}

# stage NAME [KEY=VALUE]...: how far this server is, for whoever waits: one line in the console log, which Nova
# shows, and in the journal. NAME is packages, prepare, ready, failed or one of the engine's own; the latest line
# holds. Values have no blanks.
stage() {
  local line
  line="bay: stage=$1 node=$(node_name)${2:+ ${*:2}}"
  printf '%s\n' "$line"
  # A prompt may stand on the console's last line.
  printf '\n%s\n' "$line" >>"$BAY_CONSOLE" || true
  # The holder of the virtual IP is chosen among those who are ready.
  [ "$1" != ready ] || [ -z "${BAY_VIRTUAL_IP:-}" ] || touch "$READY"
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

# fail REASON: says why, and ends the script; its unit tries again.
fail() {
  stage failed "reason=$1"
  exit 1
}

# need COMMAND PACKAGE: from the distribution, where the image lacks it.
need() {
  ! command -v "$1" >/dev/null || return 0
  stage packages "state=installing" "package=$2"
  command -v apt-get >/dev/null || fail "image-lacks-$1"
  # The image's own package lists may do: only the installation decides.
  apt-get update -q || true
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "$2" ||
    fail "image-lacks-$1"
}

# listed_address [NAME]: of this server, or another, if it is a master.
listed_address() {
  local name=${1:-$(node_name)} names addresses i
  read -ra names <<<"$BAY_MASTER_NAMES"
  read -ra addresses <<<"$BAY_MASTER_ADDRESSES"
  for i in "${!names[@]}"; do
    [ "${names[i]}" != "$name" ] || echo "${addresses[i]}"
  done
}
