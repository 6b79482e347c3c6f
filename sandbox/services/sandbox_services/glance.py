# mypy: disable-error-code="import-not-found,no-any-return"
"""Glance."""

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = False


def load(plan: Plan) -> Application:
    """The API."""
    for folder in ("data", "staging", "tasks"):
        (plan.state / "images" / folder).mkdir(parents=True, exist_ok=True)
    from glance.wsgi.api import application

    return application


def start_workers(plan: Plan) -> None:
    """Glance's threads start with its API."""
