"""Bad input gets the right sentence: which field, what is wrong, what to do."""

from pathlib import Path
from typing import Any

import pytest

from bay.components.spec import check_name
from bay.components.spec.merge import assignment, build_spec, models
from bay.components.yaml_file import read_yaml
from tests.fakes.messages import told

SEE = "see 'bay model fields' for every field and its values"
NAME = "use lower-case letters, digits and '-', starting with a letter, for example physics-1"
SET = "for example --set nodes.flavor=m1.large"

FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"nodez": 3}, "nodez: no such field", "nearest: nodes, model, node_groups"),
    ({"nodes": {"flavour": "x"}}, "nodes.flavour: no such field", "nearest: flavor"),
    ({"network": {"cdir": "x"}}, "network.cdir: no such field", "nearest: cidr"),
    ({"nodez": 1, "imagee": 2}, "nodez: no such field (and 1 more: imagee)", "nearest: nodes, model, node_groups"),
    ({"nodes": "three"}, "nodes: must have fields of its own, got 'three'", SEE),
    ({"nodes": True}, "nodes: must have fields of its own, got True", SEE),
    ({"network": "shared"}, "network: must have fields of its own, got 'shared'", SEE),
    ({"nodes": -1}, "nodes.count: must be greater than or equal to 0, got -1", SEE),
    (
        {"nodes": {"count": "many"}},
        "nodes.count: must be a valid integer, unable to parse string as an integer, got 'many'",
        SEE,
    ),
    ({"nodes": 5001}, "nodes.count: must be less than or equal to 5000, got 5001", SEE),
    ({"masters": 0}, "masters.count: must be greater than or equal to 1, got 0", SEE),
    ({"masters": 2}, "masters: count is 2, but must be odd (1, 3, 5 or 7) so that a majority is defined", SEE),
    ({"masters": 9}, "masters.count: must be less than or equal to 7, got 9", SEE),
    ({"nodes": {"removed": [-1]}}, "nodes.removed.0: must be greater than or equal to 0, got -1", SEE),
    ({"nodes": {"flavor": ""}}, "nodes.flavor: must not be empty, got ''", SEE),
    (
        {"nodes": {"taints": ["a"]}},
        "nodes.taints.0: 'a' has the wrong form",
        "Taints of the nodes, KEY[=VALUE]:EFFECT, where the engine knows such.",
    ),
    (
        {"node_groups": {"gpu": {"labels": {"-x": "y"}}}},
        "node_groups.gpu.labels.-x: '-x' has the wrong form",
        "Labels that the engine gives the nodes: letters and digits, with '-', '_' and '.' inside.",
    ),
    (
        {"node_groups": {"Big": 1}},
        "node_groups.Big: 'Big' has the wrong form",
        "More groups of nodes, by name, each with its own flavor, image, zone, ...",
    ),
    (
        {"coe": "kubernetes", "options": {"version": "1.20.0"}},
        "options.version: '1.20.0' has the wrong form; Version of the control plane, 1.33.N to 1.35.N; "
        "the image's kubelet and kubeadm must fit.",
        SEE,
    ),
    ({"image": 2024}, "image: must be text, in quotes where it looks like a number, got 2024", SEE),
    ({"network": {"cidr": "10.0.0.0/33"}}, "network.cidr: is not a CIDR of IPv4: '33' is not a valid netmask", SEE),
    ({"network": {"cidr": "10.0.0.1/24"}}, "network.cidr: is not a CIDR of IPv4: 10.0.0.1/24 has host bits set", SEE),
    ({"network": {"cidr": "fd00::/64"}}, "network.cidr: is not a CIDR of IPv4: Expected 4 octets in 'fd00::'", SEE),
    ({"network": {"dns": ["ns1"]}}, "network.dns.0: 'ns1' does not appear to be an IPv4 or IPv6 address", SEE),
    ({"access": {"api": "10.0.0.0/8"}}, "access.api: must be a list, for example [A, B], got '10.0.0.0/8'", SEE),
    (
        {"access": {"ssh": ["office"]}},
        "access.ssh.0: is not a CIDR: 'office' does not appear to be an IPv4 or IPv6 network",
        SEE,
    ),
    ({"floating_ips": "yes"}, "floating_ips: must be 'auto', 'none', 'api' or 'all', got 'yes'", SEE),
    ({"coe": "swram"}, "coe: there is no engine 'swram'; nearest: swarm", SEE),
    (
        {"network": {"cidr": "10.0.0.0/29"}, "nodes": 3},
        "network.cidr: 10.0.0.0/29 has room for 3 servers, not for 4",
        SEE,
    ),
]


@pytest.mark.parametrize(("values", "message", "hint"), FIELDS, ids=lambda value: str(value)[:40])
def test_a_wrong_field_is_named(values: dict[str, Any], message: str, hint: str) -> None:
    assert told(lambda: build_spec([{"model": "swarm"}, values])) == (message, hint, 2)


def test_a_model_without_an_image_says_how_to_name_one(tmp_path: Path) -> None:
    (tmp_path / "bare.yaml").write_text("coe: swarm")
    assert told(lambda: build_spec([{"model": "bare"}], [tmp_path])) == (
        "image: is missing",
        "use --set image=VALUE, or name a model that has it",
        2,
    )


@pytest.mark.parametrize(
    ("model", "message", "hint"),
    [
        ("swram", "there is no model 'swram'", "nearest: swarm, swarm-ha; see 'bay model list'"),
        ("zzz", "there is no model 'zzz'", f"there is: {', '.join(sorted(models()))}; see 'bay model list'"),
    ],
)
def test_an_unknown_model_gets_the_nearest_names(model: str, message: str, hint: str) -> None:
    assert told(lambda: build_spec([{"model": model}]))[:2] == (message, hint)


@pytest.mark.parametrize("layers", [[], [{}], [{"model": ""}], [{"nodes": 3}]])
def test_a_bay_without_a_model_is_refused(layers: list[dict[str, Any]]) -> None:
    assert told(lambda: build_spec(layers)) == (
        "no model is named",
        "name a model with --model MODEL; 'bay model list' shows them",
        2,
    )


@pytest.mark.parametrize("name", ["", "Physics", "1a", "a-", "-a", "a_b", "a.b", "ä", "a b", "a\n", "../a"])
def test_a_name_that_is_no_part_of_a_host_name_is_refused(name: str) -> None:
    assert told(lambda: check_name(name)) == (f"bay name {name!r} cannot be part of a host name", NAME, 2)


def test_a_name_that_is_too_long_is_refused() -> None:
    assert told(lambda: check_name("a" * 41)) == (
        f"bay name '{'a' * 41}' has 41 characters; the limit is 40",
        NAME,
        2,
    )


@pytest.mark.parametrize("name", ["a", "a1", "physics-1", "a" * 40, "a--b"])
def test_a_name_that_fits_a_host_name_is_taken(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("text", ["nodes", "=3", " =3", "nodes..flavor=x", ".=x", "nodes.=3"])
def test_set_wants_a_field_and_a_value(text: str) -> None:
    assert told(lambda: assignment(text)) == (f"{text!r} is not FIELD=VALUE", SET, 2)


@pytest.mark.parametrize("text", ["nodes={", "access.api=[10.0.0.0/8", "image='a"])
def test_set_wants_a_value_that_is_yaml(text: str) -> None:
    message, hint, code = told(lambda: assignment(text))
    assert message == f"{text!r}: the value is not YAML"
    assert (hint, code) == ("quote it, for example --set 'keypair=\"a: b\"'", 2)


@pytest.mark.parametrize(
    ("content", "problem", "hint"),
    [
        (
            b"a: [",
            "not YAML: expected the node content, but found '<stream end>' in line 1, column 5",
            "correct the file",
        ),
        (b"a: 1\nb: c: d", "not YAML: mapping values are not allowed here in line 2, column 5", "correct the file"),
        (b"\x00", "not YAML: special characters are not allowed", "correct the file"),
        (b"\xff\xfe\x00", "not YAML: invalid start byte", "correct the file"),
        (b"", "holds no fields", "write one 'field: value' a line, as 'bay model show' prints"),
        (b"- a", "holds no fields", "write one 'field: value' a line, as 'bay model show' prints"),
    ],
)
def test_a_bad_yaml_file_is_named(content: bytes, problem: str, hint: str, tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_bytes(content)
    assert told(lambda: read_yaml(file)) == (f"{file}: {problem}", hint, 2)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    assert told(lambda: read_yaml(file)) == (f"{file}: No such file or directory", "name a file that can be read", 2)
