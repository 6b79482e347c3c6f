# mypy: disable-error-code="import-not-found,no-any-return"
"""Keystone, and the users and catalog that it begins with."""

from .keystone_seed import seed
from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = False


def load(plan: Plan) -> Application:
    """The API; its users are there before it answers."""
    from keystone.wsgi.api import application

    seed(plan)
    return application


def start_workers(plan: Plan) -> None:
    """Keystone has none."""
