"""Glance."""

import sys

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = False


def create_database(plan: Plan) -> None:
    """Migrate an empty database."""
    from glance.cmd import manage

    sys.argv = ["glance-manage", "--config-file", plan.configuration("glance/glance-api.conf"), "db_sync"]
    manage.main()


def load(plan: Plan) -> Application:
    """The API."""
    for folder in ("data", "staging", "tasks"):
        (plan.state / "images" / folder).mkdir(parents=True, exist_ok=True)
    from glance.wsgi.api import application

    return application  # type: ignore[no-any-return]


def start_workers(plan: Plan) -> None:
    """Glance's threads start with its API."""
