"""What Docker's daemon is told on servers of the engines that run containers with it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bay.components.engines import ENGINES, Facts
from bay.components.node.user_data import user_data
from bay.components.spec.merge import build_spec
from tests import quick_yaml
from tests.components.engines.mesos.machine import mesos_facts


def daemon(engine: str, facts: Facts, **options: Any) -> dict[str, Any]:
    """Of a node."""
    given = {
        "swarm": lambda: replace(facts, spec=build_spec([{"model": "swarm-ha", "options": options}])),
        "mesos": lambda: mesos_facts(facts, facts.generations[0], options=options),
    }[engine]()
    document = quick_yaml.load(user_data(ENGINES[engine], replace(given, group="node")))
    files = {file["path"]: file["content"] for file in document["write_files"]}
    return dict(json.loads(files["/etc/docker/daemon.json"]))


@pytest.mark.parametrize("engine", ["swarm", "mesos"])
def test_containers_gain_no_rights_and_do_not_meet_on_the_default_bridge(engine: str, facts: Facts) -> None:
    settings = daemon(engine, facts)
    assert settings["no-new-privileges"] is True
    assert settings["icc"] is False


@pytest.mark.parametrize("engine", ["swarm", "mesos"])
def test_a_site_whose_images_need_setuid_programs_says_so(engine: str, facts: Facts) -> None:
    assert daemon(engine, facts, no_new_privileges=False)["no-new-privileges"] is False


def test_a_misspelt_option_of_swarm_is_an_error() -> None:
    with pytest.raises(Exception, match="no_new_privilege"):
        build_spec([{"model": "swarm", "options": {"no_new_privilege": False}}])
