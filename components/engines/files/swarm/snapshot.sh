# shellcheck shell=bash disable=SC2034,SC2154
# The Raft directory of a manager. Behind common/snapshots.sh, which says what is what.

UNIT=bay-swarm.service

is_installed() {
  [ -e "$BAY_DOCKER_APPLIED" ] && docker info >/dev/null 2>&1
}

swarm() {
  docker info --format "{{.Swarm.$1}}" 2>/dev/null
}

# With a leader, which answers only while there is a majority.
serves() {
  [ "$(swarm ControlAvailable)" = true ] && timeout 20 docker node ls --quiet >/dev/null 2>&1
}

version() {
  docker version --format '{{.Server.Version}}'
}

folder() {
  echo "$(docker info --format '{{.DockerRootDir}}')/swarm"
}

save() {
  [ "$(swarm Cluster.Spec.EncryptionConfig.AutoLockManagers)" = false ] ||
    refuse 4 "its managers are locked at their start, so a restored one would be: docker swarm update --autolock=false"
  copy_frozen "$(main_process docker.service)" "$(folder)" "$1/swarm"
}

leave() {
  [ "$(swarm LocalNodeState)" = inactive ] || docker swarm leave --force || refuse 4 "it cannot leave its swarm"
}

load() {
  local folder
  [ -e "$1/swarm/docker-state.json" ] && [ -d "$1/swarm/raft" ] || refuse 4 "the snapshot is no manager's"
  folder=$(folder)
  use_library
  size_gateway_bridge || refuse 4 "Docker makes no bridge of the size of the network's packets"
  systemctl stop docker.socket docker.service
  empty "$folder"
  cp --archive "$1/swarm/." "$folder/"
  systemctl start docker.service
  docker swarm init --force-new-cluster --advertise-addr "$(listed_address)" >/dev/null ||
    refuse 4 "Docker does not begin with the snapshot"
  forget_other_managers
  docker node update --availability drain "$(swarm NodeID)" >/dev/null
}

use_library() {
  # shellcheck source=/dev/null
  . "$LIBRARY/docker.sh"
  # shellcheck source=/dev/null
  . "$LIBRARY/networks.sh"
}

# None of them is there any more. What is left of one here goes when the server of that name joins.
forget_other_managers() {
  local id own try
  own=$(swarm NodeID)
  for id in $(docker node ls --filter role=manager --quiet); do
    [ "$id" != "$own" ] || continue
    docker node demote "$id" || true
    for try in 1 2 3 4 5; do
      ! docker node rm --force "$id" || break
      sleep "$try"
    done
  done
}
