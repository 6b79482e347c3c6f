# shellcheck shell=bash disable=SC2154
# How this node leaves the cluster. Sourced by leave.

is_member() {
  [ -e "$BAY_MESOS_WORK/meta/slaves/latest" ]
}

# An agent that the masters know as gone is never let in again under its old id.
part() {
  touch "$BAY_MESOS/gone"
}
