"""What is asked of a bay becomes a spec: of a new one from its model, of another over the spec that there is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bay.components.spec.merge import build_spec
from bay.stacks.spec_request import SpecRequest
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with models for some projects."""
    (tmp_path / "lab.yaml").write_text("extends: swarm\npublic: false\nprojects: [biology]\nnodes: 4\n")
    (tmp_path / "gpu.yaml").write_text("extends: swarm\npublic: false\nprojects: ['77']\n")
    return tmp_path


class Asked:
    """A login of project physics, and how often it was asked for."""

    def __init__(self) -> None:
        self.times = 0
        self.cloud = FakeCloud(project_id="77")

    def __call__(self) -> Any:
        self.times += 1
        return self.cloud


def request(
    layers: Sequence[Mapping[str, Any]], *models: Path, addons: Sequence[str] = (), cloud: Asked | None = None
) -> SpecRequest:
    return SpecRequest(layers, addons, models, cloud or Asked())


def test_a_new_bay_is_made_of_its_model(models: Path) -> None:
    spec = request([{"model": "gpu"}, {"nodes": 7}], models, addons=["eos"])(None)
    assert (spec.model, spec.coe, spec.nodes.count, spec.addons) == ("gpu", "swarm", 7, ("eos",))


def test_no_login_is_asked_for_where_everybody_may_use_the_model(models: Path) -> None:
    cloud = Asked()
    assert request([{"model": "swarm"}], models, cloud=cloud)(None).nodes.count == 2
    assert cloud.times == 0


def test_a_new_bay_of_a_model_for_others_is_refused(models: Path) -> None:
    cloud = Asked()
    shown = told(lambda: request([{"model": "lab"}], models, cloud=cloud)(None))[0]
    assert shown == "model lab is for biology, and the login is for physics"
    assert cloud.times == 1


def test_a_bay_that_exists_is_changed_whoever_may_use_its_model(models: Path) -> None:
    begun = build_spec([{"model": "lab", "nodes": 9}], [models])
    changed = request([{"masters": 3}], models)(begun)
    assert (changed.model, changed.masters.count, changed.nodes.count) == ("lab", 3, 9)
    elsewhere = request([{"nodes": 5}], models)(begun.model_copy(update={"model": "of-another-machine"}))
    assert (elsewhere.model, elsewhere.nodes.count) == ("of-another-machine", 5)


def test_a_whole_spec_needs_no_model_file(models: Path) -> None:
    whole = build_spec([{"model": "swarm"}]).model_dump(mode="json")
    assert request([{**whole, "model": "gone"}], models)(None).model == "gone"


def test_a_folder_of_models_counts_more_than_those_before_it(models: Path) -> None:
    (models / "more").mkdir()
    (models / "more" / "lab.yaml").write_text("extends: swarm\nnodes: 1\n")
    assert request([{"model": "lab"}], models, models / "more")(None).nodes.count == 1
