"""The log of a run: what it decided, for its user alone, without secrets, named in errors; of the newest runs only."""

import logging
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import pytest
import typer

from bay.cli import app
from bay.cli.console import run_log
from bay.cli.console.run_log import RunLog
from bay.components.errors import BayError

Captured = pytest.CaptureFixture[str]
Environment = MutableMapping[str, str]
LOG = logging.getLogger("bay.stacks.test")
PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RunLog]:
    log = RunLog(tmp_path / "state" / "bay", "create", ["create", "physics"])
    log.start()
    yield log
    log.end()


def test_a_decision_makes_the_file_with_the_details_that_led_to_it(log: RunLog) -> None:
    LOG.debug("a detail")
    assert not log.exists
    LOG.info("a decision")
    log.end()
    head, *lines = log.path.read_text().splitlines()
    assert head.endswith(": bay create physics")
    assert [line.split(" ", 2)[2] for line in lines] == [
        "DEBUG bay.stacks.test: a detail",
        "INFO bay.stacks.test: a decision",
    ]
    assert (log.path.stat().st_mode & 0o777, log.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_run_that_decides_nothing_leaves_none(log: RunLog) -> None:
    LOG.debug("a detail")
    log.end()
    assert not log.path.parent.exists()


def test_what_libraries_log_is_not_in_it(log: RunLog) -> None:
    logging.getLogger("keystoneauth").warning("X-Auth-Token: abc")
    LOG.info("a decision")
    log.end()
    assert "Auth" not in log.path.read_text()


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("state postgres://bay:hunter2@host/db", "state postgres://bay:***@host/db"),
        ("password=hunter2 and on", "password=(secret) and on"),
        ('{"adminPass": "hunter2", "name": "x"}', '{"adminPass": (secret), "name": "x"}'),
        ("OS_PASSWORD: hunter2", "OS_PASSWORD: (secret)"),
        ("Authorization: Bearer hunter2hunter2", "Authorization: Bearer (secret)"),
        ("join_token=hunter2", "join_token=(secret)"),
        (f"key {PEM} end", "key (secret) end"),
        ("hash $6$salt$hunter2", "hash (secret)"),
        ("a volume called v\x1b[31mred", "a volume called v\\x1b[31mred"),
    ],
)
def test_no_secret_is_in_it(message: str, shown: str, log: RunLog) -> None:
    LOG.info("%s", message)
    log.end()
    text = log.path.read_text()
    assert text.splitlines()[1].endswith(f"INFO bay.stacks.test: {shown}")
    assert "hunter2" not in text
    assert "MHcCAQEE" not in text


@pytest.mark.parametrize(
    ("words", "head"),
    [
        (["create", "x", "--set", "nodes.count=3"], "bay create x --set nodes.count=3"),
        (["create", "x", "--set", "options.join_token=hunter2"], "bay create x --set 'options.join_token=(secret)'"),
        (["create", "x", "--set=options.password=hunter2"], "bay create x '--set=options.password=(secret)'"),
        (["create", "x", "--set", "proxy.http=http://a:hunter2@p"], "bay create x --set 'proxy.http=http://a:***@p'"),
        (["list", "--state", "postgres://bay:hunter2@h/db"], "bay list --state 'postgres://bay:***@h/db'"),
        (["list", "--state=postgres://bay:hunter2@h/db"], "bay list '--state=postgres://bay:***@h/db'"),
        (["ssh", "x", "--", "login", "hunter2"], "bay ssh x -- (2 words)"),
    ],
)
def test_the_command_line_is_in_it_but_for_its_secrets(words: list[str], head: str, tmp_path: Path) -> None:
    log = RunLog(tmp_path, words[0], words)
    log.start()
    LOG.info("a decision")
    log.end()
    text = log.path.read_text()
    assert text.splitlines()[0].partition(": ")[2] == head
    assert "hunter2" not in text + log.path.name


def test_the_newest_are_kept(log: RunLog) -> None:
    log.path.parent.mkdir(parents=True)
    for number in range(run_log.KEPT + 10):
        (log.path.parent / f"20260101T0000{number:02}-1-create.log").touch()
    (log.path.parent / "other").touch()
    LOG.info("a decision")
    left = sorted(path.name for path in log.path.parent.iterdir())
    assert len(left) == run_log.KEPT + 1
    assert left[0] == "20260101T000011-1-create.log"
    assert {log.path.name, "other"} <= set(left)


def test_where_no_file_can_be_made_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log = RunLog(tmp_path / "file" / "bay", "create", ["create"])
    log.start()
    LOG.info("a decision")
    LOG.info("another")
    assert not log.exists
    log.end()


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    made = typer.Typer(pretty_exceptions_enable=False)
    made.callback()(app.options)
    monkeypatch.setattr(app, "app", made)
    return made


def test_an_error_after_a_decision_names_the_file(
    fails: typer.Typer, environment: Environment, tmp_path: Path, capsys: Captured
) -> None:
    @fails.command()
    def fail() -> None:
        LOG.info("a decision")
        raise BayError("it is so", "do that")

    environment["XDG_STATE_HOME"] = str(tmp_path / "logs")
    assert app.run(["fail"]) == 1
    (file,) = (tmp_path / "logs" / "bay").iterdir()
    assert capsys.readouterr().err.splitlines() == [
        f"the log of this run: {file}",
        "error: it is so",
        "       do that",
    ]
    assert file.read_text().splitlines()[-1].endswith("ERROR bay.cli.app: BayError: it is so")


def test_a_mistake_of_bays_own_leaves_its_traceback_there(
    fails: typer.Typer, environment: Environment, tmp_path: Path, capsys: Captured
) -> None:
    @fails.command()
    def fail() -> None:
        raise ZeroDivisionError("inside")

    assert app.run(["fail"]) == 1
    (file,) = (tmp_path / ".local" / "state" / "bay").iterdir()
    assert "ZeroDivisionError: inside" in file.read_text()
    assert "Traceback" in file.read_text()
    first, *_ = capsys.readouterr().err.splitlines()
    assert first == f"the log of this run: {file}"
