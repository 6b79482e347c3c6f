"""CPU seconds of planning: from a spec to its resource graph, without Pulumi's engine or a cloud (its own mocks).

What is measured is the program's share of `bay preview` and `bay create`; docs/speed.md has the figures.
"""

import argparse
import asyncio
import cProfile
import gc
import pstats
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pulumi
from pulumi.runtime import mocks

from bay.components.engines import ENGINES
from bay.components.node.credentials import new_generation
from bay.components.openstack.resolved import Flavor, GlanceImage, Named, ResolvedSpec
from bay.components.openstack.scope import ProjectScope
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec
from bay.stacks.program.bay_program import program

GOAL = 10.0
"""Milliseconds of CPU a node, at 1000 nodes."""
ROOM = {"kubernetes": {"options": {"pods": "10.64.0.0/12"}}}
"""What a model needs beside more nodes: a range of pods for each of them."""
PARTS = {
    "/components/": "bay",
    "/stacks/": "bay",
    "/pulumi_openstack/": "pulumi_openstack",
    "/pulumi/": "pulumi",
    "/google/": "protobuf",
    "/yaml/": "YAML",
    "/pydantic": "pydantic",
    "/asyncio/": "asyncio",
}
"""Part of a file's path -> what it is counted as; the first that fits."""


class Cloud(mocks.Mocks):
    """Gives every resource an id, and what the program reads of it."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        made_at = datetime(2026, 1, 1, tzinfo=UTC)
        generation = dict(new_generation("plan", 1, made_at, secrets))
        self.answers: dict[str, dict[str, Any]] = {
            "Identity": {"made_at": made_at.isoformat(), "generations": [generation]},
            "Port": {"allFixedIps": ["10.80.0.10"]},
            "FloatingIp": {"address": "203.0.113.10"},
            "Instance": {"accessIpV4": "10.80.1.10"},
        }
        self.resources = 0

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.resources += 1
        return args.name, {**args.inputs, **self.answers.get(args.typ.rsplit(":", 1)[1], {})}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"planning asks nothing: {args.token}")


def main() -> int:
    """Plan bays of two sizes for each model; exit 1 where a node costs more than the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000, help="nodes of the larger bay (default 1000)")
    parser.add_argument("--models", nargs="+", default=["swarm", "kubernetes", "mesos"])
    parser.add_argument("--profile", action="store_true", help="share of each part (slows the whole down)")
    asked = parser.parse_args()
    missed = False
    for model in asked.models:
        small, large = planned(model, 10)[0], planned(model, asked.nodes)
        a_node = 1000 * (large[0] - small) / (asked.nodes - 10)
        missed = missed or a_node > GOAL
        print(f"{model:12} {asked.nodes} nodes: {large[0]:.2f} CPU s, {large[1]} resources, {a_node:.2f} ms a node")
        if asked.profile:
            print_shares(partial(planned, model, asked.nodes))
    print(f"goal: {GOAL:.0f} ms a node: {'missed' if missed else 'met'}")
    return 1 if missed else 0


def planned(model: str, nodes: int) -> tuple[float, int]:
    """(CPU seconds, resources) of planning a bay of this many nodes."""
    spec = build_spec([{"model": model, "nodes": nodes, "network": {"cidr": "10.80.0.0/16"}, **ROOM.get(model, {})}])
    cloud = Cloud(ENGINES[spec.coe].secrets)
    gc.collect()
    begin = time.process_time()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks.set_mocks(cloud, "bay", "plan")
    pulumi.runtime.test(partial(program, "plan", spec, managed_by="file", resolved=place_of(spec)))()
    loop.close()
    return time.process_time() - begin, cloud.resources


def place_of(spec: BaySpec) -> ResolvedSpec:
    """A cloud that has what the model names."""
    return ResolvedSpec(
        login=ProjectScope("https://cloud.example:5000", "north", "0" * 32),
        images={spec.image: GlanceImage("image", spec.image)},
        flavors={group.flavor: Flavor(group.flavor, group.flavor) for group in spec.groups.values()},
        network=None,
        external=Named("public", "public"),
    )


def print_shares(run: Callable[[], object]) -> None:
    """The share of each part in the time of a run, from a profile."""
    profile = cProfile.Profile()
    profile.runcall(run)
    times: dict[str, float] = defaultdict(float)
    for (path, _line, _name), figures in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        part = next((part for mark, part in PARTS.items() if mark in path), None)
        times[part or ("built-in" if path == "~" else "standard library")] += figures[2]
    whole = sum(times.values())
    for part, spent in sorted(times.items(), key=lambda item: -item[1]):
        print(f"    {part:18} {100 * spent / whole:3.0f} %")


if __name__ == "__main__":
    sys.exit(main())
