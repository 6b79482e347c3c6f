"""The bays' files of a checkout and of a commit, as data."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bay.components.errors import BayError
from bay.components.yaml_file import LARGEST
from bay.stacks.files import stack_files
from bay.stacks.files.stack_file import intended_spec
from bay.stacks.files.stack_files import SpecFiles
from bay.stacks.program.config import read_stack_file
from bay.stacks.state.snapshot import StateSnapshot
from tests.fakes.messages import told

FILE = "config:\n  bay:model: swarm\n  bay:nodes: {count: 5}\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without any bay's file yet."""
    (tmp_path / "Pulumi.yaml").write_text("name: bay\nruntime: python\n")
    (tmp_path / "stacks").mkdir()
    return tmp_path


def commit(checkout: Path) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@bay.example")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "one")):
        subprocess.run(["git", *words], cwd=checkout, check=True, stdout=subprocess.DEVNULL)


def write(checkout: Path, name: str, text: str = FILE) -> Path:
    path = checkout / "stacks" / name
    path.write_text(text)
    return path


def test_a_commits_files_are_read_though_others_are_checked_out(checkout: Path) -> None:
    write(checkout, "Pulumi.physics.yaml")
    write(checkout, "notes.yaml")
    commit(checkout)
    write(checkout, "Pulumi.physics.yaml", "config: {}\n")
    found = stack_files.of_commit(checkout, "HEAD")
    assert list(found.texts) == ["physics"]
    assert found.spec("physics").nodes.count == 5
    with pytest.raises(BayError, match="has no bay:model"):
        stack_files.of_folder(checkout).spec("physics")


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def link_to_a_spec(path: Path) -> None:
    elsewhere = path.parent.parent / "x"
    elsewhere.mkdir()
    (elsewhere / "spec.yaml").write_text(FILE)
    path.symlink_to("../x/spec.yaml")


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def too_large(path: Path) -> None:
    path.write_text(f"{FILE}# {'x' * LARGEST}\n")


def no_text(path: Path) -> None:
    path.write_bytes(b"config: \xff\n")


def folder(path: Path) -> None:
    path.mkdir()
    (path / "in it").write_text(FILE)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unreadable_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


IN_A_COMMIT = {
    link: "no plain file",
    link_to_a_spec: "no plain file",
    dangling: "no plain file",
    unreadable_device: "no plain file",
    folder: "no plain file",
    too_large: "larger than 1 MiB",
    no_text: "not YAML",
}


@pytest.mark.parametrize(("put", "words"), IN_A_COMMIT.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_a_file_that_is_not_read_is_an_error_of_its_bay_in_the_folder_and_in_a_commit(
    checkout: Path, put: Callable[[Path], None], words: str
) -> None:
    """Left out, it would be in no preview; followed, it would be what no reviewer saw."""
    write(checkout, "Pulumi.physics.yaml")
    put(checkout / "stacks" / "Pulumi.hidden.yaml")
    commit(checkout)
    for found in (stack_files.of_commit(checkout, "HEAD"), stack_files.of_folder(checkout)):
        good, bad = stack_files.bays(found)
        assert good == ["physics"], "it hides no other"
        assert [name for name, _ in bad] == ["hidden"]
        message = f"stacks/Pulumi.hidden.yaml: {words}"
        assert bad[0][1].message.startswith(message)
        with pytest.raises(BayError, match=message):
            found.spec("hidden")


def test_so_are_what_git_does_not_keep(checkout: Path) -> None:
    fifo(checkout / "stacks" / "Pulumi.pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(checkout / "stacks", os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{here}/Pulumi.socket.yaml")
        os.close(here)
        found = stack_files.of_folder(checkout)
    assert {name: error.message for name, error in found.unread.items()} == {
        name: f"stacks/Pulumi.{name}.yaml: no plain file" for name in ("pipe", "socket")
    }


def test_a_folder_of_stacks_that_leads_elsewhere_is_not_read(checkout: Path) -> None:
    (checkout / "stacks").rename(checkout / "elsewhere")
    write_to = checkout / "elsewhere" / "Pulumi.physics.yaml"
    write_to.write_text(FILE)
    (checkout / "stacks").symlink_to("elsewhere")
    commit(checkout)
    with pytest.raises(BayError, match=r"^stacks: no plain file"):
        stack_files.of_folder(checkout)
    with pytest.raises(BayError, match=r"^git ls-tree: "):
        stack_files.of_commit(checkout, "HEAD")


@pytest.mark.parametrize("put", [link_to_a_spec, too_large, no_text, fifo], ids=lambda one: str(one.__name__))
def test_a_change_reads_a_bays_file_by_the_same_rules(checkout: Path, put: Callable[[Path], None]) -> None:
    put(checkout / "stacks" / "Pulumi.physics.yaml")
    with pytest.raises(BayError, match=r"^stacks/Pulumi.physics.yaml: "):
        read_stack_file(checkout, "physics")
    with pytest.raises(BayError, match=r"^stacks/Pulumi.physics.yaml: "):
        intended_spec(StateSnapshot("physics", managed_by="file"), checkout)


@pytest.mark.parametrize("name", ["--output=touched", "nothing", "HEAD:stacks/Pulumi.physics.yaml"])
def test_what_is_no_commit_is_an_error_and_no_option_of_git(checkout: Path, name: str) -> None:
    write(checkout, "Pulumi.physics.yaml")
    commit(checkout)
    with pytest.raises(BayError, match=r"^git rev-parse: "):
        stack_files.of_commit(checkout, name)
    assert not (checkout / "touched").exists()


def test_outside_of_a_checkout_there_is_no_commit() -> None:
    assert told(lambda: stack_files.of_commit(None, "HEAD")) == (
        "HEAD is to be a commit of a checkout, and this folder is in none",
        "go into the checkout first",
        2,
    )


def test_the_files_of_a_folder_are_those_of_its_bays(checkout: Path) -> None:
    write(checkout, "Pulumi.physics.yaml")
    write(checkout, "notes.yaml")
    found = stack_files.of_folder(checkout)
    assert dict(found.texts) == {"physics": FILE}
    assert not found.strict
    message, hint, _ = told(lambda: found.spec("other"))
    assert message == f"there is no stacks/Pulumi.other.yaml in {checkout}"
    assert hint == "'git ls-files stacks' shows all"


def test_names_that_are_no_bays_are_told_apart() -> None:
    names, wrong = stack_files.bays(SpecFiles({"physics": FILE, "--state=x": FILE, "$(id)": FILE}, "here"))
    assert names == ["physics"]
    assert [name for name, _error in wrong] == ["$(id)", "--state=x"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"{FILE}environment: [prod]\n", "environment"),
        (f"{FILE}secretsprovider: awskms://x\n", "secretsprovider"),
        (f"{FILE}  openstack:authUrl: https://evil.example\n", "openstack:authUrl"),
        (f"{FILE}  openstack:maxRetries: 1000\n", "openstack:maxRetries"),
    ],
)
def test_what_would_lead_a_plan_elsewhere_is_refused_of_a_request_only(text: str, named: str) -> None:
    with pytest.raises(
        BayError, match=f"^stacks/Pulumi.physics.yaml sets {named}, which no preview of a request takes"
    ):
        SpecFiles({"physics": text}, "a request", strict=True).spec("physics")
    assert SpecFiles({"physics": text}, "here").spec("physics").nodes.count == 5


@pytest.mark.parametrize("value", ['"10"', "10"])
def test_what_bay_itself_writes_for_the_plugin_is_taken_of_a_request(value: str) -> None:
    text = f"{FILE}  openstack:maxRetries: {value}\n"
    assert SpecFiles({"physics": text}, "a request", strict=True).spec("physics").nodes.count == 5


def test_the_salt_of_a_file_is_no_reason_to_refuse_it() -> None:
    text = f"encryptionsalt: v1:abc\n{FILE}"
    assert SpecFiles({"physics": text}, "a request", strict=True).spec("physics").nodes.count == 5


@pytest.mark.parametrize("config", ["[a]", "text", "7"])
@pytest.mark.parametrize("ask", [SpecFiles.spec, SpecFiles.allowed])
def test_a_file_whose_configuration_is_none_is_an_error_of_the_file(
    config: str, ask: Callable[[SpecFiles, str], object]
) -> None:
    files = SpecFiles({"physics": f"config: {config}\n"}, "a request", strict=True)
    with pytest.raises(BayError, match=r"stacks/Pulumi\.physics\.yaml: config holds no fields"):
        ask(files, "physics")


@pytest.mark.parametrize("said", ["batch", "[batch]", "[batch, volumes]"])
def test_what_a_file_allows_is_no_field_of_the_spec_and_is_told(said: str) -> None:
    files = SpecFiles({"physics": f"{FILE}  bay:allow: {said}\n", "other": FILE}, "a request", strict=True)
    assert files.spec("physics").nodes.count == 5
    assert files.allowed("physics") == (("batch", "volumes") if "volumes" in said else ("batch",))
    assert files.allowed("other") == files.allowed("nowhere") == ()


@pytest.mark.parametrize("said", ["everything", "[batch, 5]", "5", "{batch: true}"])
def test_what_no_run_could_allow_is_an_error_of_the_file(said: str) -> None:
    with pytest.raises(BayError, match=r"bay:allow: .* is nothing that can be allowed"):
        SpecFiles({"physics": f"{FILE}  bay:allow: {said}\n"}, "a request").allowed("physics")
