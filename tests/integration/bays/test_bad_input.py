"""What a user can get wrong: each is one line of what is wrong, one of what to do, and nothing half made."""

from collections.abc import Iterator

import pytest
from openstack.connection import Connection

from tests.integration.bays.conftest import NewBay
from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox

NAME_HINT = "use lower-case letters, digits and '-', starting with a letter, for example physics-1"
FIELDS = "see 'bay model fields' for every field and its values"


@pytest.fixture(scope="module")
def user(new_shared_bay: NewBay) -> Iterator[Bay]:
    """A user who gets everything wrong, and whose state stays empty."""
    user = new_shared_bay()
    yield user
    assert user.names() == [], "a mistake makes no bay, not even half of one"


@pytest.mark.parametrize(
    ("words", "code", "message", "hint"),
    [
        (["--model", "swram"], 1, "there is no model 'swram'", "nearest: swarm, swarm-ha; see 'bay model list'"),
        (["--set", "nodes.flavor=m1.smal"], 1, "flavor: there is no flavor 'm1.smal'", "nearest: m1.small, "),
        (["--set", "image=debian-12-dockr"], 1, "image: there is no image 'debian-12-dockr'", "nearest: debian-12-doc"),
        (
            ["--set", "network.existing=provder"],
            1,
            "network.existing: there is no network 'provder'",
            "nearest: provid",
        ),
        (
            ["--set", "network.external=publc"],
            1,
            "network.external: there is no external network 'publc'",
            "nearest: pu",
        ),
        (
            ["--keypair", "laptop"],
            1,
            "keypair: there is no keypair 'laptop'",
            "openstack keypair create --public-key F",
        ),
        (["--set", "nodes.flvor=m1.small"], 2, "nodes.flvor: no such field", "nearest: flavor"),
        (["--set", "network.cidr=all"], 2, "network.cidr: is not a CIDR", FIELDS),
        (["--nodes", "-1"], 2, "nodes.count: must be greater than or equal to 0, got -1", FIELDS),
        (["--nodes", "few"], 2, "Invalid value for '--nodes'", "'bay create --help' shows what it takes"),
        (["--file", "no-such.yaml"], 2, "no-such.yaml: No such file or directory", "name a file that can be read"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_a_bay_is_made_of_has_to_exist(user: Bay, words: list[str], code: int, message: str, hint: str) -> None:
    model = [] if "--model" in words else ["--model", "swarm"]
    result = user.run("create", "wrong", *model, *words)
    assert result.code == code
    assert result.error[0].startswith(message)
    assert result.error[1].startswith(hint)
    assert result.out == ""


def test_an_unknown_keypair_names_the_nearest(user: Bay, clouds: list[Connection]) -> None:
    keypair = clouds[0].compute.create_keypair(name="laptop-2026")
    try:
        result = user.run("create", "wrong", "--model", "swarm", "--keypair", "laptop")
        assert result.error == ("keypair: there is no keypair 'laptop'", "nearest: laptop-2026")
    finally:
        clouds[0].compute.delete_keypair(keypair)


def test_an_image_that_the_servers_cannot_run_is_refused(user: Bay, clouds: list[Connection]) -> None:
    words = ("create", "wrong", "--model", "swarm", "--set", "image=debian-12-kubernetes", "--set")
    assert user.run(*words, "nodes.flavor=m1.tiny").error == (
        "nodes.flavor: m1.tiny has 512 MiB of RAM, image debian-12-kubernetes needs 1024",
        "choose a larger flavor: --set nodes.flavor=FLAVOR",
    )
    assert user.run(*words, "nodes.boot_volume=5").error[0] == (
        "nodes.boot_volume: it has 5 GiB of disk, image debian-12-kubernetes needs 10"
    )


def test_an_image_that_does_not_say_its_system_is_warned_of_until_the_spec_says_it(
    user: Bay, clouds: list[Connection]
) -> None:
    image = clouds[0].image.create_image(
        "own", disk_format="raw", container_format="bare", data=b"x", allow_duplicates=True, validate_checksum=False
    )
    words = ("preview", "wrong", "--model", "swarm", "--set", "image=own", "--set")
    try:
        unsaid = user.run(*words, "nodes.count=1", "-f", "json")
        assert any("image own does not say" in note for note in unsaid.json["notes"]), unsaid.out[-2000:]
        said = user.run(*words, "os_distro=debian", "-f", "json")
        assert not any("image own " in note for note in said.json["notes"]), said.json["notes"]
    finally:
        clouds[0].image.delete_image(image)


@pytest.mark.parametrize("command", ["create", "show", "delete"])
def test_a_name_that_is_no_part_of_a_host_name_is_refused_by_every_command(user: Bay, command: str) -> None:
    words = {"create": ["--model", "swarm"], "delete": ["--yes"]}.get(command, [])
    result = user.run(command, "../My_Bay", *words)
    assert result.code == 2
    assert result.error == ("bay name '../My_Bay' cannot be part of a host name", NAME_HINT)


def test_a_name_that_is_too_long_is_refused(user: Bay) -> None:
    result = user.run("create", "b" * 41, "--model", "swarm")
    assert result.code == 2
    assert "has 41 characters; the limit is 40" in result.error[0]


@pytest.mark.parametrize("words", [("show", "nobody"), ("scale", "nobody", "3"), ("delete", "nobody", "--yes")])
def test_a_bay_that_is_not_there_is_said(user: Bay, words: tuple[str, ...]) -> None:
    result = user.run(*words)
    assert result.code == 1
    message, hint = result.error
    assert message == "there is no bay 'nobody' in this state"
    assert hint.endswith("'bay list' shows the bays")


def test_debug_shows_where_an_error_comes_from(user: Bay) -> None:
    result = user.run("--debug", "show", "nobody")
    assert "Traceback" in result.err
    assert result.code == 1


@pytest.fixture(scope="module")
def kept(new_shared_bay: NewBay) -> Iterator[Bay]:
    """A user with a bay, for what is refused without touching it."""
    owner = new_shared_bay()
    owner.make("kept", "--nodes", "1")
    yield owner
    assert owner.run("preview", "kept").code == 0, "what is refused changes nothing"


def test_a_name_that_is_used_here_is_refused(kept: Bay) -> None:
    result = kept.run("create", "kept", "--model", "swarm")
    assert result.code == 1
    assert result.error == ("bay kept exists already", "'bay scale kept N' changes it, 'bay delete kept' deletes it")


def test_a_name_that_another_bay_of_the_project_carries_is_refused(kept: Bay, user: Bay) -> None:
    result = user.run("create", "kept", "--model", "swarm")
    mark = kept.run("show", "kept", "-f", "value", "-c", "id").out.strip()
    assert result.code == 1
    assert result.error == (
        f"another bay named kept exists in this project (bay:id {mark}); its state is elsewhere",
        "choose another name, or use the state it was created with (--state)",
    )


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["scale", "kept", "2", "--group", "nodes"], "bay kept has no group 'nodes'", "nearest: node"),
        (
            ["scale", "kept", "--remove", "kept-nod-0"],
            "bay kept has no node 'kept-nod-0' in group node",
            "nearest: kep",
        ),
        (["scale", "kept"], "neither a number of servers nor servers to remove", "bay scale kept N, or --remove NODE"),
        (
            ["scale", "kept", "0"],
            "this would delete 1 servers of bay kept: kept-node-0",
            "add --yes to do it without a question",
        ),
        (["delete", "kept"], "this would delete bay kept and all its data", "add --yes to do it without a question"),
        (["update", "kept", "--set", "nodse=3"], "nodse: no such field", "nearest: nodes"),
        (["show", "kept", "-c", "adress"], "-c adress: no such column", "nearest: api_address"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_change_that_cannot_be_meant_is_refused(kept: Bay, words: list[str], message: str, hint: str) -> None:
    result = kept.run(*words)
    assert result.code == 2
    assert result.error[0] == message
    assert result.error[1].startswith(hint)
