# mypy: disable-error-code="import-not-found,no-any-return"
"""Nova: API, conductor, scheduler and compute hosts in one process."""

import sys
from typing import Any

from .plan import Plan
from .service import wait_for
from .web import Application

LAZY_TRANSACTIONS = True
HOSTS = 3
"""Compute hosts: enough to spread the masters of a server group; each costs threads and start-up time."""

_services: list[Any] = []


def load(plan: Plan) -> Application:
    """The API. Nova looks for compute drivers below nova.virt only, so the sandbox's is put there."""
    from nova import monkey_patch

    monkey_patch.patch(backend="threading")
    from nova.api.openstack import wsgi_app

    from . import boot_driver, nova_driver

    sys.modules["nova.virt.sandbox"] = boot_driver if plan.node_images else nova_driver
    boot_driver.BootDriver.plan = plan
    application = wsgi_app.init_application("osapi_compute", "nova-api")
    import nova.conf
    import os_brick
    import os_vif
    from nova import policy

    os_brick.setup(nova.conf.CONF)
    os_vif.initialize()
    policy.init()  # see barbican
    return application


def start_workers(plan: Plan) -> None:
    """Conductor, scheduler, then the hosts, which ask Placement as soon as they start."""
    from nova import context
    from nova.compute import rpcapi as compute
    from nova.conductor import rpcapi as conductor
    from nova.objects import host_mapping
    from nova.scheduler import rpcapi as scheduler

    _start(binary="nova-conductor", topic=conductor.RPC_TOPIC)
    _start(binary="nova-scheduler", topic=scheduler.RPC_TOPIC)
    for name in ("keystone", "placement"):
        wait_for(plan, name)
    if plan.node_images:
        from . import boot_driver

        boot_driver.remove_forgotten()
    topics = {"topic": compute.RPC_TOPIC, "topic_alt": compute.RPC_TOPIC_ALT}
    for number in range(1, HOSTS + 1):
        _start(binary="nova-compute", host=f"sandbox-compute-{number}", **topics)
    host_mapping.discover_hosts(context.get_admin_context())


def _start(**options: str) -> None:
    from nova import service

    started = service.Service.create(**options)
    started.start()
    _services.append(started)
