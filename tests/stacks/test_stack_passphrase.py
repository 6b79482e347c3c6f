"""The passphrase of a bay in Barbican: kept before the stack is made, found by its salt, gone with it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bay.components.errors import BayError, InvalidInput
from bay.stacks.opening import opened, opened_aside, opened_for_change
from bay.stacks.operations.move_passphrase import move_passphrase
from bay.stacks.stack import BayStack
from bay.stacks.state import passphrase
from bay.stacks.state.vault import Vault, secret_name
from tests.fakes.barbican import FakeBarbican, with_barbican
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import FakeContext, write_state
from tests.fakes.states import complete

WORDS, FILE = "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bay.stacks.state.salt.ROUNDS", 1)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def barbican(cloud: FakeCloud) -> FakeBarbican:
    return with_barbican(cloud)


def machine(cloud: FakeCloud, folder: Path, state: Path, secrets: str = "barbican") -> FakeContext:
    """Of a user who keeps passphrases so; states may be shared."""
    for one in (folder, state):
        one.mkdir(exist_ok=True)
    context = FakeContext(cloud, folder)
    context.settings = replace(context.settings, secrets=secrets, state=f"file://{state}")
    return context


@pytest.fixture
def context(cloud: FakeCloud, barbican: FakeBarbican, tmp_path: Path) -> FakeContext:
    return machine(cloud, tmp_path / "ada", tmp_path / "state")


@pytest.fixture
def elsewhere(cloud: FakeCloud, tmp_path: Path) -> FakeContext:
    """Another machine, whose user says nothing of Barbican."""
    return machine(cloud, tmp_path / "ben", tmp_path / "state", "file")


def create(context: FakeContext) -> str:
    """As `bay create` does; the passphrase that Pulumi would get."""
    with opened_for_change(context, "demo", new=True) as bay:
        if not bay.exists:
            bay.use_passphrase(new=True)
        bay.create()
        return words(bay)


def words(bay: BayStack) -> str:
    return str(bay.pulumi.passphrase().get(WORDS, ""))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def kept(context: FakeContext) -> list[str]:
    """Files of passphrases, and notes, on this machine."""
    folder = context.settings.data / "passphrases"
    return sorted(file.name for file in folder.rglob("*") if file.is_file())


def test_a_colleague_opens_the_bay_without_any_file(
    context: FakeContext, elsewhere: FakeContext, barbican: FakeBarbican
) -> None:
    made = create(context)
    assert len(made) >= 43, "256 bits"
    assert kept(context) == []
    with opened(elsewhere, "demo") as bay:
        assert barbican.names == [secret_name("demo", bay.state.salt)]
        assert barbican.requests.count("GET /secrets") == 1, "nobody asks before it is needed"
        assert (words(bay), words(bay)) == (made, made)
    assert len([request for request in barbican.requests if request.endswith("/payload")]) == 1
    assert kept(elsewhere) == []
    assert not barbican.logged
    assert made not in repr(elsewhere.vault) + repr(context.settings)


def test_a_copy_aside_has_the_passphrase_of_the_bay(context: FakeContext, elsewhere: FakeContext) -> None:
    made = create(context)
    with opened(elsewhere, "demo") as bay, opened_aside(bay, bay.stored_deployment) as copied:
        assert words(copied) == made


def test_a_creation_without_barbican_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    context = machine(FakeCloud(), tmp_path, tmp_path / "state")
    assert told(lambda: create(context))[:2] == (
        "the cloud's catalog has no Barbican (key-manager), so it cannot keep a passphrase",
        "keep it in a file: --secrets file",
    )
    assert "stack init" not in context.commands
    assert kept(context) == []


def test_a_creation_beside_a_passphrase_of_the_shell_is_refused(context: FakeContext) -> None:
    context.settings = replace(context.settings, environment={WORDS: "mine"})
    with pytest.raises(InvalidInput, match="this shell names a passphrase of its own"):
        create(context)


def test_a_role_that_may_not_is_told_and_leaves_nothing(context: FakeContext, barbican: FakeBarbican) -> None:
    barbican.status = 403
    message, hint, _ = told(lambda: create(context))
    assert message.startswith("keeping the passphrase of bay demo in Barbican: the cloud's policy does not allow it")
    assert "a login whose role has it" in hint
    assert "stack init" not in context.commands


def test_what_a_failed_creation_has_kept_is_deleted(context: FakeContext, barbican: FakeBarbican) -> None:
    """Another machine was first."""
    context.failures["stack init"] = ["error: stack 'demo' already exists"]
    with pytest.raises(BayError):
        create(context)
    assert (barbican.names, kept(context)) == ([], [])


def test_what_a_killed_creation_has_kept_is_deleted_by_the_next(context: FakeContext, barbican: FakeBarbican) -> None:
    def kill() -> None:
        raise SystemExit

    context.effects["stack init"] = kill
    barbican_away = barbican.delete
    barbican.delete = lambda path: barbican_away("/secrets/x")  # type: ignore[method-assign]
    with pytest.raises((SystemExit, KeyError)):
        create(context)
    barbican.delete = barbican_away  # type: ignore[method-assign]
    (left,) = barbican.names
    assert kept(context) == [".demo.salt"]
    context.effects.clear()
    create(context)
    assert left not in barbican.names
    assert (len(barbican.names), kept(context)) == (1, [])


def test_a_resumed_creation_has_the_same_passphrase(
    context: FakeContext, elsewhere: FakeContext, barbican: FakeBarbican
) -> None:
    made = create(context)
    for one in (context, elsewhere):
        assert create(one) == made
        assert kept(one) == []
    assert len(barbican.names) == 1


def test_an_empty_stack_whose_passphrase_is_gone_is_made_anew(context: FakeContext, barbican: FakeBarbican) -> None:
    made = create(context)
    barbican.secrets.clear()
    context.vault = Vault()
    assert create(context) not in ("", made)
    assert context.commands.count("stack rm") == 1


def test_a_passphrase_that_is_nowhere_is_said(context: FakeContext, barbican: FakeBarbican) -> None:
    create(context)
    barbican.secrets.clear()
    context.vault = Vault()
    with opened(context, "demo") as bay:
        message, hint, _ = told(lambda: words(bay))
    assert message == "the passphrase of bay demo is missing"
    assert hint.endswith("Barbican of this project has none")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "looking for the passphrase of bay demo in Barbican: the cloud's policy does not allow it"),
        (503, "looking for the passphrase of bay demo in Barbican"),
    ],
)
def test_barbican_that_does_not_answer_is_said(
    context: FakeContext, elsewhere: FakeContext, barbican: FakeBarbican, status: int, message: str
) -> None:
    create(context)
    barbican.status = status
    with opened(elsewhere, "demo") as bay:
        assert told(lambda: words(bay))[0].startswith(message.replace("looking for", "reading"))
        assert told(bay.passphrase.is_in_vault)[0].startswith(message)


def test_the_shared_passphrase_of_plain_pulumi_goes_before_barbican(
    elsewhere: FakeContext, barbican: FakeBarbican, tmp_path: Path
) -> None:
    from bay.stacks.state.salt import new_salt

    shared = elsewhere.settings.shared_passphrase_file
    passphrase.create(shared)
    salt = new_salt(shared.read_text())
    write_state(tmp_path / "state", {**complete(), "secrets_providers": {"state": {"salt": salt}}})
    with opened(elsewhere, "demo") as bay:
        assert words(bay) == ""
        assert bay.pulumi.environment[FILE] == str(shared)
    assert barbican.requests == []


def test_it_goes_with_the_bay(context: FakeContext, elsewhere: FakeContext, barbican: FakeBarbican) -> None:
    create(context)
    with opened_for_change(elsewhere, "demo") as bay:
        bay.passphrase.forget(bay.salt)
    assert barbican.names == []


def test_of_a_bay_with_a_file_barbican_may_refuse_to_say_anything(
    elsewhere: FakeContext, context: FakeContext, barbican: FakeBarbican
) -> None:
    create(context)
    barbican.status = 403
    with opened_for_change(elsewhere, "demo") as bay:
        with pytest.raises(BayError, match="deleting the passphrase of bay demo in Barbican"):
            bay.passphrase.forget(bay.salt)
        passphrase.create(elsewhere.settings.passphrase_file("demo"))
        bay.passphrase.forget(bay.salt)


# Between the two places


def move(context: FakeContext, to: str) -> bool:
    with opened_for_change(context, "demo") as bay:
        return move_passphrase(bay, to)


def test_it_moves_to_a_file_and_back(context: FakeContext, elsewhere: FakeContext, barbican: FakeBarbican) -> None:
    made = create(context)
    assert move(elsewhere, "file")
    assert elsewhere.settings.passphrase_file("demo").read_text() == made
    assert elsewhere.settings.passphrase_file("demo").stat().st_mode & 0o777 == 0o600
    assert barbican.names == []
    assert not move(elsewhere, "file")
    assert move(elsewhere, "barbican")
    assert (len(barbican.names), kept(elsewhere)) == (1, [])
    assert not move(elsewhere, "barbican")


@pytest.mark.parametrize("to", ["file", "barbican"])
def test_a_move_that_was_interrupted_goes_on(context: FakeContext, barbican: FakeBarbican, to: str) -> None:
    """Both places have it."""
    file = context.settings.passphrase_file("demo")
    file.parent.mkdir(parents=True)
    file.write_text(create(context))
    assert move(context, to)
    assert (len(barbican.names), file.exists()) == ((1, False) if to == "barbican" else (0, True))


@pytest.mark.parametrize("to", ["file", "barbican"])
def test_a_passphrase_that_opens_nothing_is_not_moved(context: FakeContext, barbican: FakeBarbican, to: str) -> None:
    create(context)
    file = context.settings.passphrase_file("demo")
    passphrase.create(file)
    assert told(lambda: move(context, to))[0] == "the passphrase of bay demo is wrong"
    assert (len(barbican.names), file.exists()) == (1, True)


def test_what_is_not_on_this_machine_cannot_be_moved(context: FakeContext, barbican: FakeBarbican) -> None:
    create(context)
    barbican.secrets.clear()
    assert told(lambda: move(context, "barbican"))[0] == "the passphrase of bay demo is not on this machine"
