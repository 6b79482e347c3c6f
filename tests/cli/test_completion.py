"""What the shell offers after Tab: bays, nodes, clouds, columns, fields; quickly, and silent where it cannot."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from bay.cli import completion
from bay.cli.app import app, run
from bay.cli.console.columns import OF_COMMAND
from bay.components.spec.merge import build_spec
from tests.cli.test_help import BAY, COMMANDS
from tests.fakes.stack import write_state
from tests.fakes.states import bay_of
from tests.test_imports import loaded_by

Captured = pytest.CaptureFixture[str]
Offered = Callable[..., list[str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of a user with a bay called demo, in which a group has a name of its own, and two clouds."""
    spec = build_spec([{"model": "swarm", "nodes": 2, "node_groups": {"gpu": {"count": 1, "labels": {"disk": "ssd"}}}}])
    write_state(tmp_path / ".local" / "share" / "bay" / "state", bay_of(spec))
    folder = tmp_path / ".config" / "openstack"
    folder.mkdir(parents=True)
    (folder / "clouds.yaml").write_text("clouds: {cern: {}, other: {}}\n")
    return tmp_path


def environment(home: Path, **variables: str) -> dict[str, str]:
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "COLUMNS": "200", **variables}


@pytest.fixture
def offered(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Offered:
    """What is offered in the place of the last word of a command line."""

    def offers(typed: str, **variables: str) -> list[str]:
        count = len(typed.split()) - (0 if typed.endswith(" ") else 1)
        asked = {"_BAY_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(count)}
        monkeypatch.chdir(home)
        with patch.dict(os.environ, environment(home, **asked, **variables), clear=True), pytest.raises(SystemExit):
            app([], prog_name="bay")
        out, err = capsys.readouterr()
        assert err == ""
        return list(out.split())

    return offers


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("bay cre", ["create"]),
        ("bay sandbox st", ["start", "stop", "status"]),
        ("bay create demo --mo", ["--model", "--models"]),
        ("bay list -f ma", ["markdown"]),
        ("bay create demo --addon cv", ["cvmfs"]),
        ("bay create demo --model swarm-", ["swarm-ha"]),
        ("bay model show swarm-", ["swarm-ha"]),
        ("bay ca s", ["show", "sign"]),
        ("bay show ", ["demo"]),
        ("bay show d", ["demo"]),
        ("bay env ", ["demo"]),
        ("bay --os-cloud cern delete ", ["demo"]),
        ("bay logs demo ", ["demo-gpu-0", "demo-master-0", "demo-node-0", "demo-node-1"]),
        ("bay ssh demo demo-n", ["demo-node-0", "demo-node-1"]),
        ("bay scale demo --group ", ["node", "gpu", "master"]),
        ("bay scale demo --remove demo-g", ["demo-gpu-0"]),
        ("bay repair demo --node demo-m", ["demo-master-0"]),
        ("bay list --os-cloud ", ["cern", "other", "sandbox"]),
        ("bay --os-cloud c", ["cern"]),
        ("bay node list demo -c f", ["floating_ip"]),
        ("bay drift demo -c se", ["severity"]),
        ("bay -f m", ["markdown"]),
        ("bay graph demo -f s", ["svg"]),
        ("bay completion z", ["zsh"]),
        ("bay rebuild demo --group g", ["gpu"]),
        ("bay group delete demo g", ["gpu"]),
        ("bay group set ", ["demo"]),
        ("bay group set demo gpu --remove-label ", ["disk"]),
        ("bay group set demo node --remove-label ", []),
        ("bay group set demo gpu --unset im", ["image"]),
        ("bay group list demo -c z", ["zones"]),
        ("bay upgrade d", ["demo"]),
        ("bay upgrade demo --model swarm-", ["swarm-ha"]),
        ("bay upgrade demo -c re", ["reason"]),
        ("bay rebuild demo --node demo-g", ["demo-gpu-0"]),
        ("bay model fields --coe s", ["swarm"]),
        ("bay create x --set nodes.fl", ["nodes.flavor="]),
        ("bay create x --set floating_ips=", ["floating_ips=auto"]),
        ("bay update demo --set protected=t", ["protected=true"]),
        ("bay create x --set endpoint.kind=v", ["endpoint.kind=virtual-ip"]),
        ("bay create x --set options.volume_driver=c", ["options.volume_driver=cinder"]),
    ],
)
def test_what_fits_is_offered(typed: str, values: list[str], offered: Offered) -> None:
    found = offered(typed)
    assert found[: len(values)] == values or sorted(found) == values


def test_clouds_of_the_file_that_the_environment_names_come_before_others(home: Path, offered: Offered) -> None:
    (home / "mine.yaml").write_text("clouds: {mine: {}}\n")
    assert offered("bay list --os-cloud ", OS_CLIENT_CONFIG_FILE=str(home / "mine.yaml")) == ["mine", "sandbox"]


def test_bays_of_a_state_far_away_are_those_that_were_listed_last(home: Path, offered: Offered) -> None:
    from bay.stacks.settings import short_hash

    names = home / ".cache" / "bay" / "names" / short_hash("s3://bays")
    names.parent.mkdir(parents=True)
    names.write_text("biology\nphysics")
    assert offered("bay show ", BAY_STATE="s3://bays") == ["biology", "physics"]


def test_a_stack_that_is_gone_and_left_a_copy_is_no_bay(home: Path, offered: Offered) -> None:
    stacks = home / ".local/share/bay/state/.pulumi/stacks/bay"
    (stacks / "gone.json.bak").write_text("{}")
    (stacks / "demo.json.attrs").write_text("{}")
    (stacks / "packed.json.gz").write_text("")
    assert offered("bay show ") == ["demo", "packed"]


@pytest.mark.parametrize("damage", ["clouds", "state"])
def test_what_is_damaged_offers_nothing_and_says_nothing(damage: str, home: Path, offered: Offered) -> None:
    (home / ".config/openstack/clouds.yaml").write_text("clouds: [")
    (home / ".local/share/bay/state/.pulumi/stacks/bay/demo.json").write_text("{")
    assert offered("bay list --os-cloud " if damage == "clouds" else "bay logs demo ") == []


@pytest.mark.parametrize("typed", ["bay logs demo ", "bay create x --set n"])
def test_nobody_waits_for_pulumi_or_openstack(typed: str, home: Path) -> None:
    asked = {"_BAY_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()))}
    code = f"import os; os.environ.update({environment(home, **asked)!r}); sys.argv[1:] = []; sys.argv[0] = 'bay'"
    loaded = loaded_by(f"{code}; from bay.cli.main import main; main()")
    assert "bay.cli.completion" in loaded
    slow = {"pulumi", "pulumi_openstack", "openstack", "keystoneauth1", "cryptography", "grpc", "psutil"}
    assert slow & loaded == set()


def test_every_command_that_takes_columns_has_them_offered() -> None:
    taking = {name for name, command in COMMANDS.items() if any("-c" in parameter.opts for parameter in command.params)}
    assert taking - set(OF_COMMAND) == {"model show"}, "its columns are the fields of a spec"
    assert set(OF_COMMAND) <= set(COMMANDS)


BROKEN = {
    "bay|create|x|--set|nodes.fl": "nodes.flavor=",
    "bay|update|demo|--set|protected|=|t": "true",
    "bay|create|x|--set|=|endpoint.kind|=|v": "virtual-ip",
}
"""Words as bash takes a command line apart, at "=" too -> what it is to put in the place of the last of them."""


def test_bash_completes_with_the_script_that_bay_prints(home: Path) -> None:
    script = """
        source <("$BAY" completion bash)
        COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
        for line in "$@"; do
            IFS='|' read -ra COMP_WORDS <<< "$line"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _bay_completion "$BAY"
            echo "${COMPREPLY[*]}"
        done
    """
    shown = subprocess.run(
        ["bash", "-c", script, "bash", *BROKEN],
        env=environment(home, BAY=str(BAY)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (shown.stderr, shown.stdout.splitlines()) == ("", list(BROKEN.values()))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_script_by_name(shell: str, capsys: Captured) -> None:
    assert run(["completion", shell]) == 0
    out, err = capsys.readouterr()
    assert f"_BAY_COMPLETE=complete_{shell}" in out
    assert err == ""


def test_projects_beside_bays_own_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAY_STATE", f"file://{tmp_path}/state")
    assert completion.projects() == []
    for name in ("bay", "annex", "physics"):
        (tmp_path / "state" / ".pulumi" / "stacks" / name).mkdir(parents=True)
    assert completion.projects() == ["annex", "physics"]


def test_a_state_that_is_no_folder_offers_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAY_STATE", "s3://bays")
    assert completion.projects() == []


def test_taints_of_a_group_are_offered_by_key_and_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"node_groups": {"gpu": {"taints": ["a=b/c:NoSchedule", "x:NoExecute"]}}, "nodes": 3}
    monkeypatch.setattr(completion, "_resources", lambda _ctx: [("bay:index:Bay", {"spec": spec})])

    def taints(group: str) -> list[str]:
        return completion.group_taints(ctx=SimpleNamespace(params={"group": group}, args=[]))

    assert taints("gpu") == ["a:NoSchedule", "x:NoExecute"]
    assert taints("node") == taints("other") == []
