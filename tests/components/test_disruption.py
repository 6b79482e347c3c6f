"""What a bay would lose, and the guard that refuses it under plain `pulumi up`."""

import pickle
from typing import Any

import pytest

from bay.components.disruption import (
    BATCH_PERCENT,
    KINDS,
    find_disruptions,
    max_unavailable_change,
    max_unavailable_repair,
)
from bay.components.disruption import inventory as spec_had
from bay.components.guard import GuardProvider
from bay.components.spec import BaySpec


def had(
    masters: int = 1,
    nodes: int = 5,
    *removed: int,
    volumes: bool = False,
    network: str = "net",
    coe: str = "swarm",
    flavor: str = "1",
    ports: bool = False,
) -> dict[str, Any]:
    """A bay's part of the state; numbers come back from the engine as floats. flavor, ports: of the nodes."""
    servers = {
        "master": {"count": float(masters), "removed": [], "flavor": "1", "ports": True},
        "node": {
            "count": float(nodes),
            "removed": [float(index) for index in removed],
            "flavor": flavor,
            "ports": ports,
        },
    }
    return {"bay": "demo", "coe": coe, "servers": servers, "volumes": volumes, "network": network}


def of_an_earlier_version(**changes: Any) -> dict[str, Any]:
    """What the guard remembered when it knew nothing of engines, flavors and ports."""
    older = had(**changes)
    del older["coe"]
    for members in older["servers"].values():
        del members["flavor"], members["ports"]
    return older


def wish(*allow: str, fixed_masters: str = "", **changes: Any) -> dict[str, Any]:
    return {**had(**changes), "allow": list(allow), "fixed_masters": fixed_masters}


@pytest.mark.parametrize(("servers", "most"), [(1, 1), (2, 1), (3, 2), (5, 2), (6, 3), (10, 4), (1000, 400), (0, 1)])
def test_a_batch_is_two_fifths_rounded_up_and_never_nothing(servers: int, most: int) -> None:
    assert BATCH_PERCENT == 40
    assert max_unavailable_change(servers) == most


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (had(), had(), []),
        (had(), had(nodes=9), []),
        (had(), had(masters=3), ["members"]),
        (had(nodes=5), had(nodes=3), []),
        (had(nodes=5), had(nodes=2), ["batch"]),
        (had(nodes=3), had(1, 0, 0), ["batch"]),
        (had(1, 4), had(1, 3, 1), []),
        (had(masters=3), had(masters=1), ["masters"]),
        (had(masters=3, volumes=True), had(masters=1, volumes=True), ["masters", "volumes"]),
        (had(volumes=True), had(), ["volumes"]),
        (had(), had(network="other"), ["hard"]),
        (had(), had(coe="kubernetes"), ["hard"]),
        (had(), had(flavor="2"), []),
        (had(nodes=5), had(nodes=3, flavor="2"), []),
        (had(nodes=5), had(nodes=2, flavor="2"), ["batch"]),
        (had(), had(ports=True), ["batch"]),
        (had(ports=True), had(), ["batch"]),
        (of_an_earlier_version(), had(coe="mesos", flavor="2", ports=True), []),
        (of_an_earlier_version(), had(nodes=0), ["batch"]),
    ],
)
def test_losses_are_told_by_kind(before: dict[str, Any], after: dict[str, Any], kinds: list[str]) -> None:
    assert [kind for kind, _ in find_disruptions(before, after)] == kinds


def test_a_group_that_goes_whole_is_a_loss_of_all_its_servers() -> None:
    before = had()
    before["servers"]["gpu"] = {"count": 3, "removed": []}
    assert find_disruptions(before, had()) == [
        (
            "batch",
            "3 of 3 servers of group gpu at once: demo-gpu-0, demo-gpu-1, demo-gpu-2 deleted; a batch is 2 (40 %)",
        )
    ]


def test_what_is_deleted_and_what_is_replaced_count_together_in_the_words_of_a_preview() -> None:
    goes = "demo-node-4 deleted; demo-node-0, demo-node-1, demo-node-2, demo-node-3 replaced"
    words = f"5 of 5 servers of group node at once: {goes}; a batch is 2 (40 %)"
    assert find_disruptions(had(), had(nodes=4, ports=True)) == [("batch", words)]


def test_a_guard_reads_the_spec_and_the_ids_of_its_flavors() -> None:
    spec = BaySpec(model="swarm", coe="swarm", image="debian", floating_ips="all")
    seen = spec_had("demo", spec, "10.0.0.0/24", {"m1.small": "42"})
    assert seen["servers"]["node"] == {"count": 2, "removed": [], "flavor": "42", "ports": True}
    assert seen["coe"] == "swarm"
    bare = spec_had("demo", spec.model_copy(update={"floating_ips": "api"}), "10.0.0.0/24")
    assert {group: members["ports"] for group, members in bare["servers"].items()} == {"master": True, "node": False}


def test_the_guard_refuses_what_nobody_asked_for_and_says_how_to_ask() -> None:
    with pytest.raises(RuntimeError) as refused:
        GuardProvider().diff("demo", had(nodes=5), wish(nodes=0))
    assert str(refused.value) == (
        "bay demo: 5 of 5 servers of group node at once: demo-node-0, demo-node-1, demo-node-2, demo-node-3, "
        "demo-node-4 deleted; a batch is 2 (40 %); "
        "if that is what you want: pulumi config set --path 'bay:allow[0]' batch, for one run"
    )


def test_the_guard_lets_through_what_was_asked_for_and_remembers_it() -> None:
    news = wish("batch", nodes=0)
    assert GuardProvider().diff("demo", had(nodes=5), news).changes is True
    assert GuardProvider().update("demo", had(nodes=5), news).outs == had(nodes=0)
    assert GuardProvider().create(wish()).outs == had()


def test_to_allow_something_is_no_change_by_itself() -> None:
    assert GuardProvider().diff("demo", had(), wish(*KINDS)).changes is False


def test_what_the_guard_of_an_earlier_version_remembered_is_told_in_full_by_the_next_run() -> None:
    older = of_an_earlier_version()
    assert GuardProvider().diff("demo", older, wish()).changes is True
    assert GuardProvider().update("demo", older, wish()).outs == had()


def test_another_engine_network_or_ensemble_is_refused_whatever_is_allowed() -> None:
    for news in (
        wish(*KINDS, masters=3, fixed_masters="Apache Mesos"),
        wish(*KINDS, network="other"),
        wish(*KINDS, coe="kubernetes"),
    ):
        with pytest.raises(RuntimeError, match="create another bay"):
            GuardProvider().diff("demo", had(), news)


def test_the_state_names_the_guard_by_module_and_class() -> None:
    """A bay that exists could not be changed or destroyed any more if these moved."""
    assert pickle.dumps(GuardProvider(), protocol=4) == (
        b"\x80\x04\x95-\x00\x00\x00\x00\x00\x00\x00\x8c\x14bay.components.guard\x94\x8c\rGuardProvider\x94\x93\x94)\x81\x94."
    )


@pytest.mark.parametrize(
    ("servers", "replaced", "unasked"),
    [
        (1, 1, 1),
        (2, 1, 1),
        (3, 1, 2),
        (4, 1, 2),
        (5, 2, 2),
        (6, 2, 3),
        (7, 2, 3),
        (8, 3, 4),
        (9, 3, 4),
        (10, 4, 4),
    ],
)
def test_a_repair_rounds_the_share_down_and_the_guard_rounds_it_up(servers: int, replaced: int, unasked: int) -> None:
    assert (max_unavailable_repair(servers), max_unavailable_change(servers)) == (replaced, unasked)


@pytest.mark.parametrize("servers", range(3, 11))
def test_a_repair_never_takes_more_than_the_share_where_one_server_is_less_than_it(servers: int) -> None:
    assert 100 * max_unavailable_repair(servers) <= BATCH_PERCENT * servers


def test_the_guard_names_the_command_by_which_masters_come_and_go_one_by_one() -> None:
    for before, after, words in (
        (1, 3, "this would create demo-master-1, demo-master-2 at once; masters join one by one"),
        (3, 1, "this would delete demo-master-1, demo-master-2; masters hold the control-plane data"),
    ):
        with pytest.raises(RuntimeError) as refused:
            GuardProvider().diff("demo", had(before), wish(masters=after))
        assert str(refused.value) == (
            f"bay demo: {words}; 'bay scale demo {after} --group master' has masters come and go one by one; "
            "if at once is what you want: pulumi config set --path 'bay:allow[0]' masters, for one run"
        )
        for allowed in ("members", "masters"):
            assert GuardProvider().diff("demo", had(before), wish(allowed, masters=after)).changes is True
