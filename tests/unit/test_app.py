"""How errors end that are not bay's own class: one line of what is wrong, one of what to do."""

import pytest

from bay.cli import app
from bay.sandbox import SandboxError
from bay.toolchain import ToolchainError


@pytest.mark.parametrize("kind", [SandboxError, ToolchainError])
def test_errors_of_sandbox_and_toolchain_keep_their_hint(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_words: list[str], *, standalone_mode: bool) -> None:
        raise kind("the port is taken", "free it")

    monkeypatch.setattr(app, "app", broken)
    assert app.run(["sandbox", "start"]) == 1
    assert capsys.readouterr().err == "error: the port is taken\n       free it\n"
