"""A bay's topology as a picture: Mermaid, which forges draw in Markdown, and SVG."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from xml.etree import ElementTree as xml

from bay.components.text import printable
from bay.stacks.state.topology import Node, Topology

SHAPES = {"external": ("([", "])"), "router": ("{{", "}}"), "endpoint": ("[/", "/]")}
"""Kind of a box -> the brackets that give it a shape in Mermaid; others are rectangles."""


def mermaid(topology: Topology) -> str:
    """A flowchart; each group of servers is a frame."""
    ids = {node.id: f"n{number}" for number, node in enumerate(topology.nodes)}
    lines = ["flowchart TB"]
    for number, (group, nodes) in enumerate(groupby(topology.nodes, lambda node: node.group)):
        boxes = [f"{ids[node.id]}{_box(node)}" for node in nodes]
        if group:
            lines += [
                f'    subgraph g{number}["{_text(topology.bay)} {_text(group)}"]',
                *(f"        {box}" for box in boxes),
                "    end",
            ]
        else:
            lines += [f"    {box}" for box in boxes]
    lines += [f"    {ids[outer]} --- {ids[inner]}" for outer, inner in topology.edges]
    return "\n".join(lines) + "\n"


def _box(node: Node) -> str:
    before, after = SHAPES.get(node.kind, ("[", "]"))
    return f'{before}"{"<br/>".join(map(_text, node.lines))}"{after}'


def _text(words: str) -> str:
    """Names are others' words: they end no label and are no HTML."""
    replaced = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"}
    return "".join(replaced.get(letter, letter) for letter in printable(words))


WIDTH, HEIGHT, GAP, LINE, MARGIN = 210, 64, 26, 16, 20
"""Pixels: of a box, between boxes, from line to line of text, around all."""
PER_ROW = 3
"""Boxes of a group beside each other."""
COLOURS = {"external": "#dbe9ff", "router": "#dbe9ff", "network": "#e6f4e6", "endpoint": "#fff3d6", "server": "#ffffff"}
FONT = "font-family:sans-serif;font-size:12px"


def svg(topology: Topology) -> str:
    """A picture without anything that is loaded: networks above, a frame for each group of servers below."""
    groups = [list(nodes) for _, nodes in groupby((n for n in topology.nodes if n.group), lambda node: node.group)]
    column = [node for node in topology.nodes if not node.group and node.kind != "endpoint"]
    endpoint = next((node for node in topology.nodes if node.kind == "endpoint"), None)
    frames = [_frame_size(group) for group in groups]
    inner = max(WIDTH, sum(w for w, _ in frames) + GAP * (len(frames) - 1))
    below = MARGIN + len(column) * (HEIGHT + GAP)
    top = below + GAP + (HEIGHT + GAP if endpoint else 0)
    height = top + max((h for _, h in frames), default=0) + MARGIN
    size = f"0 0 {inner + 2 * MARGIN:g} {height:g}"
    root = xml.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=size, style=FONT)
    xml.SubElement(root, "title").text = f"bay {printable(topology.bay)}"
    lines = xml.SubElement(root, "g", stroke="#777777", fill="none")
    places: dict[str, tuple[float, float]] = {
        node.id: (MARGIN + (inner - WIDTH) / 2, MARGIN + row * (HEIGHT + GAP)) for row, node in enumerate(column)
    }
    starts = list(
        accumulate(
            (w + GAP for w, _ in frames),
            initial=MARGIN + (inner - sum(w for w, _ in frames) - GAP * (len(frames) - 1)) / 2,
        )
    )
    if endpoint:  # above the masters, which are the first group: the other groups are not behind it
        middle = starts[0] + frames[0][0] / 2 if frames else MARGIN + inner / 2
        places[endpoint.id] = (middle - WIDTH / 2, below + GAP / 2)
    for group, place, frame in zip(groups, starts, frames, strict=False):
        _frame(root, f"{topology.bay} {group[0].group}", (place, top), frame)
        places |= {node.id: _in_frame((place, top), index) for index, node in enumerate(group)}
    first = {group[0].id: (place + w / 2, top) for group, place, (w, _) in zip(groups, starts, frames, strict=False)}
    for outer, node in topology.edges:
        if node in first or not next(n for n in topology.nodes if n.id == node).group:
            _line(lines, _foot(places[outer]), first.get(node) or _head(places[node]))
    for box in topology.nodes:
        _draw(root, box, places[box.id])
    xml.indent(root)
    return xml.tostring(root, encoding="unicode") + "\n"


def _head(place: tuple[float, float]) -> tuple[float, float]:
    return place[0] + WIDTH / 2, place[1]


def _foot(place: tuple[float, float]) -> tuple[float, float]:
    return place[0] + WIDTH / 2, place[1] + HEIGHT


def _in_frame(frame: tuple[float, float], index: int) -> tuple[float, float]:
    row, column = divmod(index, PER_ROW)
    return frame[0] + GAP / 2 + column * (WIDTH + GAP / 2), frame[1] + GAP + row * (HEIGHT + GAP / 2)


def _frame_size(group: Sequence[Node]) -> tuple[float, float]:
    columns, rows = min(len(group), PER_ROW), math.ceil(len(group) / PER_ROW)
    return columns * (WIDTH + GAP / 2) + GAP / 2, rows * (HEIGHT + GAP / 2) + GAP


def _frame(root: xml.Element, title: str, place: tuple[float, float], size: tuple[float, float]) -> None:
    (x, y), (w, h) = place, size
    where = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{w:g}", "height": f"{h:g}"}
    xml.SubElement(root, "rect", where, rx="8", fill="#f4f4f4", stroke="#bbbbbb")
    text = xml.SubElement(root, "text", x=f"{x + GAP / 2:g}", y=f"{y + LINE:g}", fill="#555555")
    text.text = printable(title)


def _line(lines: xml.Element, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Down, across and down; across just below where it starts, so that it meets no box that is further down."""
    (x1, y1), (x2, y2) = start, end
    middle = y1 + GAP / 2
    xml.SubElement(lines, "path", d=f"M{x1:g} {y1:g} V{middle:g} H{x2:g} V{y2:g}")


def _draw(root: xml.Element, node: Node, place: tuple[float, float]) -> None:
    x, y = place
    where = {"x": f"{x:g}", "y": f"{y:g}", "width": str(WIDTH), "height": str(HEIGHT)}
    box = xml.SubElement(root, "rect", where, rx="6", fill=COLOURS.get(node.kind, "#ffffff"), stroke="#555555")
    if node.kind == "more":
        box.set("stroke-dasharray", "4")
    for number, line in enumerate(_fitting(node.lines)):
        place_of = {"x": f"{x + WIDTH / 2:g}", "y": f"{y + LINE * (number + 1) + 2:g}", "text-anchor": "middle"}
        text = xml.SubElement(root, "text", place_of, fill="#111111")
        text.text = line
        if not number:
            text.set("font-weight", "bold")


def _fitting(lines: Sequence[str]) -> Iterator[str]:
    """As much of each line as a box is wide."""
    most = WIDTH // 7
    for line in lines[: HEIGHT // LINE - 1]:
        text = printable(line)
        yield text if len(text) <= most else f"{text[: most - 1]}…"
