"""What the user asks for becomes a spec: of a new bay from its model, of another from what is recorded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from bay.cli.spec_request import SpecRequest
from bay.components.spec.merge import build_spec
from bay.stacks.context import Session
from tests.fakes.messages import told


@pytest.fixture
def session(environment: Mapping[str, str], tmp_path: Path) -> Session:
    """One of a user with a model for some projects; a login that is asked for is of project physics."""
    folder = tmp_path / ".config" / "bay" / "models"
    folder.mkdir(parents=True)
    (folder / "lab.yaml").write_text("extends: swarm\npublic: false\nprojects: [biology]\nnodes: 4\n")
    (folder / "gpu.yaml").write_text("extends: swarm\npublic: false\nprojects: ['77']\n")
    session = Session()
    access = Mock(project_id="77", project_name="physics")
    session.cloud = Mock()  # type: ignore[method-assign]
    session.cloud.return_value.session.auth.get_access.return_value = access
    return session


def test_a_new_bay_is_made_of_its_model(session: Session) -> None:
    spec = SpecRequest(session, [{"model": "gpu"}, {"nodes": 7}], ["eos"]).specify(None)
    assert (spec.model, spec.coe, spec.nodes.count, spec.addons) == ("gpu", "swarm", 7, ("eos",))


def test_no_login_is_asked_for_where_everybody_may_use_the_model(session: Session) -> None:
    assert SpecRequest(session, [{"model": "swarm"}]).specify(None).nodes.count == 2
    session.cloud.assert_not_called()  # type: ignore[attr-defined]


def test_a_new_bay_of_a_model_for_others_is_refused(session: Session) -> None:
    said: list[dict[str, Any]] = [{"model": "lab"}]
    assert (
        told(lambda: SpecRequest(session, said).specify(None))[0]
        == "model lab is for biology, and the login is for physics"
    )


def test_a_bay_that_exists_is_changed_whoever_may_use_its_model(session: Session) -> None:
    begun = build_spec([{"model": "lab", "nodes": 9}], session.model_folders())
    changed = SpecRequest(session, [{"masters": 3}]).specify(begun)
    assert (changed.model, changed.masters.count, changed.nodes.count) == ("lab", 3, 9)
    elsewhere = SpecRequest(session, [{"nodes": 5}]).specify(begun.model_copy(update={"model": "of-another-machine"}))
    assert (elsewhere.model, elsewhere.nodes.count) == ("of-another-machine", 5)


def test_a_whole_spec_needs_no_model_file(session: Session) -> None:
    whole = build_spec([{"model": "swarm"}]).model_dump(mode="json")
    assert SpecRequest(session, [{**whole, "model": "gone"}]).specify(None).model == "gone"


def test_a_folder_of_models_is_searched_before_the_users_own(session: Session, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "lab.yaml").write_text("extends: swarm\nnodes: 1\n")
    assert SpecRequest(session, [{"model": "lab"}], models=tmp_path / "more").specify(None).nodes.count == 1
