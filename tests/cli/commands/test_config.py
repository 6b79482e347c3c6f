"""`bay config`: files, or a context among those of the user's own client, and one of them at a time."""

from collections.abc import MutableMapping
from pathlib import Path

import pytest

from bay.cli import app
from bay.stacks.bays import Bays
from bay.stacks.cluster.contexts import PutContext

Captured = pytest.CaptureFixture[str]
Environment = MutableMapping[str, str]


@pytest.mark.parametrize(
    "words",
    [
        ["--merge", "--unset"],
        ["--dir", "x", "--merge"],
        ["--dir", "x", "--unset"],
        ["--dir", "x", "--merge", "--unset"],
    ],
)
def test_one_of_them_at_a_time(words: list[str], environment: Environment, tmp_path: Path, capsys: Captured) -> None:
    assert app.run(["config", "demo", *words]) == 2
    assert capsys.readouterr().err.startswith("error: --dir, --merge and --unset exclude each other\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_open", [True, False])
def test_where_a_context_is_and_how_it_is_used_is_said(
    is_open: bool, environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    put = PutContext(Path("/home/ada/.kube/config"), "kubectl --context demo get nodes", is_open)
    monkeypatch.setattr(Bays, "put_context", lambda *_: put)
    assert app.run(["config", "demo", "--merge"]) == 0
    out, err = capsys.readouterr()
    assert out == "", "nothing for a shell to evaluate"
    first, *more = err.splitlines()
    assert first == "context demo is in /home/ada/.kube/config: kubectl --context demo get nodes"
    assert bool(more) is not is_open


def test_what_is_not_there_is_removed_without_an_error(
    environment: Environment, tmp_path: Path, capsys: Captured
) -> None:
    assert app.run(["config", "gone", "--unset"]) == 0
    assert capsys.readouterr().err == "there is no context gone that bay put anywhere\n"
    assert list(tmp_path.iterdir()) == []
