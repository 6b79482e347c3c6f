# shellcheck shell=bash disable=SC2154
# Membership of this server in the cluster, for join.sh. Sourced after the settings, common.sh, join.sh and kubeadm.sh.

# shellcheck disable=SC2034 # join.sh says it
WHOLE=cluster

# Written last, so that what an attempt left half made is no membership.
membership() {
  local version
  if [ -e "$BAY_MEMBER" ]; then
    echo ready
  elif version=$(kubeadm version --output short) && fits "$version"; then
    echo outside
  else
    echo "refuse kubeadm-is-${version:-broken}"
  fi
}

# fits VERSION: a kubeadm makes and joins clusters of its own minor version and of the one before.
fits() {
  local wanted=${BAY_VERSION#*.} has=${1#*.}
  wanted=${wanted%%.*} has=${has%%.*}
  [ "$has" = "$wanted" ] || [ "$has" = $((wanted + 1)) ]
}

is_token() {
  [[ $1 =~ ^[a-z0-9]{6}\.[a-z0-9]{16}$ ]]
}

# The remains of an own attempt to make a cluster do not count: nobody is let in before it is made.
has_state() {
  local attempt=
  [ ! -e "$BAY_ATTEMPT" ] || attempt=$(cat "$BAY_ATTEMPT")
  case $attempt in
    init) return 1 ;;
    join) ;; # so there was a cluster to join
    *) [ -n "$(ls -A "$BAY_STATE" 2>/dev/null)" ] ;;
  esac
}

# start_afresh init|join: nothing of earlier attempts, nor of an earlier server on the same volume, whose etcd has lost
# its place; the keys are the bay's.
start_afresh() {
  [ ! -e "$BAY_ATTEMPT" ] || kubeadm reset --force --cri-socket "$CRI" || return 1
  echo "$1" >"$BAY_ATTEMPT"
  [ "$BAY_ROLE" = master ] || return 0
  mkdir -p "$BAY_STATE" "$BAY_KUBERNETES/pki"
  chmod 0700 "$BAY_STATE"
  find "$BAY_STATE" -mindepth 1 -delete
  cp -r "$BAY_KEYS/." "$BAY_KUBERNETES/pki/"
}

initialise() {
  start_afresh init || return 1
  (umask 077 && init_configuration "$(listed_address)" >"$RUN/kubeadm.yaml")
  if kubeadm init --config "$RUN/kubeadm.yaml" --skip-phases show-join-command; then
    become_member
  else
    tell "cluster state=waiting reason=init-failed"
    return 1
  fi
}

join() {
  start_afresh join || return 1
  (
    umask 077
    join_configuration "$(own_address "$1")" >"$RUN/kubeadm.yaml"
    discovery "$2" >"$RUN/discovery.conf"
  )
  if kubeadm join --config "$RUN/kubeadm.yaml"; then
    become_member
  else
    tell "cluster state=waiting reason=join-at-$1-failed"
    return 1
  fi
}

become_member() {
  touch "$BAY_MEMBER"
  rm -f "$BAY_ATTEMPT" "$RUN/kubeadm.yaml" "$RUN/discovery.conf"
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
  kubectl --kubeconfig "$BAY_KUBERNETES/kubelet.conf" get node "$(node_name)" \
    --output 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' || true
}
