"""A team with one state: what one has created another changes; both at once are kept apart; the state moves whole."""

from pathlib import Path

import pytest

from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay
from tests.toolchain.states import postgres

pytestmark = pytest.mark.sandbox


def of_team(user: Bay, folder: Path) -> None:
    """Has the team's passphrase."""
    (folder / "words").write_text("of the team")
    user.extra = {**user.extra, "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "words")}


def nodes(user: Bay, **state: str) -> list[str]:
    return [row["name"] for row in user.run("node", "list", "ours", "-f", "json", **state).json]


def test_two_users_change_one_bay_and_its_state_moves(new_bay: NewBay, tmp_path: Path) -> None:
    ada, ben = new_bay(), new_bay()
    of_team(ada, tmp_path)
    of_team(ben, tmp_path)
    shared = {"BAY_STATE": f"file://{ada.state}"}
    ada.make("ours", "--nodes", "0")
    assert ben.run("list", "-f", "value", "-c", "name", "-c", "status", **shared).out == "ours CREATE_COMPLETE\n"

    first = ada.start("scale", "ours", "1")
    first.until(lambda: list(ada.state.glob(".pulumi/locks/organization/bay/ours/*.json")))
    second = ben.run("scale", "ours", "2", **shared)
    assert "is being changed by another run" in second.err
    assert "interrupted" not in second.err, "what runs still is nobody's to resume"
    assert first.wait().code == 0
    if second.code:  # on a busy machine it has waited long enough
        second = ben.run("scale", "ours", "2", **shared)
    assert second.code == 0, second
    assert nodes(ada) == ["ours-master-0", "ours-node-0", "ours-node-1"]

    checked = ada.run("state", "doctor", "-f", "json")
    assert checked.code == 0, checked
    assert {row["check"] for row in checked.json} == {"state", "copies"}
    moved = ada.run("state", "move", "ours", "--to", f"file://{ben.state}")
    assert moved.code == 0, moved
    assert (ada.names(), ben.names()) == ([], ["ours"])
    assert ben.run("preview", "ours").code == 0
    assert ben.run("show", "ours", "-f", "value", "-c", "status").out == "UPDATE_COMPLETE\n"
    again = ada.run("state", "move", "ours", "--to", f"file://{ben.state}")
    assert again.code == 0, again


@pytest.mark.long
def test_a_state_moves_to_a_database_and_back(bay: Bay) -> None:
    bay.make("ours", "--nodes", "1")
    with postgres() as (url, environment):
        assert bay.run("state", "move", "ours", "--to", url).code == 0
        assert bay.names() == []
        there = {**environment, "BAY_STATE": url}
        assert bay.run("list", "-f", "value", "-c", "name", "-c", "status", **there).out == "ours CREATE_COMPLETE\n"
        assert bay.run("scale", "ours", "2", **there).code == 0
        assert bay.run("state", "doctor", **there).code == 0
        back = bay.run("state", "move", "ours", "--to", f"file://{bay.state}", **there)
        assert back.code == 0, back
    assert bay.run("preview", "ours").code == 0
    assert nodes(bay) == ["ours-master-0", "ours-node-0", "ours-node-1"]
