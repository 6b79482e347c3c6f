# mypy: disable-error-code="import-not-found"
"""Makes SQLite a server's database: writers queue instead of failing, readers never wait, connections are pooled.

oslo.db begins each transaction with a plain BEGIN. One that reads first and writes later then fails at once with
"database is locked" if another wrote in between; SQLite cannot wait there. So the write lock is taken by BEGIN
IMMEDIATE, in one of two ways:

* eager: where the transaction begins, if enginefacade says that it writes. For Keystone, Glance and Cinder, which read
  what they then write (quotas).
* lazy: at the first statement that writes, or reads FOR UPDATE (words that SQLite does not know and SQLAlchemy leaves
  out); until then there is no transaction, reads see what is committed. For services whose sessions all count as
  writers and nest (Octavia), or read much before they write (Nova, Neutron).

Each database belongs to one process, so the queue for the write lock is in the process, and fair.
"""

import collections
from typing import Any

import sqlalchemy
from oslo_db.sqlalchemy import enginefacade, engines
from sqlalchemy import event, pool
from sqlalchemy.engine import Engine
from sqlalchemy.engine.base import Connection

from .fair_lock import FairLock
from .nodes.deadline import slowness

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "SAVEPOINT", "CREATE", "ALTER", "DROP")
LIMIT = 120.0  # seconds to wait for the write lock, on an idle machine
PRAGMAS = ("busy_timeout=60000", "journal_mode=WAL", "synchronous=OFF")
"""synchronous=OFF: a killed process loses nothing, the kernel has its pages; only a power cut could."""
HELD, READER = "sandbox_lock", "sandbox_reader"

_locks: dict[str, FairLock] = collections.defaultdict(FairLock)


def patch(lazy: bool) -> None:
    """Patch SQLAlchemy and oslo.db in this process, before the service makes its engines."""
    event.listen(Engine, "connect", _set_pragmas)
    event.listen(Engine, "before_cursor_execute", _lazy_begin if lazy else _eager_begin, retval=True)
    event.listen(pool.Pool, "checkin", lambda _, entry: _release(entry.info))
    event.listen(pool.Pool, "invalidate", lambda _, entry, __: _release(entry.info))
    _release_after("_commit_impl")
    _release_after("_rollback_impl")
    _mark_readers()
    _pool_connections()


def _set_pragmas(connection: Any, _: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _lazy_begin(
    connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, *_: Any
) -> tuple[str, Any]:
    if statement == "BEGIN":
        return "SELECT 1", parameters
    raw = cursor.connection
    if not raw.in_transaction and (_writes(statement) or _reads_for_update(context)):
        _acquire(connection)
        raw.execute("BEGIN IMMEDIATE")
    return statement, parameters


def _writes(statement: str) -> bool:
    return statement.lstrip()[:9].upper().startswith(WRITES)


def _reads_for_update(context: Any) -> bool:
    compiled = getattr(context, "compiled", None)
    return getattr(getattr(compiled, "statement", None), "_for_update_arg", None) is not None


def _eager_begin(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    if statement == "BEGIN" and not connection.get_execution_options().get(READER):
        _acquire(connection)
        return "BEGIN IMMEDIATE", parameters
    return statement, parameters


def _acquire(connection: Any) -> None:
    lock = _locks[str(connection.engine.url)]
    if lock.acquire(LIMIT * slowness()):
        connection.info[HELD] = lock


def _release(info: dict[str, Any]) -> None:
    lock = info.pop(HELD, None)
    if lock:
        lock.release()


def _release_after(name: str) -> None:
    real = getattr(Connection, name)

    def then_release(self: Any) -> Any:
        try:
            return real(self)
        finally:
            if not self.closed and not self.invalidated:
                _release(self.info)

    setattr(Connection, name, then_release)


def _mark_readers() -> None:
    real = enginefacade._TransactionFactory._create_session

    def create_session(self: Any, mode: Any, bind: Any = None) -> Any:
        session = real(self, mode, bind)
        if mode is not enginefacade._WRITER and session.bind is not None:
            session.bind = session.bind.execution_options(**{READER: True})
        return session

    enginefacade._TransactionFactory._create_session = create_session


def _pool_connections() -> None:
    """oslo.db opens SQLite files anew for each use."""
    real = sqlalchemy.create_engine

    def create_engine(url: Any, **options: Any) -> Any:
        if options.get("poolclass") is pool.NullPool:
            options |= {"poolclass": pool.QueuePool, "pool_size": 20, "max_overflow": 80}
            options.setdefault("connect_args", {})["check_same_thread"] = False
        return real(url, **options)

    engines.sqlalchemy.create_engine = create_engine
