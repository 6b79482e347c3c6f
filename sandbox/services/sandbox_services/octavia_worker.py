# mypy: disable-error-code="import-not-found"
"""In place of Octavia's workers: a thread that finds load balancers with pending changes and reports them done.

It goes by the database, not by the driver's calls: these come before the API has committed, and changes that were
pending when the process was killed are found as well.
"""

import shutil
import sqlite3
import threading
import time
import traceback
from typing import Any

from .plan import Plan

INTERVAL = 0.1  # seconds between looks
PENDING = "SELECT id FROM load_balancer WHERE provisioning_status LIKE 'PENDING_%'"


def start(plan: Plan) -> None:
    """Start the thread."""
    threading.Thread(target=_work, args=(plan,), daemon=True, name="octavia-worker").start()


def _work(plan: Plan) -> None:
    database = sqlite3.connect(f"file:{plan.database}/octavia.sqlite?mode=ro", uri=True, isolation_level=None)
    while True:
        try:
            for (load_balancer,) in database.execute(PENDING).fetchall():
                finish(load_balancer, is_served(plan))
        except Exception:  # the next round tries again
            traceback.print_exc()
        time.sleep(INTERVAL)


def is_served(plan: Plan) -> bool:
    """False where servers boot, but the network agent lacks what their load balancers are made with."""
    return plan.node_images is None or shutil.which("haproxy") is not None


def finish(load_balancer: str, served: bool) -> None:
    """Report everything of one load balancer: what is to be deleted deleted, the rest active if it is ``served``."""
    from octavia.api.drivers.driver_agent import driver_updater
    from octavia.db import api, models

    session = api.get_session()
    with session.begin():
        row = session.get(models.LoadBalancer, load_balancer)
        parts = _parts(row)
        gone = row.provisioning_status == "PENDING_DELETE"
        status = {kind: [_report(item, gone, served) for item in items] for kind, items in parts.items()}
    answer = driver_updater.DriverUpdater().update_loadbalancer_status(status)
    if answer["status_code"] != 200:
        raise RuntimeError(f"{load_balancer}: {answer}")


def _parts(row: Any) -> dict[str, list[Any]]:
    """By the names of octavia-lib's status document."""
    pools, listeners = list(row.pools), list(row.listeners)
    policies = [policy for listener in listeners for policy in listener.l7policies]
    return {
        "members": [member for pool in pools for member in pool.members],
        "healthmonitors": [pool.health_monitor for pool in pools if pool.health_monitor],
        "l7rules": [rule for policy in policies for rule in policy.l7rules],
        "l7policies": policies,
        "pools": pools,
        "listeners": listeners,
        "loadbalancers": [row],
    }


def _report(item: Any, gone: bool, served: bool) -> dict[str, str]:
    if gone or item.provisioning_status == "PENDING_DELETE":
        return {"id": item.id, "provisioning_status": "DELETED", "operating_status": "OFFLINE"}
    if served:
        return {"id": item.id, "provisioning_status": "ACTIVE", "operating_status": "ONLINE"}
    # Only what is new, since Octavia lets nobody take a load balancer in ERROR apart.
    status = "ERROR" if item.provisioning_status == "PENDING_CREATE" else "ACTIVE"
    return {"id": item.id, "provisioning_status": status, "operating_status": "OFFLINE"}
