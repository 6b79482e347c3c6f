"""YAML of people and of requests: data of a size, or an error that says where it is not."""

from pathlib import Path

import pytest
import yaml

from bay.components.errors import BayError
from bay.components.spec.merge import assignment
from bay.components.yaml_file import DEEPEST, LARGEST, load, mapping, read_plain_text, read_text


def laughs(levels: int, width: int = 9) -> str:
    """Few bytes that stand for width ** levels mappings."""
    lines = ["a0: &a0 {x: 1}"]
    for level in range(1, levels):
        items = ", ".join(f"k{i}: *a{level - 1}" for i in range(width))
        lines.append(f"a{level}: &a{level} {{{items}}}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (laughs(12), "an alias: write the value out in line 2, column"),
        ("a: &a [1]\nb: *a\n", "an alias: write the value out in line 2, column 4"),
        ("a: &a {x: 1}\nb: {<<: *a}\n", "an alias"),
        ("a: &a [*a]\n", "an alias"),
        ("a: " + "[" * 100_000, "nested too deeply in line 1"),
        ("a: " + "{a: " * (DEEPEST + 5) + "1" + "}" * (DEEPEST + 5), "nested too deeply"),
        ("a: 2026-02-31\n", "a value that is none"),
        ("a: " + "9" * 5000, "a value that is none"),
        ("a: !!python/object/apply:os.system [id]\n", "could not determine a constructor"),
        ("{[1]: 2}", "found unhashable key"),
        ("a: \x07", "special characters are not allowed"),
    ],
)
def test_what_is_more_than_it_says_is_no_yaml(text: str, problem: str) -> None:
    with pytest.raises(BayError) as refused:
        mapping(text, "x.yaml")
    assert refused.value.message.startswith(f"x.yaml: not YAML: {problem}")
    with pytest.raises(yaml.YAMLError):
        load(text)


def test_values_of_options_have_the_same_limits() -> None:
    with pytest.raises(BayError, match="the value is not YAML"):
        assignment("options=[&a [1], *a]")
    with pytest.raises(BayError, match="the value is not YAML"):
        assignment("options=2026-02-31")


def test_a_spec_may_be_deep_and_name_anchors() -> None:
    deep: object = 1
    for _ in range(DEEPEST - 1):
        deep = [deep]
    assert load(str(deep)) == deep
    assert load("a: &unused {b: 1}\nc: {<<: {d: 2}}\n") == {"a": {"b": 1}, "c": {"d": 2}}


def test_a_file_has_a_size_and_is_a_file_unless_its_user_names_it(tmp_path: Path) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text("x" * LARGEST)
    (tmp_path / "link.yaml").symlink_to(file)
    assert len(read_text(tmp_path / "link.yaml")) == LARGEST
    assert len(read_plain_text(file, "it")) == LARGEST
    with pytest.raises(BayError, match=r"^it: no plain file"):
        read_plain_text(tmp_path / "link.yaml", "it")
    with pytest.raises(BayError, match=r"^it: No such file"):
        read_plain_text(tmp_path / "nothing.yaml", "it")
    with pytest.raises(BayError, match="larger than 1 MiB"):
        read_text(Path("/dev/zero"))
    file.write_text("x" * (LARGEST + 1))
    for read in (read_text, lambda path: read_plain_text(path, str(path))):
        with pytest.raises(BayError, match="larger than 1 MiB"):
            read(file)
