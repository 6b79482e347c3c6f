# shellcheck shell=bash disable=SC2034,SC2154
# What ZooKeeper and the masters' registry hold. Behind common/snapshots.sh, which says what is what.

UNIT=bay-mesos.service
SERVICES="marathon.service mesos-master.service zookeeper.service"

is_installed() {
  [ -e "$BAY_ZOOKEEPER_SHELL" ] && id zookeeper >/dev/null 2>&1
}

serves() {
  timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/2181 && printf srvr >&3 && sed -n "s/^Mode: //p" <&3' 2>/dev/null |
    grep . >/dev/null
}

# Of ZooKeeper, which keeps what frameworks know.
version() {
  timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/2181 && printf srvr >&3 && cat <&3' 2>/dev/null |
    sed -n 's/^Zookeeper version: \([0-9.]*\).*/zookeeper-\1/p'
}

# Of agents, quotas and maintenance; it is not there before the first master led.
registry() {
  echo "$(sed -n 's/^--work_dir=//p' "$BAY_MESOS/mesos-master.flags")/replicated_log"
}

save() {
  local master
  copy_frozen "$(main_process zookeeper.service)" "$BAY_ZOOKEEPER_STATE/version-2" "$1/zookeeper"
  master=$(main_process mesos-master.service)
  if [ -d "$(registry)" ] && [ "$master" != 0 ]; then
    copy_frozen "$master" "$(registry)" "$1/registry"
  fi
}

leave() {
  local service
  for service in $SERVICES; do
    systemctl stop "$service" 2>/dev/null || true
  done
}

load() {
  local registry
  [ -d "$1/zookeeper" ] || refuse 4 "the snapshot is not ZooKeeper's"
  install -d -o zookeeper -g zookeeper -m 0750 "$BAY_ZOOKEEPER_STATE"
  empty "$BAY_ZOOKEEPER_STATE/version-2"
  cp --archive "$1/zookeeper/." "$BAY_ZOOKEEPER_STATE/version-2/"
  chown -R zookeeper:zookeeper "$BAY_ZOOKEEPER_STATE"
  registry=$(registry)
  rm -rf "$registry"
  if [ -d "$1/registry" ]; then
    mkdir -p "$(dirname "$registry")"
    cp --archive --no-target-directory "$1/registry" "$registry"
  fi
}
