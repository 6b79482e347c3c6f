"""Links of README and pages lead somewhere, also where no site is built; every page is in the site's navigation."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.paths import DOCS, PAGES, ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
MENTION = re.compile(r"(?<![\w./-])docs/[\w./-]*\w")
ELSEWHERE = ("http://", "https://", "mailto:")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return "".join(page.read_text(encoding="utf-8").split("```")[::2])


def slug(title: str) -> str:
    """The anchor of a heading, as forges and mkdocs make it."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", title.strip().lower()))


def anchors(page: Path) -> set[str]:
    return {slug(line.lstrip("#")) for line in prose(page).splitlines() if line.startswith("#")}


def broken(page: Path) -> Iterator[str]:
    for link in LINK.findall(prose(page)):
        if link.startswith(ELSEWHERE):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link
    for mention in MENTION.findall(page.read_text(encoding="utf-8")):
        named = ROOT / mention
        if not named.exists() and not list(named.parent.glob(f"{named.name}*")):  # a decision by its number
            yield mention


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_nothing_that_is_not_there(page: Path) -> None:
    assert list(broken(page)) == []


def test_what_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title, here\n[a](other.md) [b](#a-title-here) [c](#no) [d](https://example.org) docs/no.md\n")
    assert list(broken(page)) == ["other.md", "#no", "docs/no.md"]


def in_navigation(entries: list[object]) -> Iterator[str]:
    for entry in entries:
        below = list(entry.values()) if isinstance(entry, dict) else [entry]
        for one in below:
            if isinstance(one, list):
                yield from in_navigation(one)
            else:
                yield str(one)


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    text = (ROOT / "mkdocs.yml").read_text().replace("!!python/name:", "")
    listed = set(in_navigation(yaml.safe_load(text)["nav"]))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.glob("*.md")}
    assert pages <= listed
    assert all((DOCS / name).is_file() for name in listed)


@pytest.mark.toolchain
@pytest.mark.long
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """With what `make docs` installs, in an environment of its own."""
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements-docs.lock"], check=True)
    site = tmp_path / "site"
    built = subprocess.run(
        [place / "bin" / "mkdocs", "build", "--strict", "--site-dir", site], cwd=ROOT, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    assert 'class="mermaid"' in (site / "index.html").read_text()
    assert "0076" in (site / "decisions" / "index.html").read_text(), "decisions are listed"
