"""`bay rotate` on the sandbox: the page that tells it is typed."""

import os
import re

import pytest

from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay

pytestmark = pytest.mark.sandbox

PAGE = CHECKOUT / "docs" / "rotate.md"


def test_the_page_on_rotation_does_what_it_says(bay: Bay) -> None:
    path = f"{COMMAND.parent}:{os.environ['PATH']}"
    text = PAGE.read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (promised,) = re.findall(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for block in blocks:
        done = bay.execute(["bash", "-euo", "pipefail", "-c", block], PATH=path)
        assert done.code == 0, (block, done)
    assert f"bay physics: {promised.strip()}" in done.err.splitlines()
    assert bay.run("preview", "physics").code == 0, "nothing is to be done, and the secrets are read"
