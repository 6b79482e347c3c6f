# mypy: disable-error-code="import-not-found,no-any-return"
"""Neutron."""

import sys

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def load(plan: Plan) -> Application:
    """The API, with floating IPs that come up without an L3 agent."""
    sys.argv += ["--config-file", plan.configuration("neutron/neutron.conf")]
    from neutron.wsgi.api import application

    return application


def start_workers(plan: Plan) -> None:
    """Nobody calls Neutron's RPC workers: there are no agents."""
