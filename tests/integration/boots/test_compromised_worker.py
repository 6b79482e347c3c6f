"""A worker is only itself: its root tries to be somebody else, and to do what is not its own, and is refused.

Each attempt has a control: the same for itself, or without the defence, works. The tests leave the bay healthy.
"""

from collections.abc import Iterator

import pytest

from tests.integration.boots import kubernetes_attacks, swarm_attacks
from tests.integration.boots.attacks import ATTACKER, DONE, STOLEN, Stage, found
from tests.integration.boots.standing import SERVERS, Standing
from tests.integration.boots.story import comes

pytestmark = [
    pytest.mark.boot,
    pytest.mark.sandbox,
    pytest.mark.long,
    pytest.mark.timeout(1800, func_only=True),
    pytest.mark.parametrize("standing", ["swarm", "kubernetes-virtual-ip"], indirect=True, scope="session"),
]

ATTACKS = {"swarm": swarm_attacks, "kubernetes": kubernetes_attacks}
HEALTHY = dict.fromkeys(["", *SERVERS], "HEALTHY")


@pytest.fixture(scope="module")
def stage(standing: Standing) -> Iterator[Stage]:
    """The bay, with what its attacker and the controls need; afterwards as it was."""
    module = ATTACKS[standing.engine]
    if standing.engine == "kubernetes":
        kubernetes_attacks.prepare(standing)
    yield Stage(standing, module.PRELUDE, module.defences())
    if standing.engine == "kubernetes":
        kubernetes_attacks.clear(standing)
    standing.inside(ATTACKER, f"rm -rf {STOLEN}")
    comes(HEALTHY, standing.health, 300)


def test_whatever_it_tries_is_refused(stage: Stage) -> None:
    attempts = ATTACKS[stage.bay.engine].attempts(stage.bay)
    assert len(attempts) >= 40
    assert len({one.what for one in attempts}) == len(attempts)
    before = stage.bay.health()
    stage.require_refused(attempts)
    assert stage.bay.health() == before == HEALTHY, "nobody else noticed"


def test_each_attempt_would_work_but_for_what_refuses_it(stage: Stage) -> None:
    stage.require_controls(ATTACKS[stage.bay.engine].attempts(stage.bay))


def test_keys_of_a_generation_that_is_revoked_open_nothing(stage: Stage) -> None:
    """On each master by itself; a server whose keys are of another generation goes on."""
    keys = "/etc/bay/door/authorized_keys"
    wake = 'member wake "$NAME" "$PROOF"'
    stage.bay.inside("master-0", f"cp {keys} /run/keys; sed -i '/ generation-1$/d' {keys}")
    try:
        assert found(r"^code 255$", stage.attack(wake))
    finally:
        stage.bay.inside("master-0", f"cp /run/keys {keys}")
    assert found(DONE, stage.attack(wake))
