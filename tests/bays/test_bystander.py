"""Bays of the same name, elsewhere: what is done to one touches no other."""

import pytest

from .conftest import NewBay

pytestmark = pytest.mark.sandbox


def test_a_bay_of_the_same_name_in_another_project_is_untouched(new_bay: NewBay) -> None:
    mine, theirs = new_bay(), new_bay("sandbox-other")
    theirs.make("twin", "--nodes", "1")
    before = theirs.run("node", "list", "twin", "-f", "json").json
    mine.make("twin", "--nodes", "1")
    assert mine.run("delete", "twin", "--yes").code == 0
    assert theirs.run("node", "list", "twin", "-f", "json").json == before
    assert theirs.run("preview", "twin").code == 0


def test_what_carries_no_mark_survives_though_it_is_named_alike(new_bay: NewBay, clouds) -> None:  # type: ignore[no-untyped-def]
    mine, cloud = new_bay(), clouds[0]
    group = cloud.network.create_security_group(name="twin-node")
    try:
        mine.make("twin-a", "--nodes", "0")
        assert mine.run("delete", "twin-a", "--yes").code == 0
        assert cloud.network.get_security_group(group.id).name == "twin-node"
    finally:
        cloud.network.delete_security_group(group.id)
