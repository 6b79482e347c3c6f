"""What an upgrade does in which order, as people and programs read it before it starts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bay.components.engines.upgrades import DeprecatedCall, EngineVersion, UpgradeRules
from bay.components.errors import BayError
from bay.components.text import join_names
from bay.stacks.approval import Risk
from bay.stacks.operations.rebuild_plan import RebuildPlan
from bay.stacks.state.snapshot import RecordedServer


@dataclass(frozen=True)
class UpgradePlan:
    """rebuild: of the servers, masters first. running: server -> version of before. deprecated: APIs in use that go
    away; None where no master told. refusal: why an upgrade would not do it."""

    rules: UpgradeRules
    target: EngineVersion
    rebuild: RebuildPlan
    running: Mapping[str, EngineVersion] = field(default_factory=dict)
    masters: tuple[str, ...] = ()
    deprecated: tuple[DeprecatedCall, ...] | None = None

    @property
    def bay(self) -> str:
        """Name of the bay."""
        return self.rebuild.bay

    @property
    def risks(self) -> tuple[Risk, ...]:
        """None that would have to be allowed: what it must not do, the upgrade refuses by itself."""
        return self.rebuild.risks

    @property
    def disruption(self) -> str:
        """What it takes away, in words; may be empty."""
        return self.rebuild.disruption

    @property
    def refusal(self) -> BayError | None:
        """Why it would not be carried out."""
        return self.rebuild.refusal

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.rebuild.is_empty

    @property
    def removed(self) -> list[DeprecatedCall]:
        """Calls that fail after the upgrade."""
        return [call for call in self.deprecated or () if call.is_gone_in(self.target)]

    @property
    def is_new_version(self) -> bool:
        """Whether a master gets another version: an image with the same one leaves the control plane's as it is."""
        return any(self.running.get(name) != self.target for name in self._masters_to_go)

    @property
    def _masters_to_go(self) -> list[str]:
        return [name for name in self.rebuild.names if name in self.masters]

    @property
    def summary(self) -> str:
        """A line for people."""
        versions = sorted(set(self.running.values()))
        old = " and ".join(str(version) for version in versions) or "an unknown version"
        step = f"{self.rules.program} {old} -> {self.target}"
        if self.is_empty:
            return f"runs {self.rules.program} {self.target} already"
        count = len(self.rebuild.names)
        servers = f"{count} server{'s' if count != 1 else ''} to replace"
        image = join_names([f for f in self.rebuild.fields if f.startswith("image: ")])
        return "; ".join(part for part in (step, image, servers) if part)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """As `bay upgrade --dry-run` prints it, in the order in which it is done."""
        return list(self._rows())

    def _rows(self) -> Iterator[dict[str, Any]]:
        yield from (self._call(call) for call in self.deprecated or ())
        yield from (self._server(action.row(0)) for action in self.rebuild.finished)
        if self.is_new_version and all(self.running.get(name) != self.target for name in self.masters):
            yield from self._configured(self.rules.first, 1)
        last_of_masters = max(
            (number for number, batch in enumerate(self.rebuild.batches, 1) if batch.group == "master"), default=0
        )
        for number, batch in enumerate(self.rebuild.batches, 1):
            yield from (self._server(action.row(number)) for action in batch.actions)
            if number == last_of_masters and self.is_new_version:
                yield from self._configured(self.rules.last, number)
        yield from (self._server(action.row(None)) for action in self.rebuild.skipped)

    def _server(self, row: dict[str, Any]) -> dict[str, Any]:
        old = self.running.get(row["name"])
        new = old if row["action"] == "leave" else self.target if row["type"] == "Instance" else None
        return _row(row["batch"], row["action"], row["type"], row["name"], _text(old), _text(new), row["reason"])

    def _configured(self, steps: Sequence[tuple[str, str]], number: int) -> Iterator[dict[str, Any]]:
        old = _text(min((self.running[name] for name in self.masters if name in self.running), default=None))
        for name, what in steps:
            yield _row(number, "configure", "ControlPlane", name, old, str(self.target), what)

    def _call(self, call: DeprecatedCall) -> dict[str, Any]:
        why = f"clients have called it; {self.rules.program} {self.target} has it no more"
        if not call.is_gone_in(self.target):
            why = "clients have called it; it goes in a later version"
        return _row(0, "check", "DeprecatedAPI", call.what, None, _series(call.removed_in), why)


def versions_by_name(
    servers: Sequence[RecordedServer], told: Mapping[str, EngineVersion], booted: Mapping[str, EngineVersion]
) -> dict[str, EngineVersion]:
    """Server -> version: what the engine tells, else what the image says that it was created from."""
    return {one.name: told.get(one.name) or booted[one.name] for one in servers if one.name in {**booted, **told}}


def _row(
    batch: int | None, action: str, type: str, name: str, old: str | None, new: str | None, reason: str
) -> dict[str, Any]:
    return {"batch": batch, "action": action, "type": type, "name": name, "from": old, "to": new, "reason": reason}


def _text(version: EngineVersion | None) -> str | None:
    return None if version is None else str(version)


def _series(version: EngineVersion | None) -> str | None:
    return None if version is None else f"{version.major}.{version.minor}"
