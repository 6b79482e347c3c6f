"""Pictures of a topology: Mermaid and SVG, in which names are only names."""

import re
from xml.etree import ElementTree as xml

import pytest

from bay.cli.console.graph import HEIGHT, WIDTH, mermaid, svg
from bay.stacks.state.topology import Node, Topology

EVIL = 'a"]; click n0 "javascript:x" <script>&#x1b;\x1b[31m`'
TOPOLOGY = Topology(
    "demo",
    (
        Node("external", "external", ("public",)),
        Node("router", "router", ("router demo",)),
        Node("network", "network", ("network demo", "10.80.0.0/16")),
        Node("demo-master-0", "server", ("demo-master-0", "10.80.0.3", "floating IP 203.0.113.7"), "master"),
        Node("demo-node-0", "server", ("demo-node-0", "10.80.0.4"), "node"),
        Node("demo-node-1-more", "more", ("91 more", "demo-node-9 to demo-node-99"), "node"),
    ),
    (
        ("external", "router"),
        ("router", "network"),
        ("network", "demo-master-0"),
        ("network", "demo-node-0"),
        ("network", "demo-node-1-more"),
    ),
)


def test_mermaid_has_a_frame_for_each_group() -> None:
    assert (
        mermaid(TOPOLOGY)
        == """\
flowchart TB
    n0(["public"])
    n1{{"router demo"}}
    n2["network demo<br/>10.80.0.0/16"]
    subgraph g1["demo master"]
        n3["demo-master-0<br/>10.80.0.3<br/>floating IP 203.0.113.7"]
    end
    subgraph g2["demo node"]
        n4["demo-node-0<br/>10.80.0.4"]
        n5["91 more<br/>demo-node-9 to demo-node-99"]
    end
    n0 --- n1
    n1 --- n2
    n2 --- n3
    n2 --- n4
    n2 --- n5
"""
    )


def test_names_end_no_label_of_mermaid() -> None:
    text = mermaid(Topology("demo", (Node("network", "network", (EVIL,)),), ()))
    label = re.fullmatch(r'flowchart TB\n    n0\["([^"]*)"\]\n', text)
    assert label
    assert "<" not in label[1]
    assert "\x1b" not in label[1]


def boxes(text: str) -> list[tuple[float, ...]]:
    names = ("x", "y", "width", "height")
    return [
        tuple(float(box.get(name, "")) for name in names)
        for box in xml.fromstring(text).iter("{http://www.w3.org/2000/svg}rect")
    ]


def test_svg_has_every_name_and_loads_nothing() -> None:
    text = svg(TOPOLOGY)
    words = {found.text for found in xml.fromstring(text).iter("{http://www.w3.org/2000/svg}text")}
    assert {"public", "10.80.0.0/16", "demo-node-0", "91 more", "demo master"} <= words
    assert set(re.findall(r"https?://[^\"]+", text)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_no_box_of_svg_covers_another_and_all_are_inside(count: int) -> None:
    servers = tuple(Node(f"s{n}", "server", (f"s{n}",), group) for group in ("master", "node") for n in range(count))
    servers = tuple(Node(f"{one.group}{one.id}", one.kind, one.lines, one.group) for one in servers)
    around = (Node("network", "network", ("n",)), Node("endpoint", "endpoint", ("e",)))
    inner = {"master": "endpoint", "node": "network"}
    edges = (("network", "endpoint"), *((inner[server.group], server.id) for server in servers))
    text = svg(Topology("demo", (*around, *servers), edges))
    _, _, width, height = map(float, xml.fromstring(text).get("viewBox", "").split())
    found = [one for one in boxes(text) if one[2:] == (float(WIDTH), float(HEIGHT))]
    assert len(found) == 2 + 2 * count
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes(text))
    for index, (x, y, w, h) in enumerate(found):
        assert all(x + w <= a or a + c <= x or y + h <= b or b + d <= y for a, b, c, d in found[index + 1 :])


@pytest.mark.parametrize("count", [1, 3, 9])
def test_no_line_of_svg_goes_through_a_box(count: int) -> None:
    servers = tuple(Node(f"{g}{n}", "server", (g,), g) for g in ("master", "gpu", "node") for n in range(count))
    around = (
        Node("external", "external", ("x",)),
        Node("network", "network", ("n",)),
        Node("endpoint", "endpoint", ("e",)),
    )
    chain = (("external", "network"), ("network", "endpoint"))
    edges = (*chain, *(("endpoint" if one.group == "master" else "network", one.id) for one in servers))
    text = svg(Topology("demo", (*around, *servers), edges))
    paths = [path.get("d", "") for path in xml.fromstring(text).iter("{http://www.w3.org/2000/svg}path")]
    assert len(paths) == 2 + 3
    found = [one for one in boxes(text) if one[2:] == (float(WIDTH), float(HEIGHT))]
    for path in paths:
        x1, y1, middle, x2, y2 = map(float, re.findall(r"[\d.]+", path))
        for x, y, w, h in found:
            assert not (x < x1 < x + w and y1 < y + h and middle > y)
            assert not (y < middle < y + h and min(x1, x2) < x + w and max(x1, x2) > x)
            assert not (x < x2 < x + w and middle < y + h and y2 > y)


def test_names_are_no_markup_of_svg() -> None:
    root = xml.fromstring(svg(Topology("demo", (Node("network", "network", (EVIL,)),), ())))
    assert "<script" not in xml.tostring(root, encoding="unicode")
