# shellcheck shell=bash disable=SC2154
# How the cluster follows when masters of a later version take the place of its own. Sourced after the settings,
# common.sh and kubeadm.sh.

# is_older VERSION OTHER
is_older() {
  [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# as_administrator PHASE...: of `kubeadm init`; the bay's own authority signs the key, which stays nowhere.
as_administrator() {
  local folder code=0
  folder=$(mktemp -d)
  init_configuration "$(listed_address)" >"$folder/init.yaml"
  kubeadm init phase kubeconfig admin --kubeconfig-dir "$folder" --config "$folder/init.yaml" &&
    kubeadm init phase "$@" --kubeconfig "$folder/admin.conf" --config "$folder/init.yaml" || code=1
  rm -rf "$folder"
  return "$code"
}

# of_system KUBECONFIG KIND JSONPATH OPTION...
of_system() {
  kubectl --kubeconfig "$1" --namespace kube-system get "$2" --output "jsonpath=$3" "${@:4}"
}

# upgrade_configuration KUBECONFIG: `kubeadm join` reads the cluster's own configuration, so that of a later version is
# there before its first master joins. The others run on with what they have.
upgrade_configuration() {
  local version
  version=$(of_system "$1" configmap/kubeadm-config '{.data.ClusterConfiguration}') || return 1
  version=$(sed -n 's/^kubernetesVersion: v//p' <<<"$version")
  is_older "$version" "$BAY_VERSION" || return 0
  tell "cluster state=upgrading from=$version to=$BAY_VERSION"
  as_administrator upload-config kubeadm
}

# What kubelets are told and what kubeadm runs as pods, by a master that is in. kube-proxy may not be newer than an API
# server: true once all are of this version.
upgrade_pods() {
  local admin=/etc/kubernetes/admin.conf found image
  found=$(of_system "$admin" daemonset/kube-proxy '{.spec.template.spec.containers[0].image}' --ignore-not-found) || return 1
  [ -n "$found" ] && is_older "${found##*:v}" "$BAY_VERSION" || return 0
  as_administrator upload-config kubelet || return 1
  found=$(of_system "$admin" pods '{.items[*].spec.containers[0].image}' --selector component=kube-apiserver \
    --field-selector "spec.nodeName!=$(node_name)") || return 1
  for image in $found; do
    ! is_older "${image##*:v}" "$BAY_VERSION" || return 1
  done
  as_administrator addon all
}
