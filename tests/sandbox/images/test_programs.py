"""The programs of the project's own in the images, and what is left of a build that is killed."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bay.sandbox.images import build, common, kubernetes
from bay.sandbox.images.programs import Programs
from tests.sandbox.images.conftest import CACHE
from tests.waiting import eventually

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1800)]


def program(engine: str, part: Programs) -> Path:
    """A program that is built for an engine's image."""
    build(CACHE, engine, os.environ["PATH"], print)
    return part.place(CACHE / "nodes") / part.name


WEB = """
ip link set lo up
mkdir -p "$2"; DATA=$2 VERSION=7 "$1" >/dev/null & web=$!
until "$1" get http://127.0.0.1:8080/healthz 2>/dev/null; do kill -0 $web; sleep 0.1; done
"$1" get http://127.0.0.1:8080/
curl -s -X PUT --data kept http://127.0.0.1:8080/data/file
"$1" get http://127.0.0.1:8080/data/file; echo
"$1" get http://127.0.0.1:8080/data/none || echo refused
kill -TERM $web; sleep 0.5
"$1" get http://127.0.0.1:8080/healthz
wait $web; echo "ended $?"
"""


def test_the_web_service_keeps_data_and_answers_for_a_while_after_it_is_told_to_stop(tmp_path: Path) -> None:
    web = program("swarm", common.WEB)
    command = ["unshare", "--net", "bash", "-ec", WEB, "sh", web, tmp_path / "data"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    shown = re.sub(r"host=\S+", "host=HOST", done.stdout)
    assert shown == "ok\nversion=7 host=HOST node=\nkept\nno such file\nrefused\nok\nended 0\n".replace(
        "no such file", f"open {tmp_path}/data/none: no such file or directory"
    )


BRIDGE = """#!/bin/sh
cat >"$CNI_PATH/$CNI_COMMAND.json"
[ "$CNI_COMMAND" = DEL ] || echo '{"cniVersion": "0.3.1", "ips": []}'
"""


def call_plugin(folder: Path, command: str) -> Any:
    """Run flannel's plugin as containerd does, over a bridge plugin that writes down what it is told."""
    settings = {"name": "cbr0", "cniVersion": "0.3.1", "type": "flannel", "delegate": {"isDefaultGateway": True}}
    environment = {
        **{"CNI_COMMAND": command, "CNI_CONTAINERID": "pod", "CNI_NETNS": "/netns", "CNI_IFNAME": "eth0"},
        **{"CNI_PATH": str(folder), "PATH": os.environ["PATH"]},
    }
    done = subprocess.run(
        [program("kubernetes", kubernetes.PROGRAMS_FLANNEL_CNI)],
        input=json.dumps({**settings, "subnetFile": f"{folder}/subnet.env", "dataDir": f"{folder}/kept"}),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return json.loads((folder / f"{command}.json").read_text())


def test_a_pod_gets_a_bridge_on_its_nodes_subnet_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bridge").write_text(BRIDGE)
    (tmp_path / "bridge").chmod(0o755)
    subnet = "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_MTU=1400\nFLANNEL_IPMASQ=true\n"
    (tmp_path / "subnet.env").write_text(subnet)
    told = call_plugin(tmp_path, "ADD")
    assert told == {
        "cniVersion": "0.3.1",
        "name": "cbr0",
        "type": "bridge",
        "mtu": 1400,
        "ipMasq": False,
        "isGateway": True,
        "isDefaultGateway": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": "10.244.3.0/24"}]],
            "routes": [{"dst": "10.244.0.0/16"}],
        },
    }
    (tmp_path / "subnet.env").unlink()
    assert call_plugin(tmp_path, "DEL") == told
    assert list((tmp_path / "kept").iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from bay.sandbox.images.workshop import Workshop
folder = Path(sys.argv[1])
shop = Workshop(folder, os.environ["PATH"], folder / "log", print)
script = 'mount -t tmpfs tmpfs "$0"; touch "$0/begun"; echo begun >"$1"; sleep 1000.25'
shop.root(["sh", "-c", script, folder / "mount", folder / "begun"], "sleeping")
"""


def test_of_a_build_that_is_killed_no_process_and_no_mount_stays(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    child = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path])
    try:
        eventually(sleepers)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    eventually(lambda: not sleepers())
    assert list((tmp_path / "mount").iterdir()) == []


def sleepers() -> list[str]:
    """Processes that the build has started."""
    return subprocess.run(["pgrep", "-f", "^sleep 1000.25$"], capture_output=True, text=True).stdout.split()
