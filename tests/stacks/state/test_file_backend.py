"""What a write on a full disk leaves of a state is replaced by the engine's copy, and by nothing that is not whole."""

from pathlib import Path

import pytest

from bay.stacks.state import file_backend

OLD, NEW = '{"version":3,"checkpoint":{"a":1}}', '{"version":3,"checkpoint":{"a":2}}'


@pytest.mark.parametrize(
    ("state", "copy", "then"),
    [
        pytest.param("", OLD, OLD, id="nothing of it was written"),
        pytest.param(NEW[:12], OLD, OLD, id="a part of it was written"),
        pytest.param(NEW, OLD, NEW, id="whole"),
        pytest.param(NEW[:12], OLD[:12], NEW[:12], id="neither is whole"),
        pytest.param(NEW[:12], None, NEW[:12], id="no copy was made yet"),
    ],
)
def test_only_a_whole_copy_takes_the_place_of_a_state_that_was_cut_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str, copy: str | None, then: str
) -> None:
    file = tmp_path / ".pulumi/stacks/bay/demo.json"
    file.parent.mkdir(parents=True)
    file.write_text(state)
    if copy is not None:
        file_backend.copy_of(file).write_text(copy)
    assert file_backend.repair(tmp_path) == (state != then)
    assert file.read_text() == then
    assert file_backend.copy_of(file).exists() == (copy is not None), "the next write may be cut short too"
    said = "the state of bay demo was cut short by a full disk; its copy of a step before takes its place\n"
    assert capsys.readouterr().err == (said if state != then else "")


def test_the_largest_state_is_what_a_write_may_take(tmp_path: Path) -> None:
    assert file_backend.largest(tmp_path) == 0
    for name, size in (("bay/small.json", 3), ("bay/large.json", 7), ("bay/large.json.bak", 9)):
        file = tmp_path / ".pulumi/stacks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(size))
    assert file_backend.largest(tmp_path) == 7


@pytest.mark.parametrize(
    ("text", "deployment"),
    [
        ('{"version":3,"checkpoint":{"stack":"demo","latest":{"resources":[]}}}', {"resources": []}),
        pytest.param(None, None, id="no such file"),
        pytest.param("", None, id="cut short"),
        pytest.param('{"version":4,"checkpoint":{"latest":{"resources":[]}}}', None, id="of a later engine"),
        pytest.param('{"version":3,"checkpoint":{"stack":"demo"}}', None, id="begun and not written yet"),
        pytest.param("[]", None, id="nothing of the engine's"),
    ],
)
def test_what_is_not_understood_is_left_to_the_engine(
    tmp_path: Path, text: str | None, deployment: dict[str, list[str]] | None
) -> None:
    file = tmp_path / ".pulumi/stacks/bay/demo.json"
    file.parent.mkdir(parents=True)
    if text is not None:
        file.write_text(text)
    assert file_backend.read_deployment(tmp_path, "bay", "demo") == deployment
