"""Bills of materials (CycloneDX): of the wheel of bay, and of each node image that is built.

``python -m bay.sandbox.images.sbom FOLDER`` writes a JSON file each; needs what `make setup` installs.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from bay.components.distribution import DISTRIBUTION, installed_version
from bay.sandbox.images import catalog
from bay.sandbox.images.parts import in_order
from bay.sandbox.images.programs import Programs
from bay.sandbox.images.stock import stock

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom

_REQUIREMENT = re.compile(r"^\t?(?:require )?([\w.~/-]+\.[\w.~/-]+) (v\S+)", re.MULTILINE)
_REPLACEMENT = re.compile(r"^\t?(?:replace )?([\w.~/-]+)(?: v\S+)? => ([\w.~/-]+) (v\S+)", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Item:
    """A package. kind: of a package URL (purl), as deb, golang or pypi. qualifiers: of it, as its architecture."""

    kind: str
    namespace: str
    name: str
    version: str
    qualifiers: tuple[tuple[str, str], ...] = ()


def debian_packages(status: str) -> Iterator[Item]:
    """What is installed, from the text of dpkg's file of status."""
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            yield Item("deb", "debian", fields["Package"], fields["Version"], (("arch", fields["Architecture"]),))


def go_modules(settings: str) -> Iterator[Item]:
    """What a Go module is built from, from the text of its go.mod, which names everything (Go 1.17)."""
    replaced = {old: (new, version) for old, new, version in _REPLACEMENT.findall(settings)}
    wanted = "\n".join(line for line in settings.splitlines() if "=>" not in line)
    for path, version in _REQUIREMENT.findall(wanted):
        path, version = replaced.get(path, (path, version))
        namespace, _, name = path.rpartition("/")
        yield Item("golang", namespace, name, version)


def python_packages(name: str) -> Iterator[Item]:
    """What a distribution needs to run, with all that needs itself, as it is installed here."""
    for found in _closure(name, {}).values():
        yield Item("pypi", "", re.sub(r"[-_.]+", "-", found.name).lower(), found.version)


def _closure(name: str, known: dict[str, Distribution]) -> Mapping[str, Distribution]:
    from packaging.requirements import Requirement

    for text in distribution(name).requires or []:
        wanted = Requirement(text)
        if wanted.name in known or not (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            continue
        try:
            known[wanted.name] = distribution(wanted.name)
        except PackageNotFoundError:
            continue  # of another system
        _closure(wanted.name, known)
    return known


def image_items(engine: str, rootfs: Path) -> list[Item]:
    """Debian's packages in an image, and the Go modules of the programs that were built for it."""
    found = set(debian_packages((rootfs / "var/lib/dpkg/status").read_text()))
    for part in in_order(catalog.image(engine)):
        if isinstance(part, Programs):
            found |= set(go_modules((part.module / "go.mod").read_text()))
    return sorted(found)


def bill(name: str, version: str, items: Iterable[Item]) -> "Bom":
    """A document about one thing and what it consists of."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    document = Bom()
    whole = document.metadata.component = Component(name=name, version=version, type=ComponentType.APPLICATION)
    for item in items:
        url = PackageURL(item.kind, item.namespace or None, item.name, item.version, dict(item.qualifiers))
        full = f"{item.namespace}/{item.name}" if item.kind == "golang" and item.namespace else item.name
        document.components.add(
            Component(name=full, version=item.version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url))
        )
    document.register_dependency(whole, document.components)
    return document


def write(folder: Path, cache: Path) -> list[Path]:
    """The files, one for the wheel and one for each node image that is built; cache: the sandbox's."""
    bills = {"bay": bill(DISTRIBUTION, installed_version(), sorted(set(python_packages(DISTRIBUTION))))}
    for one in stock(cache):
        if one.state != "absent":
            version = one.folder.resolve().name.removeprefix(f"{one.name}-")
            bills[f"node-{one.name}"] = bill(one.name, version, image_items(one.engines[0], one.folder / "rootfs"))
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{name}.cdx.json", document) for name, document in bills.items()]


def _write(path: Path, document: "Bom") -> Path:
    from cyclonedx.output.json import JsonV1Dot6

    path.write_text(JsonV1Dot6(document).output_as_string(indent=1) + "\n")
    return path


if __name__ == "__main__":
    for written in write(Path(sys.argv[1]), platformdirs.user_cache_path("bay") / "sandbox"):
        print(written)
