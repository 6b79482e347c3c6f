# shellcheck shell=bash disable=SC2154
# mesos-master and Marathon on this master. Sourced after the settings, common.sh and start's own functions.

start_master() {
  stage mesos
  need sudo sudo # for the account bay-join
  need curl curl
  wait_for mesos-master
  # Clients and agents are told this address; a virtual IP is not the server's own.
  printf -- '--advertise_ip=%s\n--hostname=%s\n' "$(listed_address)" "$(listed_address)" >"$BAY_MESOS/mesos-master.own"
  systemctl start mesos-master.service
  until open_port 5050; do
    tell "mesos state=waiting reason=master-is-not-up"
    sleep 2
  done
  [ "$BAY_MARATHON" = 0 ] || start_marathon
}

start_marathon() {
  stage marathon
  wait_for marathon
  need openssl openssl
  printf 'LIBPROCESS_IP=%s\nMARATHON_HOSTNAME=%s\n' "$(listed_address)" "$(listed_address)" >"$BAY_MESOS/marathon.own"
  (
    umask 077
    # shellcheck source=/dev/null
    . "$BAY_MESOS/marathon.env"
    export MARATHON_SSL_KEYSTORE_PASSWORD
    openssl pkcs12 -export -in "$BAY_MESOS/server.pem" -inkey "$BAY_MESOS/server-key.pem" \
      -passout env:MARATHON_SSL_KEYSTORE_PASSWORD -out "$BAY_MESOS/server.p12"
  )
  systemctl start marathon.service
}
