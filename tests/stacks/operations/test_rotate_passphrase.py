"""A rotation of a passphrase: refused before anything changes, or whole; one that was begun is gone on with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bay.stacks.approval import allow
from bay.stacks.errors import Declined
from bay.stacks.operations import rotate_passphrase
from bay.stacks.operations.rotate import make_plan, rotate
from bay.stacks.operations.rotation import RotateRequest
from bay.stacks.state import passphrase
from tests.fakes.messages import told
from tests.fakes.stack import FakeContext, FakeStack
from tests.fakes.states import complete

REQUEST = RotateRequest("passphrase")
FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"


def salted(word: str = "old", managed_by: str = "cli") -> dict[str, Any]:
    """A deployment whose salt is told apart by the word that opens it."""
    found = complete()
    found["secrets_providers"] = {"type": "passphrase", "state": {"salt": word}}
    for resource in found["resources"]:
        if "managed_by" in (resource.get("outputs") or {}):
            resource["outputs"]["managed_by"] = managed_by
    return found


class Stack(FakeStack):
    """A state that Pulumi opens with the passphrase that is its salt."""

    def change_passphrase(self, file: Path) -> None:
        assert self.deployment is not None
        self.deployment["secrets_providers"]["state"]["salt"] = file.read_text()
        self._do("encrypt")

    def is_opened_by(self, file: Path) -> bool:
        assert self.deployment is not None
        return bool(file.read_text().strip() == self.deployment["secrets_providers"]["state"]["salt"])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bay.stacks.state.salt.opens", lambda salt, word: salt == word.strip())


@pytest.fixture
def bay(tmp_path: Path) -> Stack:
    """Its passphrase is "old"."""
    context = FakeContext(folder=tmp_path)
    file = context.settings.passphrase_file("demo")
    file.parent.mkdir(parents=True)
    file.write_text("old")
    return Stack(salted(), context=context)


def own(bay: Stack, file: Path, **more: str) -> None:
    """Have the user name a passphrase of their own."""
    settings = replace(bay.context.settings, environment={FILE: str(file), **more})
    bay.context.settings = settings


def test_the_new_one_takes_the_place_of_the_old(bay: Stack) -> None:
    done = rotate(bay, REQUEST, allow())
    settings = bay.context.settings
    word = settings.passphrase_file("demo").read_text()
    assert len(word) >= 43, "256 bits"
    assert bay.state.salt == word
    assert not settings.next_passphrase_file("demo").exists()
    assert done.proven.startswith("the old passphrase does not open the state of bay demo")
    assert [row["status"] for row in done.rows] == ["done"] * 4


def test_who_declines_changes_nothing(bay: Stack) -> None:
    def decline(_plan: object) -> Any:
        raise Declined("nothing was changed")

    assert told(lambda: rotate(bay, REQUEST, decline))[0] == "nothing was changed"
    assert [file.name for file in bay.context.settings.passphrase_file("demo").parent.iterdir()] == ["demo"]
    assert bay.deeds == []


def test_what_was_begun_is_planned_as_done(bay: Stack) -> None:
    passphrase.create_next(bay.context.settings, "demo", "new")
    assert [step.status for step in make_plan(bay, REQUEST).steps] == ["done", "planned", "planned", "planned"]
    bay.deployment = salted("new")
    bay._state = None
    assert [step.status for step in make_plan(bay, REQUEST).steps] == ["done", "done", "planned", "planned"]
    rotate(bay, REQUEST, allow())
    assert bay.deeds == [], "it is encrypted already"
    assert bay.context.settings.passphrase_file("demo").read_text() == "new"
    assert bay.notices == ["the rotation of the passphrase of bay demo goes on"]


def test_an_old_passphrase_that_still_opens_is_an_error_and_both_stay(
    bay: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bay, "is_opened_by", lambda _file: True)
    assert told(lambda: rotate(bay, REQUEST, allow()))[0] == "the old passphrase still opens bay demo"
    assert bay.context.settings.next_passphrase_file("demo").exists()


def test_an_old_one_that_is_not_here_is_not_said_to_be_useless(bay: Stack) -> None:
    passphrase.create_next(bay.context.settings, "demo", "new")
    bay.deployment = salted("new")
    bay.context.settings.passphrase_file("demo").unlink()
    done = rotate(bay, REQUEST, allow())
    assert done.proven == ""
    assert done.steps[-1].status == "unknown"
    assert bay.context.settings.passphrase_file("demo").read_text() == "new"


def test_a_state_that_another_run_changed_is_not_cleared_of_its_copies(
    bay: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([complete(), {**complete(), "resources": []}])
    monkeypatch.setattr(bay, "secrets", lambda: next(looks))
    removed: list[str] = []
    monkeypatch.setattr(rotate_passphrase.old_copies, "remove", lambda *_: removed.append("removed"))
    assert "was changed by another run" in told(lambda: rotate(bay, REQUEST, allow()))[0]
    assert removed == []


def test_a_word_of_the_environment_is_not_bays_to_change(bay: Stack, tmp_path: Path) -> None:
    own(bay, tmp_path / "mine", PULUMI_CONFIG_PASSPHRASE="word")
    message, hint, _ = told(lambda: make_plan(bay, REQUEST))
    assert (
        message == "the passphrase of bay demo is the word in PULUMI_CONFIG_PASSPHRASE, which bay cannot change for you"
    )
    assert f"name that with {FILE}" in hint


@pytest.mark.parametrize(
    ("mine", "to", "message"),
    [
        (None, "new", "bay makes the passphrase of bay demo by itself"),
        ("old", None, "the passphrase of bay demo is your own, in {mine}"),
        ("old", "", "the passphrase file {to} is empty"),
        ("old", " \n", "the passphrase file {to} is empty"),
        ("old", "one\ntwo", "the passphrase file {to} has several lines"),
        ("old\n", " old", "{to} has the passphrase that bay demo has already"),
        ("wrong", "new", "the passphrase of bay demo is wrong: {mine} does not open its state"),
    ],
)
def test_a_passphrase_of_the_users_own_needs_another_one(
    bay: Stack, tmp_path: Path, mine: str | None, to: str | None, message: str
) -> None:
    files = {"mine": tmp_path / "mine", "to": tmp_path / "to"}
    if mine is not None:
        files["mine"].write_text(mine)
        own(bay, files["mine"])
    if to is not None:
        files["to"].write_text(to)
    request = RotateRequest("passphrase", files["to"] if to is not None else None)
    assert told(lambda: make_plan(bay, request))[0] == message.format(**files)


@pytest.mark.parametrize("missing", ["absent", "folder"])
def test_a_file_that_is_none_is_refused(bay: Stack, tmp_path: Path, missing: str) -> None:
    (tmp_path / "mine").write_text("old")
    (tmp_path / "folder").mkdir()
    own(bay, tmp_path / "mine")
    request = RotateRequest("passphrase", tmp_path / missing)
    assert told(lambda: make_plan(bay, request))[0] == f"the passphrase file {tmp_path / missing} cannot be read"


def test_an_interrupted_rotation_is_not_gone_on_with_to_another_word(bay: Stack, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("old")
    (tmp_path / "to").write_text("third")
    own(bay, tmp_path / "mine")
    passphrase.create_next(bay.context.settings, "demo", "new")
    assert (
        "has another new passphrase than"
        in told(lambda: make_plan(bay, RotateRequest("passphrase", tmp_path / "to")))[0]
    )


def test_a_wrong_passphrase_is_told_with_where_it_should_be(bay: Stack) -> None:
    bay.context.settings.passphrase_file("demo").write_text("another")
    message, hint, _ = told(lambda: make_plan(bay, REQUEST))
    assert message.endswith("passphrases/" + bay.context.settings.state_key + "/demo does not open its state")
    assert "was rotated last" in hint


def test_a_bay_of_a_file_is_rotated_in_its_checkout(bay: Stack) -> None:
    bay.deployment = salted(managed_by="file")
    assert told(lambda: make_plan(bay, REQUEST))[1] == "run it there: that file has to follow"
    checkout = bay.context.settings.data.parent / "checkout"
    (checkout / "stacks").mkdir(parents=True)
    file = checkout / "stacks" / "Pulumi.demo.yaml"
    file.write_text("# why\nencryptionsalt: old\nconfig: {}\n")
    bay.context.checkout = checkout
    done = rotate(bay, REQUEST, allow())
    assert file.read_text() == f"# why\nencryptionsalt: {bay.state.salt}\nconfig: {{}}\n"
    assert [step.action for step in done.steps] == ["store", "encrypt", "write", "remove", "prove"]
    assert bay.notices[-1] == f"{file} has another encryptionsalt: commit it"


@pytest.mark.parametrize("deployment", [None, {}])
def test_a_bay_without_secrets_has_nothing_to_rotate(bay: Stack, deployment: dict[str, Any] | None) -> None:
    bay.deployment = deployment
    assert told(lambda: make_plan(bay, REQUEST))[0] == "bay demo has no secrets yet"
