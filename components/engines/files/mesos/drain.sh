# shellcheck shell=bash disable=SC2154
# How a master lets an agent go: the calls of Mesos' operator API, version 1.9 or later. Sourced by join-root.

AGENTS='
import json, sys
for agent in json.load(sys.stdin)["get_agents"].get("agents", []):
    address = agent["pid"].partition("@")[2].rpartition(":")[0]
    if address == sys.argv[1]:
        state = agent.get("drain_info", {}).get("state", "ACTIVE")
        print(agent["agent_info"]["id"]["value"], "DEACTIVATED" if agent.get("deactivated") and state == "ACTIVE" else state)
'
LOGIN='
import json, sys
for one in json.load(open(sys.argv[1]))["credentials"]:
    if one["principal"] == "bay-operator":
        print("user = \"%s:%s\"" % (one["principal"], one["secret"]))
'

# api CALL: at the master that leads; the others say who that is. The password is on no command line.
api() {
  python3 -c "$LOGIN" "$BAY_MESOS/credentials.json" |
    curl --config - --silent --show-error --fail --max-time 10 --location-trusted --cacert "$BAY_MESOS/ca.pem" \
      --header 'Content-Type: application/json' --header 'Accept: application/json' --data "$1" \
      "https://127.0.0.1:$BAY_API_PORT/api/v1"
}

# agents ADDRESS: "ID STATE" a line, of those there.
agents() {
  api '{"type":"GET_AGENTS"}' | python3 -c "$AGENTS" "$1"
}

# agent CALL ID [FIELDS]
agent() {
  api "{\"type\":\"${1^^}\",\"$1\":{\"agent_id\":{\"value\":\"$2\"}${3:+,$3}}}" >&2
}

# is_drained ADDRESS
is_drained() {
  local found
  found=$(agents "$1") || return 1
  ! grep -vq ' DRAINED$' <<<"$found"
}

# drain ADDRESS SECONDS: its tasks are killed, as gently as they ask for, and frameworks start them elsewhere.
drain() {
  local found id state
  found=$(agents "$1") || exit 5
  [ -n "$found" ] || return 0
  while read -r id state; do
    [[ $state == DRAIN* ]] || agent drain_agent "$id" "\"max_grace_period\":{\"seconds\":$(($2 > 20 ? $2 - 10 : $2 / 2))}" ||
      exit 5
  done <<<"$found"
  until is_drained "$1"; do
    ((SECONDS < $2)) || exit 6
    sleep 1
  done
}

# each CALL ADDRESS [STATE]: of the agents there, those that are not in that state.
each() {
  local found id state
  found=$(agents "$2") || exit 5
  [ -n "$found" ] || return 0
  while read -r id state; do
    [ "$state" = "${3:-}" ] || agent "$1" "$id" || exit 5
  done <<<"$found"
}

wake() {
  each reactivate_agent "$1" ACTIVE
}

let_go() {
  each mark_agent_gone "$1"
}
