"""From what a preview starts: the bay, its file in the checkout, or its file of a commit; alone and of all bays."""

from pathlib import Path
from typing import Any

import pytest

from bay.cli import preview_sources
from bay.cli.bulk_preview import Outcome, Wanted
from bay.cli.preview_sources import files, over_file, preview_all
from bay.components.errors import InvalidInput
from bay.components.openstack.login import Login
from bay.components.spec.merge import build_spec
from bay.stacks.bays import Bays
from bay.stacks.files.stack_files import SpecFiles
from bay.stacks.settings import Settings
from bay.stacks.spec_request import SpecRequest
from tests.fakes.messages import told
from tests.fakes.plans import PLAN

FILE = "config:\n  bay:model: swarm\n  bay:nodes: 7\n"
RECORDED = build_spec([{"model": "swarm", "nodes": 2}])


def spec_files(*, strict: bool = False, **texts: str) -> SpecFiles:
    return SpecFiles(texts, "here", strict)


def request(**layer: Any) -> SpecRequest:
    return SpecRequest([layer], [], [], lambda: pytest.fail("nobody has to log in"))


def test_a_bay_that_is_there_is_what_it_is_and_its_file_in_the_folder_does_not_count() -> None:
    assert over_file("physics", spec_files(physics=FILE), request())(RECORDED) == RECORDED
    assert over_file("physics", None, request())(RECORDED) == RECORDED


def test_a_bay_of_a_checkout_that_is_not_created_yet_is_what_its_file_says() -> None:
    spec = over_file("physics", spec_files(physics=FILE), request())(None)
    assert (spec.model, spec.nodes.count) == ("swarm", 7)


@pytest.mark.parametrize("found", [None, spec_files(other=FILE)])
def test_a_bay_that_is_nowhere_yet_is_what_is_asked_for(found: SpecFiles | None) -> None:
    spec = over_file("physics", found, request(model="mesos", nodes=3))(None)
    assert (spec.model, spec.nodes.count) == ("mesos", 3)
    assert told(lambda: over_file("physics", found, request())(None))[0] == "no model is named"


def test_of_a_commit_the_file_counts_whatever_there_is() -> None:
    of_commit = spec_files(strict=True, physics=FILE)
    for before in (None, RECORDED):
        assert over_file("physics", of_commit, request())(before).nodes.count == 7
    assert told(lambda: over_file("other", of_commit, request())(RECORDED))[0] == (
        "there is no stacks/Pulumi.other.yaml in here"
    )


def test_options_go_over_the_file() -> None:
    for found in (spec_files(physics=FILE), spec_files(strict=True, physics=FILE)):
        assert over_file("physics", found, request(nodes=9))(None).nodes.count == 9


def test_files_are_of_the_commit_else_of_the_checkout_else_there_are_none(checkout: Path) -> None:
    (checkout / "stacks" / "Pulumi.physics.yaml").write_text(FILE)
    assert files(None, None) is None
    found = files(checkout, None)
    assert found is not None
    assert (dict(found.texts), found.strict) == ({"physics": FILE}, False)
    with pytest.raises(InvalidInput, match="origin/mine is to be a commit of a checkout"):
        files(None, "origin/mine")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    """What is asked for; each is answered with one plan."""
    every: list[Wanted] = []

    def outcomes(_bays: Bays, found: list[Wanted]) -> list[Outcome]:
        every.extend(found)
        return [Outcome(one.bay, 2, PLAN) for one in found]

    monkeypatch.setattr(preview_sources, "outcomes", outcomes)
    return every


@pytest.fixture
def bays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bays:
    """The bays `one` and `two` of a state; nobody has to log in to say what is wanted."""
    settings = Settings(tmp_path / "cache", tmp_path / "data", tmp_path / "config", "s3://bays", {"PATH": "/bin"})
    found = Bays(settings, Login("mycloud"))
    monkeypatch.setattr(found, "names", lambda: ["one", "two"])
    return found


def test_without_files_the_bays_of_the_state_are_previewed(bays: Bays, asked: list[Wanted], tmp_path: Path) -> None:
    found = preview_all(bays, None, tmp_path / "models", refresh=True)
    assert [one.bay for one in found] == ["one", "two"]
    assert [(one.bay, one.refresh, one.from_file, one.specify(RECORDED)) for one in asked] == [
        ("one", True, False, RECORDED),
        ("two", True, False, RECORDED),
    ]
    assert isinstance(asked[0].specify, SpecRequest)
    assert asked[0].specify.models == [bays.context.settings.models, tmp_path / "models"]


def test_files_of_the_folder_are_for_bays_that_are_not_there_yet(bays: Bays, asked: list[Wanted]) -> None:
    preview_all(bays, spec_files(physics=FILE, two=FILE), None, refresh=False)
    assert [(one.bay, one.from_file) for one in asked] == [("physics", False), ("two", False)]
    for one in asked:
        assert (one.specify(None).nodes.count, one.specify(RECORDED).nodes.count) == (7, 2)


def test_files_of_a_commit_are_for_every_bay(bays: Bays, asked: list[Wanted]) -> None:
    preview_all(bays, spec_files(strict=True, physics=FILE), None, refresh=False)
    (one,) = asked
    assert (one.bay, one.from_file) == ("physics", True)
    assert (one.specify(None).nodes.count, one.specify(RECORDED).nodes.count) == (7, 7)


def test_a_file_that_is_wrong_hides_no_other(bays: Bays, asked: list[Wanted]) -> None:
    found = preview_all(
        bays,
        spec_files(
            **{
                "physics": FILE,
                "wrong": "config:\n  bay:model: no-such-model\n",
                "allows": f"{FILE}  bay:allow: [everything]\n",
                "Not_A_Name": FILE,
            }
        ),
        None,
        refresh=False,
    )
    assert [one.bay for one in asked] == ["physics"]
    assert {one.bay: one.code for one in found} == {"physics": 2, "wrong": 1, "allows": 1, "Not_A_Name": 1}
    assert "no-such-model" in next(one.error for one in found if one.bay == "wrong")


def test_what_a_file_allows_is_a_risk_of_its_plan(bays: Bays, asked: list[Wanted]) -> None:
    found = preview_all(bays, spec_files(physics=f"{FILE}  bay:allow: [batch]\n", quiet=FILE), None, refresh=False)
    kinds = {one.bay: [risk.kind for risk in one.plan.risks] for one in found if one.plan}
    assert kinds["physics"][0] == "allowed"
    assert "allowed" not in kinds["quiet"]
