"""How an engine is upgraded: which image property says its version, which steps it allows, what is done around them.

Data and pure functions; an engine that can be upgraded has ``upgrade_rules`` beside what `Engine` asks of it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![.\d])")
"""As engines, images and people write one: ``v1.34.2``, ``20.10.24+dfsg1``; a packager's word may follow."""


@dataclass(frozen=True, order=True)
class EngineVersion:
    """The numbers of a version of an engine; what a packager wrote behind them says nothing of an order."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        """``1.34.2``."""
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def series(self) -> tuple[int, int]:
        """Major and minor: what rules of skew count."""
        return self.major, self.minor


def parse_version(text: str) -> EngineVersion | None:
    """``v1.34.2`` -> 1.34.2, ``20.10.24+dfsg1`` -> 20.10.24; None where the text begins with no version."""
    match = VERSION.match(text.strip())
    return EngineVersion(*(int(part or 0) for part in match.groups())) if match else None


@dataclass(frozen=True)
class DeprecatedCall:
    """An API that is going away and that clients have called. what: ``batch/v1beta1 cronjobs``. removed_in: the
    version that has it no more, None where it is not decided yet."""

    what: str
    removed_in: EngineVersion | None

    def is_gone_in(self, version: EngineVersion) -> bool:
        """Whether these calls fail after an upgrade to this version."""
        return self.removed_in is not None and self.removed_in.series <= version.series


def _no_calls(_text: str) -> list[DeprecatedCall]:
    return []


def _no_versions(_answer: Any) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class UpgradeRules:
    """What an engine's own documentation says of upgrades.

    program: whose version it is, ``Kubernetes``. image_property: of a Glance image, the version that it brings.
    option: of a spec's `options`, where the version is one; empty: the image alone decides. model_options: those that
    an upgrade to a model takes over from it, as far as it says them. model_pins: those that it replaces as a whole,
    since what is pinned there is of the versions of before. minor_by_minor: no minor version is left out, and the
    major one stays. skew: minor versions that a node may be behind its masters; None: any. first, last: what is done
    before the first new master joins, and after the last one, as (resource, what). node_versions: server name ->
    version, from the engine's answer to its question of health; may lack masters. metrics: path where masters tell
    `deprecated_calls`; empty: nowhere.
    """

    program: str
    image_property: str
    option: str = ""
    model_options: tuple[str, ...] = ()
    model_pins: tuple[str, ...] = ()
    minor_by_minor: bool = False
    skew: int | None = None
    first: tuple[tuple[str, str], ...] = ()
    last: tuple[tuple[str, str], ...] = ()
    node_versions: Callable[[Any], Mapping[str, str]] = field(default=_no_versions)
    metrics: str = ""
    deprecated_calls: Callable[[str], list[DeprecatedCall]] = field(default=_no_calls)


def upgrade_rules(engine: object) -> UpgradeRules | None:
    """Those of an engine; None for one of a site's own that has none."""
    return getattr(engine, "upgrade_rules", None)
