"""Bays that were made by an earlier version: their identity has no key for leaving, and never gets one."""

from dataclasses import replace
from typing import cast

import pytest

from bay.components.engines import ENGINES, Facts
from bay.components.node.credentials import Generation
from bay.components.node.user_data import user_data
from tests import quick_yaml
from tests.components.engines.kubernetes.facts import kubernetes_facts
from tests.components.engines.mesos.machine import mesos_facts

ROLES = ("master", "node")


def older(facts: Facts) -> Facts:
    """The same bay as one made before."""
    (keys,) = facts.generations
    kept = {name: value for name, value in keys.items() if not name.startswith("member_")}
    return replace(facts, generations=[cast(Generation, kept)])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("engine", ["swarm", "kubernetes", "mesos"])
def test_servers_are_what_they_were_and_do_not_try_to_leave(engine: str, role: str, facts: Facts) -> None:
    given = {"swarm": facts, "kubernetes": kubernetes_facts(facts), "mesos": mesos_facts(facts, facts.generations[0])}
    document = quick_yaml.load(user_data(ENGINES[engine], replace(older(given[engine]), group=role)))
    paths = {file["path"] for file in document["write_files"]}
    assert not paths & {"/etc/bay/member_key", "/etc/systemd/system/bay-leave.service"}
    assert "bay-leave.service" not in str(document["runcmd"])
    contents = {file["path"]: file["content"] for file in document["write_files"]}
    lines = contents.get("/etc/bay/door/authorized_keys", "").splitlines()
    assert len(lines) == (2 if role == "master" and engine != "mesos" else 0)
