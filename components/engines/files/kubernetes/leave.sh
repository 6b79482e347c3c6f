# shellcheck shell=bash
# How this node leaves the cluster. Sourced by leave.

is_member() {
  [ -e /etc/bay/member ]
}

# Its kubelet makes no new Node before it starts again, and then by its own certificate.
part() {
  return 0
}
