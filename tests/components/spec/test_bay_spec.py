"""What the fields of a spec mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bay.components.spec import BaySpec
from bay.components.spec.groups import Masters, NodeGroup, Nodes
from bay.components.spec.merge import build_spec
from tests.fakes.messages import told


def spec(**values: object) -> BaySpec:
    return build_spec([{"model": "swarm", **values}])


@pytest.mark.parametrize(
    ("count", "removed", "indices"),
    [
        (0, (), []),
        (3, (), [0, 1, 2]),
        (3, (1,), [0, 2, 3]),
        (3, (0, 1, 2), [3, 4, 5]),
        (2, (0, 0), [1, 2]),
        (1, (7,), [0]),
        (0, (0,), []),
    ],
)
def test_a_group_has_the_lowest_indices_that_were_never_removed(
    count: int, removed: tuple[int, ...], indices: list[int]
) -> None:
    assert NodeGroup(count=count, removed=removed).indices == indices


@given(st.integers(0, 40), st.sets(st.integers(0, 50)), st.data())
def test_removing_a_node_takes_that_one_and_moves_no_other(count: int, removed: set[int], data: st.DataObject) -> None:
    group = NodeGroup(count=count + 1, removed=tuple(sorted(removed)))
    gone = data.draw(st.sampled_from(group.indices))
    assert group.without(gone).indices == [index for index in group.indices if index != gone]


@given(st.integers(0, 40), st.sets(st.integers(0, 50)))
def test_one_more_node_moves_no_other(count: int, removed: set[int]) -> None:
    group = NodeGroup(count=count, removed=tuple(removed))
    grown = group.model_copy(update={"count": count + 1})
    assert grown.indices[:-1] == group.indices
    assert grown.indices[-1] not in removed


def test_a_number_alone_is_the_count() -> None:
    assert spec(nodes=7).nodes == spec(nodes={"count": 7}).nodes
    assert spec(masters=3).masters.count == 3


def test_the_masters_come_first() -> None:
    assert list(spec().groups) == ["master", "node"]
    assert isinstance(spec().groups["master"], Masters)


@pytest.mark.parametrize(
    ("floating_ips", "existing", "given_to_masters"),
    [
        ("auto", None, True),
        ("auto", "shared", False),
        ("api", "shared", True),
        ("none", None, False),
    ],
)
def test_masters_have_floating_ips_where_it_makes_sense(
    floating_ips: str, existing: str | None, given_to_masters: bool
) -> None:
    asked = spec(floating_ips=floating_ips, network={"existing": existing})
    assert asked.has_floating_ip("master") is given_to_masters
    assert not asked.has_floating_ip("node")


def test_a_changed_group_is_checked_again() -> None:
    small = spec(network={"cidr": "10.0.0.0/28"}, nodes=2)
    assert small.with_group("node", Nodes(count=10)).nodes.count == 10
    message, _, _ = told(lambda: small.with_group("node", Nodes(count=11)))
    assert message == "network.cidr: 10.0.0.0/28 has room for 11 servers, not for 12"
    assert told(lambda: small.with_group("master", small.masters.model_copy(update={"count": 2})))[2] == 2


def test_on_an_existing_network_its_size_is_not_known() -> None:
    assert spec(network={"existing": "shared", "cidr": "10.0.0.0/29"}, nodes=100).nodes.count == 100


def test_a_cidr_that_is_given_twice_opens_a_port_once() -> None:
    asked = spec(access={"ssh": ["10.0.0.0/8", "192.0.2.0/24", "10.0.0.0/8"]})
    assert asked.access.ssh == ("10.0.0.0/8", "192.0.2.0/24")


def test_two_spellings_of_one_ipv6_cidr_are_one() -> None:
    asked = spec(access={"api": ["2001:DB8:0::/32", "2001:db8::/32"]})
    assert asked.access.api == ("2001:db8::/32",)


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        spec().image = "other"


def test_nobody_outside_may_reach_a_bay_unless_it_is_said() -> None:
    assert spec().access.model_dump() == {"api": (), "ssh": (), "published": ()}
