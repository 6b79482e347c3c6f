# shellcheck shell=bash disable=SC2154
# ZooKeeper on this master. Sourced after the settings, common.sh and start's own functions.

YOUNG=86400 # seconds: only in the first day of a bay's life may a master begin with nothing on its disk
RIGHTS=auth::cdrwa,world:anyone:r

start_zookeeper() {
  local decision
  stage zookeeper
  need "$BAY_ZOOKEEPER_SHELL" zookeeper
  decision=$(decide)
  until [ "$decision" = go ]; do
    tell "$decision"
    sleep 5
    decision=$(decide)
  done
  configure_zookeeper
  until mode_of 127.0.0.1 >/dev/null; do
    tell "zookeeper state=waiting reason=no-majority"
    sleep 2
  done
  own_tree
}

# decide: go, or the mark that says why not. Masters with nothing on their disks would otherwise agree on an empty
# ensemble while the one that has the data is away.
decide() {
  local age
  age=$(($(date +%s) - BAY_MADE_AT))
  if [ -d "$BAY_ZOOKEEPER_STATE/version-2" ]; then
    echo go
  elif ((age > -3600 && age < YOUNG)); then
    echo go
  elif others_serve; then
    echo go
  else
    echo "failed reason=bay-is-not-new"
  fi
}

others_serve() {
  local address
  for address in $BAY_MASTER_ADDRESSES; do
    [ "$address" != "$(listed_address)" ] || continue
    ! mode_of "$address" >/dev/null || return 0
  done
  return 1
}

# mode_of ADDRESS: leader, follower or standalone; nothing and false where no ensemble serves.
mode_of() {
  timeout 5 bash -c "exec 3<>/dev/tcp/$1/2181 && printf srvr >&3 && sed -n 's/^Mode: //p' <&3" 2>/dev/null | grep .
}

# The number of a master is its place in the list.
number() {
  local i=0 name
  for name in $BAY_MASTER_NAMES; do
    i=$((i + 1))
    [ "$name" != "$(node_name)" ] || echo "$i"
  done
}

configure_zookeeper() {
  install -d -o zookeeper -g zookeeper -m 0750 "$BAY_ZOOKEEPER_STATE"
  number >"$BAY_ZOOKEEPER_STATE/myid"
  systemctl daemon-reload
  if cmp -s "$BAY_MESOS/zoo.cfg" "$BAY_ZOOKEEPER_SETTINGS"; then
    systemctl start zookeeper.service
  else
    # Restart: a package may have started one of its own, with settings that are not the bay's.
    install -o zookeeper -g zookeeper -m 0400 "$BAY_MESOS/zoo.cfg" "$BAY_ZOOKEEPER_SETTINGS"
    systemctl restart zookeeper.service
  fi
}

# tree COMMAND...: by the masters' credential, which is on no command line. That something is there already, or gone, is
# no failure: the other masters do the same.
tree() {
  local login
  login=$(sed -n 's|^zk://\([^@]*\)@.*|\1|p' "$BAY_MESOS/zk")
  printf '%s\n' "addauth digest $login" "$@" quit | "$BAY_ZOOKEEPER_SHELL" -server 127.0.0.1:2181 2>/dev/null || true
}

# Everybody in the bay may read; only masters write. What somebody else made before goes: a node could have put
# itself up as a master. An agent that does not find /mesos, and may not make it, would end.
own_tree() {
  local digest path rights
  digest=$(sed -n 's/^DigestAuthenticationProvider.superDigest=//p' "$BAY_MESOS/zoo.cfg")
  until tree "setAcl / $RIGHTS" "setAcl -R /zookeeper $RIGHTS" "getAcl /" | grep -qF "$digest"; do
    tell "zookeeper state=waiting reason=tree-is-not-ours"
    sleep 2
  done
  for path in /mesos /marathon; do
    rights=$(tree "getAcl $path" | grep "^'" || true)
    if [ -n "$rights" ] && ! grep -qF "$digest" <<<"$rights"; then
      tree "deleteall $path" >/dev/null
    fi
  done
  tree "create /mesos bay $RIGHTS" >/dev/null
}
