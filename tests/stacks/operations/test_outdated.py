"""What a server is outdated in: told by what Pulumi would change of it if nothing were kept."""

import pytest

from bay.components.servers import KEPT_AS_CREATED
from bay.components.spec.merge import build_spec
from bay.stacks.operations.outdated import REASONS, Comparison, compare_as_new, comparison
from bay.stacks.plan.types import Change, Diff, Group, Operation
from tests.fakes.openstack import ordinary_cloud
from tests.fakes.pulumi_events import outdated
from tests.fakes.stack import FakeStack
from tests.fakes.states import FINISHED, bay_of

SERVERS = ("demo-master-0", "demo-node-0")


def change(name: str, *paths: str, operation: Operation = "replace", kind: str = "Instance") -> Change:
    return Change(operation, Group.NODES, kind, name, tuple(Diff(path, "a", "b") for path in paths), f"urn {name}")


def test_everything_that_a_server_keeps_is_a_reason_to_rebuild_it() -> None:
    assert set(REASONS) == set(KEPT_AS_CREATED)


@pytest.mark.parametrize(
    ("paths", "reasons"),
    [
        (["imageId"], ("image",)),
        (["userData"], ("boot-data",)),
        (["userData", "flavorId", "imageId"], ("image", "flavor", "boot-data")),
        (["blockDevices[0].uuid"], ("image",)),
        (["blockDevices[0].uuid", "imageId"], ("image",)),
        (["blockDevices[0].volumeSize"], ("volumes",)),
        (["blockDevices[1]"], ("volumes",)),
        (["blockDevices"], ("volumes",)),
        (["availabilityZone", "keyPair"], ("zone", "key")),
        (["schedulerHints[0].group"], ("affinity",)),
    ],
)
def test_a_property_is_called_as_users_do(paths: list[str], reasons: tuple[str, ...]) -> None:
    assert comparison([change("demo-node-0", *paths)], SERVERS) == Comparison({"demo-node-0": reasons})


@pytest.mark.parametrize(
    "unfinished",
    [
        change("demo-node-0", "metadata", operation="update"),
        change("demo-node-0", "networks"),
        change("demo-node-0", operation="delete"),
        change("demo-node-9", operation="create"),
        change("demo-rule", operation="create", kind="SecGroupRule"),
    ],
)
def test_what_a_plain_run_would_change_is_unfinished(unfinished: Change) -> None:
    assert comparison([unfinished], SERVERS) == Comparison({}, (unfinished,))


def test_a_server_may_be_both() -> None:
    found = comparison([change("demo-node-0", "metadata", "imageId")], SERVERS)
    assert found.reasons == {"demo-node-0": ("image",)}
    assert [one.operation for one in found.unfinished] == ["update"], "its replacement is the rebuild's"


def test_a_copy_of_the_state_is_compared_in_which_nothing_is_protected() -> None:
    spec = build_spec([{"model": "swarm", "nodes": 1}])
    deployment = bay_of(spec)
    for resource in deployment["resources"]:
        resource["protect"] = True
    steps = [outdated("demo-node-0", "imageId")]
    bay = FakeStack(deployment, ordinary_cloud(), steps=steps, last=FINISHED)
    found = compare_as_new(bay, spec, None)  # type: ignore[arg-type]
    assert found == Comparison({"demo-node-0": ("image",)})
    (copy,) = bay.copies
    assert copy.deployment is not None
    assert not any(resource.get("protect") for resource in copy.deployment["resources"])
    assert bay.deeds == [], "nothing but the copy is touched"
