"""Neutron."""

import sys

from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = True


def create_database(plan: Plan) -> None:
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


def load(plan: Plan) -> Application:
    """The API, with floating IPs that come up without an L3 agent."""
    sys.argv += ["--config-file", plan.configuration("neutron/neutron.conf")]
    from neutron.wsgi.api import application

    return application  # type: ignore[no-any-return]


def start_workers(plan: Plan) -> None:
    """Nobody calls Neutron's RPC workers: there are no agents."""
