"""The columns of each list, apart from what fills them: shell completion has to be quick."""

BAY_FIELDS = (
    *("name", "coe", "model", "status", "status_reason", "health_status", "health_status_reason", "node_health"),
    *("api_address", "masters", "nodes", "floating_ips", "network", "managed_by", "protected", "id"),
    *("certificates", "certificate_container", "spec"),
)
"""What `bay show` says of a bay."""
OUTDATED = "outdated"
LIST_COLUMNS = ("name", "coe", "model", "status", "masters", "nodes", "api_address")
NODE_COLUMNS = ("name", "role", "group", "address", "floating_ip", "id", "status", "health")
LONG_NODE_COLUMNS = (*NODE_COLUMNS, OUTDATED)
GROUP_COLUMNS = ("name", "role", "count", "flavor", "image", "zones", "labels")
LONG_GROUP_COLUMNS = (
    *("name", "role", "count", "servers", "min", "max", "flavor", "image", "zones", "labels", "taints"),
    *("boot_volume", "engine_volume"),
)
OUTDATED_COLUMNS = ("name", "coe", "model", "status", OUTDATED)
USAGE_COLUMNS = ("name", "coe", "status", "servers", "cores", "ram_mib", "volumes", "volumes_gib")
DRIFT_COLUMNS = ("bay", "difference", "type", "name", "field", "recorded", "found", "id", "severity", "remedy")
DELETE_COLUMNS = ("action", "kind", "name", "address", "id", "size", "why", "remedy")
REPAIR_COLUMNS = ("batch", "action", "type", "name", "reason")
UPGRADE_COLUMNS = ("batch", "action", "type", "name", "from", "to", "reason")
BACKUP_COLUMNS = ("bay", "file", "size", "created", "coe", "version", "master", "removed")
ROTATE_COLUMNS = ("step", "action", "name", "status", "detail")
HISTORY_COLUMNS = (
    *("started", "operation", "result", "seconds", "created", "updated", "replaced", "deleted"),
    *("commit", "message"),
)
CHECK_COLUMNS = ("name", "ok", "detail", "remedy")
STATE_COLUMNS = ("bay", "check", "ok", "detail", "remedy")
MODEL_COLUMNS = ("name", "coe", "masters", "nodes", "about")
LONG_MODEL_COLUMNS = ("name", "coe", "masters", "nodes", "public", "hidden", "extends", "projects", "about")
FIELD_COLUMNS = ("field", "coe", "type", "default", "description")
ORIGIN_COLUMNS = ("field", "value", "origin")
SERVICE_COLUMNS = ("service", "running", "port", "pid", "memory_mib", "health")
IMAGE_COLUMNS = ("image", "engines", "state", "size_mib", "folder")
CHANGE_COLUMNS = ("operation", "type", "name", "fields")

NARROW = {
    LIST_COLUMNS: ("model", "masters", "coe"),
    NODE_COLUMNS: ("role", "group"),
    GROUP_COLUMNS: ("role", "zones"),
    USAGE_COLUMNS: ("coe", "volumes"),
    DRIFT_COLUMNS: ("bay", "type", "severity", "remedy", "recorded"),
    DELETE_COLUMNS: ("size", "remedy", "address"),
    UPGRADE_COLUMNS: ("type",),
    HISTORY_COLUMNS: ("message", "commit", "seconds", "replaced"),
    CHECK_COLUMNS: ("remedy",),
    STATE_COLUMNS: ("remedy",),
}
"""Columns that a table leaves out where the terminal is too narrow for all, the first first."""

OF_COMMAND = {
    "list": (*LIST_COLUMNS, *USAGE_COLUMNS[3:], OUTDATED),
    "show": (*BAY_FIELDS, *ORIGIN_COLUMNS),
    "node list": LONG_NODE_COLUMNS,
    "group list": (*LONG_GROUP_COLUMNS, OUTDATED),
    "group create": CHANGE_COLUMNS,
    "group set": CHANGE_COLUMNS,
    "group delete": CHANGE_COLUMNS,
    "drift": DRIFT_COLUMNS,
    "delete": DELETE_COLUMNS,
    "repair": REPAIR_COLUMNS,
    "rebuild": REPAIR_COLUMNS,
    "upgrade": UPGRADE_COLUMNS,
    "backup": BACKUP_COLUMNS,
    "restore": REPAIR_COLUMNS,
    "rotate passphrase": ROTATE_COLUMNS,
    "rotate cloud-credential": ROTATE_COLUMNS,
    "rotate join-keys": ROTATE_COLUMNS,
    "history": HISTORY_COLUMNS,
    "preview": CHANGE_COLUMNS,
    "doctor": CHECK_COLUMNS,
    "state doctor": STATE_COLUMNS,
    "model list": LONG_MODEL_COLUMNS,
    "model fields": FIELD_COLUMNS,
    "sandbox status": SERVICE_COLUMNS,
    "sandbox image list": IMAGE_COLUMNS,
    "version": ("bay", "pulumi", "plugin", "python"),
    "logs": ("name", "id", "log"),
}
"""Command -> the columns that its -c takes."""
