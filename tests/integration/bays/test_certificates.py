"""Certificates of a bay on the sandbox: how long they last, clients that have their own, and the page that tells it."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay

pytestmark = pytest.mark.sandbox

PAGE = CHECKOUT / "docs" / "certificates.md"


def certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())


def test_the_page_on_certificates_does_what_it_says(bay: Bay) -> None:
    path = f"{COMMAND.parent}:{os.environ['PATH']}"
    make, look, configure = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)

    def type_(block: str) -> str:
        done = bay.execute(["bash", "-euo", "pipefail", "-c", block], PATH=path)
        assert done.code == 0, (block, done)
        return done.err

    type_(make)
    type_(look)
    (shown,) = json.loads((bay.home / "certificates.json").read_text()).values()
    assert [one["name"] for one in shown] == ["authority", "server", "client"]
    authority = x509.load_pem_x509_certificate(bay.run("ca", "show", "physics").out.encode())
    ends = datetime.fromisoformat(shown[0]["ends"])
    assert (ends, shown[0]["status"]) == (authority.not_valid_after_utc, "valid")
    assert (ends - datetime.now(UTC)).days == shown[0]["days_left"]

    first, second, third = configure.splitlines()
    assert "client certificate of bay physics: new, until " in type_(first)
    ninety = certificate(bay.home / "client")
    ninety.verify_directly_issued_by(authority)
    assert 89 <= (ninety.not_valid_after_utc - datetime.now(UTC)).days <= 90
    assert type_(first) == ""
    assert certificate(bay.home / "client") == ninety, "it is good"
    type_(second)
    seven = certificate(bay.home / "client")
    assert 6 <= (seven.not_valid_after_utc - datetime.now(UTC)).days <= 7
    assert type_(second) == ""
    type_(third)
    assert certificate(bay.home / "client").public_key() != seven.public_key() != ninety.public_key()
    assert "certificates of bay" not in bay.run("list").err
