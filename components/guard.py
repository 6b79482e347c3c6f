"""Refuses, before anything is planned, a change that takes away more than was asked for; also under ``pulumi up``.

The state holds a pickled reference to this module's `GuardProvider`: module and class name are public API and never
change. The import of this module costs no more than pulumi's own.
"""

from collections.abc import Collection, Mapping
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

Properties = dict[str, Any]
KEPT = ("bay", "coe", "servers", "volumes", "network")


class GuardProvider(ResourceProvider):
    """Remembers what the bay had when its program last ran, and compares.

    A program cannot read its own state, and a hook before each deletion learns of the others only when it is too late;
    the `diff` of a resource that everything waits for sees both sides first.
    """

    serialize_as_secret_always = False  # the reference is no secret, and a reviewer may see it

    def create(self, props: Properties) -> CreateResult:
        return CreateResult(props["bay"], _kept(props))

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """An error for a loss that nobody asked for; else whether what the bay has is another."""
        from bay.components.disruption import find_disruptions, is_allowed

        for kind, words in find_disruptions(olds, news, news["fixed_masters"]):
            if not is_allowed(kind, news["allow"]):
                raise RuntimeError(f"bay {news['bay']}: {words}; {_way_out(kind, olds, news)}")
        return DiffResult(changes=_kept(olds) != _kept(news), replaces=[])

    def update(self, _id: str, _olds: Properties, news: Properties) -> UpdateResult:
        return UpdateResult(_kept(news))


class Guard(Resource, module="bay", name="Guard"):
    """Keeps what a bay has from a slip of the pen; the bay's own parts wait for it.

    has: see `bay.components.disruption.had`. allow: kinds of loss that were asked for, of
    `bay.components.disruption.KINDS`.
    fixed_masters: name of an engine whose number of masters stays what it was; empty for others.
    """

    def __init__(
        self, has: Mapping[str, Any], allow: Collection[str], fixed_masters: str, opts: ResourceOptions
    ) -> None:
        given = {**has, "allow": sorted(allow), "fixed_masters": fixed_masters}
        super().__init__(GuardProvider(), has["bay"], given, opts)


def _way_out(kind: str, olds: Properties, news: Properties) -> str:
    from bay.components.disruption import HARD, MEMBERS

    if kind == HARD:
        return "create another bay"
    number = int(news["servers"]["master"]["count"])
    by_bay = f"'bay scale {news['bay']} {number} --group master' has masters come and go one by one"
    asked = f"pulumi config set --path 'bay:allow[0]' {'masters' if kind == MEMBERS else kind}, for one run"
    if kind == MEMBERS or (kind == "masters" and number != int(olds["servers"]["master"]["count"])):
        return f"{by_bay}; if at once is what you want: {asked}"
    return f"if that is what you want: {asked}"


def _kept(properties: Properties) -> Properties:
    """What the state remembers of the bay; an earlier version remembered less."""
    return {key: properties[key] for key in KEPT if key in properties}
