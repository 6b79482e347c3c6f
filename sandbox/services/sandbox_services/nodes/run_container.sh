#!/bin/sh
# run_container.sh GROUP... -- COMMAND...: run a container in control groups, again whenever it reboots itself.
# The groups are joined here, not by the parent: what the container's manager starts is then in them from its first moment.
while [ "$1" != "--" ]; do
    echo $$ > "$1/cgroup.procs" || exit 1
    shift
done
shift
REBOOT=133 # what systemd-nspawn --keep-unit ends with when the container asked for a reboot
while :; do
    "$@"
    code=$?
    [ $code -eq $REBOOT ] || exit $code
done
