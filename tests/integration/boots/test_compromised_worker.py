"""A worker is only itself: its root tries to be somebody else, and to do what is not its own, and is refused.

Each attempt has a control: the same for itself, or without the defence, works. The tests leave the bay healthy.
"""

from collections.abc import Iterator

import pytest

from bay.components.node.proof import proof
from bay.components.node.user_data import LIBRARY
from tests.integration.boots import kubernetes_attacks, kubernetes_attempts, swarm_attacks
from tests.integration.boots.attacks import ATTACKER, DONE, STOLEN, Stage, has_match
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
ATTEMPTS = {"swarm": swarm_attacks.attempts, "kubernetes": kubernetes_attempts.attempts}
HEALTHY = dict.fromkeys(["", *SERVERS], "HEALTHY")


@pytest.fixture(scope="module")
def stage(standing: Standing) -> Iterator[Stage]:
    """The bay, with what its attacker and the controls need; afterwards as it was."""
    module = ATTACKS[standing.engine]
    stage = Stage(standing, module.PRELUDE, module.defences())
    module.prepare(stage)
    yield stage
    module.clear(stage)
    standing.inside(ATTACKER, f"rm -rf {STOLEN}")
    comes(HEALTHY, standing.health, 300)


def test_whatever_it_tries_is_refused(stage: Stage) -> None:
    attempts = ATTEMPTS[stage.bay.engine](stage.bay)
    assert len(attempts) >= 35
    assert len({one.what for one in attempts}) == len(attempts)
    before = stage.bay.health()
    stage.require_refused(attempts)
    assert stage.bay.health() == before == HEALTHY, "nobody else noticed"


def test_each_attempt_would_work_but_for_what_refuses_it(stage: Stage) -> None:
    stage.require_controls(ATTEMPTS[stage.bay.engine](stage.bay))


def test_keys_of_a_generation_that_is_revoked_open_nothing(stage: Stage) -> None:
    """On each master by itself; a server whose keys are of another generation goes on."""
    keys = "/etc/bay/door/authorized_keys"
    wake = 'member wake "$NAME" "$PROOF"'
    stage.bay.inside("master-0", f"cp {keys} /run/keys; sed -i '/ generation-1$/d' {keys}")
    try:
        assert has_match(r"^code 255$", stage.attack(wake))
    finally:
        stage.bay.inside("master-0", f"cp /run/keys {keys}")
    assert has_match(DONE, stage.attack(wake))


def test_a_worker_by_a_masters_name_is_not_that_master_and_keeps_none_out(stage: Stage) -> None:
    """Swarm alone: a worker says itself how it is called. Which master there is to come, the masters decide."""
    bay = stage.bay
    if bay.engine != "swarm":
        pytest.skip("a node of Kubernetes has the name of its certificate")
    name = f"{bay.name}-master-9"
    listed = "docker node ls --format '{{.Hostname}}'"
    swarm_attacks.call_itself(bay, name)
    try:
        assert name in bay.inside("master-0", listed).split()
        assert "master-9" not in bay.health()
        key = dict(line.split() for line in bay.inside("master-0", "cat /etc/bay/door/proof_keys").splitlines())["1"]
        said = f"{name} {proof(key, name)}"
        # As the new master does when it joins.
        asked = (
            f"SSH_ORIGINAL_COMMAND=forget SSH_CONNECTION='10.80.0.250 1 1 1' {LIBRARY}/join-door master 1 <<<'{said}'"
        )
        assert bay.inside("master-0", f"{asked}; echo code $?") == "code 0"
        assert name not in bay.inside("master-0", listed).split()
    finally:
        bay.inside(ATTACKER, "docker swarm leave --force; systemctl restart bay-swarm.service")
        comes(HEALTHY, bay.health, 120)
