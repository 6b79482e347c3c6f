"""The first screen of README: what bay is, a picture of a bay and of a preview, two commands; its pictures are true."""

import re

from tests.paths import ROOT

TEXT = (ROOT / "README.md").read_text()
SCREEN = 45
"""Lines of a tall terminal, or of a forge's first page."""


def test_the_first_screen_says_what_it_is_and_shows_it() -> None:
    first = "\n".join(TEXT.splitlines()[:SCREEN])
    for part in ("# bay", "Container clusters on OpenStack", "```mermaid", "> ### bay", "make demo", "make test"):
        assert part in first, part


def test_the_picture_of_a_preview_is_what_bay_prints() -> None:
    printed = (ROOT / "tests" / "golden" / "plan" / "fewer-nodes.md").read_text().splitlines()
    quoted = [line.removeprefix(">").strip() for line in TEXT.splitlines() if line.startswith(">")]
    assert len(quoted) > 5
    assert quoted == [line.strip() for line in printed[: len(quoted)]]


def test_the_sections_that_are_typed_on_the_sandbox_are_there() -> None:
    titles = re.findall(r"^## (.*)", TEXT, re.M)
    for begin in ("On your cloud", "Preview", "Drift", "Quotas", "As code"):
        assert sum(title.startswith(begin) for title in titles) == 1, begin
