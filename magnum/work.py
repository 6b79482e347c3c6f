"""One job, carried out by a worker (`bay.stacks.worker`): create, update or delete of a cluster's bay."""

import ctypes
import json
import logging
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bay.components.errors import BayError
from bay.components.private_files import write_private
from bay.magnum.jobs import Job, Values
from bay.magnum.settings import Settings
from bay.stacks.errors import AlreadyExists, NotFound
from bay.stacks.events import Event, Notice
from bay.stacks.worker_client import WorkerError, WorkerProcess

LOG = logging.getLogger(__name__)

DIED = "Died"
"""In place of a family of errors: the worker ended without an answer."""
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass
class Work:
    """A worker and the job that it is for. done: what of the outcome holds, however the rest of the job ends."""

    settings: Settings
    job: Job
    worker: WorkerProcess
    clouds: Path
    done: Values = field(default_factory=dict)
    superseded: threading.Event = field(default_factory=threading.Event)

    @classmethod
    @contextmanager
    def started(cls, settings: Settings, job: Job, login: str = "clouds.yaml") -> "Iterator[Work]":
        """With a worker, and the login of the cluster in a file of this name, while the block runs."""
        clouds = settings.own_folder(job.cluster) / login
        entry = {name: value for name, value in job.login.items() if name != "user_id"}
        write_private(clouds, json.dumps({"clouds": {"magnum": entry}}))  # JSON is YAML
        try:
            with worker(settings, ends_with_thread=True) as process:
                yield cls(settings, job, process, clouds)
        finally:
            clouds.unlink(missing_ok=True)

    @property
    def is_superseded(self) -> bool:
        """Whether something else is wanted by now."""
        return self.superseded.is_set()

    def ask(self, operation: str, **values: Any) -> Values:
        """What the worker answers; BayError for its error."""
        request = {
            "id": str(self.job.wanted),
            "op": operation,
            "bay": self.job.request["bay"],
            "place": self.settings.place(self.job.cluster) | {"clouds_file": str(self.clouds)},
            **values,
        }
        answer: Values = self.worker.ask(request, listen=_note)
        return answer

    @staticmethod
    def upgrade_request(upgrade: Values) -> tuple[str, Values]:
        """Operation of a worker, and its fields: a group alone gets the image of its cluster by a rebuild."""
        names = ("group", "image") if upgrade["group"] else ("image", "version", "model")
        return "rebuild" if upgrade["group"] else "upgrade", {
            name: upgrade[name] for name in (*names, "max_unavailable")
        }

    def supersede(self, patience: float) -> None:
        """End it for a newer wish: in order, and at once after `patience` seconds."""
        if self.is_superseded:
            return
        self.superseded.set()
        LOG.info("interrupting generation %d", self.job.wanted)
        with suppress(OSError, ValueError):  # of one that ended meanwhile
            self.worker.cancel()
        later = threading.Timer(patience, self._force)
        later.daemon = True
        later.start()

    def _force(self) -> None:
        with suppress(OSError, ValueError):
            self.worker.cancel(at_once=True)

    def kill(self) -> None:
        """The worker, at once."""
        with suppress(OSError):
            self.worker.process.kill()

    def failure(self, error: BayError) -> Values:
        """An outcome that tells of an error, with the servers that there are all the same."""
        reason = f"{error.message}; {error.hint}" if error.hint else error.message
        if not self.worker.is_alive:
            return {"ok": False, "family": DIED, "reason": reason}
        family = error.family if isinstance(error, WorkerError) else type(error).__name__
        known: Values = {}
        with suppress(BayError):
            known = self.ask("show")
        return {"ok": False, "family": family, "reason": reason, **_facts(known), **self.done}


def carry_out(work: Work, job: Job) -> Values:
    """What Magnum is told of the bay afterwards; BayError where it did not get so far."""
    match job.operation:
        case "create":
            return _facts(_create(work, job))
        case "update":
            return {**_facts(_update(work, job)), **work.done}
        case "delete":
            return _delete(work, job)
    raise BayError(f"there is no operation {job.operation!r} of jobs")


def _create(work: Work, job: Job) -> Values:
    """A bay that is complete already was so when the process was killed that had created it."""
    wish = job.request
    layers = [*wish["layers"], wish["groups"]]  # the groups may have changed since the first wish
    values = {"layers": layers, "authority": wish.get("authority"), "timeout": wish["timeout"]}
    try:
        return work.ask("create", **values)
    except AlreadyExists:
        with suppress(NotFound):
            work.ask("show")
            return _change(work, job)
        raise  # in another state


def _update(work: Work, job: Job) -> Values:
    """Of a bay that was never created, as its creation failed, this is another attempt."""
    try:
        shown = work.ask("show")
    except NotFound:
        return _create(work, job)
    if not shown.get("spec"):
        return _create(work, job)
    upgrade = job.request.get("upgrade")
    if upgrade:
        _upgrade(work, job, upgrade)
    return work.ask("show") if upgrade and upgrade["alone"] else _change(work, job)


def _upgrade(work: Work, job: Job, upgrade: Values) -> None:
    """Servers that are what they are to be already, of an earlier attempt, are left."""
    operation, values = work.upgrade_request(upgrade)
    answer = work.ask(operation, allow=job.request["allow"], timeout=job.request["timeout"], **values)
    work.done = {"upgraded": {**upgrade, "version": answer.get("version", "")}}


def _change(work: Work, job: Job) -> Values:
    wish, shown = job.request, work.ask("show")
    node_groups = {**wish["groups"]["node_groups"]}
    upgraded = wish.get("upgrade", {}).get("group")
    if upgraded in node_groups:  # from now on it has the cluster's image
        node_groups[upgraded] = {**node_groups[upgraded], "image": None}
    groups = {"master": wish["groups"]["masters"], "node": wish["groups"]["nodes"], **node_groups}
    gone = {name: None for name in (shown.get("spec") or {}).get("node_groups", {}) if name not in groups}
    layer = {**wish["groups"], "node_groups": {**node_groups, **gone}}
    removals = _removals({name: wish.get("remove", {}).get(name, ()) for name in groups}, shown["servers"])
    *first, last = [{"group": group, "remove": names} for group, names in removals.items()] or [{}]
    for less in first:
        work.ask("update", layers=[], allow=wish["allow"], **less)
    return work.ask("update", layers=[layer], allow=wish["allow"], timeout=wish["timeout"], **last)


def _removals(wanted: Mapping[str, Sequence[str]], servers: list[Values]) -> dict[str, list[str]]:
    """Group -> names of its servers that go. wanted: group -> ids, names, addresses or indices, as clients say it.

    What is not there any more needs no removal.
    """
    found: dict[str, list[str]] = {}
    for group, words in wanted.items():
        own = [server for server in servers if server["group"] == group]
        for server in own:
            index = server["name"].rpartition("-")[2]
            if {server["id"], server["name"], server["address"], index} & set(words):
                found.setdefault(group, []).append(server["name"])
    return found


def _delete(work: Work, job: Job) -> Values:
    """Without a login nothing of it was ever begun."""
    if job.login:
        with suppress(NotFound):
            work.ask("delete", allow=["delete"])
    return {"servers": [], "api_address": None}


def _facts(state: Values) -> Values:
    return {key: state[key] for key in ("servers", "api_address") if key in state}


def _note(event: Event) -> None:
    if isinstance(event, Notice):
        LOG.info("%s: %s", event.code, event.text)


@contextmanager
def worker(settings: Settings, *, ends_with_thread: bool = False) -> Iterator[WorkerProcess]:
    """A worker of bay's own Python, which ends with the block.

    ends_with_thread: it is killed when the thread that began it ends, however that comes: where a process that
    was killed left a worker at work, the next one would have to wait for it.
    """
    command = [settings.python, "-m", "bay.stacks.worker"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_end_with_thread if ends_with_thread else None,
    ) as process:
        try:
            yield WorkerProcess(process)
        finally:
            assert process.stdin is not None, "it is piped"
            with suppress(OSError):
                process.stdin.close()


def _end_with_thread() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
