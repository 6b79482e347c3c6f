# shellcheck shell=bash disable=SC2154
# What the scripts of a server share: its name and its marks. Sourced after the settings.

node_name() {
  local name
  name=$(uname -n)
  printf '%s\n' "${name%%.*}"
}

# stage NAME [KEY=VALUE]...: how far this server is, for whoever waits: one line in the console log, which Nova
# shows, and in the journal. NAME is docker, cluster, ready or failed; the latest line holds. Values have no blanks.
stage() {
  local line
  line="bay: stage=$1 node=$(node_name)${2:+ ${*:2}}"
  printf '%s\n' "$line"
  # A prompt may stand on the console's last line.
  printf '\n%s\n' "$line" >>"$BAY_CONSOLE" || true
}
