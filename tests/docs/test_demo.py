"""`make demo` boots servers where it may, and says why where it does not; the commands that it types are pretended."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.paths import DOCS

DEMO = DOCS / "demo.sh"
BAY = """#!/bin/bash
echo "$*" >>typed
case "$1 $2" in
  "sandbox status")
    [ ! -e stopped ] || exit 1
    [ ! -e boots ] || echo network ;;
  "sandbox start")
    rm -f stopped
    [ "${3:-}" != --no-boot ] || rm -f boots
    [ "${3:-}" = --boot ] || exit 0
    [ ! -e cannot ] || exit 1
    touch boots ;;
  "sandbox image") [ ! -e imageless ] || exit 1 ;;
  "list -f") cat bays ;;
  "node list") [ "$3" = demo ] || [ ! -e elsewhere ] ;;
  "config demo") echo export DOCKER_HOST=there ;;
esac
"""
Play = Callable[..., tuple[list[str], str]]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Runs the demo where files of these names are and the state holds these bays: what was typed, and printed."""
    for name, text in (("bay", BAY), ("docker", '#!/bin/sh\necho "docker $* at $DOCKER_HOST" >>typed\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(*files: str, bays: str = "") -> tuple[list[str], str]:
        for name in files:
            (tmp_path / name).touch()
        (tmp_path / "bays").write_text(bays)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        done = subprocess.run(["bash", DEMO], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done
        return (tmp_path / "typed").read_text().splitlines(), done.stdout

    return run


CREATE = "create demo --model swarm"
BOOTED = f"{CREATE} --set access.api=[198.18.0.0/15]"


def test_where_servers_may_boot_it_ends_with_a_real_swarm(play: Play) -> None:
    typed, _ = play()
    first = [line for line in typed if line.startswith(("sandbox start", "sandbox image", "create"))]
    assert first == ["sandbox start --boot", "sandbox image build swarm", BOOTED]
    assert [line for line in typed if line.startswith("docker")] == ["docker node ls at there"]


def test_where_they_may_not_it_goes_on_without(play: Play) -> None:
    typed, printed = play("cannot")
    assert [line for line in typed if "start" in line] == ["sandbox start --boot", "sandbox start --no-boot"]
    assert CREATE in typed
    assert "servers do not boot here, for the reason above" in printed
    assert not [line for line in typed if line.startswith("docker")]


def test_without_an_image_servers_boot_no_more_and_it_goes_on(play: Play) -> None:
    typed, printed = play("imageless")
    assert [line for line in typed if "start" in line] == ["sandbox start --boot", "sandbox start --no-boot"]
    assert CREATE in typed
    assert "servers do not boot here, for the reason above" in printed
    assert "config demo" not in typed
    assert not [line for line in typed if line.startswith("docker")]
    assert "docs/examples" not in printed


def test_without_an_image_the_servers_of_other_bays_go_on(play: Play) -> None:
    typed, _ = play("imageless", "boots", bays="physics\n")
    assert "sandbox start --no-boot" not in typed
    assert CREATE in typed
    assert not [line for line in typed if line.startswith("docker")]


def test_a_sandbox_with_other_bays_stays_as_it_is(play: Play) -> None:
    typed, printed = play(bays="physics\n")
    assert "sandbox start --boot" not in typed
    assert CREATE in typed
    assert "bays whose servers never did (physics)" in printed


def test_bays_on_other_clouds_do_not_keep_servers_from_booting(play: Play) -> None:
    typed, _ = play("elsewhere", bays="physics\n")
    assert BOOTED in typed


def test_a_sandbox_whose_servers_boot_goes_on_doing_so(play: Play) -> None:
    typed, _ = play("boots", bays="physics\n")
    assert BOOTED in typed


def test_a_stopped_sandbox_whose_servers_boot_goes_on_doing_so(play: Play) -> None:
    typed, _ = play("boots", "stopped", bays="physics\n")
    assert BOOTED in typed


def test_the_bay_of_the_last_time_goes_first(play: Play) -> None:
    typed, _ = play("boots", bays="demo\n")
    assert typed.index("delete demo --yes") < typed.index(BOOTED)
