"""How programs print their versions, and which is the later one."""

import pytest

from bay.toolchain.versions import Version, parse


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0", Version(3, 259, 0)),
        ("3.260.1\n", Version(3, 260, 1)),
        ("v3.260.0-alpha.1721+dirty", Version(3, 260, 0, released=False)),
        ("go version go1.26.8 linux/amd64", Version(1, 26, 8)),
        ("go version go1.27rc1 darwin/arm64", Version(1, 27, 0, released=False)),
        ("go version go1.25 linux/amd64", Version(1, 25, 0)),
        ("go version go1.26.8-X:nodwarf5 linux/amd64", Version(1, 26, 8)),
        ("command not found", None),
        ("", None),
    ],
)
def test_a_version_is_read_from_what_a_program_prints(text: str, version: Version | None) -> None:
    assert parse(text) == version


def test_a_version_before_its_release_is_older_than_the_release() -> None:
    before, release = parse("v3.259.0-beta.1"), parse("v3.259.0")
    assert before is not None
    assert release is not None
    assert before < release
