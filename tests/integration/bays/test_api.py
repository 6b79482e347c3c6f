"""The programs of docs/api.md, run as they stand there: in threads of one process, and in a worker."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.bays.harness import PROJECTS, Bay
from tests.paths import DOCS, code_blocks

pytestmark = pytest.mark.sandbox

PAGE = DOCS / "api.md"


def test_two_bays_of_two_projects_live_at_the_same_time_in_threads_of_one_process(bay: Bay) -> None:
    program = bay.home / "program.py"
    (source,) = code_blocks(PAGE, "python")
    program.write_text(source)
    done = bay.execute(
        [sys.executable, str(program), str(bay.sandbox.clouds_file), *PROJECTS], BAY_STATE=None, OS_CLOUD="nowhere"
    )
    assert done.code == 0, done
    (printed,) = code_blocks(PAGE, "text")
    assert done.out.endswith(printed), done
    assert "created" not in done.err, "nothing is drawn"
    assert "bay.stacks" in (bay.home / "bays.log").read_text()


def place(user: Bay) -> dict[str, object]:
    environment = user.environment()
    folders = {"cache": Path(environment["XDG_CACHE_HOME"]) / "bay", "data": user.data, "config": user.home / "config"}
    return {
        **{name: str(folder) for name, folder in folders.items()},
        "state": environment["BAY_STATE"],
        "cloud": user.cloud,
        "clouds_file": str(user.sandbox.clouds_file),
        "environment": {key: environment[key] for key in ("PATH", "HOME")},
    }


def test_a_worker_answers_the_requests_of_the_page(bay: Bay) -> None:
    requests, example = code_blocks(PAGE, "json")
    assert set(json.loads(example)) == set(place(bay)), "the page shows all that is asked for"
    done = subprocess.run(
        [sys.executable, "-m", "bay.stacks.worker"],
        input=requests.replace("PLACE", json.dumps(place(bay))),
        env={"PATH": "/usr/bin:/bin"},
        cwd=bay.home,
        capture_output=True,
        text=True,
        timeout=420,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer for answer in answers if "error" in answer] == [], done.stderr
    results = {answer["id"]: answer["result"] for answer in answers if "result" in answer}
    assert results["1"]["summary"].endswith("to create")
    assert [server["name"] for server in results["2"]["servers"]] == ["physics-master-0", "physics-node-0"]
    assert len(results["3"]["servers"]) == 3
    assert results["4"]["word"] == "UPDATE_COMPLETE"
    assert results["5"] == {"deleted": "physics"}
    assert {answer["event"] for answer in answers if "event" in answer} >= {"PhaseStarted", "ResourceProgress"}
