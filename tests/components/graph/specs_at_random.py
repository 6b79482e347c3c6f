"""Specs drawn at random: valid ones over the whole width of the spec, and invalid ones with the field that is wrong."""

from typing import Any

from hypothesis import strategies as st

from bay.components.spec.merge import merge, model_values, models

Values = dict[str, Any]

FLAVORS = st.sampled_from(["m1.small", "m1.medium", "m1.large"])
CIDRS = st.lists(st.sampled_from(["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32"]), max_size=3)
WORDS = st.lists(st.sampled_from(["north", "south", "east"]), max_size=3)
VOLUMES = st.none() | st.fixed_dictionaries({"size": st.integers(1, 500), "type": st.sampled_from([None, "fast"])})
LABELS = st.dictionaries(st.sampled_from(["disk", "example.org/kind"]), st.sampled_from(["ssd", "a.b_c-1", ""]))
GROUP = {
    "flavor": FLAVORS,
    "image": st.sampled_from([None, "another-image"]),
    "removed": st.lists(st.integers(0, 9), max_size=3, unique=True),
    "zones": WORDS,
    "boot_volume": VOLUMES,
    "engine_volume": VOLUMES,
    "labels": LABELS,
}
NODES = {"count": st.integers(0, 2), "max": st.sampled_from([None, 5, 50]), **GROUP}
OWN_NETWORK = st.fixed_dictionaries({"cidr": st.sampled_from(["10.80.0.0/20", "192.168.4.0/24"])})
EXISTING = st.fixed_dictionaries({"existing": st.just("shared"), "subnet": st.sampled_from([None, "one"])})
SNIPPET = st.fixed_dictionaries(
    {
        "roles": st.sampled_from([["master"], ["node"], ["master", "node"]]),
        "files": st.just({"/etc/site.conf": "a: 'b'\n#c\n"}),
        "commands": st.just([["touch", "/run/site file"]]),
    }
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "keypair": st.just("ada"),
        "masters": st.fixed_dictionaries({"count": st.sampled_from([1, 3]), **GROUP, "state_volume": VOLUMES}),
        "nodes": st.fixed_dictionaries(NODES),
        "node_groups": st.dictionaries(st.sampled_from(["gpu", "big2"]), st.fixed_dictionaries(NODES)),
        "network": OWN_NETWORK | EXISTING,
        "access": st.fixed_dictionaries({"api": CIDRS, "ssh": CIDRS, "published": CIDRS}),
        "endpoint": st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["masters", "virtual-ip", "load-balancer"]),
                "name": st.sampled_from([None, "bay.example.org"]),
            }
        ),
        "floating_ips": st.sampled_from(["auto", "none", "api", "all"]),
        "affinity": st.sampled_from(["soft-anti-affinity", "anti-affinity", "none"]),
        "proxy": st.fixed_dictionaries({"http": st.just("http://proxy.example:3128"), "exceptions": WORDS}),
        "registry": st.fixed_dictionaries(
            {"mirror": st.sampled_from([None, "https://mirror.example"]), "insecure": st.just(["10.0.0.5:5000"])}
        ),
        "snippets": st.dictionaries(st.sampled_from(["site", "other"]), SNIPPET),
        "tags": WORDS,
    },
)


def _bay(name: str, changes: Values) -> Values:
    return merge(model_values(name), changes)


VALID = st.builds(_bay, st.sampled_from(sorted(models())), CHANGES)
"""Plain values of a spec that holds everything a user may combine, over a built-in model."""

MISTAKES: list[tuple[str, Any]] = [
    ("masters.count", 2),
    ("masters.count", 9),
    ("masters.state_volume.size", 0),
    ("nodes.count", -1),
    ("nodes.count", "many"),
    ("nodes.min", 9),
    ("nodes.max", -1),
    ("nodes.flavor", ""),
    ("nodes.flavour", "m1.small"),
    ("nodes.removed", [-1]),
    ("nodes.zones", ["a:host"]),
    ("nodes.boot_volume.size", "big"),
    ("nodes.engine_volume.typ", "fast"),
    ("nodes.labels", {"-bad": "x"}),
    ("nodes.labels", {"good": "no blanks"}),
    ("nodes.taints", ["key=value:Never"]),
    ("node_groups", {"master": {"count": 1}}),
    ("node_groups", {"Big": {"count": 1}}),
    ("node_groups.gpu.flavour", "m1.large"),
    ("network.cidr", "10.80.0.1/20"),
    ("network.cidr", "10.80.0.0/31"),
    ("network.dns", ["nine"]),
    ("network.subnet", "one"),
    ("access.api", ["0.0.0.0/33"]),
    ("access.ssh", "192.0.2.0/24"),
    ("access.publised", []),
    ("endpoint.kind", "floating-ip"),
    ("endpoint.name", "Not A Name"),
    ("floating_ips", "some"),
    ("affinity", "affinity"),
    ("proxy.http", "proxy.example:3128"),
    ("proxy.exceptions", ["a b"]),
    ("registry.mirror", "mirror.example"),
    ("registry.ca", "no certificate"),
    ("registry.insecure", [""]),
    ("snippets", {"site": {"files": {"relative": "x"}}}),
    ("snippets", {"site": {"roles": []}}),
    ("snippets", {"site": {"commands": ["not a list"]}}),
    ("tags", ["with blank"]),
    ("options.there_is_no_such_option", 1),
    ("image", ""),
    ("coe", "swarmm"),
    ("colour", "red"),
]
"""(field, a value that is wrong there)."""


def wrong(values: Values, field: str, value: Any) -> Values:
    """The values with one mistake in them; the surroundings that it needs to be one are set too."""
    *path, last = field.split(".")
    result = merge(values, {"network": {"existing": None}} if field.startswith("network") else {})
    if field == "nodes.min":
        result = merge(result, {"nodes": {"count": 3, "max": 5}})
    place = result
    for part in path:
        inner = place.get(part)
        place[part] = dict(inner) if isinstance(inner, dict) else {"count": inner} if isinstance(inner, int) else {}
        if part.endswith("_volume"):
            place[part].setdefault("size", 5)
        place = place[part]
    place[last] = value
    return result


INVALID = st.tuples(VALID, st.sampled_from(MISTAKES)).map(lambda drawn: (drawn[1][0], wrong(drawn[0], *drawn[1])))
"""(the field that is wrong, values with that mistake)."""
