"""Files, users and commands become one #cloud-config document."""

import gzip
import shlex
from base64 import b64decode
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bay.components.errors import BayError
from bay.components.node import cloudinit
from bay.components.node.cloudinit import File, HostKey, User, environment, packed, unpacked, user_data, with_file
from bay.components.yaml_file import dump

SCRIPT = '#!/bin/sh\nif true; then\n  echo "a: b" # c\nfi\n'


def test_a_document_says_what_it_was_given() -> None:
    text = user_data(
        files=[File("/opt/run", SCRIPT, "0755"), File("/opt/one-line", "x")],
        commands=[["/opt/run", "a b"]],
        users=[User("ada", ("ssh-ed25519 AAAA",), sudo="ALL=(root) /bin/true")],
        host_key=HostKey("PRIVATE\n", "ssh-ed25519 BBBB"),
    )
    assert text.startswith("#cloud-config\n")
    assert yaml.safe_load(text) == {
        "locale": "C.UTF-8",
        "prefer_fqdn_over_hostname": False,
        "manage_etc_hosts": "localhost",
        "ssh_genkeytypes": ["ed25519"],
        "ssh_pwauth": False,
        "ssh_keys": {"ed25519_private": "PRIVATE\n", "ed25519_public": "ssh-ed25519 BBBB"},
        "users": [
            "default",
            {
                "name": "ada",
                "shell": "/bin/sh",
                "lock_passwd": True,
                "sudo": "ALL=(root) /bin/true",
                "ssh_authorized_keys": ["ssh-ed25519 AAAA"],
            },
        ],
        "write_files": [
            {"path": "/opt/run", "owner": "root:root", "permissions": "0755", "content": SCRIPT},
            {"path": "/opt/one-line", "owner": "root:root", "permissions": "0644", "content": "x"},
        ],
        "runcmd": [["/opt/run", "a b"]],
    }


def test_a_script_reads_in_the_document_as_it_does_on_the_server() -> None:
    text = user_data(files=[File("/opt/run", SCRIPT)], commands=[])
    assert '  content: |\n    #!/bin/sh\n    if true; then\n      echo "a: b" # c\n    fi\n' in text


CONTENTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        SCRIPT,
        "",
        "\n",
        " leading",
        "trailing \n",
        "\n\n",
        "a: b",
        "- x",
        "# c",
        "'",
        "a\x85b",
        "é\u2028",
        "\ttab\n",
        "no",
    ]
)
FILES = st.lists(
    st.builds(File, st.sampled_from(["/a", "/b c"]), CONTENTS, st.sampled_from(["0644", "0755", "0600"])), max_size=4
)


@given(files=FILES)
def test_files_are_written_one_by_one_as_the_whole_document_would_be(files: list[File]) -> None:
    """Else every server of a bay that is there would be another one."""
    document = yaml.safe_load(user_data(files=[], commands=[]))
    document["write_files"] = [
        {"path": file.path, "owner": file.owner, "permissions": file.mode, "content": file.content} for file in files
    ]
    whole = "#cloud-config\n" + dump(document)
    assert user_data(files=files, commands=[]) == whole.removesuffix("\n...\n") + "\n" * whole.endswith("\n...\n")


@pytest.mark.parametrize("content", ["a\n\n", "\n", "a\n\n\n", "...\n", "a\n...\n", "..."])
def test_a_file_that_ends_with_empty_lines_does_not_end_the_document(content: str) -> None:
    """What `with_file` adds, and files that follow, would not be read."""
    for commands in ([], [["sh", "-c", content]]):
        common = user_data(files=[File("/etc/one", content), File("/etc/two", content)], commands=commands)
        read = yaml.safe_load(unpacked(with_file(packed(common), File("/etc/three", "c\n"))))
        assert [file["content"] for file in read["write_files"]] == [content, content, "c\n"]
        assert read["runcmd"] == commands


def test_what_is_secret_is_not_kept_in_memory_for_the_next_server() -> None:
    cloudinit._public_entry.cache_clear()
    for mode, kept in (("0600", 0), ("0640", 0), ("0644", 1)):
        user_data(files=[File(f"/etc/of-{mode}", mode, mode)], commands=[])
        assert cloudinit._public_entry.cache_info().currsize == kept


def test_without_users_the_images_own_stay() -> None:
    assert "users" not in yaml.safe_load(user_data(files=[], commands=[]))


def test_values_are_quoted_for_the_shell() -> None:
    text = environment({"A": "it's $(x)", "B": 5, "C": ("one", "two"), "D": ""})
    assert text == "A='it'\"'\"'s $(x)'\nB=5\nC='one two'\nD=''\n"
    assert [shlex.split(line) for line in text.splitlines()][2] == ["C=one two"]


def test_packed_is_base64_of_gzip_and_the_same_each_time() -> None:
    assert gzip.decompress(b64decode(packed(SCRIPT))).decode() == SCRIPT
    assert unpacked(packed(SCRIPT)) == SCRIPT
    assert packed(SCRIPT) == packed(SCRIPT)


def test_what_nova_would_refuse_is_an_error_with_the_size() -> None:
    noise = Random(1).randbytes(60_000).hex()
    with pytest.raises(BayError, match=r"boot data takes \d+ bytes; Nova's limit is 65535"):
        user_data(files=[File("/opt/large", noise)], commands=[])


def test_a_file_is_added_to_packed_data_and_the_rest_is_what_it_was() -> None:
    common = packed(user_data(files=[File("/etc/one", "a\nb\n")], commands=[["true"]]))
    document = yaml.safe_load(unpacked(with_file(common, File("/etc/two", "c\n", "0600"))))
    first, second = document.pop("write_files")
    assert (first["path"], first["content"]) == ("/etc/one", "a\nb\n")
    assert second == {"path": "/etc/two", "owner": "root:root", "permissions": "0600", "content": "c\n"}
    assert {**document, "write_files": [first]} == yaml.safe_load(unpacked(common))
