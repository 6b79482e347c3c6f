# mypy: disable-error-code="import-not-found,no-any-return"
"""Octavia: the API, and a thread that stands in for its workers."""

import sys

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def load(plan: Plan) -> Application:
    """The API, with the sandbox's driver in the place of the one that `amphora` and `octavia` are names of."""
    sys.argv += ["--config-file", plan.configuration("octavia/octavia.conf")]
    from octavia.api.drivers.amphora_driver.v2 import driver

    from .octavia_driver import SandboxProviderDriver

    driver.AmphoraProviderDriver = SandboxProviderDriver
    from octavia.wsgi.api import application

    return application


def start_workers(plan: Plan) -> None:
    """See octavia_worker."""
    from . import octavia_worker

    octavia_worker.start(plan)
