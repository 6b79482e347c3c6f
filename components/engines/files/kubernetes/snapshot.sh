# shellcheck shell=bash disable=SC2034,SC2154
# A snapshot of etcd. Behind common/snapshots.sh, which says what is what.

UNIT=bay-kubernetes.service
ETCD=/var/lib/etcd

# etcd adds the SHA-256 to the end, which etcdutl looks at again.
BLOBS='
import base64, hashlib, json, sys
written, digest, last = 0, hashlib.sha256(), b""
for line in sys.stdin.buffer:
    message = json.loads(line)
    if "error" in message:
        sys.exit("etcd: %s" % message["error"].get("message", "no snapshot"))
    data = last + base64.b64decode(message["result"].get("blob", ""))
    last = data[-32:]
    digest.update(data[:-32])
    sys.stdout.buffer.write(data[:-32])
    written += len(data[:-32])
if not written or digest.digest() != last:
    sys.exit("etcd: the snapshot is not complete")
sys.stdout.buffer.write(last)
'

is_installed() {
  command -v kubeadm kubectl >/dev/null && [ -e "$RUN/containerd.toml" ] && systemctl --quiet is-active containerd.service
}

# etcd PATH JSON [OPTION...]: its own member's API.
etcd() {
  local pki=/etc/kubernetes/pki/etcd
  curl "${@:3}" --silent --show-error --fail --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" \
    --data "$2" "https://127.0.0.1:2379/v3/$1"
}

# A read that a majority agrees on.
serves() {
  [ -e /etc/bay/member ] && etcd kv/range '{"key":"YmF5"}' --max-time 20 >/dev/null 2>&1
}

version() {
  echo "$BAY_VERSION"
}

save() {
  etcd maintenance/snapshot '{}' | python3 -I -c "$BLOBS" >"$1/etcd.db" || refuse 4 "etcd gives no snapshot"
}

# Nothing of it serves any more. What kubeadm made goes, so that the next attempt begins with what the bay gave.
leave() {
  if [ -e /etc/bay/member ] || [ -e /etc/bay/attempt ]; then
    kubeadm reset --force --cri-socket unix:///run/containerd/containerd.sock || refuse 4 "it cannot leave its cluster"
  fi
  rm -f /etc/bay/member /etc/bay/attempt
  rm -rf /etc/bay/applied
  empty "$ETCD"
}

load() {
  [ -s "$1/etcd.db" ] || refuse 4 "the snapshot is not etcd's"
  use_library
  unpack "$1"
  # As the only master of a bay does that was built anew on the volume of the one before.
  resume || refuse 4 "kubeadm does not begin with the snapshot"
}

use_library() {
  local part
  [ -z "${BAY_NO_PROXY:-}" ] || export NO_PROXY="$BAY_NO_PROXY" no_proxy="$BAY_NO_PROXY"
  for part in masters.sh join.sh runtime.sh kubeadm.sh cluster.sh etcd.sh; do
    # shellcheck source=/dev/null
    [ ! -e "$LIBRARY/$part" ] || . "$LIBRARY/$part"
  done
}

# unpack FOLDER: as a cluster of this member alone. Revisions go on far above those of the snapshot, and older ones count as
# compacted: whoever has seen later ones (kubelets, controllers) reads everything anew instead of waiting for more.
unpack() {
  local name url
  name=$(node_name) url="https://$(listed_address):2380"
  find_etcdutl
  "$ETCDUTL" snapshot restore "$1/etcd.db" --data-dir "$1/etcd" --name "$name" --initial-cluster "$name=$url" \
    --initial-advertise-peer-urls "$url" --bump-revision 1000000000 --mark-compacted ||
    refuse 4 "etcdutl does not take the snapshot"
  empty "$ETCD"
  mv "$1/etcd/member" "$ETCD/"
  unmount_image
}

unmount_image() {
  ctr --namespace k8s.io images unmount --rm "$MOUNTED" >/dev/null || umount "$MOUNTED" || true
}

# From etcd's own image, which this master runs: its programs need nothing but the kernel. Sets ETCDUTL and MOUNTED.
find_etcdutl() {
  local image
  MOUNTED="$PUT/image"
  image=$(kubeadm config images list --kubernetes-version "$BAY_VERSION" --image-repository "$BAY_IMAGES" | grep /etcd:)
  [ -n "$(ctr --namespace k8s.io images list --quiet "name==$image")" ] ||
    ctr --namespace k8s.io images pull --hosts-dir /etc/containerd/certs.d "$image" >/dev/null ||
    refuse 4 "image $image cannot be pulled"
  mkdir -p "$MOUNTED"
  mountpoint --quiet "$MOUNTED" || ctr --namespace k8s.io images mount "$image" "$MOUNTED" >/dev/null ||
    refuse 4 "image $image cannot be mounted"
  for ETCDUTL in "$MOUNTED"/usr/local/bin/etcdutl "$MOUNTED"/usr/bin/etcdutl "$MOUNTED"/etcdutl; do
    [ ! -x "$ETCDUTL" ] || return 0
  done
  unmount_image
  refuse 4 "image $image has no etcdutl"
}
