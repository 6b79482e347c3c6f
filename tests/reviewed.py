"""Golden files: texts that were reviewed."""

import os
from pathlib import Path


def require_reviewed(golden: Path, text: str) -> None:
    """Fail where `text` is not what the file holds; with UPDATE_GOLDEN=1 the file is written first."""
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text(), "UPDATE_GOLDEN=1 pytest writes it anew"
