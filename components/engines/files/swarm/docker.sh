# shellcheck shell=bash disable=SC2154
# Docker on this server: there, set up and running. Sourced after the settings and common.sh.

install_docker() {
  # Without its parser a kernel with AppArmor refuses every container.
  [ ! -d /sys/kernel/security/apparmor ] || need apparmor_parser apparmor
  need iptables iptables
  need ssh openssh-client
  [ "$BAY_ROLE" = node ] || need sudo sudo # for the account bay-join
  need dockerd docker.io
  need docker docker-cli # a package of its own from Debian 13 on
}

# The size of packets on the way out. OpenStack's own tunnels often leave 1450 bytes, Docker assumes 1500, and
# then connections of containers hang as soon as they carry more than a few bytes.
link_mtu() {
  local routes device
  routes=$(ip -o route show default)
  device=${routes#* dev }
  device=${device%% *}
  cat "/sys/class/net/$device/mtu" 2>/dev/null || echo 1500
}

# Of an overlay network Docker wants to know the size outside, and takes off what VXLAN and IPsec need.
docker_options() {
  local major
  major=$(dockerd --version | sed -n 's/[^0-9]*\([0-9]*\)\..*/\1/p')
  printf -- '--mtu=%s' "$(link_mtu)"
  # Older ones have no such option: whoever makes an overlay network there says its size.
  if [ "${major:-0}" -ge 24 ]; then
    printf -- ' --default-network-opt=overlay=com.docker.network.driver.mtu=%s' "$(link_mtu)"
  fi
}

# Restarts Docker only where it runs with other settings: containers would stop.
configure_docker() {
  local files wanted
  printf 'BAY_DOCKER_OPTIONS="%s"\n' "$(docker_options)" >"$BAY_DOCKER_ENV"
  read -ra files <<<"$BAY_DOCKER_FILES"
  wanted=$(cat "${files[@]}" "$BAY_DOCKER_ENV" | sha256sum)
  if [ "$(cat "$BAY_DOCKER_APPLIED" 2>/dev/null)" != "$wanted" ]; then
    systemctl daemon-reload
    systemctl enable docker.service
    systemctl restart docker.service
    printf '%s\n' "$wanted" >"$BAY_DOCKER_APPLIED"
  else
    systemctl start docker.service
  fi
}

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
  local try
  [ "$(link_mtu)" != 1500 ] || return 0
  docker network rm ingress <<<y || return 1 # it asks
  for try in 1 2 3 4 5 6 7 8 9 10; do # it goes in the background
    ! docker network create --driver overlay --ingress \
      --opt com.docker.network.driver.mtu="$(link_mtu)" ingress >/dev/null || return 0
    sleep "$try"
  done
  return 1
}
