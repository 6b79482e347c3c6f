#!/usr/bin/env bash
# The main job of bay, on a real OpenStack on this machine: create, show, preview, scale. Where servers may boot here,
# the bay is a real Swarm in the end.
set -euo pipefail

step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

# Whether the sandbox's servers boot: then one of its services creates their networks.
boots() { bay sandbox status -f value -c service | grep -qx network; }

# Bays other than the demo's that are on the sandbox, and not on another cloud; it has to run for that.
others() {
    local name
    for name in $(bay list -f value -c name); do
        if bay node list "$name" >/dev/null 2>&1; then echo "$name"; fi
    done
}

# Has the servers boot, where this machine can; a sandbox with other bays stays what it is.
boot() {
    local kept=
    if [ -n "$(bay list -f value -c name)" ] && ! boots; then
        step bay sandbox start
        if ! boots; then kept=$(others | paste -sd ' '); fi
    fi
    if [ -n "$kept" ]; then
        echo "servers do not boot: the sandbox has bays whose servers never did ($kept);" \
            "delete them when you no longer need them, and run the demo again"
        return 1
    fi
    step bay sandbox start --boot && step bay sandbox image build swarm && return
    echo "servers do not boot here, for the reason above; the rest works without"
    return 1
}

# After a `boot` that failed: a bay whose servers wait for an image would have no swarm. Other bays' servers keep running.
unboot() {
    if boots && [ -n "$(others)" ]; then
        step bay sandbox start
    else
        step bay sandbox start --no-boot
    fi
}

# Docker's client: the machine's, else the one in the nodes' image.
client() {
    local image
    command -v docker >/dev/null && return
    image=$(bay sandbox image list -f value -c image -c folder | sed -n 's/^docker //p')
    printf '\nthis machine has no docker client; that of the node image is used: %s\n' "$image/rootfs/usr/bin/docker"
    client_folder=$(mktemp -d)
    trap 'rm -r "$client_folder"' EXIT
    ln -s "$image/rootfs/usr/bin/docker" "$client_folder"
    PATH=$PATH:$client_folder
}

unset "${!OS_@}" # of another cloud
export OS_CLOUD=sandbox
if bay list -f value -c name | grep -qx demo; then
    step bay sandbox start
    step bay delete demo --yes
fi
booted=false
reach=()
if boot; then
    booted=true
    reach=(--set "access.api=[198.18.0.0/15]") # the sandbox's addresses, and this machine's among them
else
    unboot
fi
step bay create demo --model swarm "${reach[@]}"
step bay show demo
step bay node list demo
step bay preview demo --nodes 5 || [ $? -eq 2 ] # 2: there are changes
step bay scale demo 5
step bay node list demo
if $booted; then
    client
    printf '\n\033[1m$ %s\033[0m\n' "eval \"\$(bay config demo)\""
    eval "$(bay config demo)"
    step docker node ls
fi

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
if $booted; then
    echo "  docs/examples                    work for it: a web site, continuous integration, Jupyter"
fi
