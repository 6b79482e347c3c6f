# shellcheck shell=bash disable=SC2154
# Membership of this server in the cluster, for join.sh. Sourced after the settings, common.sh, join.sh and kubeadm.sh.

# shellcheck disable=SC2034 # join.sh says it
WHOLE=cluster

# Written last, so that what an attempt left half made is no membership.
membership() {
  local version
  if [ -e /etc/bay/member ]; then
    echo ready
  elif ! version=$(kubeadm version --output short) || ! fits "$version"; then
    echo "refuse kubeadm-is-${version:-broken}"
  elif may_resume; then
    echo resume
  else
    echo outside
  fi
}

# fits VERSION: a kubeadm makes and joins clusters of its own minor version and of the one before.
fits() {
  local wanted=${BAY_VERSION#*.} has=${1#*.}
  wanted=${wanted%%.*} has=${has%%.*}
  [ "$has" = "$wanted" ] || [ "$has" = $((wanted + 1)) ]
}

# The only master of a bay, built anew with the state volume of the one before: there is nobody else to ask.
may_resume() {
  [ "$BAY_MASTER_NAMES" = "$(node_name)" ] || return 1
  case $(attempt) in
    resume) ;;
    "") [ -e /var/lib/etcd/member ] ;;
    *) return 1 ;;
  esac
}

# What this server has begun and not ended: init, join, resume or nothing.
attempt() {
  [ ! -e /etc/bay/attempt ] || cat /etc/bay/attempt
}

# A master answers with a certificate for this node's name, in base64: with it the kubelet asks for its own.
ask_in() {
  local request
  request=$(certificate_request) || return 1
  ask "$1" certificate 60 "$request"
}

# For a key that never leaves this server.
certificate_request() {
  local key="$RUN/kubelet.key"
  mkdir -p "$RUN"
  [ -s "$key" ] || (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key") || return 1
  openssl req -new -key "$key" -subj "/O=system:nodes/CN=system:node:$(node_name)" -outform DER | base64 -w 0
}

# Masters that an earlier version of bay made answer with a bootstrap token.
is_token() {
  [[ $1 =~ ^LS0t[A-Za-z0-9+/=]+$ ]] || is_bootstrap_token "$1"
}

is_bootstrap_token() {
  [[ $1 =~ ^[a-z0-9]{6}\.[a-z0-9]{16}$ ]]
}

# The remains of an own attempt to make a cluster do not count: nobody is let in before it is made.
has_state() {
  case $(attempt) in
    init) return 1 ;;
    "") [ -n "$(ls -A /var/lib/etcd 2>/dev/null)" ] ;;
    *) ;; # so there was a cluster
  esac
}

# start_afresh init|join: nothing of earlier attempts, nor of an earlier server on the same volume, whose etcd has lost
# its place; the keys are the bay's.
start_afresh() {
  [ ! -e /etc/bay/attempt ] || kubeadm reset --force --cri-socket "$CRI" || return 1
  echo "$1" >/etc/bay/attempt
  [ "$BAY_ROLE" = master ] || return 0
  mkdir -p /var/lib/etcd
  find /var/lib/etcd -mindepth 1 -delete
  give_keys
}

give_keys() {
  mkdir -p /etc/kubernetes/pki
  cp -r /etc/bay/pki/. /etc/kubernetes/pki/
  give_etcd_its_own
}

initialise() {
  tell "cluster state=initialising"
  start_afresh init || return 1
  make_cluster
}

# With the state as it is: kubeadm brings back what ran on it. Its reset would empty it.
resume() {
  tell "cluster state=resuming"
  echo resume >/etc/bay/attempt
  systemctl stop kubelet.service
  rm -rf /etc/kubernetes/manifests /etc/kubernetes/*.conf
  give_keys
  # The ports: an attempt before this one may have left containers running, which go on under the new kubelet.
  make_cluster --ignore-preflight-errors \
    DirAvailable--var-lib-etcd,Port-2379,Port-2380,Port-6443,Port-10250,Port-10257,Port-10259
}

# make_cluster OPTION...
make_cluster() {
  (umask 077 && init_configuration "$(listed_address)" >"$RUN/kubeadm.yaml")
  # No bootstrap tokens, and no approval of what they request: the masters' door lets nodes in.
  if kubeadm init --config "$RUN/kubeadm.yaml" --skip-phases bootstrap-token,show-join-command "$@"; then
    become_member
  else
    tell "cluster state=waiting reason=init-failed"
    return 1
  fi
}

join() {
  tell "cluster state=joining master=$1"
  start_afresh join || return 1
  (
    umask 077
    join_configuration "$(own_address "$1")" >"$RUN/kubeadm.yaml"
    discovery "$2" >"$RUN/discovery.conf"
  )
  if [ "$BAY_ROLE" = master ] && ! upgrade_configuration "$RUN/discovery.conf"; then
    tell "cluster state=waiting reason=no-configuration-from-$1"
    return 1
  fi
  if kubeadm join --config "$RUN/kubeadm.yaml"; then
    become_member
  else
    tell "cluster state=waiting reason=join-at-$1-failed"
    return 1
  fi
}

become_member() {
  touch /etc/bay/member
  rm -f /etc/bay/attempt "$RUN/kubeadm.yaml" "$RUN/discovery.conf" "$RUN/kubelet.key"
}

# Ready in Kubernetes' own sense: with a network for pods.
await_ready() {
  until [ "$(condition_ready)" = True ]; do
    tell "cluster state=waiting reason=node-is-not-ready"
    sleep 2
  done
}

# A kubelet may ask for its own node.
condition_ready() {
  kubectl --kubeconfig /etc/kubernetes/kubelet.conf get node "$(node_name)" \
    --output 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' || true
}
