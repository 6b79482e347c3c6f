"""When the certificates of a bay end, from its state alone: no secret of it is decrypted, and nothing else is asked."""

from datetime import datetime, timedelta

from bay.components.engines import ENGINES
from bay.components.node.credentials import Secret
from bay.components.node.lifetimes import Certificate, authority_end, leaf_end, signed_at, warning
from bay.stacks.state.snapshot import StateSnapshot

LONGEST_RUN = timedelta(days=1)
"""Boot data is made before its server."""
MASTERS = "the masters; those that an earlier release created"


def certificates_of(state: StateSnapshot) -> tuple[Certificate, ...]:
    """Those that bay makes of a bay's keys; none before it has any."""
    if state.made_at is None or state.spec is None:
        return ()
    engine = ENGINES[state.spec.coe]
    issuer = state.authority_ends or authority_end(state.made_at)
    others = [name for name, kind in engine.secrets.items() if kind is Secret.AUTHORITY]
    return (
        Certificate("authority", issuer),
        *(Certificate(f"authority {name.replace('_', '-')}", authority_end(state.made_at)) for name in others),
        _server(state, issuer),
        Certificate("client", leaf_end(state.made_at, issuer), f"bay config {state.name}"),
    )


def _server(state: StateSnapshot, issuer: datetime) -> Certificate:
    """Of the engine's API, the first to end: a master made it when it was created, or it came with its boot data."""
    assert state.made_at is not None
    assert state.spec is not None
    made_at, rebuild = state.made_at, f"bay rebuild {state.name} --group master"
    created = [server.created_at or made_at for server in state.servers if server.role == "master"] or [made_at]
    if getattr(ENGINES[state.spec.coe], "masters_sign", False):
        return Certificate("server", leaf_end(min(created), issuer), f"{MASTERS}: {rebuild}")
    signed = signed_at(made_at, min(created) - LONGEST_RUN)
    return Certificate("server", leaf_end(signed, issuer), rebuild)


def expiry_warning(state: StateSnapshot, now: datetime) -> str:
    """One line about certificates that end soon or have ended; empty where there are none."""
    return warning(state.name, certificates_of(state), now)
