"""Overlay mounts: a node sees its image below what it wrote itself."""

from pathlib import Path

from .commands import attempt, run, wait_until

PATIENCE = 5.0  # seconds for the last process in a mount to end


def is_mounted(place: Path) -> bool:
    """Whether something is mounted there; also true where the process above cannot look in."""
    return any(line.split(" ")[1] == _escaped(place) for line in Path("/proc/mounts").read_text().splitlines())


def overlay(image: Path, upper: Path, work: Path, place: Path) -> None:
    """Mount it, unless it is."""
    if not is_mounted(place):
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={image},upperdir={upper},workdir={work}", str(place))


def unmount(place: Path) -> None:
    """Unmount it; at the latest when nobody uses it any more."""
    if is_mounted(place) and not wait_until(lambda: attempt("umount", str(place)), PATIENCE):
        attempt("umount", "--lazy", str(place))


def below(folder: Path) -> list[Path]:
    """The mounts in a folder, innermost first."""
    places = [line.split(" ")[1] for line in Path("/proc/mounts").read_text().splitlines()]
    inside = [place for place in places if place.startswith(f"{_escaped(folder)}/")]
    return [Path(_plain(place)) for place in sorted(inside, key=len, reverse=True)]


def _escaped(path: Path) -> str:
    """As in /proc/mounts."""
    return str(path).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")


def _plain(text: str) -> str:
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
