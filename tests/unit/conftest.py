"""An environment of the test's own: nothing of the machine's is read, and what a test sets is gone afterwards."""

import os
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import settings

settings.register_profile("bay", deadline=None, derandomize=True, max_examples=60)  # two busy cores; the same each run
settings.load_profile("bay")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MutableMapping[str, str]]:
    """The process environment with only PATH and an empty HOME, which is the working folder too."""
    monkeypatch.chdir(tmp_path)
    with patch.dict(os.environ, {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, clear=True):
        yield os.environ
