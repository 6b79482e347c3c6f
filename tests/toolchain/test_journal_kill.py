"""What a killed Pulumi had created is known afterwards, on every backend that keeps a journal."""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bay.toolchain import Toolchain
from tests.toolchain import states
from tests.toolchain.trial import Trial, new_trial, things
from tests.waiting import eventually

pytestmark = pytest.mark.toolchain

COUNT = 50
"""Things of an update that is killed."""
PARALLEL = "16"

UP = ("up", "--yes", "--skip-preview", "--parallel", PARALLEL)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, test_cache: Path) -> Iterator[Callable[[str], states.Place]]:
    """Starts a kind of state when a test first wants it."""
    found: dict[str, states.Place] = {}
    with ExitStack() as stack:

        def place(kind: str) -> states.Place:
            if kind not in found:
                started = {
                    "postgres": states.postgres,
                    "s3": lambda: states.s3(test_cache),
                }[kind]()
                found[kind] = stack.enter_context(started)
            return found[kind]

        yield place


@pytest.fixture(params=["file", "postgres", "s3"])
def stack(
    request: pytest.FixtureRequest,
    built_toolchain: Toolchain,
    tmp_path: Path,
    places: Callable[[str], states.Place],
) -> Iterator[Trial]:
    """A stack that has its state to itself."""
    with ExitStack() as stack:
        if request.param == "file":
            url, settings = stack.enter_context(states.folder(tmp_path / "state"))
        else:
            url, settings = places(request.param)
            url = separate(url, f"t{abs(hash(str(tmp_path)))}")
        yield new_trial(built_toolchain, tmp_path / "project", url, settings)


def separate(url: str, name: str) -> str:
    """A part of a bucket, or a table of a database."""
    if url.startswith("postgres:"):
        return f"{url}&table={name}"
    bucket, _, options = url.partition("?")
    return f"{bucket}/{name}?{options}"


def settled(stack: Trial) -> list[tuple[str, str]]:
    """What is created once the plugins of a killed Pulumi have ended, which they do by themselves."""
    before = None
    while before != (before := stack.created()):
        time.sleep(2)
    return before


def test_nothing_that_a_killed_update_created_is_lost_or_created_again(stack: Trial) -> None:
    update = stack.start(*UP, wanted=things(COUNT), SLOW="0.3")
    eventually(lambda: len(stack.created()) >= COUNT // 2, pause=0.02)
    update.send_signal(signal.SIGKILL)
    update.wait()
    created = settled(stack)
    assert COUNT // 2 <= len(created) < COUNT, "killed in the middle"
    known = stack.known()
    known.require_all_of(created)
    assert len(known.resources) >= 1
    refused = stack.run(*UP, wanted=things(COUNT))
    assert refused.returncode != 0
    assert "pulumi cancel" in refused.stdout + refused.stderr, "its lock is still there"

    stack.succeed("cancel", "--yes")
    assert stack.known() == known
    stack.succeed(*UP, wanted=things(COUNT))
    after = stack.known()
    assert sorted(name for name, _ in after.resources) == sorted(thing["name"] for thing in things(COUNT))
    assert set(known.resources) <= set(after.resources), "what was known is kept"
    again = {name for name, count in Counter(name for name, _ in stack.created()).items() if count > 1}
    assert again <= set(known.pending), "only what nobody could know the end of"
    assert "unchanged" in stack.succeed("preview", "--expect-no-changes", wanted=things(COUNT))


def test_nothing_is_lost_when_a_killed_update_changes_what_is_there(stack: Trial) -> None:
    stack.succeed(*UP, wanted=things(20))
    wanted = [*things(20)[:10], *({"name": f"n{number}"} for number in range(20))]
    update = stack.start(*UP, wanted=[{**one, "size": 2} for one in wanted], SLOW="0.3")
    eventually(lambda: len(stack.created()) >= 30, pause=0.02)
    update.send_signal(signal.SIGKILL)
    update.wait()
    created = settled(stack)
    known = stack.known()
    known.require_all_of(created)
    stack.succeed("cancel", "--yes")
    stack.succeed(*UP, wanted=wanted)
    after = {name for name, _ in stack.known().resources}
    assert after == {one["name"] for one in wanted}


def test_two_at_once_are_kept_apart_by_the_lock(stack: Trial) -> None:
    first = stack.start(*UP, wanted=things(6), SLOW="3")
    eventually(lambda: len(stack.created()) >= 1, pause=0.02)
    second = stack.run(*UP, wanted=things(6))
    assert second.returncode != 0
    assert "the stack is currently locked by 1 lock(s)" in second.stdout + second.stderr
    assert len(stack.known().pending) >= 1, "reading needs no lock, and shows what runs"
    assert first.wait(60) == 0
    assert len(stack.created()) == 6
    assert len(stack.known().resources) == 6


def test_after_a_cancel_the_first_is_told_and_nothing_of_it_is_lost(stack: Trial) -> None:
    first = stack.start(*UP, wanted=things(6), SLOW="4")
    eventually(lambda: len(stack.created()) >= 6, pause=0.02)
    stack.succeed("cancel", "--yes")
    stack.succeed(*UP, wanted=[{"name": "other"}, *things(6)])
    assert first.wait(60) != 0
    said = re.sub(r"\s+", " ", (stack.folder / "log").read_text())
    assert "another Pulumi has taken over the state of this stack" in said
    stack.known().require_all_of(stack.created())


def test_an_import_in_the_place_of_what_a_killed_update_left_counts(stack: Trial, tmp_path: Path) -> None:
    stack.succeed(*UP, wanted=things(2))
    old = tmp_path / "old.json"
    old.write_text(stack.succeed("stack", "export"))
    update = stack.start(*UP, wanted=things(30), SLOW="0.3")
    eventually(lambda: len(stack.created()) >= 12, pause=0.02)
    update.send_signal(signal.SIGKILL)
    update.wait()
    stack.succeed("cancel", "--yes")
    assert len(stack.known().resources) > 2
    stack.succeed("stack", "import", "--file", str(old))
    assert sorted(name for name, _ in stack.known().resources) == ["t0", "t1"]
    assert "unchanged" in stack.succeed("preview", "--expect-no-changes", wanted=things(2))


def test_secrets_in_a_journal_are_encrypted(built_toolchain: Toolchain, tmp_path: Path) -> None:
    with states.folder(tmp_path / "state") as (url, settings):
        stack = new_trial(built_toolchain, tmp_path / "project", url, settings)
        update = stack.start(*UP, wanted=things(30), SLOW="0.5")
        eventually(lambda: len(stack.created()) >= 20, pause=0.02)
        update.send_signal(signal.SIGKILL)
        update.wait()
        journal = next((tmp_path / "state" / ".pulumi" / "journals" / "trial" / "dev").glob("*.open")).read_text()
        assert '"id":"t0-0"' in journal
        assert "hush" not in journal
        exported = stack.succeed("stack", "export", "--show-secrets")
        assert "hush t0-0" in exported
