"""A bay's topology as a picture: Mermaid, which forges draw in Markdown, and SVG."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree import ElementTree as xml

from bay.components.text import printable
from bay.stacks.state.topology import Node, Topology

SHAPES = {"external": ("([", "])"), "router": ("{{", "}}"), "endpoint": ("[/", "/]")}
"""Kind of a box -> the brackets that give it a shape in Mermaid; others are rectangles."""


def mermaid(topology: Topology) -> str:
    """A flowchart; each group of servers is a frame."""
    ids = {node.id: f"n{number}" for number, node in enumerate(topology.nodes)}
    lines = ["flowchart TB"]
    for group, nodes in groupby(topology.nodes, lambda node: node.group):
        boxes = [f"{ids[node.id]}{_box(node)}" for node in nodes]
        if group:
            lines += [
                f'    subgraph "{_text(topology.bay)} {_text(group)}"',
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


WIDTH, HEIGHT, GAP, LINE, MARGIN = 190, 64, 26, 16, 20
"""Pixels: of a box, between boxes, from line to line of text, around all."""
PER_ROW = 3
"""Boxes of a group beside each other."""
COLOURS = {"external": "#dbe9ff", "router": "#dbe9ff", "network": "#e6f4e6", "endpoint": "#fff3d6", "server": "#ffffff"}
FONT = "font-family:sans-serif;font-size:12px"


def svg(topology: Topology) -> str:
    """A picture without anything that is loaded: networks above, a frame for each group of servers below."""
    around = [node for node in topology.nodes if not node.group]
    groups = [list(nodes) for _, nodes in groupby((n for n in topology.nodes if n.group), lambda node: node.group)]
    frames = [_frame_size(group) for group in groups]
    width = max([WIDTH, sum(w for w, _ in frames) + GAP * (len(frames) - 1)]) + 2 * MARGIN
    top = MARGIN + len(around) * (HEIGHT + GAP) + GAP
    height = top + max((h for _, h in frames), default=0) + MARGIN
    root = xml.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", style=FONT)
    xml.SubElement(root, "title").text = f"bay {printable(topology.bay)}"
    places: dict[str, tuple[float, float]] = {
        node.id: ((width - WIDTH) / 2, MARGIN + row * (HEIGHT + GAP)) for row, node in enumerate(around)
    }
    lines = xml.SubElement(root, "g", stroke="#777777", fill="none")
    x = (width - 2 * MARGIN - sum(w for w, _ in frames) - GAP * max(len(frames) - 1, 0)) / 2 + MARGIN
    for group, (w, h) in zip(groups, frames, strict=True):
        outer = next(outer for outer, inner in topology.edges if inner == group[0].id)
        _line(lines, (width / 2, places[outer][1] + HEIGHT), (x + w / 2, top))
        _frame(root, f"{topology.bay} {group[0].group}", (x, top), (w, h))
        for index, node in enumerate(group):
            row, column = divmod(index, PER_ROW)
            places[node.id] = (x + GAP / 2 + column * (WIDTH + GAP / 2), top + GAP + row * (HEIGHT + GAP / 2))
        x += w + GAP
    for outer, inner in topology.edges:
        if inner in {node.id for node in around}:
            _line(lines, (width / 2, places[outer][1] + HEIGHT), (width / 2, places[inner][1]))
    for node in topology.nodes:
        _draw(root, node, places[node.id])
    xml.indent(root)
    return xml.tostring(root, encoding="unicode") + "\n"


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
    """Down, across and down: over no box of the column that it starts from."""
    (x1, y1), (x2, y2) = start, end
    middle = y2 - GAP / 2
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
