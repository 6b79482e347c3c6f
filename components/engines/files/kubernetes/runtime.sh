# shellcheck shell=bash disable=SC2154
# What Kubernetes needs on this server: programs, kernel, containerd. Sourced after the settings and common.sh.

install_kubernetes() {
  # Without its parser a kernel with AppArmor refuses every container.
  [ ! -d /sys/kernel/security/apparmor ] || need apparmor_parser apparmor
  need iptables iptables
  need conntrack conntrack
  need ssh openssh-client
  need openssl openssl
  if [ "$BAY_ROLE" = master ]; then
    need sudo sudo # for the account bay-join
    need curl curl
    need useradd passwd # for etcd's own user
    need pgrep procps
  fi
  need containerd containerd
  need kubelet kubelet
  need kubeadm kubeadm
  need kubectl kubectl
  link_plugins
  systemctl enable containerd.service kubelet.service
}

# Debian has the plugins of pod networks in a place of its own.
link_plugins() {
  local plugin
  [ ! -x /opt/cni/bin/bridge ] || return 0
  need /usr/lib/cni/bridge containernetworking-plugins
  mkdir -p /opt/cni/bin
  for plugin in /usr/lib/cni/*; do
    [ -e "/opt/cni/bin/${plugin##*/}" ] || ln -s "$plugin" /opt/cni/bin/
  done
}

# At each boot. A container has no modules to load, and may not set all of these.
set_kernel() {
  modprobe -a overlay br_netfilter nf_conntrack || true
  sysctl -q -w net.ipv4.ip_forward=1
  sysctl -q -w net.bridge.bridge-nf-call-iptables=1 || true
  sysctl -q -w fs.inotify.max_user_instances=8192 || true   # the kubelet and many pods watch files; 128 are soon gone
  sysctl -q -w net.netfilter.nf_conntrack_max=262144 || true # connections; kube-proxy leaves it alone
}

# Some hosts do not let root of a container make a process less likely to be killed.
may_adjust_oom_score() {
  local capabilities
  capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
  (((16#$capabilities >> 24) & 1)) # CAP_SYS_RESOURCE
}

# The pause image must be the one that kubeadm knows.
containerd_settings() {
  local pause restrict=false
  pause=$(kubeadm config images list --kubernetes-version "$BAY_VERSION" --image-repository "$BAY_IMAGES" | grep /pause:)
  may_adjust_oom_score || restrict=true
  cat <<CONF
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause"
  restrict_oom_score_adj = $restrict
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
CONF
}

# What others on this server need not read: kubeadm, packages and the pods' network leave it to all.
close_files() {
  local file
  for file in /var/lib/kubelet/config.yaml /etc/cni/net.d/* \
    /usr/lib/systemd/system/kubelet.service /usr/lib/systemd/system/kubelet.service.d/* \
    /etc/systemd/system/kubelet.service /etc/systemd/system/kubelet.service.d/*; do
    [ ! -f "$file" ] || chmod go-rwx "$file"
  done
}

# Restarts containerd only where it runs with other settings.
configure_containerd() {
  local new="$RUN/containerd.toml"
  mkdir -p "$RUN" /etc/containerd
  containerd_settings >"$new"
  if cmp -s "$new" /etc/containerd/config.toml; then
    systemctl start containerd.service
  else
    cp "$new" /etc/containerd/config.toml
    systemctl restart containerd.service
  fi
}
