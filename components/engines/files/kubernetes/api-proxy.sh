# shellcheck shell=bash disable=SC2154
# This server's way to the API where the masters have no address in common. Sourced after the settings and common.sh.

# haproxy passes connections on to the masters that are ready.
serve_proxy() {
  local new="$RUN/haproxy.cfg"
  need haproxy haproxy
  mkdir -p "$RUN" /etc/haproxy
  proxy_settings >"$new"
  systemctl enable haproxy.service
  if cmp -s "$new" /etc/haproxy/haproxy.cfg; then
    systemctl start haproxy.service
  else
    cp "$new" /etc/haproxy/haproxy.cfg
    systemctl restart haproxy.service
  fi
}

proxy_settings() {
  local names addresses i
  read -ra names <<<"$BAY_MASTER_NAMES"
  read -ra addresses <<<"$BAY_MASTER_ADDRESSES"
  cat <<CONF
global
  maxconn 8192
defaults
  mode tcp
  option redispatch
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen bay-api
  bind $BAY_CLUSTER
  option httpchk GET /readyz
  http-check expect status 200
  default-server check check-ssl verify required ca-file /etc/bay/pki/ca.crt inter 2s fall 2 rise 1 on-marked-down shutdown-sessions
CONF
  for i in "${!names[@]}"; do
    echo "  server ${names[i]} ${addresses[i]}:$BAY_API_PORT"
  done
}
