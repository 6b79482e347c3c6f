"""Who may do what on a Mesos master: everything that is not allowed here is refused."""

from typing import Any

AGENT, FRAMEWORK, OPERATOR = "bay-agent", "bay-framework", "bay-operator"
"""Principals: what nodes, frameworks (schedulers) and people authenticate as."""

ACTIONS = {
    "register_frameworks": "roles",
    "run_tasks": "users",
    "teardown_frameworks": "framework_principals",
    "reserve_resources": "roles",
    "unreserve_resources": "reserver_principals",
    "create_volumes": "roles",
    "destroy_volumes": "creator_principals",
    "resize_volumes": "roles",
    "create_block_disks": "roles",
    "destroy_block_disks": "roles",
    "create_mount_disks": "roles",
    "destroy_mount_disks": "roles",
    "destroy_raw_disks": "roles",
    "get_quotas": "roles",
    "update_quotas": "roles",
    "update_weights": "roles",
    "view_roles": "roles",
    "get_endpoints": "paths",
    "view_frameworks": "users",
    "view_tasks": "users",
    "view_executors": "users",
    "access_sandboxes": "users",
    "access_mesos_logs": "logs",
    "view_flags": "flags",
    "set_log_level": "level",
    "update_maintenance_schedules": "machines",
    "get_maintenance_schedules": "machines",
    "start_maintenances": "machines",
    "stop_maintenances": "machines",
    "get_maintenance_statuses": "machines",
    "drain_agents": "agents",
    "deactivate_agents": "agents",
    "reactivate_agents": "agents",
    "mark_agents_gone": "agents",
}
"""What a master of Mesos 1.11 asks about (its acls.proto) -> what the action is done to. A misspelt one it ignores."""

OF_FRAMEWORKS = ("register_frameworks", "run_tasks", "reserve_resources", "create_volumes", "resize_volumes")
OF_THEIR_OWN = ("teardown_frameworks", "unreserve_resources", "destroy_volumes")
"""What frameworks may undo only where they did it."""

ANY = {"type": "ANY"}


def acls() -> dict[str, Any]:
    """Agents may register and nothing else; frameworks run tasks; operators do all but register agents."""
    rules: dict[str, Any] = {"permissive": False, "register_agents": [_rule(AGENT, "agents")]}
    for action, object_ in ACTIONS.items():
        rules[action] = [_rule(OPERATOR, object_)]
        if action in OF_FRAMEWORKS:
            rules[action].append(_rule(FRAMEWORK, object_))
        if action in OF_THEIR_OWN:
            rules[action].append(_rule(FRAMEWORK, object_, {"values": [FRAMEWORK]}))
    return rules


def _rule(principal: str, object_: str, which: dict[str, Any] = ANY) -> dict[str, Any]:
    return {"principals": {"values": [principal]}, object_: which}
