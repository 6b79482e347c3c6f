"""One spelling for each state in files, and the folder that Pulumi takes for it."""

from pathlib import Path

import pytest

from bay.stacks.state_url import EXAMPLE, absolute_state, folder_of
from tests.fakes.messages import told


@pytest.mark.parametrize(
    ("url", "absolute", "folder"),
    [
        ("file:///d/state", "file:///d/state", "/d/state"),
        ("file:///d/state/", "file:///d/state", "/d/state"),
        ("file:/d/state", "file:///d/state", "/d/state"),
        ("FILE:///d/state", "file:///d/state", "/d/state"),
        (" file:///d/state\n", "file:///d/state", "/d/state"),
        ("file://./state", "file://HOME/state", "HOME/state"),
        ("file://state", "file://HOME/state", "HOME/state"),
        ("file://../state", "file://PARENT/state", "PARENT/state"),
        ("file://.", "file://HOME", "HOME"),
        ("file://~", "file://HOME", "HOME"),
        ("file://~/state", "file://HOME/state", "HOME/state"),
        ("file://~other/state", "file://HOME/~other/state", "HOME/~other/state"),
        ("file:///d/./x/../state", "file:///d/state", "/d/state"),
        ("file:///d/state?no_tmp_dir=true", "file:///d/state?no_tmp_dir=true", "/d/state"),
        (
            "file://~/state?no_tmp_dir=true&metadata=skip",
            "file://HOME/state?no_tmp_dir=true&metadata=skip",
            "HOME/state",
        ),
        ("file:///d/my state", "file:///d/my state", "/d/my state"),
        ("file:///d/my%20state", "file:///d/my state", "/d/my state"),
        ("file:///d/zürich", "file:///d/zürich", "/d/zürich"),
        ("file:///d/z%C3%BCrich", "file:///d/zürich", "/d/zürich"),
        ("file:///d/it's", "file:///d/it's", "/d/it's"),
        ("file:///d/50%", "file:///d/50%25", "/d/50%"),
        ("file:///d/what%3F", "file:///d/what%3F", "/d/what?"),
        ("file:///d/no%231", "file:///d/no%231", "/d/no#1"),
        ("file:///d/no#1", "file:///d/no%231", "/d/no#1"),
    ],
)
def test_the_folder_of_a_state_in_files_is_absolute(
    environment: dict[str, str], url: str, absolute: str, folder: str
) -> None:
    home = Path(environment["HOME"])

    def there(text: str) -> str:
        return text.replace("HOME", str(home)).replace("PARENT", str(home.parent))

    assert absolute_state(url) == there(absolute)
    assert absolute_state(absolute_state(url)) == there(absolute), "it is read again by others"
    assert folder_of(url) == Path(there(folder))


@pytest.mark.parametrize(
    "url",
    [
        "s3://bays?region=eu&endpoint=https://s3.example",
        "gs://bays",
        "https://api.pulumi.com",
        "postgres://u:p@h/db",
        "x",
    ],
)
def test_every_other_state_is_left_as_it_is_and_has_no_folder(url: str) -> None:
    assert absolute_state(url) == url
    assert folder_of(url) is None


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("file://", "it names no folder"),
        ("file:", "it names no folder"),
        ("file:state", "it names no folder"),
        ("file://?no_tmp_dir=true", "it names no folder"),
        ("file://localhost/d/state", "it names a host, and a state in files is on this machine"),
    ],
)
def test_what_names_no_folder_here_is_refused(url: str, what: str) -> None:
    assert told(lambda: absolute_state(url)) == (f"state {url}: {what}", EXAMPLE, 2)


def test_a_user_without_a_home_cannot_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert told(lambda: absolute_state("file://~/state"))[0] == "state file://~/state: this user has no home folder"
