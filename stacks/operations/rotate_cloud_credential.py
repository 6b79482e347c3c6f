"""Rotates the application credential with which a bay's masters ask the cloud: for volumes and load balancers.

Nothing remembers how far a rotation is but the cloud and the bay: a credential with the bay's mark that is not the
state's is an old one, and the engine's API says which one is in use.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bay.components.engines import ENGINES
from bay.components.engines.cloud_logins import HeldLogin
from bay.components.errors import BayError
from bay.components.openstack.resolve import resolve
from bay.components.text import command, join_names
from bay.stacks.approval import Approve
from bay.stacks.cloud.credentials import delete_credential, is_accepted, list_credentials
from bay.stacks.cluster.cloud_login import EngineLogin, cloud_logins_of, open_engine_login
from bay.stacks.cluster.health import HEALTHY, health_of
from bay.stacks.operations import recovery
from bay.stacks.operations.patience import up_patiently
from bay.stacks.operations.rebuild import recorded_spec
from bay.stacks.operations.rotation import RotateRequest, Rotation, Step
from bay.stacks.program.bay_program import program
from bay.stacks.stack import BayStack
from bay.stacks.state.pki import in_the_clear
from bay.stacks.state.snapshot import StateSnapshot

TYPE = "openstack:identity/applicationCredential:ApplicationCredential"
CREATE, PUT, RESTART, DELETE, PROVE = "create", "put", "restart", "delete", "prove"
"""Actions of the steps, in their order."""


def make_plan(bay: BayStack, _request: RotateRequest) -> Rotation:
    """BayError where the bay has no such credential, its API does not answer from here, or masters are unhealthy."""
    _require_possible(bay)
    engine = open_engine_login(bay)
    _require_healthy_masters(bay)
    mine = _recorded(bay.state)
    old = [id for id in list_credentials(bay.cloud, bay.state.bay_id) if id != mine]
    begun, used = bool(old) or engine.held.credential_id != mine, engine.held.credential_id
    consumers = [Step(RESTART, one.name) for one in engine.consumers()]
    steps = (
        Step(CREATE, "application credential", "done" if begun else "planned", mine if begun else ""),
        Step(PUT, "Secret cloud-config", "done" if begun and used == mine else "planned"),
        *consumers,
        Step(DELETE, "old credential", "planned", join_names(old or [used]) if begun else used),
        Step(PROVE, "old credential"),
    )
    deed = f"replace the cloud credential of bay {bay.name}, and restart {join_names([one.name for one in consumers])}"
    return Rotation(bay.name, "cloud-credential", steps, deed)


def rotate(bay: BayStack, request: RotateRequest, approve: Approve) -> Rotation:
    """Returns what was done, and what Keystone said to the old credential."""
    _require_possible(bay)
    _ = bay.cloud  # a foreign login is refused before anything is looked at
    resumed = recovery.resume(bay)
    rotation = make_plan(bay, request)
    approve(rotation)
    engine = open_engine_login(bay)
    if rotation.steps[0].status != "done":
        _create(bay)
    else:
        bay.notify("resuming", f"the rotation of the cloud credential of bay {bay.name} goes on")
    new = _credential(bay)
    rotation = rotation.done(CREATE, new.credential_id)
    if not is_accepted(bay.cloud, new.credential_id, new.credential_secret):
        raise BayError(
            f"Keystone does not accept the new credential {new.credential_id}",
            "the old one is in use; run the same again",
        )
    rotation = _use(bay, engine, new, rotation, request)
    rotation = _drop(bay, engine.held, new, rotation)
    if resumed:
        recovery.delete_duplicates(bay)
    text = "masters have the old credential in their boot data, where it opens nothing: they are outdated until"
    bay.notify("outdated", f"{text} {command('bay', 'rebuild', bay.name, '--group', 'master')}")
    return rotation


def _require_possible(bay: BayStack) -> None:
    spec = bay.state.require_spec()
    engine = ENGINES[spec.coe]
    if cloud_logins_of(spec.coe) is None:
        raise BayError(f"bay {bay.name}: {engine.title} has no credential of the cloud", "there is nothing to rotate")
    if not engine.wants_cloud(spec) or not _recorded(bay.state):
        raise BayError(
            f"bay {bay.name} has no credential of the cloud: its masters ask it for nothing",
            "options.cloud_provider and options.volume_driver make one",
        )


def _require_healthy_masters(bay: BayStack) -> None:
    health = health_of(bay)
    ill = [one.name for one in bay.state.servers if one.role == "master" and health.nodes.get(one.name) != HEALTHY]
    if ill:
        raise BayError(
            f"bay {bay.name}: {join_names(ill)} is not healthy, so what restarts there may not come back",
            f"'bay show {bay.name}' says how it is, 'bay repair {bay.name}' mends it",
        )


def _recorded(state: StateSnapshot) -> str:
    """Id of the credential that the state has; empty for none."""
    return next((str(one["id"]) for one in state.resources if one["type"] == TYPE and one.get("id")), "")


def _create(bay: BayStack) -> None:
    """A second one beside the first, which leaves the state and stays in Keystone."""
    spec = recorded_spec(bay)
    bay.notify("creating", f"a second application credential of bay {bay.name} is created beside the first")
    with bay.edit() as content:
        for resource in content["resources"]:
            if resource["type"] == TYPE:
                resource["retainOnDelete"] = True
    serial = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    run = partial(
        program,
        bay.name,
        spec,
        managed_by=bay.state.managed_by,
        resolved=resolve(spec, bay.cloud),
        credential_serial=serial,
    )
    up_patiently(bay, lambda left: bay.up(run, replace=left))


def _credential(bay: BayStack) -> HeldLogin:
    """The one of the state, with its secret."""
    for resource in bay.secrets().get("resources") or []:
        if resource["type"] == TYPE:
            outputs: Mapping[str, Any] = resource.get("outputs") or {}
            return HeldLogin(str(resource["id"]), str(in_the_clear(outputs["secret"])))
    raise BayError(f"bay {bay.name} has no credential of the cloud in its state", f"bay update {bay.name}")


def _use(bay: BayStack, engine: EngineLogin, new: HeldLogin, rotation: Rotation, request: RotateRequest) -> Rotation:
    if engine.held != new:
        engine.put(new.credential_id, new.credential_secret)
    rotation = rotation.done(PUT, "")
    for consumer in engine.consumers():
        bay.context.cancel.raise_if_requested()
        bay.notify("restarting", f"{consumer.name} is restarted with the new credential")
        engine.restart(consumer, new.credential_id, request.timeout)
    return rotation.done(RESTART, "runs")


def _drop(bay: BayStack, held: HeldLogin, new: HeldLogin, rotation: Rotation) -> Rotation:
    """Delete every old one, and try that which was in use; BayError where Keystone still accepts it."""
    bay.context.cancel.raise_if_requested()
    old = [id for id in list_credentials(bay.cloud, bay.state.bay_id) if id != new.credential_id]
    for id in old:
        delete_credential(bay.cloud, id)
    if left := [id for id in list_credentials(bay.cloud, bay.state.bay_id) if id != new.credential_id]:
        raise BayError(f"Keystone still has {join_names(left)} of bay {bay.name}", "run the same again")
    rotation = rotation.done(DELETE, join_names(old) if old else "was gone already")
    if held.credential_id == new.credential_id:
        detail = "not tried: an earlier run has dropped its secret; Keystone lists no other credential of the bay"
        return rotation.done(PROVE, detail, "unknown")
    if is_accepted(bay.cloud, held.credential_id, held.credential_secret):
        raise BayError(
            f"Keystone still accepts the old credential {held.credential_id}: it is another user's",
            f"as the user who created the bay: openstack application credential delete {held.credential_id}",
        )
    seen = "Keystone was asked for a token with it, and refused"
    proven = f"the old cloud credential {held.credential_id} is useless: {seen}"
    return replace(rotation.done(PROVE, seen), proven=proven)
