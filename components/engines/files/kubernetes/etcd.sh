# shellcheck shell=bash disable=SC2154
# etcd on this master. Sourced after the settings, common.sh and kubeadm.sh.

# etcd runs as a user who owns its data and copies of its keys, and nothing else; kubeadm would have it run as root.
ETCD_KEYS=/etc/kubernetes/etcd

# What kubeadm changes in its pod, for the owner of its files.
etcd_patch() {
  cat <<CONF
{"spec": {
  "securityContext": {"runAsUser": $(id -u etcd), "runAsGroup": $(id -g etcd)},
  "volumes": [{"name": "etcd-certs", "hostPath": {"path": "$ETCD_KEYS"}}]
}}
CONF
}

# Its keys are created before kubeadm starts it, which then uses them; they change when they are renewed.
give_etcd_its_own() {
  local name
  id etcd >/dev/null 2>&1 || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin etcd || return 1
  mkdir -p "$PATCHES"
  etcd_patch >"$PATCHES/etcd.json"
  (umask 077 && init_configuration "$(listed_address)" >"$RUN/etcd.yaml")
  for name in etcd-server etcd-peer; do
    kubeadm init phase certs "$name" --config "$RUN/etcd.yaml" || return 1
  done
  rm "$RUN/etcd.yaml"
  hand_over_etcd
}

# Also at each boot: the volume may come from a server where that user had another number.
hand_over_etcd() {
  local pki=/etc/kubernetes/pki/etcd
  install -d -m 0700 "$ETCD_KEYS"
  cp "$pki/ca.crt" "$pki"/server.* "$pki"/peer.* "$ETCD_KEYS/"
  chmod 0700 /var/lib/etcd
  chown -R etcd:etcd "$ETCD_KEYS" /var/lib/etcd
}
