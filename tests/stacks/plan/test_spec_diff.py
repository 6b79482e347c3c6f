"""Fields of the spec in a plan; which of them hold for servers made later is true of the boot data, not only said."""

from typing import Any

import pytest

from bay.components.servers import KEPT_AS_CREATED
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.plan.spec_diff import all_fields, changed_fields, kept_until_rebuild
from bay.stacks.plan.types import FieldChange, Group

BEFORE = build_spec([{"model": "swarm", "nodes": 3}])


def fields(**said: Any) -> list[tuple[str, str, bool]]:
    return [(f.path, f.group.value, f.later) for f in changed_fields(BEFORE, changed_spec(BEFORE, [said]))]


def test_equal_specs_have_no_changed_field() -> None:
    assert fields(nodes=3) == []


def test_a_snippet_that_comes_is_told_part_by_part() -> None:
    """Its commands run as root, and what its files hold may be secret."""
    commands = [["sh", "-c", "x" * 150 + " | sh"], ["reboot"]]
    site = {"roles": ["node"], "files": {"/etc/key": "token"}, "commands": commands}
    after = changed_spec(BEFORE, [{"snippets": {"site": site}}])
    assert {field.path: field.new for field in changed_fields(BEFORE, after)} == {
        "snippets.site.roles": '["node"]',
        "snippets.site.files": "(secret)",
        "snippets.site.commands": f"sh -c '{'x' * 150} | sh'; reboot",
    }
    assert all(field.later for field in changed_fields(BEFORE, after))
    gone = {field.path: field.old for field in changed_fields(after, BEFORE)}
    assert gone["snippets.site.commands"] == f"sh -c '{'x' * 150} | sh'; reboot"


def test_of_a_new_bay_every_field_with_a_value_is_told_and_none_holds_for_later() -> None:
    fields = all_fields(BEFORE)
    values = {field.path: field.new for field in fields}
    assert values["nodes.count"] == "3"
    assert values["image"] == "debian-12-docker"
    assert "keypair" not in values
    assert "access.api" not in values
    assert not [field for field in fields if field.later or field.old is not None]


def test_a_field_has_its_old_and_new_value() -> None:
    after = changed_spec(BEFORE, [{"access": {"api": ["192.0.2.0/24"]}}])
    assert changed_fields(BEFORE, after) == (
        FieldChange("access.api", "[]", '["192.0.2.0/24"]', Group.FIREWALL, False),
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"image": "ubuntu"}, ("image", "nodes", True)),
        ({"keypair": "mine"}, ("keypair", "nodes", True)),
        ({"nodes": {"zones": ["a"]}}, ("nodes.zones", "nodes", True)),
        ({"nodes": {"labels": {"example.org/x": "y"}}}, ('nodes.labels["example.org/x"]', "nodes", True)),
        ({"nodes": {"engine_volume": 10}}, ("nodes.engine_volume", "nodes", True)),
        ({"masters": {"state_volume": 10}}, ("masters.state_volume", "volumes", True)),
        ({"proxy": {"http": "http://proxy:1"}}, ("proxy.http", "other", True)),
        ({"registry": {"mirror": "http://mirror:1"}}, ("registry.mirror", "other", True)),
        ({"affinity": "none"}, ("affinity", "nodes", True)),
        ({"endpoint": {"name": "api.example"}}, ("endpoint.name", "endpoint", True)),
        ({"nodes": {"flavor": "m1.large"}}, ("nodes.flavor", "nodes", True)),
        ({"nodes": 4}, ("nodes.count", "nodes", False)),
        ({"network": {"dns": ["192.0.2.1"]}}, ("network.dns", "network", False)),
        ({"tags": ["x"]}, ("tags", "other", False)),
        ({"protected": True}, ("protected", "other", False)),
    ],
)
def test_a_field_is_said_to_hold_for_later_servers_where_those_that_are_there_keep_theirs(
    said: dict[str, Any], expected: tuple[str, str, bool]
) -> None:
    assert fields(**said) == [expected]


def test_what_servers_keep_is_what_the_fields_say() -> None:
    """A property that is kept no more would make `later` a lie: image, boot data, key, disks, zone, spread, flavor."""
    shape = ["imageId", "userData", "keyPair", "blockDevices", "availabilityZone", "schedulerHints", "flavorId"]
    assert shape == KEPT_AS_CREATED


def noted(before: BaySpec = BEFORE, *, images: bool = False, **said: Any) -> tuple[str, ...]:
    servers = {"master": ["demo-master-0"], "node": ["demo-node-0", "demo-node-1"], "gpu": []}
    after = changed_spec(before, [said])
    return kept_until_rebuild("demo", after, changed_fields(before, after), servers, images=images)


BATCHES = "replaces them, drained, batch by batch"


def test_which_servers_keep_what_they_were_created_with_is_noted() -> None:
    assert noted(nodes={"flavor": "m1.large"}) == (
        f"demo-node-0, demo-node-1: created with another nodes.flavor; 'bay rebuild demo --group node' {BATCHES}",
    )
    assert noted(proxy={"http": "http://proxy:1"}, affinity="none") == (
        "demo-master-0, demo-node-0, demo-node-1: created with another affinity, proxy.http; "
        "'bay rebuild demo' replaces them",
    )
    assert noted(nodes=4, image="other", tags=["x"]) == (), "images are told by the servers, the rest reaches them"
    with_images = noted(images=True, image="x")
    assert with_images[0].startswith("demo-master-0, demo-node-0, demo-node-1: created with another image;")


def test_what_becomes_of_the_only_master_is_said_as_a_rebuild_does_it() -> None:
    on_volume = changed_spec(BEFORE, [{"masters": {"state_volume": 1}}])
    three = changed_spec(BEFORE, [{"masters": 3}])
    start, command = "demo-master-0: created with another masters.flavor", "'bay rebuild demo --group master'"
    flavor = {"flavor": "m1.large"}
    assert noted(masters=flavor) == (
        f"{start}; {command} has Nova resize it where it is, since its disk has the control-plane data",
    )
    assert noted(masters={**flavor, "labels": {"a": "b"}})[0].endswith(
        f"{command} leaves it, since its disk has the control-plane data; --lose-data replaces it"
    )
    for disk in ({"state_volume": 5}, {"boot_volume": 5}, {"engine_volume": 5, **flavor}):
        (note,) = noted(masters=disk)
        assert note.endswith(f"{command} leaves it, since its disk has the control-plane data; --lose-data replaces it")
    assert noted(on_volume, masters=flavor) == noted(three, masters=flavor) == (f"{start}; {command} {BATCHES}",)
