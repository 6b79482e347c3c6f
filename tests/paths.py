"""Where things are in this checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENGINE_FILES = ROOT / "components" / "engines" / "files"
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")), *sorted(DOCS.rglob("*.md"))]
"""What people read."""
GOLDEN = ROOT / "tests" / "golden"
RECORDED = ROOT / "tests" / "recorded"
