#!/usr/bin/env bash
# The main job of bay, on a real OpenStack of this machine: make, show, preview, scale.
set -euo pipefail

step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

unset "${!OS_@}" # of another cloud
export OS_CLOUD=sandbox
step bay sandbox start
if bay show demo -f value -c name >/dev/null 2>&1; then
    step bay delete demo --yes
fi
step bay create demo --model swarm
step bay show demo
step bay node list demo
step bay preview demo --nodes 5 || [ $? -eq 2 ] # 2: there are changes
step bay scale demo 5
step bay node list demo

cat <<'NEXT'

The bay runs on the sandbox. What to type next:
  source .venv/bin/activate; export OS_CLOUD=sandbox
  bay show demo -f json            everything about it
  bay scale demo --remove demo-node-1
  eval "$(bay env)"                then plain pulumi talks to the same state and cloud
  bay delete demo                  leaves nothing
  bay sandbox stop                 keeps what it holds
  bay --help                       on a cloud of your own: bay create ... --os-cloud NAME
NEXT
