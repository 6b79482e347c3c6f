"""Which upgrades an engine allows: pure, from the versions that run and the one that is wanted."""

from collections.abc import Mapping, Sequence

from bay.components.engines.upgrades import EngineVersion, UpgradeRules, parse_version
from bay.components.errors import BayError, InvalidInput
from bay.stacks.state.snapshot import RecordedServer

Versions = Mapping[str, EngineVersion]
"""Server -> version of its engine."""


def wanted_version(rules: UpgradeRules, text: str) -> EngineVersion:
    """InvalidInput for anything but a whole version."""
    version = parse_version(text)
    if version is None or text.removeprefix("v") != str(version):
        raise InvalidInput(
            f"{text!r} is no version of {rules.program}", "give all three numbers, for example --version 1.34.2"
        )
    return version


def require_step(
    bay: str, rules: UpgradeRules, servers: Sequence[RecordedServer], running: Versions, target: EngineVersion
) -> None:
    """BayError where a version is not known, the skew is more than the engine allows, or the step leads back or skips.

    servers: all of the bay. Looked at before anything is changed, and before an interrupted change is resumed.
    """
    _require_known(bay, rules, servers, running)
    _require_forward(bay, rules, servers, running, target)
    masters = [running[server.name] for server in servers if server.role == "master"]
    if rules.minor_by_minor and masters:
        _require_no_skip(bay, rules, min(masters), target)
    if rules.skew is not None and masters:
        for server in servers:
            _require_skew(bay, rules, server.name, running[server.name], masters, target)


def _require_known(bay: str, rules: UpgradeRules, servers: Sequence[RecordedServer], running: Versions) -> None:
    for server in servers:
        if server.name not in running:
            raise BayError(
                f"bay {bay}: which {rules.program} {server.name} runs is not known: the engine does not answer from "
                f"here, and its image has no property {rules.image_property}",
                f"'openstack image set --property {rules.image_property}=VERSION IMAGE', or --set access.api=[CIDR] of "
                "this machine",
            )


def _require_forward(
    bay: str, rules: UpgradeRules, servers: Sequence[RecordedServer], running: Versions, target: EngineVersion
) -> None:
    for server in servers:
        if running[server.name] > target:
            back = (
                f"{rules.program} has no way back; name {running[server.name]} or a later version"
                if rules.minor_by_minor
                else f"'bay rebuild {bay} --image IMAGE' goes back to the image of before"
            )
            raise BayError(f"bay {bay}: {server.name} runs {rules.program} {running[server.name]}, not {target}", back)


def _require_no_skip(bay: str, rules: UpgradeRules, oldest: EngineVersion, target: EngineVersion) -> None:
    if target.major != oldest.major or target.minor > oldest.minor + 1:
        following = f"{oldest.major}.{oldest.minor + 1}"
        raise BayError(
            f"bay {bay}: from {rules.program} {oldest} to {target} leaves out {following}",
            f"first --version {following}.N, with an image that brings it; then {target}",
        )


def _require_skew(
    bay: str,
    rules: UpgradeRules,
    name: str,
    version: EngineVersion,
    masters: Sequence[EngineVersion],
    target: EngineVersion,
) -> None:
    """A node is never newer than a master (but for masters of an upgrade that goes on), nor too far behind the new."""
    assert rules.skew is not None
    if version.series > min(masters).series and version not in masters:
        raise BayError(
            f"bay {bay}: {name} runs {rules.program} {version}, newer than a master's {min(masters)}",
            f"'bay rebuild {bay} --node {name} --image IMAGE' with an image of {min(masters)}",
        )
    if version.major != target.major or target.minor - version.minor > rules.skew:
        raise BayError(
            f"bay {bay}: {name} runs {rules.program} {version}, more than {rules.skew} minor versions behind {target}",
            f"rebuild it first: 'bay rebuild {bay} --node {name}'",
        )


def require_image_version(
    rules: UpgradeRules,
    field: str,
    image: str,
    version: EngineVersion | None,
    target: EngineVersion | None,
    *,
    exact: bool,
    remedy: str = "",
) -> None:
    """BayError where an image brings another version, or does not say which. exact: patch version too.

    remedy: what to do about another version; empty: choose among images and versions.
    """
    if version is None or target is None:
        raise BayError(
            f"{field}: {image} does not say which {rules.program} it brings (property {rules.image_property})",
            f"'openstack image set --property {rules.image_property}=VERSION {image}', or choose another image",
        )
    if version != target if exact else version.series != target.series:
        raise BayError(
            f"{field}: {image} brings {rules.program} {version}, not {target}",
            remedy or f"choose an image of {target}, or give --version {version}",
        )
