"""Keystone, and the users and catalog that it begins with."""

from .keystone_seed import seed
from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = False


def create_database(plan: Plan) -> None:
    """Migrate an empty database."""
    from keystone.cmd import cli

    arguments = ["keystone-manage", "--config-file", plan.configuration("keystone/keystone.conf"), "db_sync"]
    cli.main(argv=arguments, developer_config_file=None)


def load(plan: Plan) -> Application:
    """The API; its users are there before it answers."""
    from keystone.wsgi.api import application

    seed(plan)
    return application  # type: ignore[no-any-return]


def start_workers(plan: Plan) -> None:
    """Keystone has none."""
