"""A manager leaves Raft before its entry goes, and may be let go again after an interruption."""

import pytest

from bay.components.engines.members import Refused
from bay.components.engines.swarm.members import SwarmMembers
from tests.fakes.swarm import FakeSwarm

MEMBERS = SwarmMembers()


def test_the_managers_are_those_that_raft_counts() -> None:
    swarm = FakeSwarm("a", "b", workers=("c",))
    swarm.down.add("b")
    assert MEMBERS.masters(swarm) == {"a": True, "b": False}


def test_a_manager_is_demoted_once_and_waited_for() -> None:
    swarm = FakeSwarm("a", "b", "c")
    assert MEMBERS.demote(swarm, "c") == "it is demoted"
    assert MEMBERS.demote(swarm, "c") == "Raft still counts it"
    assert MEMBERS.demote(swarm, "c") == ""
    assert swarm.calls == ["demote c"]
    assert set(MEMBERS.masters(swarm)) == {"a", "b"}


def test_its_entry_goes_last_and_nobody_elses() -> None:
    swarm = FakeSwarm("a", "b", workers=("b-2",))
    with pytest.raises(Refused):
        MEMBERS.forget(swarm, "b")
    while MEMBERS.demote(swarm, "b"):
        pass
    while MEMBERS.forget(swarm, "b"):
        pass
    assert swarm.calls == ["demote b", "remove b"]
    assert set(swarm.roles) == {"a", "b-2"}


def test_one_that_is_out_already_is_let_go_without_a_word() -> None:
    swarm = FakeSwarm("a")
    assert (MEMBERS.demote(swarm, "b"), MEMBERS.forget(swarm, "b"), swarm.calls) == ("", "", [])
