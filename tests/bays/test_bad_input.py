"""What a user can get wrong: each is one line of what is wrong, one of what to do, and nothing half made."""

import pytest

from .harness import Bay

pytestmark = pytest.mark.sandbox


def test_an_unknown_model_names_the_nearest(bay: Bay) -> None:
    result = bay.run("create", "bad", "--model", "swram")
    assert result.code == 1
    assert result.error == ("there is no model 'swram'", "nearest: swarm, swarm-ha; see 'bay model list'")


def test_probe(bay: Bay) -> None:
    bay.make("bad", "--nodes", "0")
    assert bay.names() == ["bad"]
