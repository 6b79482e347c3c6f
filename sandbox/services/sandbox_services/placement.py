# mypy: disable-error-code="import-not-found,no-any-return"
"""Placement."""

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def load(plan: Plan) -> Application:
    """The API."""
    from placement.wsgi.api import application

    return application


def start_workers(plan: Plan) -> None:
    """Placement has none."""
