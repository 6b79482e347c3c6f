"""Where things are in this checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ENGINE_FILES = ROOT / "components" / "engines" / "files"
GOLDEN = ROOT / "tests" / "golden"
RECORDED = ROOT / "tests" / "recorded"
