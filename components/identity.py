"""The identity of a bay: the resource that is made before all others and whose id is the bay's mark.

The state holds a pickled reference to this module's `IdentityProvider`: module and class name are
public API and never change. The import of this module costs no more than pulumi's own.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pulumi import Output, ResourceOptions, RunError
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

if TYPE_CHECKING:
    from bay.components.node.certificates import Authority

Properties = dict[str, Any]

FOREIGN_OWNER = {
    "cli": "bay {bay} is managed by the bay command; 'bay export {bay}' gives it to this checkout",
    "file": "bay {bay} is managed by the file of its checkout, stacks/Pulumi.{bay}.yaml; change it there",
}
"""Error by who owns the bay, when another would change it."""


RENEW, RETIRE = "join-keys ", "retire "
"""How a rotation begins: other join keys, or the end of earlier ones. The rest tells it from others."""


class IdentityProvider(ResourceProvider):
    """Makes the secrets of a bay once and keeps them whatever happens; has no state of its own.

    It is also the guard against another cloud's login: everything else depends on the identity, so
    what fails here fails before anything else is planned.
    """

    serialize_as_secret_always = False  # the reference is no secret, and a reviewer may see it

    def create(self, props: Properties) -> CreateResult:
        """Keys, certificates and the id of a new bay."""
        from bay.components.node.certificates import Authority, end_of
        from bay.components.node.credentials import new_generation

        now = datetime.now(UTC).replace(microsecond=0)
        authority = Authority(**props["authority"]) if props.get("authority") else None
        generation = new_generation(props["bay"], 1, now, props["secrets"], authority)
        made = {"made_at": now.isoformat(), "generations": [generation]}
        if authority is not None:  # of one of its own, made_at tells
            made["authority_ends"] = end_of(authority.certificate).isoformat()
        given = {key: props[key] for key in ("bay", "cloud", "managed_by")}
        return CreateResult(str(uuid.uuid4()), {**given, **made})

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """A rotation is the only change; an error under another cloud's login, or from who does not own the bay."""
        _guard(olds, news["cloud"])
        _guard_owner(olds["bay"], olds["managed_by"], news["managed_by"])
        return DiffResult(changes=news.get("rotation") not in (None, olds.get("rotation")))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """A refresh finds what the state holds, and fails under another login: it would empty the state."""
        from bay.components.openstack.scope import current_scope

        _guard(props, asdict(current_scope()))
        return ReadResult(id_, props)

    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Keeps everything: the secrets exist nowhere else. A rotation adds a generation, or retires earlier ones."""
        from bay.components.node import credentials

        kept = {key: value for key, value in olds.items() if key != "__provider"}
        rotation = news.get("rotation")
        if rotation in (None, olds.get("rotation")):
            return UpdateResult(kept)
        change = credentials.with_previous_retired if rotation.startswith(RETIRE) else credentials.with_new_join_keys
        return UpdateResult({**kept, "generations": change(olds["generations"]), "rotation": rotation})


class Identity(Resource, module="bay", name="Identity"):
    """Secrets and mark of a bay; its id is ``bay:id``.

    made_at: RFC 3339, UTC. generations: the secrets, see `bay.components.node.credentials`. owner: who manages the bay;
    fails where this program does not, or for another cloud's login, so what waits for it stays as it is.
    """

    cloud: Output[dict[str, str]]
    managed_by: Output[str]
    made_at: Output[str]
    generations: Output[Any]
    owner: Output[str]

    def __init__(
        self,
        name: str,
        bay: str,
        cloud: Mapping[str, str],
        managed_by: str,
        secrets: Mapping[str, str],
        opts: ResourceOptions | None = None,
        *,
        authority: "Authority | None" = None,
        protect: bool = True,
        rotation: str = "",
    ) -> None:
        """cloud: auth_url, region and project_id of the login that the bay belongs to. managed_by: cli or file.

        secrets: what the engine asks for beside the keys of every bay, see `bay.components.node.credentials.Secret`.
        authority: one that is given, for a bay that is created now. rotation: see `RENEW`; carried out once.
        """
        given: Properties = {"bay": bay, "cloud": dict(cloud), "managed_by": managed_by, "secrets": dict(secrets)}
        if authority is not None:
            given["authority"] = Output.secret(asdict(authority))
        if rotation:
            given["rotation"] = rotation
        super().__init__(
            IdentityProvider(),
            name,
            {**given, "made_at": None, "generations": None},
            ResourceOptions.merge(opts, ResourceOptions(additional_secret_outputs=["generations"], protect=protect)),
        )
        # A destroy asks no provider for a diff; it runs the program, with what the state holds as outputs.
        held = Output.all(self.cloud, self.managed_by)
        self.owner = held.apply(lambda recorded: _owner(bay, recorded, cloud, managed_by))


def _owner(bay: str, held: Sequence[Any], cloud: Mapping[str, str], managed_by: str) -> str:
    """Who manages the bay; RunError unless the state holds (`held`) the same cloud and owner."""
    try:
        _guard({"bay": bay, "cloud": held[0]}, cloud)
        _guard_owner(bay, held[1], managed_by)
    except RuntimeError as error:
        raise RunError(str(error)) from None
    return managed_by


def _guard_owner(bay: str, recorded: str, now: str) -> None:
    if recorded != now:
        raise RuntimeError(FOREIGN_OWNER[recorded].format(bay=bay))


def _guard(recorded: Properties, login: Mapping[str, str]) -> None:
    """The error of `refuse_another_cloud` as one paragraph: the engine prints only an exception's text."""
    from bay.components.errors import BayError
    from bay.components.openstack.scope import require_same_project

    try:
        require_same_project(recorded["bay"], recorded["cloud"], login)
    except BayError as error:
        raise RuntimeError(f"{error.message}; {error.hint}") from None
