"""`bay sandbox image`: what there is, and what is said when nothing can be made."""

import json
from pathlib import Path

import pytest

from bay.cli.app import run
from bay.sandbox.images import catalog, stock
from bay.sandbox.images.stock import write_record


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sandbox's cache folder, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "bay" / "sandbox"


def put(cache: Path, engine: str, apt_sources: tuple[str, ...] = ()) -> Path:
    """Put an image into the cache as if it had been made."""
    image = catalog.image(engine, apt_sources)
    folder = image.place(cache / "nodes")
    (folder / "rootfs").mkdir(parents=True)
    (folder / "rootfs" / "file").write_bytes(bytes(3 << 20))
    write_record(image, folder)
    (cache / "nodes" / image.name).symlink_to(folder.name)
    return folder


def test_images_are_absent_before_they_are_made(cache: Path) -> None:
    assert [(image.name, image.state, image.size) for image in stock(cache)] == [
        ("docker", "absent", None),
        ("kubernetes", "absent", None),
        ("kubernetes-1.33", "absent", None),
        ("mesos", "absent", None),
    ]


def test_an_image_of_these_sources_is_ready_and_any_other_is_outdated(cache: Path) -> None:
    put(cache, "swarm")
    folder = put(cache, "kubernetes")
    record = json.loads((folder / "image.json").read_text())
    (folder / "image.json").write_text(json.dumps(record | {"digest": "of-another-time"}))
    states = {image.name: (image.state, image.size) for image in stock(cache) if image.name != "kubernetes-1.33"}
    assert states == {"docker": ("ready", 3), "kubernetes": ("outdated", 3), "mesos": ("absent", None)}


def test_an_image_with_a_sites_packages_is_ready_too(cache: Path) -> None:
    put(cache, "mesos", ("deb https://packages.example stable main",))
    assert [image.state for image in stock(cache) if image.name == "mesos"] == ["ready"]


def test_a_file_with_two_names_is_counted_once(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_bytes(bytes(2 << 20))
    (folder / "b").hardlink_to(folder / "a")
    write_record(catalog.image("docker"), folder)
    assert json.loads((folder / "image.json").read_text())["size_mib"] == 2


def test_the_list_names_every_image_and_the_engines_it_is_for(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "image", "list", "-f", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(row["image"], row["engines"]) for row in listed] == [
        ("docker", ["docker", "swarm"]),
        ("kubernetes", ["kubernetes"]),
        ("kubernetes-1.33", ["kubernetes-1.33"]),
        ("mesos", ["mesos"]),
    ]
    assert listed[0]["folder"] == str(cache / "nodes" / "docker")


def test_an_image_that_is_there_is_not_made_again_and_root_is_not_asked_for(
    cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(cache, "swarm")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert run(["sandbox", "image", "build", "swarm"]) == 0
    assert capsys.readouterr().err == f"ready: {folder}\n"


@pytest.mark.usefixtures("cache")
def test_a_user_who_is_not_root_is_told_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert run(["sandbox", "image", "build", "swarm"]) == 1
    assert capsys.readouterr().err.startswith("error: only root can make node images")


@pytest.mark.usefixtures("cache")
def test_an_unknown_engine_is_told_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "image", "build", "swarn"]) == 1
    assert capsys.readouterr().err == "error: there is no node image for 'swarn'\n       did you mean swarm?\n"
