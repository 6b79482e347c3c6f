# shellcheck shell=bash disable=SC2154
# The size of packets on Swarm's networks. Sourced after the settings, common.sh and docker.sh.

# The bridge that connects overlay networks to the outside: Docker makes it at the join, unless it exists.
size_gateway_bridge() {
  [ "$(link_mtu)" != 1500 ] || return 0
  ! docker network inspect docker_gwbridge >/dev/null 2>&1 || return 0
  docker network create --driver bridge \
    --opt com.docker.network.bridge.name=docker_gwbridge \
    --opt com.docker.network.bridge.enable_icc=false \
    --opt com.docker.network.bridge.enable_ip_masquerade=true \
    --opt com.docker.network.driver.mtu="$(link_mtu)" \
    docker_gwbridge >/dev/null
}

# The network behind published ports: once in a swarm's life, while no service uses it.
size_ingress() {
  local pause
  [ "$(link_mtu)" != 1500 ] || return 0
  docker network rm ingress <<<y || return 1 # it asks
  for pause in 0.2 0.3 0.5 1 2 3 5 8 13 21; do # seconds; it goes in the background
    ! docker network create --driver overlay --ingress \
      --opt com.docker.network.driver.mtu="$(link_mtu)" ingress >/dev/null || return 0
    sleep "$pause"
  done
  return 1
}
