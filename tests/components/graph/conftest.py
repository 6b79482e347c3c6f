"""The graph of each example, and a way to run the program for any other spec."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from bay.components.openstack.resolve import image_of
from bay.components.openstack.resolved import ExistingNetwork, Flavor, GlanceImage, Named, ResolvedSpec
from bay.components.openstack.scope import ProjectScope
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.components.spec.site import NetworkSpec
from bay.components.yaml_file import read_yaml
from bay.stacks.program.bay_program import program
from tests.components.graph.recorder import GENERATION, Graph, record

SPECS = Path(__file__).parent / "specs"
EXAMPLES = sorted(path.stem for path in SPECS.glob("*.yaml"))


def place_for(spec: BaySpec) -> ResolvedSpec:
    """What look-ups would find on a cloud that has everything the spec names."""
    existing = spec.network.existing
    needs_external = existing is None or spec.endpoint_floating_ip or spec.server_floating_ips
    images = {image_of(spec, group) for group in spec.groups.values()}
    network = _existing(spec.network) if existing else None
    return ResolvedSpec(
        login=ProjectScope("https://cloud.example:5000", "north", "11111111111111111111111111111111"),
        images={name: GlanceImage(f"<id of {name}>", name) for name in images},
        flavors={group.flavor: Flavor(f"<id of {group.flavor}>", group.flavor) for group in spec.groups.values()},
        network=network,
        external=Named("<id of public>", "public") if needs_external else None,
        volume_zones=tuple(zone for zone in spec.masters.zones if zone != "north"),
    )


def _existing(spec: NetworkSpec) -> ExistingNetwork:
    subnet_id = f"<id of {spec.subnet}>" if spec.subnet else None
    several = spec.subnet == "one-of-several"
    cidrs = ("10.16.0.0/16",)
    return ExistingNetwork(f"<id of {spec.existing}>", str(spec.existing), subnet_id, cidrs, pins_subnet=several)


def run(spec: BaySpec, preview: bool = False, **options: Any) -> Graph:
    """The graph of a bay called demo; `preview`: before anything has an id. options: more of the program's."""
    graph = Graph(spec)
    declare = partial(program, "demo", spec, managed_by="file", resolved=place_for(spec), **options)
    record(graph, declare, preview)
    return graph


@cache
def example_graph(name: str) -> Graph:
    """The graph of ``specs/<name>.yaml``; made once, read only."""
    return run(build_spec([read_yaml(SPECS / f"{name}.yaml")]))


@pytest.fixture(params=EXAMPLES)
def graph(request: pytest.FixtureRequest) -> Graph:
    """Each example's graph in turn."""
    return example_graph(request.param)


@pytest.fixture
def example() -> Callable[[str], Graph]:
    """The graph of one example by its name."""
    return example_graph


@pytest.fixture(name="run")
def run_fixture() -> Callable[..., Graph]:
    """Runs the program for a spec, in earnest or as a preview."""
    return run


@pytest.fixture(name="record")
def record_fixture() -> Callable[[Callable[[], None]], Graph]:
    """Runs any program."""

    def recorded(declare: Callable[[], None]) -> Graph:
        graph = Graph(BaySpec(model="none", coe="swarm", image="none"))
        record(graph, declare)
        return graph

    return recorded


@pytest.fixture
def keys() -> Mapping[str, str]:
    """The bay's credentials by name."""
    return {name: str(value) for name, value in GENERATION.items()}
