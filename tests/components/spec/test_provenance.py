"""Where each value of a bay's spec comes from."""

from pathlib import Path
from typing import Any

import pytest

from bay.components.spec.merge import build_spec
from bay.components.spec.provenance import leaves, origins


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two models that build on a built-in one, and an add-on."""
    (tmp_path / "lab.yaml").write_text("extends: swarm\nimage: lab\nnodes: 4\nmasters: {flavor: m1.large}\n")
    (tmp_path / "big.yaml").write_text("extends: lab\nnodes: {flavor: m1.large}\n")
    (tmp_path / "addons").mkdir()
    (tmp_path / "addons" / "key.yaml").write_text("keypair: lab\nproxy: {exceptions: [lab.example.org]}\n")
    return tmp_path


def told(site: Path, said: dict[str, Any], addons: tuple[str, ...] = (), own: str = "bay") -> dict[str, str]:
    """Path -> origin."""
    spec = build_spec([{"model": "big"}, said], [site], addons)
    return {one.field: one.origin for one in origins(spec, [site], own)}


def test_every_value_has_the_file_that_says_it_the_default_or_the_bay(site: Path) -> None:
    found = told(site, {"keypair": "me", "access": {"api": ["10.0.0.0/8"]}}, ("key",))
    expected = {
        "model": "bay",
        "coe": "model swarm",
        "image": "model lab",
        "nodes.count": "model lab",
        "nodes.flavor": "model big",
        "masters.flavor": "model lab",
        "masters.count": "model swarm",
        "nodes.min": "default",
        "masters.zones": "default",
        "keypair": "bay",
        "proxy.exceptions": "add-on key",
        "proxy.http": "default",
        "access.api": "bay",
        "access.ssh": "default",
        "addons": "bay",
        "snippets.key.files": "default",
        "floating_ips": "default",
    }
    assert {field: found[field] for field in expected} == expected


def test_every_value_of_the_spec_is_there_once(site: Path) -> None:
    spec = build_spec([{"model": "big"}], [site])
    found = origins(spec, [site])
    assert [one.value for one in found] == [value for _, value in leaves(spec.model_dump(mode="json"))]
    assert len({one.field for one in found}) == len(found) > 40


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"nodes": 5}, "nodes.count"),
        ({"nodes": {"labels": {"example.org/gpu": "a"}}}, 'nodes.labels["example.org/gpu"]'),
        ({"nodes": {"engine_volume": 50}}, "nodes.engine_volume.size"),
        ({"node_groups": {"gpu": 2}}, "node_groups.gpu.count"),
        ({"image": "other"}, "image"),
        ({"masters": {"flavor": None}}, "masters.flavor"),
    ],
)
def test_what_was_said_for_a_bay_is_the_bays_or_its_files(site: Path, said: dict[str, Any], field: str) -> None:
    assert told(site, {}).get(field) != "bay"
    assert told(site, said)[field] == "bay"
    assert told(site, said, own="stacks/Pulumi.demo.yaml")[field] == "stacks/Pulumi.demo.yaml"


def test_values_of_a_model_that_is_not_here_count_as_the_bays(site: Path) -> None:
    spec = build_spec([{"model": "big"}], [site], ("key",))
    found = {one.field: one.origin for one in origins(spec, [])}
    assert {found[field] for field in ("image", "nodes.count", "nodes.flavor", "proxy.exceptions")} == {"bay"}
    assert found["access.ssh"] == "default"
