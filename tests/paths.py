"""Where things are in this checkout."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENGINE_FILES = ROOT / "components" / "engines" / "files"
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *sorted(DOCS.rglob("*.md"))]
"""What people read."""
GOLDEN = ROOT / "tests" / "golden"
RECORDED = ROOT / "tests" / "recorded"


def code_blocks(page: Path, language: str = "sh") -> list[str]:
    """The blocks of a page in a language: what its reader types or copies."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)
