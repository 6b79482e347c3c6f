"""From what a preview starts: the bay, its file in the checkout, or its file of a commit; alone and of all bays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.cli import preview_sources
from bay.cli.bulk_preview import Outcome
from bay.cli.preview_sources import files, over_file, preview_all
from bay.components.errors import InvalidInput
from bay.components.openstack.login import Login
from bay.components.spec.merge import build_spec
from bay.stacks.bays import Bays
from bay.stacks.files.stack_files import SpecFiles
from bay.stacks.settings import Settings
from bay.stacks.spec_request import SpecRequest
from bay.stacks.worker import Request
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
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests to workers, each of which is answered with one plan; they are what a worker takes."""
    requests: list[Request] = []

    def outcomes(found: list[Mapping[str, Any]]) -> list[Outcome]:
        requests.extend(Request.model_validate(one) for one in found)
        return [Outcome(str(one["bay"]), 2, PLAN) for one in found]

    monkeypatch.setattr(preview_sources, "outcomes", outcomes)
    return requests


@pytest.fixture
def bays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bays:
    """The bays `one` and `two` of a state, with a login of a file."""
    auth = {
        "auth_url": "https://cloud.example:5000",
        "username": "ada",
        "password": "hidden",
        "project_name": "physics",
    }
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(yaml.safe_dump({"clouds": {"mycloud": {"auth": auth, "region_name": "north"}}}))
    settings = Settings(
        tmp_path / "cache", tmp_path / "data", tmp_path / "config", "s3://bays", {"PATH": "/bin", "HOME": "/home/ada"}
    )
    found = Bays(settings, Login("mycloud", clouds), checkout=tmp_path / "checkout")
    monkeypatch.setattr(found, "names", lambda: ["one", "two"])
    return found


def test_without_files_the_bays_of_the_state_are_previewed(bays: Bays, asked: list[Request], tmp_path: Path) -> None:
    models = tmp_path / "models"
    found = preview_all(bays, None, models, refresh=True)
    assert [one.bay for one in found] == ["one", "two"]
    assert [(one.id, one.op, one.bay, one.refresh, one.from_file) for one in asked] == [
        ("one", "preview", "one", True, False),
        ("two", "preview", "two", True, False),
    ]
    assert (asked[0].spec, asked[0].new_spec) == (None, None)
    assert asked[0].models == (bays.context.settings.models, models)


def test_a_worker_is_told_where_the_bays_are_and_whose_login_it_has(bays: Bays, asked: list[Request]) -> None:
    preview_all(bays, None, None, refresh=False)
    place, settings = asked[0].place, bays.context.settings
    assert (place.cache, place.data, place.config, place.state) == (
        settings.cache,
        settings.data,
        settings.config,
        settings.state,
    )
    assert place.environment == {"PATH": "/bin", "HOME": "/home/ada"}
    assert place.cloud == "mycloud"
    assert place.clouds_file is not None
    assert place.clouds_file.is_relative_to(settings.data), "the login is resolved once, and written for all"
    assert yaml.safe_load(place.clouds_file.read_text())["clouds"]["mycloud"]["region_name"] == "north"
    assert place.checkout == bays.context.checkout


def test_files_of_the_folder_are_for_bays_that_are_not_there_yet(bays: Bays, asked: list[Request]) -> None:
    preview_all(bays, spec_files(physics=FILE), None, refresh=False)
    (one,) = asked
    assert (one.bay, one.spec, one.from_file) == ("physics", None, False)
    assert one.new_spec is not None
    assert one.new_spec.nodes.count == 7


def test_files_of_a_commit_are_for_every_bay(bays: Bays, asked: list[Request]) -> None:
    preview_all(bays, spec_files(strict=True, physics=FILE), None, refresh=False)
    (one,) = asked
    assert (one.bay, one.new_spec, one.from_file) == ("physics", None, True)
    assert one.spec is not None
    assert one.spec.nodes.count == 7


def test_a_file_that_is_wrong_hides_no_other(bays: Bays, asked: list[Request]) -> None:
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


def test_what_a_file_allows_is_a_risk_of_its_plan(bays: Bays, asked: list[Request]) -> None:
    found = preview_all(bays, spec_files(physics=f"{FILE}  bay:allow: [batch]\n", quiet=FILE), None, refresh=False)
    kinds = {one.bay: [risk.kind for risk in one.plan.risks] for one in found if one.plan}
    assert kinds["physics"][0] == "allowed"
    assert "allowed" not in kinds["quiet"]
