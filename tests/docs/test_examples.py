"""The stack files of docs/examples are specs that bay takes."""

import pytest
import yaml

from bay.stacks.files.stack_files import SpecFiles
from tests.paths import DOCS

FILES = sorted((DOCS / "examples" / "stacks").glob("Pulumi.*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_example_is_a_spec(file) -> None:  # type: ignore[no-untyped-def]
    name = file.name.split(".")[1]
    spec = SpecFiles({name: file.read_text()}, "docs/examples", strict=True).spec(name)
    assert spec.model == yaml.safe_load(file.read_text())["config"]["bay:model"]


def test_there_are_examples() -> None:
    assert len(FILES) >= 2
