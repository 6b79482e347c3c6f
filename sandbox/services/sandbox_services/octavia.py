# mypy: disable-error-code="import-not-found,no-any-return"
"""Octavia: the API, and a thread that stands in for its workers."""

import sys

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def load(plan: Plan) -> Application:
    """The API, with the sandbox's driver behind every provider's name."""
    sys.argv += ["--config-file", plan.configuration("octavia/octavia.conf")]
    from octavia.api.drivers import driver_factory

    from .octavia_driver import SandboxProviderDriver

    driver_factory.get_driver = SandboxProviderDriver
    from octavia.wsgi.api import application

    return application


def start_workers(plan: Plan) -> None:
    """See octavia_worker."""
    from . import octavia_worker

    octavia_worker.start(plan)
