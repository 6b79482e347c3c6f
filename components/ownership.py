"""The mark by which a bay's things are known again in the cloud: ``bay:id`` and ``bay:name``.

Sweeps go by this mark and never by name. Tags of Neutron objects are set by a second call after the
object is made, so the mark stands in the description too, which comes with the first.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pulumi import Input, Output

ID_KEY = "bay:id"
NAME_KEY = "bay:name"

Owner = Literal["cli", "file"]
"""Who changes a bay: `bay` and services, or its file in a checkout."""


def id_tag(bay_id: str) -> str:
    """The Neutron tag, and the word in a description, that says which bay a thing is of."""
    return f"{ID_KEY}={bay_id}"


def name_tag(bay: str) -> str:
    """The Neutron tag that says the bay's name; names are unique in a project only."""
    return f"{NAME_KEY}={bay}"


@dataclass(frozen=True)
class Mark:
    """Name and id of a bay, in each form that OpenStack has a place for; own_tags: what the user adds."""

    bay: str
    bay_id: "Output[str]"
    own_tags: tuple[str, ...] = ()

    @property
    def tags(self) -> "list[Input[str]]":
        """For objects of Neutron and Octavia."""
        return [self.bay_id.apply(id_tag), name_tag(self.bay), *self.own_tags]

    @property
    def description(self) -> "Output[str]":
        """For Neutron objects: made by the same call as the object itself."""
        return self.bay_id.apply(id_tag)

    def metadata(self, group: str) -> "dict[str, Input[str]]":
        """For Nova servers and Cinder volumes."""
        return {ID_KEY: self.bay_id, NAME_KEY: self.bay, "bay:group": group}

    def unique_name(self, name: str) -> "Output[str]":
        """For what has neither tag, metadata nor description (server groups): the mark is part of the name."""
        return self.bay_id.apply(lambda bay_id: f"{name}.{bay_id}")
