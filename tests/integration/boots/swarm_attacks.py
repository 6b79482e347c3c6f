"""What root on a worker of Docker Swarm tries."""

from tests.integration.boots.attacks import DONE, LIMITS, VICTIM, Attempt, Defence, Stage, at_the_door, has_match
from tests.integration.boots.standing import Standing

PRELUDE = """
run() { "$@" 2>&1; echo "code $?"; }
# Its own identity in the swarm, certificate and key in one file.
OWN=/var/lib/docker/swarm/certificates/swarm-node
api() {
  curl --silent --show-error --max-time 5 --cacert /var/lib/docker/swarm/certificates/swarm-root-ca.crt "$@" \\
    "https://$MASTER:2376/nodes" 2>&1
  echo "code $?"
}
# port NUMBER: of a master
port() { timeout 3 bash -c "</dev/tcp/$MASTER/$1" 2>&1 && echo open || echo closed; }
"""
NO_MANAGER = r"(?i)not a swarm manager|only be .*manager|cannot be"


def prepare(_stage: Stage) -> None:
    """Nothing."""


def clear(stage: Stage) -> None:
    """The attacker's worker has its work again."""
    assert has_match(DONE, stage.attack('member wake "$NAME" "$PROOF"'))


def call_itself(bay: Standing, name: str) -> None:
    """The attacker's worker leaves the swarm and joins it by another name; by its own it goes on as it was."""
    stage = Stage(bay, PRELUDE)
    joined = stage.attack(
        f"""token=$(member token "$NAME" "$PROOF" | grep ^SWMTKN)
        docker swarm leave --force; hostname {name}; docker swarm join --token "$token" "$MASTER:2377"; echo "code $?"
        hostname "$NAME" """
    )
    assert has_match(DONE, joined), joined


def defences() -> dict[str, Defence]:
    """What is taken away for a control."""
    return {"limits": LIMITS}


def attempts(bay: Standing) -> list[Attempt]:
    """All of them."""
    token = 'join token "$NAME" "$PROOF"'
    mine = "docker info --format 'code {{if .Swarm.ControlAvailable}}1{{else}}0{{end}}'"
    return [
        *at_the_door(bay.name, "token", lambda _name: ""),
        Attempt("ask for a certificate of Kubernetes", 'join certificate "$NAME" "$PROOF" x', control=token),
        *(
            Attempt(f"docker {words}", f"run docker {words}", NO_MANAGER, control=mine)
            for words in (
                "swarm join-token manager",
                "swarm join-token worker",
                "node ls",
                f"node promote {bay.name}-node-1",
                f"node rm --force {bay.name}-{VICTIM}",
                "secret ls",
                "swarm ca",
            )
        ),
        *(
            Attempt(
                f"use Docker's API on a master {how}", f"api {words}", r"^code [1-9]", control="port 22", works="open"
            )
            for how, words in (
                ("without a certificate", "--insecure"),
                ("by its own certificate", '--insecure --cert "$OWN.crt" --key "$OWN.key"'),
            )
        ),
        Attempt("reach Docker's API without TLS", "port 2375", "closed", control="port 2377", works="open"),
    ]
