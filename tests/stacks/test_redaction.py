"""Values of a plan: masked, cut, and found at the paths that Pulumi writes."""

from typing import Any

import pytest

from bay.stacks.redaction import get_path, redact

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("userData", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("adminPass", "x"),
        ("secret", "x"),
        ("applicationCredentialSecret", "x"),
        ("options.apiserver_args.token-auth-file", "/etc/x"),
        ("metadata.registryPassword", "x"),
        ("personalities[0].content", "x"),
        ("snippets.site.files", {"/etc/key": "x"}),
        ('snippets.site.files["/etc/key"]', "x"),
        ("anything", SECRET),
        ("anything", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
        ("anything", "#cloud-config\nusers: []"),
        ("anything", "H4sIAAAAAAAA/5RX"),
        ("anything", "$6$salt$hash"),
    ],
)
def test_what_is_or_looks_like_a_secret_is_not_shown(path: str, value: Any) -> None:
    assert redact(path, value) == "(secret)"


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("keyPair", "mine", "mine"),
        ("size", 3, "3"),
        ("enabled", False, "false"),
        ("cidrs", ["192.0.2.0/24"], '["192.0.2.0/24"]'),
        ("id", "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "(known afterwards)"),
        ("gone", None, None),
        ("proxy.http", "http://me:word@proxy:8080", "http://me:***@proxy:8080"),
        ("networks[0]", {"__defaults": [], "uuid": "1", "password": "x"}, '{"uuid": "1", "password": "(secret)"}'),
        ("text", "two\nlines", "two lines"),
        ("long", "x" * 101, "x" * 100 + "... (101 characters)"),
    ],
)
def test_everything_else_is_short_text(path: str, value: Any, text: str | None) -> None:
    assert redact(path, value) == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("size", 1),
        ("fixedIps[0].subnetId", "s"),
        ('metadata["bay:id"]', "b"),
        ("fixedIps[3].subnetId", None),
        ("size.of.it", None),
    ],
)
def test_a_path_of_pulumi_leads_into_lists_and_mappings(path: str, value: object) -> None:
    assert get_path(path, {"size": 1, "fixedIps": [{"subnetId": "s"}], "metadata": {"bay:id": "b"}}) == value
