# shellcheck shell=bash disable=SC2154
# Docker set up and running on this server, for engines that use it. Sourced after the settings and common.sh.

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
    # As `enable`, which takes another second where the package has an init script of the old kind as well.
    systemctl add-wants multi-user.target docker.service
    systemctl restart docker.service
    printf '%s\n' "$wanted" >"$BAY_DOCKER_APPLIED"
  else
    systemctl start docker.service
  fi
}
