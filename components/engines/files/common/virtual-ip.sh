# shellcheck shell=bash disable=SC2154
# The address that moves between the masters (VRRP). Sourced after the settings and common.sh.

# keepalived on each master, all of equal rank: whoever answers on the API's port may hold the address.
hold_virtual_ip() {
  [ -n "$BAY_VIRTUAL_IP" ] && [ "$BAY_ROLE" = master ] || return 0
  need keepalived keepalived
  virtual_ip_settings >/etc/keepalived/keepalived.conf
  systemctl enable keepalived.service
  systemctl restart --no-block keepalived.service
}

virtual_ip_settings() {
  local own device peer
  own=$(listed_address)
  device=$(ip -o -4 addr show to "$own" | awk '{print $2; exit}')
  cat <<CONF
global_defs {
  enable_script_security
  script_user root
}
vrrp_script engine {
  script "$here/serves-api"
  interval 2
  fall 3
  rise 2
}
vrrp_instance bay {
  state BACKUP
  interface $device
  virtual_router_id 51
  priority 100
  advert_int 1
  unicast_src_ip $own
  unicast_peer {
$(for peer in $BAY_MASTER_ADDRESSES; do [ "$peer" = "$own" ] || echo "    $peer"; done)
  }
  virtual_ipaddress {
    $BAY_VIRTUAL_IP dev $device
  }
  track_script {
    engine
  }
}
CONF
}
