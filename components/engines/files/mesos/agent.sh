# shellcheck shell=bash disable=SC2154
# Docker and mesos-agent on this node. Sourced after the settings, common.sh and start's own functions.

start_docker() {
  command -v dockerd >/dev/null || return 0
  stage docker
  configure_docker
}

start_agent() {
  local address
  stage mesos
  need ssh openssh-client # to leave
  need openssl openssl
  address=$(own_address)
  make_pair agent 0600 "$address"
  make_pair executor 0644 "$address" # tasks of every user speak TLS with the agent
  cat "$BAY_MESOS/ca.pem" "$BAY_MESOS/executor.pem" >"$BAY_MESOS/trust.pem"
  make_secret
  wait_for mesos-agent
  own_flags "$address" >"$BAY_MESOS/mesos-agent.own"
  begin_anew
  systemctl start mesos-agent.service
  until [ -e "$BAY_MESOS_WORK/meta/slaves/latest" ]; do # the agent makes it when a master knows it
    tell "mesos state=waiting reason=no-master-knows-it"
    sleep 2
  done
}

# Whoever left is known as gone, and has to come as somebody else.
begin_anew() {
  [ -e "$BAY_MESOS/gone" ] || return 0
  rm -f "$BAY_MESOS_WORK/meta/slaves/latest" "$BAY_MESOS/gone"
}

# The address on the way to the masters.
own_address() {
  ip -o route get "${BAY_MASTER_ADDRESSES%% *}" | sed -n 's/.* src \([^ ]*\).*/\1/p'
}

# make_pair NAME MODE ADDRESS: a key that no other server knows, with a certificate that proves nothing but its address.
make_pair() {
  local pair="$BAY_MESOS/$1"
  [ ! -s "$pair.pem" ] || return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$(node_name)" \
    -addext "subjectAltName=IP:$3" -keyout "$pair-key.pem" -out "$pair.pem" 2>/dev/null
  chmod "$2" "$pair-key.pem"
}

# What the agent signs the tokens of its executors with.
make_secret() {
  [ -s "$BAY_MESOS/jwt_key" ] || (umask 077 && openssl rand -base64 32 >"$BAY_MESOS/jwt_key")
}

own_flags() {
  printf -- '--ip=%s\n--hostname=%s\n' "$1" "$(node_name)"
  if command -v dockerd >/dev/null; then
    echo "--containerizers=mesos,docker"
  else
    echo "--containerizers=mesos"
  fi
  grep -q '^--isolation=' "$BAY_MESOS/mesos-agent.flags" || isolation
}

# Mesos 1.11 knows cgroups of version 1 only, and needs them for images.
isolation() {
  if [ -d "$BAY_CGROUPS/freezer" ]; then
    echo "--isolation=cgroups/cpu,cgroups/mem,filesystem/linux,docker/runtime"
    echo "--cgroups_enable_cfs"
    grep -q '^--image_providers=' "$BAY_MESOS/mesos-agent.flags" || echo "--image_providers=docker"
  else
    printf '%s\n' "--launcher=posix" "--isolation=posix/cpu,posix/mem,filesystem/posix" "--no-systemd_enable_support"
  fi
}
