# mypy: disable-error-code="import-not-found,no-any-return"
"""Keystone, and the users and catalog that it begins with."""

from .keystone_seed import seed
from .per_thread import PerThread
from .plan import Plan
from .web import Application

LAZY_TRANSACTIONS = False


def load(plan: Plan) -> Application:
    """The API; its users are there before it answers."""
    from keystone.common.sql.core import enable_sqlite_foreign_key
    from keystone.server.flask.request_processing.middleware.auth_context import AuthContextMiddleware
    from keystone.wsgi.api import application

    # It keeps the token of the request it is at on itself, and there is one for all threads: a request could go on
    # with the token, and so the roles, of another user's.
    AuthContextMiddleware.token = PerThread()
    # A user's application credentials go with the user, and the database deletes what is theirs. Left there, it would
    # belong to the next one, which gets the same number: Keystone says "Duplicate entry" to the next user.
    enable_sqlite_foreign_key()
    seed(plan)
    return application


def start_workers(plan: Plan) -> None:
    """Keystone has none."""
