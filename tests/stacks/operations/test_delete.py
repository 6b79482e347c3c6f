"""The order in which a bay ends, what is refused before, and what is tried once more."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from openstack.exceptions import ForbiddenException

from bay.components.errors import BayError
from bay.stacks.approval import Approvable, Approval, allow
from bay.stacks.errors import CloudBusy, Declined, Interrupted, Locked, Protected
from bay.stacks.operations.delete import delete, prepare_destroy, require_unprotected, retain_floating_ips
from bay.stacks.operations.retain import Keep
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.barbican import with_barbican
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import Clock, FakeContext, FakeStack
from tests.fakes.states import BAY_ID, Deployment, complete, cut_off, kubernetes

SIGNED = {"cinder.csi.openstack.org/cluster": BAY_ID}
SERVICE = f"kube_service_{BAY_ID}_default_web"
TAG = f"bay:id={BAY_ID}"
NOTHING = Keep()


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


def add_balancer(cloud: FakeCloud) -> None:
    cloud.add("load_balancer", "lb1", name=SERVICE, tags=[SERVICE])


def add_volume(cloud: FakeCloud) -> None:
    cloud.add("volume", "v1", name="pvc-1", size=3, metadata=SIGNED)


def deleted(bay: FakeStack, keep: Keep = NOTHING) -> list[str]:
    """What was done."""
    delete(bay, keep, allow("delete"))
    return deeds(bay)


def deeds(bay: FakeStack) -> list[str]:
    """In its order, without arguments; what was asked for once more at once is the same."""
    lines = [line.removesuffix(" cascade=True").removesuffix(" ignore_missing=False") for line in bay.deeds]
    return [line for line, _ in groupby(lines)]


def test_servers_and_login_go_before_what_the_engine_made_and_that_before_the_rest(cloud: FakeCloud) -> None:
    bay = FakeStack(kubernetes(), cloud)
    add_balancer(cloud)
    cloud.on_delete("lb1", [lambda: add_volume(cloud)])
    assert deleted(bay) == [
        "edit",
        "destroy demo, demo-master-0, demo-node-0",
        "delete_load_balancer lb1",
        "delete_volume v1",  # created while the first was deleted
        "destroy all",
        "remove",
    ]


def test_what_comes_while_the_rest_is_deleted_is_deleted_too(cloud: FakeCloud) -> None:
    bay = FakeStack(kubernetes(), cloud)
    add_balancer(cloud)
    bay.on("destroy", None, lambda: add_volume(cloud))
    assert deleted(bay)[-3:] == ["destroy all", "delete_volume v1", "remove"]


def test_an_engine_that_makes_nothing_costs_no_second_run(cloud: FakeCloud) -> None:
    assert deleted(FakeStack(complete(), cloud)) == ["edit", "destroy all", "remove"]


def test_volumes_are_kept_whenever_they_are_found(cloud: FakeCloud) -> None:
    bay = FakeStack(kubernetes(), cloud)
    add_balancer(cloud)
    add_volume(cloud)
    assert deleted(bay, Keep(volumes=True))[1:] == [
        "destroy demo, demo-master-0, demo-node-0",
        "replace_metadata volume v1",
        "delete_load_balancer lb1",
        "destroy all",
        "remove",
    ]
    assert cloud.ids("volume") == ["v1"]
    assert "kept: volume pvc-1, 3 GiB" in bay.notices


def test_floating_ips_that_are_kept_leave_the_bay_and_the_state_forgets_them(cloud: FakeCloud) -> None:
    deployment = complete()
    deployment["resources"].append(FLOATING_IP)
    bay = FakeStack(deployment, cloud)
    cloud.add("ip", "f1", name="192.0.2.1", description=TAG, tags=[TAG], port_id="p1")
    bay.on("destroy", lambda: seen.append(bay.deployment))
    seen: list[Deployment | None] = []
    delete(bay, Keep(floating_ips=True), allow("delete"))
    (before,) = seen
    assert before is not None
    assert [r["id"] for r in before["resources"] if r.get("retainOnDelete")] == ["f1"]
    (address,) = cloud.things["ip"]
    assert (address.port_id, address.description) == (None, "kept from bay demo")


def test_what_came_between_is_taken_and_the_rest_tried_once_more(cloud: FakeCloud) -> None:
    bay = FakeStack(kubernetes(), cloud)

    def fail() -> None:
        add_balancer(cloud)
        raise BayError("the subnet is in use")

    bay.on("destroy", None, fail)
    add_volume(cloud)
    assert deleted(bay)[2:] == [
        *("delete_volume v1", "destroy all", "delete_load_balancer lb1", "destroy all", "remove")
    ]


def test_a_destroy_that_nothing_explains_fails_as_it_is(cloud: FakeCloud) -> None:
    bay = FakeStack(complete(), cloud)
    bay.on("destroy", BayError("the cloud is tired"))
    with pytest.raises(BayError, match="the cloud is tired"):
        deleted(bay)
    assert deeds(bay) == ["edit", "destroy all"]


def test_a_destroy_that_a_strangers_port_explains_names_it(cloud: FakeCloud) -> None:
    """Of other projects nobody looks at ports before: the cloud has its own everywhere."""
    cloud.add("network", "n1", name="demo", description=TAG)
    network = {"type": "openstack:networking/network:Network", "urn": "urn:pulumi:demo::bay::t:t:T::demo", "id": "n1"}
    bay = FakeStack({**complete(), "resources": [*complete()["resources"], network]}, cloud)
    cloud.add("port", "p9", network_id="n1", project_id="theirs", name="printer", fixed_ips=[])
    bay.on("destroy", BayError("the network is in use"))
    with pytest.raises(BayError, match="resources of others block the deletion of bay demo: port printer"):
        deleted(bay)


def test_floating_ips_that_no_member_may_delete_are_detached_and_the_rest_tried_once_more(cloud: FakeCloud) -> None:
    deployment = complete()
    deployment["resources"].append(FLOATING_IP)
    bay = FakeStack(deployment, cloud)
    cloud.add("ip", "f1", name="192.0.2.1", description=TAG, tags=[TAG], port_id="p1")
    cloud.on_delete("f1", [ForbiddenException("policy")] * 9)
    bay.on("destroy", BayError("disallowed by policy"))
    assert [line.split(" ")[0] for line in deleted(bay)] == [
        *("edit", "destroy", "delete_ip", "update_ip", "set_tags", "edit", "destroy", "remove")
    ]


@pytest.mark.parametrize("error", [Interrupted(), Locked("bay demo is being changed by another run", "wait")])
@pytest.mark.parametrize("failures", [0, 1])
def test_an_end_that_was_asked_for_explains_itself(cloud: FakeCloud, error: BayError, failures: int) -> None:
    bay = FakeStack(kubernetes(), cloud)
    add_volume(cloud)

    def fail() -> None:
        add_balancer(cloud)
        raise BayError("the subnet is in use")

    bay.on("destroy", None, *([fail] * failures), error)
    with pytest.raises(type(error)):
        deleted(bay)


def test_what_an_interrupted_run_created_goes_first(cloud: FakeCloud) -> None:
    cloud.add("server", "s9", name="demo-node-0", metadata={"bay:id": BAY_ID})
    bay = FakeStack(cut_off(), cloud)
    assert deleted(bay) == ["delete_server s9", "edit", "destroy all", "remove"]
    assert bay.notices == [
        "the previous run was interrupted while creating Instance demo-node-0",
        "deleting server demo-node-0",
    ]


def test_what_an_interrupted_runs_last_requests_create_late_goes_too(cloud: FakeCloud) -> None:
    bay = FakeStack(cut_off(), cloud)

    def create() -> None:
        cloud.add("server", "late", name="demo-node-0", metadata={"bay:id": BAY_ID})

    bay.on("destroy", create)
    assert deleted(bay) == ["edit", "destroy all", "delete_server late", "remove"]


def test_after_a_run_that_ended_nothing_comes_late_and_nobody_looks(cloud: FakeCloud) -> None:
    bay = FakeStack(complete(), cloud)
    bay.on("destroy", cloud.journal.clear)
    assert deleted(bay) == ["remove"]
    assert cloud.journal == ["remove"]


def test_a_bay_of_which_nothing_was_created_is_only_forgotten(cloud: FakeCloud) -> None:
    assert deleted(FakeStack({}, cloud)) == ["remove"]


def test_its_passphrase_is_forgotten_with_it(cloud: FakeCloud, tmp_path: Path) -> None:
    bay = FakeStack(complete(), context=FakeContext(cloud, tmp_path))
    file = bay.context.settings.passphrase_file("demo")
    file.parent.mkdir(parents=True)
    file.touch()
    deleted(bay)
    assert not file.exists()


def test_what_barbican_keeps_goes_before_the_empty_stack(cloud: FakeCloud, tmp_path: Path) -> None:
    """So that an interrupted deletion leaves a stack by which its passphrase is found."""
    deployment = {**complete(), "secrets_providers": {"state": {"salt": "v1:salt"}}}
    bay, barbican = FakeStack(deployment, context=FakeContext(cloud, tmp_path)), with_barbican(cloud)
    bay.context.vault.keep(bay.cloud, "demo", "v1:salt", "words")
    bay.on("destroy", lambda: setattr(bay, "deployment", {**deployment, "resources": []}))
    bay.on("remove", lambda: barbican.requests.append("remove"))
    deleted(bay)
    assert barbican.requests[-2].startswith("DELETE /secrets/")
    assert (barbican.requests[-1], barbican.names) == ("remove", [])


# What is refused


@pytest.mark.parametrize("owner", ["cli", "file"])
def test_what_becomes_of_the_file_of_a_bay_is_said(cloud: FakeCloud, owner: str) -> None:
    deployment = complete()
    identity = next(one for one in deployment["resources"] if one["type"].endswith(":Identity"))
    identity["outputs"]["managed_by"] = owner
    bay = FakeStack(deployment, cloud)
    deleted(bay)
    said = [notice for notice in bay.context.notices if "stacks/Pulumi.demo.yaml" in notice]
    assert said == (
        []
        if owner == "cli"
        else [
            "the file stacks/Pulumi.demo.yaml of its checkout stays, and would create the bay again: "
            "git rm stacks/Pulumi.demo.yaml"
        ]
    )


def test_what_was_approved_is_what_is_deleted(cloud: FakeCloud) -> None:
    seen: list[str] = []

    def approve(plan: Approvable) -> Approval:
        seen.append(plan.disruption)
        raise Declined("nothing was changed")

    add_volume(cloud)
    bay = FakeStack(kubernetes(), cloud)
    with pytest.raises(Declined):
        delete(bay, NOTHING, approve)
    assert seen == ["delete bay demo and all its data, and 1 volume of the list"]
    assert bay.deeds == []


def test_a_protected_bay_is_not_even_looked_at(cloud: FakeCloud) -> None:
    deployment = complete()
    next(r for r in deployment["resources"] if r["type"] == "bay:index:Bay")["inputs"]["spec"]["protected"] = True
    with pytest.raises(Protected) as refused:
        deleted(FakeStack(deployment, cloud))
    assert (refused.value.message, refused.value.hint) == (
        "bay demo is protected from being deleted",
        "lift that first: bay update demo --set protected=false",
    )
    assert cloud.journal == []
    require_unprotected(StateSnapshot("demo"))


def test_a_login_for_another_project_is_refused_before_anything_is_looked_at(cloud: FakeCloud) -> None:
    cloud.current_project_id = "9" * 32
    with pytest.raises(BayError, match="bay demo belongs to project"):
        deleted(FakeStack(complete(), cloud))
    assert cloud.journal == []


def test_what_blocks_it_is_named_before_anybody_is_asked(cloud: FakeCloud) -> None:
    cloud.add("network", "n1", name="demo", description=TAG)
    cloud.add("port", "p9", network_id="n1", name="printer", fixed_ips=[])
    bay = FakeStack(complete(), cloud)
    never: Callable[..., Approval] = lambda _plan: pytest.fail("nobody is asked for what is refused")  # noqa: E731
    with pytest.raises(BayError, match="port printer"):
        delete(bay, NOTHING, never)
    assert bay.deeds == []


# The state before its end


def test_nothing_stays_protected_pending_or_shut_down_first() -> None:
    node = {
        "type": "openstack:compute/instance:Instance",
        "inputs": {"name": "demo-node-0", "stopBeforeDestroy": True},
        "outputs": {"name": "demo-node-0", "stopBeforeDestroy": True, "powerState": "active"},
    }
    master = {"type": node["type"], "protect": True, "inputs": {}, "outputs": {"stopBeforeDestroy": False}}
    component = {"type": "bay:index:Servers", "protect": False}
    content: dict[str, Any] = {"resources": [node, master, component], "pending_operations": [{}]}
    prepare_destroy(content, keep_floating_ips=False)
    assert content == {
        "resources": [
            {
                "type": node["type"],
                "inputs": {"name": "demo-node-0", "stopBeforeDestroy": False},
                "outputs": {"name": "demo-node-0", "stopBeforeDestroy": False, "powerState": "active"},
            },
            {"type": node["type"], "inputs": {}, "outputs": {"stopBeforeDestroy": False}},
            {"type": "bay:index:Servers"},
        ]
    }


def test_a_bay_of_which_nothing_was_created_has_nothing_to_prepare() -> None:
    content: dict[str, Any] = {}
    prepare_destroy(content, keep_floating_ips=True)
    assert content == {}


FLOATING_IP = {"type": "openstack:networking/floatingIp:FloatingIp", "urn": "urn::demo", "id": "f1"}


def test_addresses_that_are_kept_are_forgotten_by_pulumi_and_nothing_else_is() -> None:
    deployment = complete()
    deployment["resources"].append(dict(FLOATING_IP))
    retain_floating_ips(deployment)
    assert [r["id"] for r in deployment["resources"] if r.get("retainOnDelete")] == ["f1"]
    assert len(deployment["resources"]) == len(complete()["resources"]) + 1


@pytest.mark.parametrize("keep", [True, False])
def test_only_where_they_are_kept_addresses_are_forgotten(keep: bool) -> None:
    content = {"resources": [dict(FLOATING_IP)]}
    prepare_destroy(content, keep_floating_ips=keep)
    assert content["resources"][0].get("retainOnDelete", False) is keep


def test_a_deletion_that_a_busy_cloud_stops_goes_on_by_itself(cloud: FakeCloud) -> None:
    busy = CloudBusy("bay demo: demo: busy (HTTP 503)", "again")
    bay = FakeStack(complete(), context=FakeContext(cloud, cancel=Clock()))
    bay.on("destroy", busy, busy)
    delete(bay, NOTHING, allow("delete"))
    assert bay.deeds == ["edit", *["destroy all"] * 3, "remove"]
