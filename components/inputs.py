"""A bay's fields as a program gives them: plain values, and outputs of other resources where a name or id belongs."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pulumi import Input, Output

from bay.components.errors import InvalidInput
from bay.components.openstack.resolve import image_of, resolve
from bay.components.openstack.resolved import ExistingNetwork, Flavor, GlanceImage, Named, ResolvedSpec
from bay.components.program_errors import program_errors
from bay.components.spec import BaySpec
from bay.components.spec.later import EXAMPLES, is_stand_in, may_be_later, stand_in
from bay.components.spec.merge import build_spec, changed_spec
from bay.components.spec.paths import joined, nested
from bay.components.spec.stored import stored

Path = tuple[str, ...]
Known = tuple[BaySpec, ResolvedSpec]
"""The spec with what its outputs came to be, and what its names mean."""


@dataclass(frozen=True)
class Located:
    """What the names of a spec mean, some of it known only when other resources are there.

    resolved: its ids and names are outputs there. spec: plain values, as the state keeps them. cidrs: by the stand-in
    for a range that is not known yet. keypair: of the spec.
    """

    resolved: ResolvedSpec
    spec: Any
    keypair: Input[str] | None = None
    cidrs: Mapping[str, Output[str]] = field(default_factory=dict)


def specify(name: str, fields: Mapping[str, Any]) -> tuple[BaySpec, dict[Path, Output[Any]]]:
    """The spec of a bay from its fields over their model, and the outputs among them; InvalidInput."""
    outputs: dict[Path, Output[Any]] = {}
    plain = _plain(fields, (), outputs)
    if not plain.get("model"):
        raise InvalidInput(
            f"bay {name!r}: no model is named", f"Bay({name!r}, model=MODEL); 'bay model list' shows them"
        )
    if ("network", "existing") in outputs and not (plain["network"].get("subnet")):
        raise InvalidInput(
            "network.subnet: is missing beside an output as network.existing",
            "name the subnet too: network={'existing': net.id, 'subnet': subnet.id}",
        )
    return build_spec([plain]), outputs


def _plain(values: Mapping[str, Any], above: Path, outputs: dict[Path, Output[Any]]) -> dict[str, Any]:
    return {key: _plain_value(value, (*above, str(key)), outputs) for key, value in values.items()}


def _plain_value(value: Any, path: Path, outputs: dict[Path, Output[Any]]) -> Any:
    if isinstance(value, Mapping):
        return _plain(value, path, outputs)
    if isinstance(value, list | tuple):
        return [_plain_value(one, (*path, str(number)), outputs) for number, one in enumerate(value)]
    if not (isinstance(value, Output) or inspect.isawaitable(value)):
        return value
    if not may_be_later(path):
        raise InvalidInput(
            f"{joined(path)}: cannot be an output of another resource, since it decides what the bay consists of",
            f"give a plain value; outputs are for names and ids: {EXAMPLES}",
        )
    outputs[path] = Output.from_input(value)
    return stand_in(path)


def plainly(spec: BaySpec, resolved: ResolvedSpec) -> Located:
    """Of a spec without outputs."""
    return Located(resolved, stored(spec.model_dump(mode="json")), spec.keypair)


def locate(spec: BaySpec, outputs: Mapping[Path, Output[Any]], find: Callable[..., ResolvedSpec] = resolve) -> Located:
    """Ask the cloud: at once for what is plain, and for the rest once it is there. BayError, also from its outputs."""
    if not outputs:
        return plainly(spec, find(spec))
    paths = list(outputs)
    known: Output[Known] = Output.all(*outputs.values()).apply(lambda values: _look_up(spec, paths, values, find))
    at_once = find(spec, later=[stand_in(path) for path in paths])
    filled = known.apply(lambda found: stored(found[0].model_dump(mode="json")))
    network = _network(spec, at_once, known)
    cidrs = {text: known.apply(lambda found: _network_of(found).cidrs[0]) for text in _unknown_cidrs(network)}
    resolved = replace(
        at_once,
        images={**at_once.images, **_images(spec, known)},
        flavors={**at_once.flavors, **_flavors(spec, known)},
        network=network,
        external=_external(spec, at_once, known),
    )
    return Located(resolved, filled, outputs.get(("keypair",), spec.keypair), cidrs)


def _look_up(spec: BaySpec, paths: Sequence[Path], values: Sequence[Any], find: Callable[..., ResolvedSpec]) -> Known:
    with program_errors():
        for path, value in zip(paths, values, strict=True):
            if not isinstance(value, str) or not value:
                raise InvalidInput(f"{joined(path)}: the output is {value!r}, and not a name or id", "give another one")
        filled = changed_spec(spec, [nested(path, value) for path, value in zip(paths, values, strict=True)])
        return filled, find(filled)


def _text(known: Output[Known], pick: Callable[[Known], str | None]) -> str:
    """An output in the place of a text: whoever takes it gives it to a resource."""
    return cast(str, known.apply(pick))


def _images(spec: BaySpec, known: Output[Known]) -> dict[str, GlanceImage]:
    found = {}
    for group in spec.groups:
        name = image_of(spec, spec.groups[group])
        if is_stand_in(name):
            found[name] = GlanceImage(
                _text(known, lambda k, g=group: k[1].images[image_of(k[0], k[0].groups[g])].id),  # type: ignore[misc]
                _text(known, lambda k, g=group: image_of(k[0], k[0].groups[g])),  # type: ignore[misc]
            )
    return found


def _flavors(spec: BaySpec, known: Output[Known]) -> dict[str, Flavor]:
    found = {}
    for group, members in spec.groups.items():
        if is_stand_in(members.flavor):
            pick = _text(known, lambda k, g=group: k[1].flavors[k[0].groups[g].flavor].id)  # type: ignore[misc]
            found[members.flavor] = Flavor(pick, members.flavor)
    return found


def _network_of(found: Known) -> ExistingNetwork:
    network = found[1].network
    assert network is not None, "the spec names one"
    return network


def _network(spec: BaySpec, at_once: ResolvedSpec, known: Output[Known]) -> ExistingNetwork | None:
    if not (is_stand_in(spec.network.existing) or is_stand_in(spec.network.subnet)):
        return at_once.network
    return ExistingNetwork(
        _text(known, lambda found: _network_of(found).id),
        _text(known, lambda found: _network_of(found).name),
        subnet_id=_text(known, lambda found: _network_of(found).subnet_id),
        cidrs=(stand_in(("network", "subnet")),),
        pins_subnet=True,  # there may be others by then
    )


def _unknown_cidrs(network: ExistingNetwork | None) -> list[str]:
    return [cidr for cidr in network.cidrs if is_stand_in(cidr)] if network else []


def _external(spec: BaySpec, at_once: ResolvedSpec, known: Output[Known]) -> Named | None:
    needed = spec.network.existing is None or spec.endpoint_floating_ip or spec.server_floating_ips
    if not (needed and is_stand_in(spec.network.external)):
        return at_once.external

    def of(found: Known) -> Named:
        assert found[1].external is not None, "the spec needs one"
        return found[1].external

    return Named(_text(known, lambda found: of(found).id), _text(known, lambda found: of(found).name))
