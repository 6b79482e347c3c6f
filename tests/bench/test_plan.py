"""The benchmark of planning plans what it says."""

import re
import subprocess
import sys

from tests.paths import ROOT

PLAN = ROOT / "bench" / "plan.py"


def resources(nodes: int) -> int:
    """Of a bay of this many nodes, as the benchmark prints it."""
    words = [sys.executable, PLAN, "--models", "swarm", "--nodes", str(nodes)]
    printed = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout
    found = re.search(rf"swarm +{nodes} nodes: [0-9.]+ CPU s, (\d+) resources", printed)
    assert found, printed
    return int(found[1])


def test_each_node_is_one_resource() -> None:
    assert resources(22) - resources(12) == 10
