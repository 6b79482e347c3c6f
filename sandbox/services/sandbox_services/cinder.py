# mypy: disable-error-code="import-not-found,no-any-return"
"""Cinder: API, scheduler and volume service in one process."""

import sys
import time
from typing import Any

from .nodes.deadline import Deadline
from .plan import Plan
from .progress import Progress
from .service import wait_for
from .web import Application

LAZY_TRANSACTIONS = False
REPORTED = 60.0  # seconds for the scheduler to know what the volume service can; on an idle machine it takes a tenth
INTERVAL = 0.1  # seconds between polls

_services: list[Any] = []


def load(plan: Plan) -> Application:
    """The API."""
    from cinder import monkey_patch

    monkey_patch.patch()
    sys.argv += ["--config-file", plan.configuration("cinder/cinder.conf")]
    import os_brick
    from cinder import policy
    from cinder.wsgi.api import application
    from oslo_config import cfg

    os_brick.setup(cfg.CONF)
    policy.init()  # see barbican
    return application


def start_workers(plan: Plan) -> None:
    """The scheduler, then the volume service that reports to it; a volume asked for before that would be in ERROR."""
    from cinder import service
    from cinder.common import constants
    from oslo_config import cfg

    wait_for(plan, "keystone")
    scheduler = service.Service.create(binary="cinder-scheduler")
    _start(scheduler)
    cfg.CONF.register_opt(cfg.StrOpt("backend_host"), group="sandbox")
    _start(
        service.Service.create(
            host="sandbox@sandbox", service_name="sandbox", binary=constants.VOLUME_BINARY, coordination=True
        )
    )
    deadline, progress = Deadline(REPORTED), Progress()
    while not scheduler.manager.driver.is_first_receive() and not deadline.has_passed():
        progress.report("the volume service's report to the scheduler")
        time.sleep(INTERVAL)


def _start(service: Any) -> None:
    service.start()
    _services.append(service)
