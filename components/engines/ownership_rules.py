"""How things are known that a bay's engine made in the cloud by itself: load balancers, volumes, ...

The state knows nothing of them. Each engine says, as data, how it signs what it makes; a sign without the bay's id
is none, since another bay may have the same name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Kind = Literal["floating IP", "load balancer", "listener", "security group", "backup", "snapshot", "volume"]

METADATA = "metadata."


@dataclass(frozen=True)
class OwnershipRule:
    """One way in which an engine signs a kind of thing.

    field: attribute as openstacksdk names it, or ``metadata.KEY``; one of a list (tags) is enough. pattern: what stands
    in it: ``{bay_id}`` is the id of the bay, ``*`` any text.
    """

    kind: Kind
    field: str
    pattern: str

    def __post_init__(self) -> None:
        """Raises ValueError for a pattern that things of another bay could have."""
        if "{bay_id}" not in self.pattern:
            raise ValueError(f"{self.kind}: {self.pattern!r} names no bay")

    def match(self, thing: Any, bay_id: str) -> str:
        """The words by which the thing is the bay's, else empty."""
        wanted = self.pattern.format(bay_id=bay_id)
        return next((value for value in self._values(thing) if fnmatchcase(value, wanted)), "")

    def match_other(self, thing: Any, bay_id: str) -> str:
        """The words by which the thing is another bay's as well, else empty."""
        own, any_bay = self.pattern.format(bay_id=bay_id), self.pattern.format(bay_id="*")
        found = (value for value in self._values(thing) if fnmatchcase(value, any_bay) and not fnmatchcase(value, own))
        return next(found, "")

    def _values(self, thing: Any) -> Iterator[str]:
        if self.field.startswith(METADATA):
            value = (getattr(thing, "metadata", None) or {}).get(self.field.removeprefix(METADATA))
        else:
            value = getattr(thing, self.field, None)
        yield from (str(one) for one in (value if isinstance(value, list | tuple) else [value]) if one)
