# mypy: disable-error-code="import-not-found,import-untyped,no-any-return"
"""Magnum: the API and the conductor in one process, since the transport without a broker reaches no further."""

import os

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def load(plan: Plan) -> Application:
    """The API. Magnum's own migrations need a database that can alter constraints, so its models make the tables."""
    from magnum.common import service

    service.prepare_service(["magnum", "--config-file", plan.configuration("magnum/magnum.conf")])
    import sqlalchemy
    from magnum.db.sqlalchemy import models

    models.Base.metadata.create_all(sqlalchemy.create_engine(plan.database_url("magnum")))
    from magnum.api import app

    return app.load_app()


def start_workers(plan: Plan) -> None:
    """The conductor, with its periodic tasks."""
    import magnum.conf
    from magnum.common import rpc_service, short_id
    from magnum.conductor.handlers import (
        ca_conductor,
        cluster_conductor,
        conductor_listener,
        credential_conductor,
        federation_conductor,
        indirection_api,
        nodegroup_conductor,
    )

    modules = (
        ca_conductor,
        cluster_conductor,
        conductor_listener,
        credential_conductor,
        federation_conductor,
        indirection_api,
        nodegroup_conductor,
    )
    handlers = [module.Handler() for module in modules]
    os.chdir(plan.state)  # its jobs run here: where a bay's checkout is not
    topic = magnum.conf.CONF.conductor.topic
    server = rpc_service.Service.create(topic, short_id.generate_id(), handlers, binary="magnum-conductor")
    server.create_periodic_tasks()
    server.start()
