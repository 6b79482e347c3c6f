"""The register of round trips: how a resource is made, and how its second turn differs."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

#: The resources made so far in this run of the program, by name.
Made = dict[str, Any]

#: The arguments of a resource; `turn` is 1 when it is created and 2 when it is changed.
Arguments = Callable[[Made, int], dict[str, Any]]

#: What the second turn does to a resource: `replace` is for types of which OpenStack lets nothing change.
Change = Literal["update", "replace", "same"]

#: Every name in the cloud begins with it, so that leftovers are found.
PREFIX = "roundtrip"


@dataclass(frozen=True)
class Trip:
    """How a resource of one type goes its round."""

    token: str
    change: Change
    delete_first: bool
    arguments: Arguments

    @property
    def type(self) -> type[pulumi.CustomResource]:
        """The wheel's class for the token."""
        _, module, name = self.token.split(":")
        found: type[pulumi.CustomResource] = getattr(
            importlib.import_module(f"pulumi_openstack.{module.split('/')[0]}"), name
        )
        return found


#: Logical name -> trip, in the order in which the resources need each other.
TRIPS: dict[str, Trip] = {}


def trip(token: str, change: Change = "update", *, delete_first: bool = False) -> Callable[[Arguments], None]:
    """Registers a resource named like the function under it.

    `delete_first` is for a replacement whose place is taken by what it replaces.
    """

    def register(arguments: Arguments) -> None:
        TRIPS[arguments.__name__] = Trip(token, change, delete_first, arguments)  # type: ignore[attr-defined]

    return register


def program(turn: int) -> None:
    """The Pulumi program with all registered resources."""
    made: Made = {}
    for name, trip in TRIPS.items():
        options = pulumi.ResourceOptions(delete_before_replace=trip.delete_first)
        made[name] = trip.type(name, **trip.arguments(made, turn), opts=options)
