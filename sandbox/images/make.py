"""Makes node images, part by part."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from bay.sandbox.images import catalog, machine
from bay.sandbox.images.node import Node
from bay.sandbox.images.parts import Part, in_order
from bay.sandbox.images.stock import RECORD, write_record
from bay.sandbox.images.workshop import Workshop
from bay.sandbox.storage import explained
from bay.toolchain.lock import exclusive, report_waiting
from bay.toolchain.process import Report


def build(cache: Path, engine: str, path: str, report: Report, apt_sources: Sequence[str] = ()) -> Path:
    """The folder of the engine's node image, made if it is not there yet: root file system `rootfs`.

    cache: the sandbox's. path: where programs are searched, as in PATH. A first build takes minutes; ``report`` gets a
    line for each step and every few seconds. It can be interrupted at any time, and goes on with the part that it was
    at. A second call at the same time waits. Raises SandboxError or ToolchainError.
    """
    image, nodes = catalog.image(engine, apt_sources), cache / "nodes"
    with explained(nodes):
        if not is_made(nodes, image):
            machine.check(path)
        return make(nodes, image, path, report)


def make(nodes: Path, image: Node, path: str, report: Report) -> Path:
    """The image's folder below ``nodes``, made if need be; its name leads there afterwards."""
    if not is_made(nodes, image):
        (nodes / "parts").mkdir(parents=True, exist_ok=True)
        with exclusive(nodes / "lock", report_waiting(report, "another build")):
            _make_parts(Workshop(nodes, path, nodes / "build.log", _with_time(report)), image)
    _link(nodes, image)
    return image.place(nodes)


def is_made(nodes: Path, image: Node) -> bool:
    """Whether the image is there, whole."""
    return (image.place(nodes) / RECORD).exists()


def _make_parts(shop: Workshop, image: Node) -> None:
    for leftover in (*shop.nodes.glob("*.part"), *shop.nodes.glob("parts/*.part")):  # of builds that were killed
        shutil.rmtree(leftover)
    missing = [part for part in in_order(image) if not part.place(shop.nodes).exists()]
    machine.check_space(shop.nodes, missing)
    shop.log.write_text("")
    for number, part in enumerate(missing, 1):
        shop.report(f"making {part.title} ({number} of {len(missing)})")
        _make(shop, part)
    _remove_superseded(shop.nodes, image)
    shop.report(f"{image.title} is ready: {image.place(shop.nodes)}")


def _make(shop: Workshop, part: Part) -> None:
    started = time.monotonic()
    place = part.place(shop.nodes)
    unfinished = place.with_name(f"{place.name}.part")
    unfinished.mkdir()
    part.make(shop, unfinished)
    if isinstance(part, Node):
        write_record(part, unfinished)
    unfinished.rename(place)
    shop.report(f"built {part.title} in {time.monotonic() - started:.0f} s")


def _remove_superseded(nodes: Path, image: Node) -> None:
    """Delete earlier versions of the parts; not of images, which servers may have been made from."""
    parts = {part.name: part.place(nodes) for part in in_order(image) if part is not image}
    for name, place in parts.items():
        for found in (nodes / "parts").glob(f"{name}-" + "[0-9a-f]" * 16):
            if found != place:
                shutil.rmtree(found)


def _link(nodes: Path, image: Node) -> None:
    """The image's name leads to the one made last, at every moment."""
    link, new = nodes / image.name, nodes / f"{image.name}.new"
    if link.is_symlink() and link.readlink() == Path(image.place(nodes).name):
        return
    new.unlink(missing_ok=True)
    new.symlink_to(image.place(nodes).name)
    new.replace(link)


def _with_time(report: Report) -> Report:
    begin = time.monotonic()
    return lambda line: report(f"{time.monotonic() - begin:6.1f} s  {line}")
