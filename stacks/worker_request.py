"""Requests to a worker as plain values: what is read from its standard input, a JSON object a line."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bay.components.errors import InvalidInput
from bay.components.spec import BaySpec

Values = dict[str, Any]
Operation = Literal[
    "create",
    "update",
    "scale",
    "wait",
    "repair",
    "rebuild",
    "rebuild_plan",
    "upgrade",
    "upgrade_plan",
    "backup",
    "restore",
    "rotate",
    "delete",
    "preview",
    "drift",
    "show",
    "status",
    "health",
    "groups",
    "create_group",
    "set_group",
    "delete_group",
]


class Place(BaseModel):
    """Where the bays are. state: URL of the Pulumi backend. environment: of child processes; PATH and HOME at least.
    secrets: where passphrases of new bays are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cache: Path
    data: Path
    config: Path
    state: str
    environment: dict[str, str] = Field(repr=False)
    cloud: str | None = None
    clouds_file: Path | None = None
    region: str | None = None
    checkout: Path | None = None
    secrets: Literal["file", "barbican"] = "file"


class GivenAuthority(BaseModel):
    """A certificate authority, PEM; see `bay.components.node.certificates.Authority`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(repr=False)
    certificate: str


class Request(BaseModel):
    """One operation.

    layers: of the spec that is wanted, lowest first, over the one that there is. spec: the whole of it, in place of
    layers. new_spec: that of a bay which is not there yet, under the layers. ask: send the plan and wait for the
    approval. timeout: seconds to wait for servers; 0: not at all. authority: of a bay that is created. remove: servers
    that go, of `group`; an update takes them out before it makes the bay what its layers say. fields: of the group that
    is created or set, as the spec has them; null: the default again. folder, keep: of a backup, also of one that a
    rebuild or upgrade of masters takes first. file: of a restore; of a rotation, the user's own new passphrase. what:
    is rotated. ssh_user, ssh_key: of these, in place of the image's user and the keypair's private key.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    op: Operation
    bay: str
    place: Place
    layers: tuple[Values, ...] = ()
    spec: BaySpec | None = None
    new_spec: BaySpec | None = None
    addons: tuple[str, ...] = ()
    models: tuple[Path, ...] = ()
    group: str = "node"
    fields: Values = Field(default_factory=dict)
    count: int | None = None
    remove: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    image: str = ""
    version: str = ""
    model: str = ""
    max_unavailable: str = ""
    sweep: bool = False
    lose_data: bool = False
    keep_volumes: bool = False
    keep_floating_ips: bool = False
    refresh: bool = False
    from_file: bool = False
    allow: tuple[str, ...] = ()
    ask: bool = False
    timeout: float = 0
    authority: GivenAuthority | None = None
    folder: Path | None = None
    keep: int | None = None
    file: Path | None = None
    what: str = ""
    ssh_user: str | None = None
    ssh_key: Path | None = None


def parse(line: str) -> Request:
    """A request from its line; InvalidInput that names the first wrong field."""
    try:
        return Request.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("request", *(str(part) for part in first["loc"])))
        raise InvalidInput(f"{where}: {first['msg']}", "docs/api.md has the shape") from None
