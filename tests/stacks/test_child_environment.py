"""What children are told: paths that hold in their folders, no proxy for this machine, no empty passphrase."""

import pytest

from bay.stacks.child_environment import PATHS, child_environment, loopback_exemption

ALL = "localhost,127.0.0.1,::1"
PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "grpc_proxy"])
def test_where_a_proxy_is_named_this_machine_is_none_of_its_business(proxy: str) -> None:
    assert loopback_exemption({proxy: PROXY}) == {"no_proxy": ALL, "NO_PROXY": ALL}


@pytest.mark.parametrize("environment", [{}, {"http_proxy": ""}, {"no_proxy": ".corp"}])
def test_without_a_proxy_nothing_is_set(environment: dict[str, str]) -> None:
    assert loopback_exemption(environment) == {}
    assert child_environment(environment) == environment


@pytest.mark.parametrize(
    ("lists", "completed"),
    [
        ({"no_proxy": ".corp"}, {"no_proxy": f".corp,{ALL}", "NO_PROXY": f".corp,{ALL}"}),
        ({"NO_PROXY": ".corp"}, {"no_proxy": f".corp,{ALL}", "NO_PROXY": f".corp,{ALL}"}),
        ({"no_proxy": "", "NO_PROXY": ".corp"}, {"no_proxy": f".corp,{ALL}", "NO_PROXY": f".corp,{ALL}"}),
        ({"no_proxy": ".a", "NO_PROXY": ".b"}, {"no_proxy": f".a,{ALL}", "NO_PROXY": f".b,{ALL}"}),
        ({"no_proxy": "127.0.0.1, localhost"}, {name: "127.0.0.1,localhost,::1" for name in ("no_proxy", "NO_PROXY")}),
        ({"no_proxy": f"{ALL},.corp"}, dict.fromkeys(("no_proxy", "NO_PROXY"), f"{ALL},.corp")),
        ({"no_proxy": "*"}, {"no_proxy": "*", "NO_PROXY": "*"}),
        ({"no_proxy": "*", "NO_PROXY": ".b"}, {"no_proxy": "*", "NO_PROXY": f".b,{ALL}"}),
        ({"no_grpc_proxy": "x"}, {"no_grpc_proxy": f"x,{ALL}", "no_proxy": ALL, "NO_PROXY": ALL}),
    ],
)
def test_what_the_user_exempts_stays_exempt_to_readers_of_either_spelling(
    lists: dict[str, str], completed: dict[str, str]
) -> None:
    exempted = loopback_exemption({"http_proxy": PROXY, **lists})
    assert exempted == completed
    assert loopback_exemption({"http_proxy": PROXY, **exempted}) == completed, "who inherits them sets the same"


@pytest.mark.parametrize(("word", "kept"), [("", False), (" ", False), ("word", True)])
def test_an_empty_passphrase_reaches_no_child(word: str, kept: bool) -> None:
    given = child_environment({"PULUMI_CONFIG_PASSPHRASE": word, "PULUMI_CONFIG_PASSPHRASE_FILE": "/f"})
    assert ("PULUMI_CONFIG_PASSPHRASE" in given) is kept
    assert given["PULUMI_CONFIG_PASSPHRASE_FILE"] == "/f"


@pytest.mark.parametrize("name", PATHS)
def test_a_relative_path_is_that_of_this_folder(environment: dict[str, str], name: str) -> None:
    home = environment["HOME"]
    assert child_environment({name: "certs/ca.pem"}) == {name: f"{home}/certs/ca.pem"}
    assert child_environment({name: "/ca.pem"}) == {name: "/ca.pem"}
    assert child_environment({name: ""}) == {name: ""}


def test_everything_else_is_handed_on() -> None:
    given = {"GOGC": "50", "LANG": "tr_TR.UTF-8", "SSL_CERT_DIR": "/certs", "https_proxy": PROXY}
    assert given.items() <= child_environment(given).items()
