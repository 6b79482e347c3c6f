# mypy: disable-error-code="import-not-found"
"""Makes the empty databases of each service.

A change in this file, or in the pinned packages, is a new schema: sandboxes of the old one have to be reset.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

from .plan import Plan


def make_keystone(plan: Plan) -> None:
    """Migrate an empty database."""
    from keystone.cmd import cli

    arguments = ["keystone-manage", "--config-file", plan.configuration("keystone/keystone.conf"), "db_sync"]
    cli.main(argv=arguments, developer_config_file=None)


def make_placement(plan: Plan) -> None:
    """Migrate an empty database."""
    from placement.cmd import manage

    sys.argv = ["placement-manage", "--config-dir", os.environ["OS_PLACEMENT_CONFIG_DIR"], "db", "sync"]
    manage.main()


def make_glance(plan: Plan) -> None:
    """Migrate an empty database."""
    from glance.cmd import manage

    sys.argv = ["glance-manage", "--config-file", plan.configuration("glance/glance-api.conf"), "db_sync"]
    manage.main()


def make_cinder(plan: Plan) -> None:
    """Migrate an empty database."""
    from cinder.cmd import manage

    sys.argv = ["cinder-manage", "--config-file", plan.configuration("cinder/cinder.conf"), "db", "sync"]
    manage.main()


def make_nova(plan: Plan) -> None:
    """Migrate empty databases (API, cell 0, cell 1), then write the cells down."""
    from nova import config, objects, rpc
    from nova.cmd import manage

    config.parse_args(["nova-manage", "--config-file", plan.configuration("nova/nova.conf")])
    objects.register_all()
    manage.ApiDbCommands().sync()
    cells = manage.CellV2Commands()
    cells.map_cell0(plan.database_url("nova_cell0"))
    manage.DbCommands().sync()
    cells.create_cell(name="cell1", database_connection=plan.database_url("nova"), transport_url="fake:///")
    rpc.cleanup()


def make_barbican(plan: Plan) -> None:
    """Make the schema from the models."""
    import sqlalchemy
    from barbican.model import models

    models.BASE.metadata.create_all(sqlalchemy.create_engine(plan.database_url("barbican")))


def make_neutron(plan: Plan) -> None:
    """Make the schema from the models (the migrations do not run on SQLite), with the one table that they fill."""
    import sqlalchemy
    from neutron.db.migration.models import head
    from sqlalchemy import orm

    engine = sqlalchemy.create_engine(plan.database_url("neutron"))
    head.get_metadata().create_all(engine)
    with orm.Session(engine) as session, session.begin():
        for direction in ("egress", "ingress"):
            for ethertype in ("IPv4", "IPv6"):
                session.add(_rule_template(direction, ethertype))


def _rule_template(direction: str, ethertype: str) -> object:
    """A rule that new security groups get: all may leave; in the group `default`, members reach each other."""
    from neutron.db.models import securitygroup_default_rules

    return securitygroup_default_rules.SecurityGroupDefaultRule(
        direction=direction,
        ethertype=ethertype,
        remote_group_id="PARENT" if direction == "ingress" else None,
        used_in_default_sg=True,
        used_in_non_default_sg=direction == "egress",
    )


def make_octavia(plan: Plan) -> None:
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


def _add_placeholders(session: Any) -> None:
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
        session.add(row)
        session.flush()


MAKERS: dict[str, Callable[[Plan], None]] = {
    "keystone": make_keystone,
    "placement": make_placement,
    "glance": make_glance,
    "nova": make_nova,
    "neutron": make_neutron,
    "cinder": make_cinder,
    "octavia": make_octavia,
    "barbican": make_barbican,
}
"""By service."""
