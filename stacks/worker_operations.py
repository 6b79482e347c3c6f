"""What each operation of a request to a worker does, and its result as plain values."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

from bay.components.errors import InvalidInput, nearest
from bay.components.node.certificates import Authority
from bay.stacks.approval import Approve
from bay.stacks.bays import Bays
from bay.stacks.operations.apply import scaled
from bay.stacks.operations.backup import BackupRequest
from bay.stacks.operations.groups import GroupEdit
from bay.stacks.operations.rebuild import RebuildRequest
from bay.stacks.operations.rebuild_plan import Selection
from bay.stacks.operations.repair import RepairRequest
from bay.stacks.operations.restore import RestoreRequest
from bay.stacks.operations.retain import Keep
from bay.stacks.operations.rotation import ROTATIONS, RotateRequest
from bay.stacks.operations.upgrade_target import UpgradeRequest
from bay.stacks.plan.document import document
from bay.stacks.plan.planner import SpecSource
from bay.stacks.spec_request import SpecRequest
from bay.stacks.state.snapshot import StateSnapshot
from bay.stacks.worker_request import Operation, Request, Values


def _spec(bays: Bays, request: Request) -> SpecSource:
    if request.spec is not None:
        return lambda _before: request.spec  # type: ignore[return-value]
    wanted = SpecRequest(request.layers, request.addons, request.models, lambda: bays.context.cloud)
    if request.op == "update" and request.remove:
        less = scaled(request.bay, request.group, None, request.remove)
        return lambda before: wanted(less(before))
    return lambda before: wanted(before or request.new_spec)


def _wait(request: Request) -> timedelta | None:
    return timedelta(seconds=request.timeout) if request.timeout else None


def _create(bays: Bays, request: Request, _approve: Approve) -> Values:
    given = request.authority
    authority = Authority(given.key, given.certificate) if given else None
    return _state(bays.create(request.bay, _spec(bays, request), wait=_wait(request), authority=authority))


def _update(bays: Bays, request: Request, approve: Approve) -> Values:
    return _state(bays.update(request.bay, _spec(bays, request), approve=approve, wait=_wait(request)))


def _scale(bays: Bays, request: Request, approve: Approve) -> Values:
    wanted = scaled(request.bay, request.group, request.count, request.remove)
    return _state(bays.update(request.bay, wanted, approve=approve, wait=_wait(request)))


def _repair(bays: Bays, request: Request, approve: Approve) -> Values:
    wanted = RepairRequest(request.nodes, request.sweep, request.lose_data, wait=bool(request.timeout))
    left = bays.repair(request.bay, wanted, approve=approve)
    return {"differences": [difference.row(request.bay) for difference in left.all_differences]}


def _rebuild(bays: Bays, request: Request, approve: Approve) -> Values:
    return {"servers": bays.rebuild(request.bay, _rebuild_request(request), approve=approve).rows}


def _rebuild_plan(bays: Bays, request: Request, _approve: Approve) -> Values:
    plan = bays.rebuild_plan(request.bay, _rebuild_request(request))
    if plan.refusal:
        raise plan.refusal
    return {"servers": plan.rows}


def _rebuild_request(request: Request) -> RebuildRequest:
    selection = Selection(
        request.group if "group" in request.model_fields_set else "",
        request.nodes,
        request.max_unavailable,
        request.lose_data,
    )
    return RebuildRequest(selection, request.image, wait=bool(request.timeout), backup=_backup_request(request))


def _groups(bays: Bays, request: Request, _approve: Approve) -> Values:
    return {"groups": bays.groups(request.bay)}


def _create_group(bays: Bays, request: Request, approve: Approve) -> Values:
    return _state(bays.create_group(*_group(request), request.fields, approve=approve, wait=_wait(request)))


def _set_group(bays: Bays, request: Request, approve: Approve) -> Values:
    edit = GroupEdit(request.fields)
    return _state(bays.set_group(*_group(request), edit, approve=approve, wait=_wait(request)))


def _delete_group(bays: Bays, request: Request, approve: Approve) -> Values:
    return _state(bays.delete_group(*_group(request), approve=approve))


def _group(request: Request) -> tuple[str, str]:
    return request.bay, request.group


def _upgrade(bays: Bays, request: Request, approve: Approve) -> Values:
    done = bays.upgrade(request.bay, _upgrade_request(request), approve=approve)
    return {"version": str(done.target), "steps": done.rows}


def _upgrade_plan(bays: Bays, request: Request, _approve: Approve) -> Values:
    plan = bays.upgrade_plan(request.bay, _upgrade_request(request))
    if plan.refusal:
        raise plan.refusal
    return {"version": str(plan.target), "steps": plan.rows}


def _upgrade_request(request: Request) -> UpgradeRequest:
    return UpgradeRequest(
        request.version,
        request.model,
        request.image,
        request.models,
        request.max_unavailable,
        wait=bool(request.timeout),
        backup=_backup_request(request),
    )


def _backup(bays: Bays, request: Request, _approve: Approve) -> Values:
    wanted = _backup_request(request)
    if wanted is None:
        raise InvalidInput("request.folder: Field required", "name the folder that the backup goes to")
    return bays.backup(request.bay, wanted).row


def _backup_request(request: Request) -> BackupRequest | None:
    if request.folder is None:
        return None
    return BackupRequest(request.folder, request.keep, "", request.ssh_user, request.ssh_key)


def _restore(bays: Bays, request: Request, approve: Approve) -> Values:
    if request.file is None:
        raise InvalidInput("request.file: Field required", "name the file of the backup")
    wanted = RestoreRequest(request.file, request.ssh_user, request.ssh_key, wait=bool(request.timeout))
    return {"servers": bays.restore(request.bay, wanted, approve=approve).rows}


def _rotate(bays: Bays, request: Request, approve: Approve) -> Values:
    if request.what not in ROTATIONS:
        raise InvalidInput(f"request.what: {request.what!r} is nothing to rotate", nearest(request.what, ROTATIONS))
    wanted = RotateRequest(request.what, request.file, request.ssh_user, request.ssh_key)
    done = bays.rotate(request.bay, wanted, approve=approve)
    return {"steps": done.rows, "proven": done.proven}


def _delete(bays: Bays, request: Request, approve: Approve) -> Values:
    bays.delete(request.bay, Keep(request.keep_volumes, request.keep_floating_ips), approve=approve)
    return {"deleted": request.bay}


def _wait_for(bays: Bays, request: Request, _approve: Approve) -> Values:
    bays.wait(request.bay, timeout=_wait(request) or timedelta(hours=1))
    return {"ready": request.bay}


def _preview(bays: Bays, request: Request, _approve: Approve) -> Values:
    return document(
        bays.preview(request.bay, _spec(bays, request), refresh=request.refresh, from_file=request.from_file)
    )


def _drift(bays: Bays, request: Request, _approve: Approve) -> Values:
    found = bays.drift(request.bay)
    return {"differences": [difference.row(request.bay) for difference in found.all_differences]}


def _show(bays: Bays, request: Request, _approve: Approve) -> Values:
    state = bays.snapshot(request.bay)
    return {**_state(state), "spec": state.spec.model_dump(mode="json") if state.spec else None}


def _status(bays: Bays, request: Request, _approve: Approve) -> Values:
    return asdict(bays.status(request.bay))


def _health(bays: Bays, request: Request, _approve: Approve) -> Values:
    return asdict(bays.health(request.bay))


def _state(state: StateSnapshot) -> Values:
    servers = [{"name": s.name, "group": s.group, "address": s.address, "id": s.id} for s in state.servers]
    return {"id": state.bay_id, "api_address": state.outputs.get("api_address"), "servers": servers}


OPERATIONS: dict[Operation, Callable[[Bays, Request, Approve], Values]] = {
    "create": _create,
    "update": _update,
    "scale": _scale,
    "wait": _wait_for,
    "repair": _repair,
    "rebuild": _rebuild,
    "rebuild_plan": _rebuild_plan,
    "upgrade": _upgrade,
    "upgrade_plan": _upgrade_plan,
    "backup": _backup,
    "restore": _restore,
    "rotate": _rotate,
    "delete": _delete,
    "preview": _preview,
    "drift": _drift,
    "show": _show,
    "status": _status,
    "health": _health,
    "groups": _groups,
    "create_group": _create_group,
    "set_group": _set_group,
    "delete_group": _delete_group,
}
