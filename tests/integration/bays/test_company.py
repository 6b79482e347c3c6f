"""The environment of a company: a proxy for everything, an empty passphrase in every shell, states by other names."""

import os
import shutil
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from bay.components.node import certificates
from bay.sandbox import Sandbox
from tests.integration.bays.harness import COMMAND, Bay
from tests.integration.bays.proxy import Proxy
from tests.integration.bays.relay import Relay

pytestmark = pytest.mark.sandbox

HOST = "cloud.company.example"
"""Nobody but the proxy can reach a host of such a name (RFC 2606)."""
SMALL = (
    "--model",
    "swarm",
    "--nodes",
    "0",
    "--no-wait",
    "--set",
    "network.existing=provider",
    "--set",
    "affinity=none",
)


@dataclass(frozen=True)
class Company:
    """A cloud that only the company's proxy reaches."""

    proxy: Proxy
    relay: Relay

    def let_in(self, user: Bay) -> None:
        """Give a user the environment of the company's shells: proxies, and no exception from them."""
        names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "grpc_proxy")
        proxies = dict.fromkeys(names, self.proxy.url)
        user.extra = {**user.extra, "OS_CLIENT_CONFIG_FILE": str(self.relay.clouds_file), **proxies}


@pytest.fixture(scope="module")
def company(sandbox_cloud: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """There until users have deleted what they left, so it is asked for first."""
    company = Company(Proxy([HOST]), Relay(sandbox_cloud, tmp_path_factory.mktemp("company"), host=HOST))
    yield company
    company.proxy.close()
    company.relay.close()


def test_a_proxy_is_asked_for_the_cloud_and_for_nothing_on_this_machine(company: Company, bay: Bay) -> None:
    company.let_in(bay)
    bay.make("proxied", *SMALL)
    clients = {seen.client for seen in company.relay.seen}
    assert len(clients - {"bay"}) == len(clients) - 1 > 0, "bay and Pulumi's plugin both reach the cloud"
    planned = bay.run("preview", "proxied", "--refresh")
    assert planned.code == 0, planned
    assert bay.run("delete", "proxied", "--yes").code == 0
    assert set(company.proxy.passed) == {HOST}
    assert company.proxy.connects == []


def test_programs_that_plain_pulumi_starts_ask_no_proxy_for_pulumi(company: Company, bay: Bay, checkout: Path) -> None:
    company.let_in(bay)
    settings = ("model swarm", "network.existing provider", "affinity none", "nodes.count 0")
    configure = "\n".join(f"pulumi config set --path bay:{words}" for words in settings)
    up = bay.shell(f"pulumi stack init typed\n{configure}\npulumi up --yes --skip-preview", cwd=checkout)
    assert up.code == 0, up
    assert company.proxy.connects == []


def test_keys_are_never_encrypted_with_an_empty_passphrase(bay: Bay) -> None:
    """Pulumi lets the variable win over the bay's own file as soon as it is set, and many shells set it to nothing."""
    bay.make("kept", *SMALL, PULUMI_CONFIG_PASSPHRASE="")
    opened = bay.run("config", "kept", PULUMI_CONFIG_PASSPHRASE_FILE=os.devnull)
    assert opened.error[0] == "the passphrase of bay kept is wrong", "nothing opens it"
    for shell in (None, "", " "):
        assert bay.run("config", "kept", PULUMI_CONFIG_PASSPHRASE=shell).code == 0, shell
    folder = bay.home / "empty"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("{name: bay, runtime: python}\n")
    typed = "pulumi stack output client_files --show-secrets --stack kept"
    by_hand = bay.shell(typed, cwd=folder, bay="kept", PULUMI_CONFIG_PASSPHRASE="")
    assert "ca.pem" in by_hand.out, by_hand
    assert bay.run("delete", "kept", "--yes", PULUMI_CONFIG_PASSPHRASE="").code == 0


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file://./bays", "bays"),
        ("file://~/our bays", "our bays"),
        ("file://zürich/50%?no_tmp_dir=true", "zürich/50%"),
    ],
)
def test_bay_and_pulumi_mean_the_same_folder_by_a_state(bay: Bay, url: str, folder: str) -> None:
    bay.make("placed", *SMALL, BAY_STATE=url)
    written = bay.home / folder / ".pulumi" / "stacks" / "bay" / "placed.json"
    assert written.is_file()
    assert list(bay.home.rglob(".pulumi/stacks")) == [written.parents[1]], "and nowhere else"
    shown = bay.run("show", "placed", "-f", "value", "-c", "status", BAY_STATE=f"file://{bay.home}/{folder}/")
    assert shown.out == "CREATE_COMPLETE\n", shown
    assert bay.run("delete", "placed", "--yes", BAY_STATE=url).code == 0


@dataclass(frozen=True)
class Trust:
    """How a user names the authority of the cloud's certificates. cloud: in its entry. variables: of the shell."""

    cloud: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def private_cloud(sandbox_cloud: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A cloud with certificates of an authority that nobody else knows: beside its clouds.yaml, as ``ca.pem``."""
    folder = tmp_path_factory.mktemp("private")
    key, now = certificates.new_key(), datetime.now(UTC)
    issuer = certificates.Authority(key, certificates.authority(key, "company", now))
    (folder / "ca.pem").write_text(issuer.certificate)
    own = certificates.new_key()
    (folder / "server.pem").write_text(certificates.server(issuer, own, ["127.0.0.1"], now) + own)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    relay = Relay(sandbox_cloud, folder, tls=context)
    yield relay
    relay.close()


@pytest.mark.parametrize(
    "trust",
    [
        Trust({"cacert": "certs/ca.pem"}),
        Trust(variables={"OS_CACERT": "certs/ca.pem"}),
        Trust(variables={"REQUESTS_CA_BUNDLE": "certs/ca.pem"}),
        Trust(variables={"CURL_CA_BUNDLE": "certs/ca.pem"}),
    ],
    ids=["cacert", "OS_CACERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
)
def test_who_trusts_an_authority_says_so_once(private_cloud: Relay, bay: Bay, trust: Trust) -> None:
    """bay is Python and the plugin is Go: what only one of them reads would leave a bay half created."""
    certs = bay.home / "certs"
    certs.mkdir()
    shutil.copy(private_cloud.clouds_file.parent / "ca.pem", certs)
    clouds = yaml.safe_load(private_cloud.clouds_file.read_text())
    clouds["clouds"]["sandbox"].update(trust.cloud)
    (bay.home / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    bay.extra = {"OS_CLIENT_CONFIG_FILE": str(bay.home / "clouds.yaml"), **trust.variables}
    bay.make("trusted", *SMALL)
    assert bay.run("drift", "trusted").code == 0
    assert bay.run("delete", "trusted", "--yes").code == 0


def test_an_unknown_authority_is_refused_before_anything_is_created(private_cloud: Relay, bay: Bay) -> None:
    before = bay.extra
    bay.extra = {"OS_CLIENT_CONFIG_FILE": str(private_cloud.clouds_file)}
    refused = bay.run("create", "trusted", *SMALL)
    assert refused.code == 1
    assert ": TLS at https://127.0.0.1:" in refused.error[0]
    assert "certificate verify failed" in refused.error[0]
    assert refused.error[1].startswith("name the certificates of its authority with cacert of this cloud")
    missing = bay.run("create", "trusted", *SMALL, OS_CACERT="nowhere.pem")
    assert missing.code == 1
    assert "nowhere.pem" in missing.error[0]
    assert "mistake" not in missing.err
    assert bay.names() == []
    bay.extra = before


@pytest.mark.parametrize(
    "surroundings",
    [
        pytest.param({"HOME": None}, id="no HOME"),
        pytest.param({"HOME": "/dev/null/home"}, id="HOME is no folder"),
        pytest.param({"TMPDIR": "/nowhere", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}, id="no TMPDIR, Turkish"),
        pytest.param({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="ASCII"),
    ],
)
def test_a_bay_lives_without_a_home_and_in_any_language(bay: Bay, surroundings: dict[str, str | None]) -> None:
    """Folders of bay's own are named by XDG variables here."""
    bay.make("plain", *SMALL, **surroundings)
    assert bay.run("preview", "plain", **surroundings).code == 0
    assert bay.run("delete", "plain", "--yes", **surroundings).code == 0


def test_a_change_goes_on_though_nobody_reads_of_it(bay: Bay) -> None:
    small = " ".join(SMALL)
    assert bay.execute(["bash", "-c", f"{COMMAND} create unread {small} 2>&1 >/dev/null | true"]).err == ""
    shown = bay.run("show", "unread", "-f", "value", "-c", "status", "-c", "status_reason")
    assert shown.out.split("\n")[0] == "CREATE_COMPLETE", shown
    deleted = bay.execute(["bash", "-c", f"{COMMAND} delete unread --yes 2>/dev/full"])
    assert (deleted.code, deleted.err) == (0, "")
    assert bay.names() == []
