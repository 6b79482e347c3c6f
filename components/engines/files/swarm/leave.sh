# shellcheck shell=bash
# How this node leaves the swarm. Sourced by leave.

is_member() {
  [ "$(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null)" = active ]
}

# Docker would go on with an entry that is no more, and be in trouble at the next boot.
part() {
  docker swarm leave
}
