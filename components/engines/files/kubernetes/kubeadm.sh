# shellcheck shell=bash disable=SC2154
# What kubeadm is told of this server. Sourced after the settings, common.sh and join.sh.

CRI=unix:///run/containerd/containerd.sock
PATCHES=$RUN/patches # of what kubeadm makes of a master

# ADDRESS: of this server.
init_configuration() {
  cat <<CONF
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: "$1", bindPort: $BAY_API_PORT}
patches: {directory: $PATCHES}
$(registration "$1")
$(timeouts)
CONF
  cat /etc/bay/kubeadm.yaml
}

# ADDRESS: of this server.
join_configuration() {
  cat <<CONF
apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery:
  file: {kubeConfigPath: "$RUN/discovery.conf"}
$([ "$BAY_ROLE" = node ] || control_plane "$1")
$(registration "$1")
$(timeouts)
CONF
}

# ADDRESS: of this server.
control_plane() {
  echo "controlPlane: {localAPIEndpoint: {advertiseAddress: \"$1\", bindPort: $BAY_API_PORT}}"
  echo "patches: {directory: $PATCHES}"
}

# TOKEN: the authority is known, so nobody else can answer in the masters' place.
discovery() {
  local user="client-certificate-data: \"$1\", client-key: $RUN/kubelet.key"
  ! is_bootstrap_token "$1" || user="token: \"$1\""
  cat <<CONF
apiVersion: v1
kind: Config
clusters:
- {name: bay, cluster: {server: "https://$BAY_CLUSTER", certificate-authority: /etc/bay/pki/ca.crt}}
users:
- {name: newcomer, user: {$user}}
contexts:
- {name: bay, context: {cluster: bay, user: newcomer}}
current-context: bay
CONF
}

# ADDRESS: of this server. A master has the taints that kubeadm gives it.
registration() {
  local argument taint
  cat <<CONF
nodeRegistration:
  name: $(node_name)
  criSocket: $CRI
  ignorePreflightErrors: [$(ignored)]
  kubeletExtraArgs:
CONF
  for argument in "node-ip=$1" $BAY_KUBELET_ARGS; do
    printf '  - {name: "%s", value: "%s"}\n' "${argument%%=*}" "${argument#*=}"
  done
  [ "$BAY_ROLE" = node ] || return 0
  [ -n "$BAY_TAINTS" ] && echo "  taints:" || echo "  taints: []"
  for taint in $BAY_TAINTS; do
    printf '  - %s\n' "$(taint_fields "$taint")"
  done
}

# taint_fields KEY[=VALUE]:EFFECT
taint_fields() {
  local pair=${1%:*} value=
  [ "$pair" = "${pair%%=*}" ] || value=${pair#*=}
  printf '{key: "%s", value: "%s", effect: %s}' "${pair%%=*}" "$value" "${1##*:}"
}

# Small masters do, if slowly; a container has no configuration of the kernel to look at. Of proxies kubeadm only warns,
# but before 1.33.6 it writes the networks' addresses as URLs that a Go of 1.26 takes for none.
ignored() {
  echo "NumCPU, HTTPProxyCIDR$(systemd-detect-virt --quiet --container && echo ", SystemVerification")"
}

timeouts() {
  local name
  echo "timeouts:"
  # Masters enter etcd one after the other.
  for name in controlPlaneComponentHealthCheck kubeletHealthCheck tlsBootstrap etcdAPICall; do
    echo "  $name: 10m0s"
  done
}
