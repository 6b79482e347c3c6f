"""Placement."""

import os
import sys

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def create_database(plan: Plan) -> None:
    """Migrate an empty database."""
    from placement.cmd import manage

    sys.argv = ["placement-manage", "--config-dir", os.environ["OS_PLACEMENT_CONFIG_DIR"], "db", "sync"]
    manage.main()


def load(plan: Plan) -> Application:
    """The API."""
    from placement.wsgi.api import application

    return application  # type: ignore[no-any-return]


def start_workers(plan: Plan) -> None:
    """Placement has none."""
