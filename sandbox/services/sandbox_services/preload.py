"""What the launcher imports before it forks: the libraries that most services share, so that they share the memory."""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

LIBRARIES = (
    "sqlalchemy.orm",
    "alembic",
    "oslo_config.cfg",
    "oslo_db.sqlalchemy.enginefacade",
    "oslo_messaging",
    "keystonemiddleware.auth_token",
    "oslo_policy.policy",
    "oslo_log.log",
    "webob",
    "paste.deploy",
    "routes",
    "jsonschema",
    "requests",
    "cheroot.wsgi",
    "oslo_versionedobjects.base",
    "keystoneauth1.loading",
    "keystoneauth1.identity",
    "oslo_middleware",
    "oslo_privsep.priv_context",
    "stevedore",
    "cryptography.fernet",
    "oslo_cache",
    "dogpile.cache",
    "osprofiler.initializer",
    "oslo_reports.guru_meditation_report",
    "lxml.etree",
    "netaddr",
    "pyroute2",
    "openstack",
)


class NoEventlet:
    """Finds no eventlet. Everything runs in native threads, and Nova refuses to start where eventlet is imported."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Refuse eventlet, leave the rest to others."""
        if name.partition(".")[0] == "eventlet":
            raise ImportError("the sandbox runs on threads")
        return None


NO_EVENTLET = NoEventlet()


def preload() -> None:
    """Choose threads, then import."""
    sys.meta_path.insert(0, NO_EVENTLET)
    backend = importlib.import_module("oslo_service.backend")
    backend.init_backend(backend.BackendType.THREADING)
    for library in LIBRARIES:
        if importlib.util.find_spec(library.partition(".")[0]):  # Magnum's environment has fewer
            importlib.import_module(library)


def allow_eventlet() -> None:
    """For services that import it, without letting it patch anything."""
    sys.meta_path.remove(NO_EVENTLET)
