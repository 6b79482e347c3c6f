"""Octavia: the API, and a thread that stands in for its workers."""

import sys

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def create_database(plan: Plan) -> None:
    """Make the schema from the models (the migrations do not run on SQLite), and the rows that they add."""
    import sqlalchemy
    from octavia.db import base_models
    from sqlalchemy import orm

    lookup_tables = _lookup_tables()  # imports the models, so that the schema has them
    engine = sqlalchemy.create_engine(plan.database_url("octavia"))
    base_models.BASE.metadata.create_all(engine)
    with orm.Session(engine) as session, session.begin():
        for model, names in lookup_tables.items():
            session.add_all([model(name=name) for name in names])
    with orm.Session(engine) as session, session.begin():
        _add_placeholders(session)


def _lookup_tables() -> dict[type, tuple[str, ...]]:
    from octavia.common import constants
    from octavia.db import models

    return {
        models.ProvisioningStatus: constants.SUPPORTED_PROVISIONING_STATUSES,
        models.OperatingStatus: constants.SUPPORTED_OPERATING_STATUSES,
        models.HealthMonitorType: constants.SUPPORTED_HEALTH_MONITOR_TYPES,
        models.Algorithm: constants.SUPPORTED_LB_ALGORITHMS,
        models.Protocol: constants.SUPPORTED_PROTOCOLS,
        models.SessionPersistenceType: constants.SUPPORTED_SP_TYPES,
        models.AmphoraRoles: constants.SUPPORTED_AMPHORA_ROLES,
        models.LBTopology: constants.SUPPORTED_LB_TOPOLOGIES,
        models.VRRPAuthMethod: constants.SUPPORTED_VRRP_AUTH,
        models.L7RuleType: constants.SUPPORTED_L7RULE_TYPES,
        models.L7RuleCompareType: constants.SUPPORTED_L7RULE_COMPARE_TYPES,
        models.L7PolicyAction: constants.SUPPORTED_L7POLICY_ACTIONS,
        models.ClientAuthenticationMode: constants.SUPPORTED_CLIENT_AUTH_MODES,
    }


def _add_placeholders(session: object) -> None:
    """Rows that stand for a deleted flavor and availability zone."""
    from octavia.common import constants
    from octavia.db import models

    nil, name = constants.NIL_UUID, "DELETED-PLACEHOLDER"
    profile = {"id": nil, "name": name, "provider_name": constants.DELETED}
    off = {"enabled": False, "description": ""}
    for row in (
        models.FlavorProfile(**profile, flavor_data="{}"),
        models.Flavor(id=nil, flavor_profile_id=nil, name=name, **off),
        models.AvailabilityZoneProfile(**profile, availability_zone_data="{}"),
        models.AvailabilityZone(availability_zone_profile_id=nil, name=nil, **off),
    ):
        session.add(row)  # type: ignore[attr-defined]
        session.flush()  # type: ignore[attr-defined]


def load(plan: Plan) -> Application:
    """The API, with the sandbox's driver behind every provider's name."""
    sys.argv += ["--config-file", plan.configuration("octavia/octavia.conf")]
    from octavia.api.drivers import driver_factory

    from .octavia_driver import SandboxProviderDriver

    driver_factory.get_driver = SandboxProviderDriver
    from octavia.wsgi.api import application

    return application  # type: ignore[no-any-return]


def start_workers(plan: Plan) -> None:
    """See octavia_worker."""
    from . import octavia_worker

    octavia_worker.start(plan)
