# mypy: disable-error-code="import-not-found"
"""Projects, users, roles and the catalog, through Keystone's own managers; what is there already stays."""

import uuid
from typing import Any

from .plan import Plan

DOMAIN = "default"
SERVICE_PROJECT, SERVICE_ROLES = "service", ("admin", "service")
INTERFACES = ("public", "internal", "admin")


def seed(plan: Plan) -> None:
    """Make what is missing; set passwords and URLs that differ from the plan."""
    from keystone.cmd import bootstrap
    from keystone.common import provider_api

    bootstrap.backends.load_backends = lambda: None  # the API has loaded them, and they cannot be loaded twice
    _bootstrap_admin(plan, bootstrap.Bootstrapper())
    managers = provider_api.ProviderAPIs
    roles = {role["name"]: role["id"] for role in managers.role_api.list_roles()}
    for role in (*plan.member_roles, *plan.reader_roles):
        if role not in roles:
            roles[role] = uuid.uuid4().hex
            managers.role_api.create_role(roles[role], {"id": roles[role], "name": role})
    for project, user in plan.projects.items():
        _ensure_user(plan, managers, project, user, [roles[name] for name in plan.member_roles])
    for project, user in plan.readers.items():
        _ensure_user(plan, managers, project, user, [roles[name] for name in plan.reader_roles])
    for name in plan.services:
        if name != "keystone":
            _ensure_user(plan, managers, SERVICE_PROJECT, name, [roles[role] for role in SERVICE_ROLES])
            _ensure_endpoints(plan, managers, name)


def _bootstrap_admin(plan: Plan, keystone: Any) -> None:
    """As `keystone-manage bootstrap` does: the domain, the built-in roles, the administrator, Keystone's own URLs."""
    keystone.admin_username, keystone.admin_password = "admin", plan.passwords["admin"]
    keystone.project_name, keystone.admin_role_name = "admin", "admin"
    keystone.service_name, keystone.region_id = "keystone", plan.region
    keystone.public_url = keystone.internal_url = keystone.admin_url = plan.services["keystone"]["url"]
    keystone.bootstrap()


def _ensure_user(plan: Plan, managers: Any, project: str, user: str, roles: list[str]) -> None:
    from keystone import exception

    project_id, user_id = _ensure_project(managers, project), ""
    try:
        user_id = managers.identity_api.get_user_by_name(user, DOMAIN)["id"]
        managers.identity_api.driver.authenticate(user_id, plan.passwords[user])
    except exception.UserNotFound:
        reference = {"name": user, "domain_id": DOMAIN, "enabled": True, "password": plan.passwords[user]}
        user_id = managers.identity_api.create_user(reference)["id"]
    except AssertionError:  # another password
        managers.identity_api.update_user(user_id, {"password": plan.passwords[user]})
    held = managers.assignment_api.get_roles_for_user_and_project(user_id, project_id)
    for role in set(roles) - set(held):
        managers.assignment_api.add_role_to_user_and_project(user_id, project_id, role)


def _ensure_project(managers: Any, name: str) -> str:
    from keystone import exception

    try:
        return str(managers.resource_api.get_project_by_name(name, DOMAIN)["id"])
    except exception.ProjectNotFound:
        project_id = uuid.uuid4().hex
        project = {"id": project_id, "name": name, "domain_id": DOMAIN, "enabled": True, "description": ""}
        managers.resource_api.create_project(project_id, project)
        return project_id


def _ensure_endpoints(plan: Plan, managers: Any, name: str) -> None:
    kind, url = plan.services[name]["type"], plan.services[name]["url"]
    found = [service for service in managers.catalog_api.list_services() if service["type"] == kind]
    if found:
        service_id = found[0]["id"]
    else:
        service_id = uuid.uuid4().hex
        service = {"id": service_id, "name": name, "type": kind, "enabled": True}
        managers.catalog_api.create_service(service_id, service)
    endpoints = managers.catalog_api.list_endpoints()
    have = {endpoint["interface"]: endpoint for endpoint in endpoints if endpoint["service_id"] == service_id}
    for interface in INTERFACES:
        if interface not in have:
            endpoint = {"id": uuid.uuid4().hex, "interface": interface, "region_id": plan.region, "url": url}
            endpoint |= {"service_id": service_id, "enabled": True}
            managers.catalog_api.create_endpoint(endpoint["id"], endpoint)
        elif have[interface]["url"] != url:
            managers.catalog_api.update_endpoint(have[interface]["id"], {"url": url})
