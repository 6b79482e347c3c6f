"""The text of docs/magnum.md: the table of `magnum` for people."""

from collections.abc import Iterator

from bay.components.engines import ENGINES
from bay.components.magnum.template import Row, rows


def page() -> str:
    """The text of docs/magnum.md."""
    sections = [("Attributes of a cluster template", [row for row in rows() if row.kind == "template"])]
    for coe in dict.fromkeys(coe for row in rows() if row.kind == "label" for coe in row.coe):
        title = ENGINES[coe].title if coe in ENGINES else coe
        sections.append((f"Labels of {title}", [r for r in rows() if r.kind == "label" and r.is_for(coe)]))
    sections.append(("Fields of a cluster", [row for row in rows() if row.kind == "cluster"]))
    sections.append(("What one can do with a cluster", [row for row in rows() if row.kind == "operation"]))
    return "\n".join([INTRODUCTION, *(_section(title, listed) for title, listed in sections)])


INTRODUCTION = """# From Magnum

What Magnum calls something, and what it is here. A cluster is a bay, a cluster template is a model (a YAML file). To
turn a template into a model, with remarks on what has no counterpart:

```
openstack coe cluster template show -f json TEMPLATE > template.json
bay model from-magnum template.json > ~/.config/bay/models/physics.yaml
bay create demo --model physics --dry-run
```

Where no field exists, a site uses a snippet or an add-on (docs/addons.md); docs/spec.md documents each field. This
page is generated from `components/magnum/table.yaml` (`make golden`).
"""


def _section(title: str, listed: list[Row]) -> str:
    lines = ["| Magnum | bay |", "| --- | --- |"]
    lines += [f"| `{row.name}`{_engines(row)} | {'; '.join(_answer(row))} |" for row in listed]
    return f"## {title}\n\n" + "\n".join(lines) + "\n"


def _engines(row: Row) -> str:
    return f" ({', '.join(row.coe)})" if row.coe and row.kind != "label" else ""


def _answer(row: Row) -> Iterator[str]:
    if row.fields:
        yield ", ".join(f"`{path}`" for path in row.fields)
    if row.file:
        yield f"`{row.file}` of the model's file"
    if row.values:
        yield ", ".join(f"`{theirs}` is `{ours}`" for theirs, ours in row.values.items())
    if row.by_hand:
        yield f"by hand: {row.by_hand}"
    if row.instead:
        yield row.instead
