"""Groups of servers and their volumes, as a spec describes them."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from bay.components.spec.types import Name, Names, Spec


def count_alone(value: object) -> object:
    """``nodes: 5`` says the same as ``nodes: {count: 5}``."""
    return {"count": value} if isinstance(value, int) and not isinstance(value, bool) else value


def size_alone(value: object) -> object:
    """``engine_volume: 50`` says the same as ``engine_volume: {size: 50}``."""
    return {"size": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Volume(Spec):
    """A Cinder volume."""

    size: int = Field(ge=1, le=100_000, description="Size in GiB.")
    type: Name | None = Field(None, description="Volume type of Cinder; empty: the cloud's default.")


SizedVolume = Annotated[Volume | None, BeforeValidator(size_alone)]

Label = Annotated[str, Field(max_length=63, pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$")]
LabelKey = Annotated[
    str, Field(pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")
]
Taint = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]*(=[A-Za-z0-9_.-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$")
]


class NodeGroup(Spec):
    """Identical servers: the same flavor, image and boot data."""

    count: int = Field(1, ge=0, le=5000, description="Number of servers.")
    flavor: str = Field("m1.small", min_length=1, description="Nova flavor, by name or id, for example m1.small.")
    image: str | None = Field(None, min_length=1, description="Glance image of this group; empty: the bay's image.")
    removed: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (), description="Indices of nodes that were removed by name; they are not used again."
    )
    zones: Names = Field((), description="Availability zones, used in turn; empty: Nova chooses.")
    boot_volume: SizedVolume = Field(
        None, description="Volume that the servers boot from, in place of the flavor's disk; a number is its size."
    )
    engine_volume: SizedVolume = Field(
        None, description="Volume of each server for containers and their images; a number is its size."
    )
    labels: dict[LabelKey, Label] = Field(
        default_factory=dict,
        description="Labels that the engine gives the nodes: letters and digits, with '-', '_' and '.' inside.",
    )

    @property
    def indices(self) -> list[int]:
        """Indices of the servers there are: the lowest `count` that were never removed."""
        gone = set(self.removed)
        return [i for i in range(self.count + len(gone)) if i not in gone][: self.count]

    def without(self, index: int) -> Self:
        """The group after removing one node; every other node keeps its index."""
        removed = tuple(sorted({*self.removed, index}))
        return self.model_copy(update={"count": self.count - 1, "removed": removed})

    def zone(self, index: int) -> str | None:
        """The availability zone of a server."""
        return self.zones[index % len(self.zones)] if self.zones else None

    @property
    def volumes(self) -> list[Volume]:
        """What each server of the group has on Cinder."""
        return [volume for volume in (self.boot_volume, self.engine_volume) if volume is not None]


class Masters(NodeGroup):
    """The servers that run the engine's control plane."""

    count: int = Field(1, ge=1, le=7, description="Number of masters; odd, so that a majority is defined.")
    state_volume: SizedVolume = Field(
        None,
        description="Volume of each master for control-plane data (etcd, Raft, ZooKeeper); outlives its server.",
    )

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.count % 2 == 0:
            raise ValueError(f"count is {self.count}, but must be odd (1, 3, 5 or 7) so that a majority is defined")
        return self

    @property
    def volumes(self) -> list[Volume]:
        """With the one that outlives its server."""
        return [*super().volumes, *([self.state_volume] if self.state_volume else [])]


class Nodes(NodeGroup):
    """The servers that run the users' containers."""

    count: int = Field(2, ge=0, le=5000, description="Number of servers.")
    min: int = Field(0, ge=0, le=5000, description="Fewest servers that a scaling may leave.")
    max: int | None = Field(
        None, ge=0, le=5000, description="Most servers that a scaling may ask for; empty: no limit."
    )
    taints: tuple[Taint, ...] = Field(
        (), description="Taints of the nodes, KEY[=VALUE]:EFFECT, where the engine knows such."
    )

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max is {self.max}, less than min, {self.min}")
        if self.count < self.min:
            raise ValueError(f"count is {self.count}, less than min, {self.min}")
        if self.max is not None and self.count > self.max:
            raise ValueError(f"count is {self.count}, more than max, {self.max}")
        return self
