"""The services' empty databases: made once for a schema, kept in the cache, copied for each new sandbox.

All of this is done by the launcher, which forks the services afterwards, so every connection is closed here: left to
itself it stays open until the garbage collector comes (it is in a cycle), and a child that inherits it takes itself for
the holder of locks that it does not have.
"""

import contextlib
import functools
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from . import preload, schemas
from .plan import Plan

SCHEMA = "schema"
"""Marks a complete folder; holds the digest of what made it, see bay.sandbox.storage."""
HOME = "home"
"""File of a template: the folder in which its databases were made."""
MOVE_CELLS = "UPDATE cell_mappings SET database_connection = replace(database_connection, ?, ?)"


def complete(plan: Plan) -> bool:
    """Whether this sandbox has its databases."""
    return (plan.database / SCHEMA).exists()


def copy_template(plan: Plan) -> bool:
    """Take the databases from the cache; False if they are not there."""
    if not (plan.template / SCHEMA).exists():
        return False
    shutil.rmtree(plan.database, ignore_errors=True)
    partial = plan.state / "db.partial"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(plan.template, partial)
    _move_cells(partial, (plan.template / HOME).read_text(), str(plan.database))
    partial.rename(plan.database)
    return True


def prepare(plan: Plan) -> None:
    """Begin to make them, in place of what a killed start may have left."""
    shutil.rmtree(plan.database, ignore_errors=True)
    plan.database.mkdir()


def makers(plan: Plan) -> dict[str, Callable[[], None]]:
    """What makes the databases of each service, for a process of its own, by the name of its log."""
    return {f"database-{name}": functools.partial(_make, plan, name) for name in plan.services}


def finish(plan: Plan) -> None:
    """Keep a copy in the cache, and mark them complete."""
    for path in plan.database.glob("*.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _keep_template(plan)
    (plan.database / SCHEMA).write_text(plan.template.name)


def _keep_template(plan: Plan) -> None:
    partial = plan.template.with_name(f"{plan.template.name}.{os.getpid()}.partial")
    try:
        shutil.copytree(plan.database, partial, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
        (partial / HOME).write_text(str(plan.database))
        (partial / SCHEMA).write_text(plan.template.name)
        partial.rename(plan.template)
    except OSError as error:  # another sandbox was faster, or the cache is full: the next sandbox makes its own
        print(f"no template kept: {error}", file=sys.stderr)
        shutil.rmtree(partial, ignore_errors=True)


def _make(plan: Plan, name: str) -> None:
    from . import sqlite

    if name != "nova":
        preload.allow_eventlet()
    sqlite.patch(lazy=False)
    schemas.MAKERS[name](plan)


def _move_cells(folder: Path, old: str, new: str) -> None:
    """Nova's API database says where those of its cells are."""
    with contextlib.closing(sqlite3.connect(folder / "nova_api.sqlite")) as database, database:
        database.execute(MOVE_CELLS, (old, new))
