# shellcheck shell=bash disable=SC2154
# The address that moves between the masters (VRRP). Sourced after the settings and common.sh.
# Who may hold it is written in docs/decisions/0016-virtual-ip.md.

KEEPALIVED=/etc/keepalived

hold_virtual_ip() {
  local own device
  need keepalived keepalived
  own=$(listed_address)
  device=$(ip -o addr show to "$own" | sed -n '1s/^[0-9]*: *\([^ ]*\) .*/\1/p')
  [ -n "$device" ] || fail no-interface-has-the-address-of-this-master
  mkdir -p "$KEEPALIVED"
  # keepalived runs no script below a folder that others than root may write to; /usr/local can be one.
  install -m 0755 "$here/serves-api" "$KEEPALIVED/serves-api"
  virtual_ip_settings "$own" "$device" >"$KEEPALIVED/bay.new"
  keepalived --config-test --use-file="$KEEPALIVED/bay.new" || fail keepalived-refuses-its-settings
  systemctl enable keepalived.service
  if cmp -s "$KEEPALIVED/bay.new" "$KEEPALIVED/keepalived.conf"; then
    rm "$KEEPALIVED/bay.new"
    systemctl start keepalived.service
  else
    mv "$KEEPALIVED/bay.new" "$KEEPALIVED/keepalived.conf"
    systemctl restart keepalived.service
  fi
}

# Servers know the masters that there were when they were made. Who knows the latest one knows all the others, and
# goes first; those who know the same are of equal rank, so that nobody takes the address from one that has it.
rank() {
  local latest=${BAY_MASTER_NAMES##*-}
  echo "$((latest < 99 ? latest + 1 : 100))"
}

# Only the first master ever begins a cluster, and may need the address for that: the others must be ready.
condition() {
  [ "${BAY_MASTER_NAMES%% *}" = "$(node_name)" ] || echo " $READY"
}

# peers ADDRESS: the other masters. Without any keepalived would speak and listen by multicast alone, and not hear
# the masters that come later: a lone master has itself.
peers() {
  local peer others=()
  for peer in $BAY_MASTER_ADDRESSES; do
    [ "$peer" = "$1" ] || others+=("$peer")
  done
  printf '    %s\n' "${others[@]:-127.0.0.1}"
}

# virtual_ip_settings ADDRESS DEVICE
virtual_ip_settings() {
  cat <<CONF
global_defs {
  enable_script_security
  script_user root
}
vrrp_script serves {
  script "$KEEPALIVED/serves-api $BAY_API_PORT$(condition)"
  interval 2
  timeout 2
  fall 2
  rise 1
  init_fail
}
vrrp_script ready {
  script "/usr/bin/test -e $READY"
  interval 2
  weight 150
  init_fail
}
vrrp_instance bay {
  state BACKUP
  interface $2
  virtual_router_id $((16#${BAY_ID:0:4} % 255 + 1))
  priority $(rank)
  advert_int 1
  garp_master_refresh 60
  unicast_src_ip $1
  unicast_peer {
$(peers "$1")
  }
  virtual_ipaddress {
    $BAY_VIRTUAL_IP dev $2
  }
  track_script {
    serves
    ready
  }
}
CONF
}
