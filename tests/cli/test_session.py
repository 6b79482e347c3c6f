"""What a command works with: the state, login and checkout that options and environment name; nothing is asked yet."""

import signal
from collections.abc import MutableMapping
from pathlib import Path

import pytest

from bay.cli.console.progress import Progress
from bay.cli.session import changing, model_folders, open_bay, open_bays
from bay.stacks.bays import Bays
from bay.stacks.context import Context

Environment = MutableMapping[str, str]


def test_options_name_state_and_cloud(environment: Environment, tmp_path: Path) -> None:
    context = open_bays("mycloud", "s3://bays").context
    assert (context.settings.state, context.login.cloud) == ("s3://bays", "mycloud")
    assert isinstance(context.listen, Progress)
    environment.update(BAY_STATE="gs://bays", OS_CLOUD="other")
    context = open_bays().context
    assert (context.settings.state, context.login.cloud) == ("gs://bays", "other")
    assert list(tmp_path.iterdir()) == [], "nothing is written"


def test_a_cloud_that_is_named_beside_a_bay_has_to_be_the_bays(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr(Bays, "require_own", lambda _, name: checked.append(name))
    open_bay("demo")
    environment["OS_CLOUD"] = "mine"
    open_bay("demo")
    assert checked == [], "a shell's cloud is for what needs one"
    open_bay("demo", "mycloud")
    open_bay("other", None, None, "RegionTwo")
    assert checked == ["demo", "other"]


def test_the_checkout_around_this_folder_may_manage_bays(
    environment: Environment, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert open_bays().context.checkout is None
    monkeypatch.chdir(checkout / "stacks")
    assert open_bays().context.checkout == checkout


def test_models_of_a_named_folder_count_more_than_the_users_own(environment: Environment, tmp_path: Path) -> None:
    bays = open_bays()
    own = tmp_path / ".config" / "bay" / "models"
    assert model_folders(bays) == [own]
    assert model_folders(bays, tmp_path) == [own, tmp_path]


def test_a_spec_that_everybody_may_ask_for_needs_no_login(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "cloud", property(lambda _: pytest.fail("nobody has to log in")))
    assert open_bays().spec({"model": "swarm", "nodes": 7})(None).nodes.count == 7


def test_while_a_bay_is_changed_ctrl_c_is_the_operations(environment: Environment) -> None:
    before = signal.getsignal(signal.SIGINT)
    with changing(open_bays()):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
