"""A build makes what is missing, part by part, and nobody finds anything half made."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bay.sandbox.errors import SandboxError
from bay.sandbox.images import machine, make
from bay.sandbox.images.node import Node
from bay.sandbox.images.parts import Part
from bay.sandbox.images.workshop import Workshop
from tests.sandbox.images.conftest import Pretended, PretendedNode

Build = Callable[[Node], list[str]]


def image(made: Callable[[str], None], base: str = "one", engine: str = "one") -> PretendedNode:
    """An image of three parts: the base, programs made from nothing, and itself."""
    bottom = Pretended("base", "the base", 1, content=base, made=made)
    programs = Pretended("programs", "the programs", 1, made=made)
    return PretendedNode("engine", "the image", 1, needs=(bottom, programs), content=engine, made=made)


def test_parts_are_made_in_the_order_in_which_they_are_needed(build: Build, nodes: Path) -> None:
    order: list[str] = []
    lines = build(image(order.append))
    assert order == ["base", "programs", "engine"]
    assert lines[0] == "making the base (1 of 3)"
    assert lines[-1].startswith("the image is ready: ")
    assert (nodes / "engine" / "rootfs" / "file").read_text() == "one"


def test_what_is_made_is_not_made_again(build: Build) -> None:
    build(image(lambda name: None))
    again: list[str] = []
    assert build(image(again.append)) == []
    assert again == []


def test_a_change_of_the_image_makes_the_image_alone(build: Build, nodes: Path) -> None:
    build(image(lambda name: None))
    old = (nodes / "engine").resolve()
    again: list[str] = []
    build(image(again.append, engine="two"))
    assert again == ["engine"]
    assert (nodes / "engine" / "rootfs" / "file").read_text() == "two"
    assert (old / "rootfs" / "file").read_text() == "one", "servers may still run from it"


def test_a_change_of_the_base_makes_all_that_stands_on_it(build: Build) -> None:
    build(image(lambda name: None))
    again: list[str] = []
    build(image(again.append, base="two"))
    assert again == ["base", "engine"]


def test_earlier_versions_of_parts_are_deleted(build: Build, nodes: Path) -> None:
    build(image(lambda name: None))
    (nodes / "parts" / "go-0123456789abcdef").mkdir()
    build(image(lambda name: None, base="two"))
    assert [path.name.rpartition("-")[0] for path in sorted((nodes / "parts").iterdir())] == ["base", "go", "programs"]
    assert (nodes / "parts" / "go-0123456789abcdef").exists(), "the compiler is no part"


def test_an_earlier_version_that_is_still_there_is_taken_again(build: Build, nodes: Path) -> None:
    for engine in ("one", "two", "one"):
        build(image(lambda name: None, engine=engine))
    assert (nodes / "engine" / "rootfs" / "file").read_text() == "one"


def test_after_an_interruption_finished_parts_are_kept_and_the_rest_is_made(build: Build, nodes: Path) -> None:
    def interrupt(name: str) -> None:
        if name == "programs":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(image(interrupt))
    assert not (nodes / "engine").exists()
    assert len(list(nodes.glob("parts/programs-*.part"))) == 1
    again: list[str] = []
    build(image(again.append))
    assert again == ["programs", "engine"]
    assert list(nodes.rglob("*.part")) == []


def test_two_builds_at_once_make_each_part_once(nodes: Path) -> None:
    order: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def slowly(name: str) -> None:
        order.append(name)
        begun.set()
        assert go_on.wait(60)

    lines: list[str] = []

    def second() -> None:
        make.make(nodes, image(order.append), "/nowhere", lines.append)

    first = threading.Thread(target=make.make, args=(nodes, image(slowly), "/nowhere", lines.append))
    first.start()
    assert begun.wait(60)
    other = threading.Thread(target=second)
    other.start()
    while not any("waiting for another build" in line for line in lines):
        assert other.is_alive()
        time.sleep(0.05)
    go_on.set()
    first.join()
    other.join()
    assert order == ["base", "programs", "engine"]


def test_a_disk_that_is_too_small_is_said_before_anything_is_made(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    huge = Pretended("base", "the base", 10**9, made=made.append)
    with pytest.raises(SandboxError, match=r"has \d+ MiB left; the image needs 1000000001 MiB") as raised:
        build(PretendedNode("engine", "the image", 1, needs=(huge,), made=made.append))
    assert "XDG_CACHE_HOME" in raised.value.hint
    assert made == []


def test_only_root_can_make_images(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="only root can make node images") as raised:
        machine.check(str(tmp_path), user=1000)
    assert "as root" in raised.value.hint


def test_programs_that_are_not_here_are_named_with_the_packages_that_have_them(tmp_path: Path) -> None:
    for name in ("unshare", "setpriv"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(SandboxError, match="not here: debootstrap") as raised:
        machine.check(str(tmp_path), user=0)
    assert raised.value.hint == "apt-get install debootstrap"


def test_a_program_of_a_build_that_fails_is_explained(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, "/usr/sbin:/usr/bin:/sbin:/bin", tmp_path / "log", lambda line: None)
    with pytest.raises(SandboxError, match="trying"):
        shop.root(["false"], "trying")


def test_a_part_may_have_the_name_of_the_image_it_is_for(build: Build, nodes: Path) -> None:
    programs: Part = Pretended("engine", "programs of that engine", 1)
    build(PretendedNode("engine", "the image", 1, needs=(programs,), content="image"))
    assert (nodes / "engine" / "rootfs" / "file").read_text() == "image"
