"""Jobs of clusters, in a database: what is wanted of each, who works on it, and how it ended.

A row a cluster. Each wish has a number, its generation: the newest one counts, and `done` is the last one that was
carried out. Whoever works holds the lease: `owner`, and `beat`, which it counts up. Who saw the same beat for long
enough may take the lease; no clocks are compared. Every change is one conditional UPDATE, so any number of conductors
may do any of this at once, on PostgreSQL, MariaDB or SQLite.
"""

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import event

from bay.components.errors import BayError

Values = dict[str, Any]
DELETE = "delete"

METADATA = sa.MetaData()
TABLE = sa.Table(
    "bay_jobs",
    METADATA,
    sa.Column("cluster", sa.String(36), primary_key=True),
    sa.Column("wanted", sa.Integer, nullable=False),
    sa.Column("operation", sa.String(16), nullable=False),
    sa.Column("request", sa.Text, nullable=False),  # encrypted: it may hold the key of an authority
    sa.Column("login", sa.Text, nullable=False),  # encrypted
    sa.Column("running", sa.Integer, nullable=False, default=0),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("owner", sa.String(255)),
    sa.Column("beat", sa.Integer, nullable=False, default=0),
    sa.Column("done", sa.Integer, nullable=False, default=0),
    sa.Column("outcome", sa.Text),
    sa.Column("reported", sa.Integer, nullable=False, default=0),
)


class NoJob(BayError):
    """There is no job of this cluster."""


class LeaseLost(BayError):
    """Another process works on the cluster now."""


@dataclass(frozen=True)
class Lease:
    """Who works on a cluster, and how often it said so."""

    owner: str
    beat: int


@dataclass(frozen=True)
class Job:
    """What the database says of one cluster. request and login: in the clear.

    outcome: of generation `done`: ok, reason, and what the worker answered. reported: the generation that Magnum was
    told of.
    """

    cluster: str
    wanted: int
    operation: str
    request: Values
    login: Values
    running: int
    tries: int
    lease: Lease | None
    done: int
    outcome: Values
    reported: int

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.done >= self.wanted


class Jobs:
    """The table, and the keys that its secrets are encrypted with: the first encrypts, the others are older ones."""

    def __init__(self, url: str, keys: list[bytes]) -> None:
        self.engine = _engine(url)
        self.secrets = MultiFernet([Fernet(key) for key in keys])

    def create_table(self) -> None:
        """Where it is not there yet; also when several do it at once."""
        try:
            METADATA.create_all(self.engine)
        except sa.exc.DBAPIError:  # another one did
            METADATA.create_all(self.engine)

    def find(self, cluster: str) -> Job | None:
        """The job of a cluster; None where nothing was ever wanted of it."""
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(TABLE).where(TABLE.c.cluster == cluster)).mappings().first()
        return self._job(row) if row else None

    def get(self, cluster: str) -> Job:
        """The job of a cluster; NoJob."""
        job = self.find(cluster)
        if job is None:
            raise NoJob(f"there is no job of cluster {cluster}", "it was deleted, or another driver made it")
        return job

    def want(self, cluster: str, operation: str, make: Callable[[Job | None], Values], login: Values) -> int:
        """Note a wish; its generation. make: the request, from the job as it is; it may be called again.

        login: in place of the one that there is; empty: keep that. BayError once the cluster's deletion is wanted.
        """
        while True:
            before = self.find(cluster)
            if before and before.operation == DELETE and operation != DELETE:
                raise BayError(f"cluster {cluster} is being deleted", "create another one")
            values = {"operation": operation, "request": self._hide(make(before))}
            if before is None:
                try:
                    self._insert(cluster=cluster, wanted=1, login=self._hide(login), **values)
                    return 1
                except sa.exc.IntegrityError:  # another one was first
                    continue
            if login:
                values["login"] = self._hide(login)
            unchanged = (TABLE.c.wanted == before.wanted) & (TABLE.c.done == before.done)
            if self._update(cluster, unchanged, wanted=before.wanted + 1, **values):
                return before.wanted + 1

    def set_login(self, cluster: str, login: Values) -> None:
        """Another login, which everything that begins from now on uses; NoJob."""
        if not self._update(cluster, sa.true(), login=self._hide(login)):
            raise NoJob(f"there is no job of cluster {cluster}", "another driver made it")

    def take(self, cluster: str, owner: str, stale: Lease | None = None) -> bool:
        """Whether the lease is `owner`'s now. stale: one that is over, as somebody found, and still there."""
        free: sa.ColumnElement[bool] = TABLE.c.owner.is_(None)
        if stale:
            free = free | ((TABLE.c.owner == stale.owner) & (TABLE.c.beat == stale.beat))
        return self._update(cluster, free & (TABLE.c.wanted > TABLE.c.done), owner=owner, beat=1)

    def beat(self, cluster: str, owner: str) -> None:
        """Say that `owner` works still; LeaseLost."""
        self._held(cluster, owner, beat=TABLE.c.beat + 1)

    def begin(self, cluster: str, owner: str) -> Job | None:
        """The newest wish, whose number of tries is one more now; None where all is done. LeaseLost."""
        while True:
            job = self.find(cluster)
            if job is None or job.lease is None or job.lease.owner != owner:
                raise LeaseLost(f"another process works on cluster {cluster}")
            if job.is_done:
                return None
            tries = job.tries + 1 if job.running == job.wanted else 1
            same = (TABLE.c.owner == owner) & (TABLE.c.wanted == job.wanted)
            if self._update(cluster, same, running=job.wanted, tries=tries):
                return self.get(cluster)

    def finish(self, cluster: str, owner: str, generation: int, outcome: Values) -> None:
        """Note how a generation ended; LeaseLost."""
        self._held(cluster, owner, done=generation, outcome=json.dumps(outcome))

    def release(self, cluster: str, owner: str) -> bool:
        """Give the lease back, unless something is wanted by now: False."""
        mine = TABLE.c.owner == owner
        return self._update(cluster, mine & (TABLE.c.wanted <= TABLE.c.done), owner=None)

    def report(self, cluster: str, generation: int) -> None:
        """Note that Magnum was told how a generation ended."""
        self._update(cluster, TABLE.c.reported < generation, reported=generation)

    def forget(self, cluster: str) -> None:
        """Delete the row."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(TABLE).where(TABLE.c.cluster == cluster))

    def _held(self, cluster: str, owner: str, **values: Any) -> None:
        if not self._update(cluster, TABLE.c.owner == owner, **values):
            raise LeaseLost(f"another process works on cluster {cluster}")

    def _insert(self, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.insert(TABLE).values(**values))

    def _update(self, cluster: str, condition: "sa.ColumnElement[bool]", **values: Any) -> bool:
        statement = sa.update(TABLE).where(TABLE.c.cluster == cluster, condition).values(**values)
        with self.engine.begin() as connection:
            return connection.execute(statement).rowcount == 1

    def _hide(self, values: Values) -> str:
        return self.secrets.encrypt(json.dumps(values).encode()).decode()

    def _show(self, text: str) -> Values:
        try:
            values: Values = json.loads(self.secrets.decrypt(text.encode()))
        except InvalidToken:
            hint = "every conductor needs the same file of keys, and older keys stay in it behind the new one"
            raise BayError("a job is encrypted with a key that this conductor does not have", hint) from None
        return values

    def _job(self, row: "sa.RowMapping") -> Job:
        return Job(
            cluster=row["cluster"],
            wanted=row["wanted"],
            operation=row["operation"],
            request=self._show(row["request"]),
            login=self._show(row["login"]),
            running=row["running"],
            tries=row["tries"],
            lease=Lease(row["owner"], row["beat"]) if row["owner"] else None,
            done=row["done"],
            outcome=json.loads(row["outcome"]) if row["outcome"] else {},
            reported=row["reported"],
        )


def _engine(url: str) -> sa.Engine:
    engine = sa.create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    """Several processes write: they wait for each other, and readers for nobody."""
    for pragma in ("busy_timeout=60000", "journal_mode=WAL"):
        connection.execute(f"PRAGMA {pragma}")


def read_keys(file: Path) -> list[bytes]:
    """The Fernet keys of a file, one a line, the newest first; a file that is not there is made, for its owner alone.

    BayError for a file that holds none. Conductors of several hosts share one file.
    """
    if not file.exists():
        _write_once(file, Fernet.generate_key() + b"\n")
    keys = file.read_bytes().split()
    try:
        MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise BayError(f"{file} holds no Fernet keys", "one a line, as Fernet.generate_key() makes them") from None
    return keys


def _write_once(file: Path, content: bytes) -> None:
    """Whole, or not at all; where another process was first, its file stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent) as partial:  # made with mode 0600
        partial.write(content)
        partial.flush()
        with suppress(FileExistsError):
            os.link(partial.name, file)
