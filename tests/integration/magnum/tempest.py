"""Upstream's own tests of Magnum, magnum-tempest-plugin, against a sandbox with Magnum.

`python -m tests.integration.magnum.tempest` runs them against the user's sandbox and prints the table of
docs/magnum-service.md. Tempest lives in an environment of its own in the cache folder, installed once.
"""

import csv
import io
import json
import re
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import openstack
import yaml
from openstack.exceptions import NotFoundException

from bay.sandbox import Sandbox
from tests.conftest import CACHE
from tests.integration.bays.harness import connect

PACKAGES = ("tempest==47.0.0", "magnum-tempest-plugin==2.12.0", "python-subunit==1.4.6")
PLUGIN = "magnum_tempest_plugin.tests.api.v1"
KEYPAIR = "magnum-test"
BOOTS = r"test_create_list_sign_delete_clusters"
"""Creates a Kubernetes, and asks its API: servers have to boot. It sleeps five minutes."""
ROLES = {"admin": ("admin",), "member": ("member", "creator"), "reader": ("reader",)}
PROJECT = "tempest"
"""Project of the users whom the tests of roles log in as: they have a keypair, which users made by Tempest lack."""
CONFIGURATION = """
[DEFAULT]
log_file = {work}/tempest.log
[auth]
{auth}
[identity]
uri_v3 = {url}
auth_version = v3
region = RegionOne
[service_available]
magnum = true
swift = false
[enforce_scope]
magnum = true
[oslo_concurrency]
lock_path = {work}/lock
[magnum]
image_id = debian-12-kubernetes
nic_id = public
flavor_id = m1.medium
master_flavor_id = m1.medium
network_driver = flannel
dns_nameserver = 192.0.2.53
copy_logs = false
copy_logs_success = false
labels = {{'bay_model': 'kubernetes'}}
"""
DYNAMIC = """use_dynamic_credentials = true
admin_username = admin
admin_project_name = admin
admin_domain_name = Default
admin_password = {password}
tempest_roles = creator"""
GIVEN = "use_dynamic_credentials = false\ntest_accounts_file = {accounts}"


@dataclass(frozen=True)
class Outcome:
    """One test. status: success, failure, skip."""

    test: str
    status: str

    @property
    def group(self) -> str:
        """Its module, behind the plugin's folder."""
        return self.test.removeprefix(f"{PLUGIN}.").rpartition(".")[0].rpartition(".")[0]


def install(folder: Path) -> Path:
    """Tempest's environment; its `bin`."""
    bin, pins = folder / "bin", "\n".join(PACKAGES)
    complete = folder / "complete"
    if not complete.exists() or complete.read_text() != pins:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([bin / "pip", "install", "--quiet", *PACKAGES], check=True)
        complete.write_text(pins)
    return bin


def run(sandbox: Sandbox, bin: Path, folder: Path, *, boots: bool = False) -> list[Outcome]:
    """Every test, one after the other. boots: whether servers do; without, tests that need it are left out.

    Tests with roles run as users who are there already, and each class in a run of its own: one of them keeps its
    users. The others run as users whom Tempest makes; each of a cluster in a run of its own, since the plugin deletes
    the user after the first one, and Nova refuses the token that the others go on with.
    """
    password = json.loads((sandbox.state / "passwords.json").read_text())["admin"]
    own, given = DYNAMIC.format(password=password), GIVEN.format(accounts=folder / "accounts.yaml")
    everything = _tests(sandbox, bin, folder / "list", own)
    wanted = [test for test in everything if boots or BOOTS not in test]
    outcomes = []
    for test_class in sorted({test.rpartition(".")[0] for test in wanted}):
        tests = [test for test in wanted if test.rpartition(".")[0] == test_class]
        if "rbac" in test_class:
            with users(sandbox, folder / "accounts.yaml"):
                outcomes += _run(sandbox, bin, folder / f"run-{len(outcomes)}", given, tests)
        elif "test_cluster." in test_class:
            for test in tests:
                outcomes += _run(sandbox, bin, folder / f"run-{len(outcomes)}", own, [test])
        else:
            outcomes += _run(sandbox, bin, folder / f"run-{len(outcomes)}", own, tests)
    return outcomes


def _tests(sandbox: Sandbox, bin: Path, work: Path, auth: str) -> list[str]:
    _prepare(sandbox, bin, work, auth)
    command = [bin / "tempest", "run", "--list-tests", "--regex", PLUGIN]
    listed = subprocess.run(command, cwd=work, check=True, capture_output=True, text=True).stdout
    return [line.partition("[")[0] for line in listed.splitlines() if line.startswith(PLUGIN)]


def _prepare(sandbox: Sandbox, bin: Path, work: Path, auth: str) -> None:
    work.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([bin / "tempest", "init", work], check=True, capture_output=True)
    (work / "etc" / "tempest.conf").write_text(CONFIGURATION.format(work=work, auth=auth, url=auth_url(sandbox)))


def _run(sandbox: Sandbox, bin: Path, work: Path, auth: str, tests: Sequence[str]) -> list[Outcome]:
    """Outcomes of these tests; one that Tempest says nothing of has failed."""
    _prepare(sandbox, bin, work, auth)
    chosen = "|".join(rf"{re.escape(test)}\b" for test in tests)
    with (work / "output").open("w") as output:
        command = [bin / "tempest", "run", "--concurrency", "1", "--regex", chosen]
        subprocess.run(command, cwd=work, stdout=output, stderr=output)
    stream = subprocess.run([bin / "stestr", "last", "--subunit"], cwd=work, capture_output=True).stdout
    table = subprocess.run([bin / "subunit2csv"], input=stream, capture_output=True).stdout.decode()
    told = {row["test"].partition("[")[0]: row["status"] for row in csv.DictReader(io.StringIO(table))}
    return [Outcome(test, told.get(test, "failure")) for test in tests]


@contextmanager
def users(sandbox: Sandbox, file: Path) -> Iterator[Path]:
    """An administrator, a member and a reader of one project, in a file as Tempest reads them; gone afterwards."""
    password = token_urlsafe(12)
    with connect(sandbox, "sandbox-admin") as cloud:
        identity: Any = cloud.identity
        project, made = identity.create_project(name=PROJECT, domain_id="default"), []
        try:
            for role, own in ROLES.items():
                user = identity.create_user(name=f"{PROJECT}-{role}", password=password, domain_id="default")
                made.append(user)
                for name in own:
                    identity.assign_project_role_to_user(project, user, identity.find_role(name))
                _create_keypair(sandbox, user.name, password)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(yaml.safe_dump([_account(role, password) for role in ROLES]))
            yield file
        finally:
            for user in made:
                identity.delete_user(user)
            identity.delete_project(project)


def _account(role: str, password: str) -> dict[str, Any]:
    name = {"username": f"{PROJECT}-{role}", "project_name": PROJECT, "domain_name": "Default"}
    return {**name, "password": password, "roles": [role]}


def _create_keypair(sandbox: Sandbox, user: str, password: str) -> None:
    auth = {"auth_url": auth_url(sandbox), "username": user, "password": password, "project_name": PROJECT}
    auth |= {"user_domain_name": "Default", "project_domain_name": "Default"}
    with openstack.connect(auth=auth, region_name="RegionOne", load_yaml_config=False, load_envvars=False) as cloud:
        with suppress(NotFoundException):
            cloud.compute.delete_keypair(KEYPAIR, ignore_missing=False)
        cloud.compute.create_keypair(name=KEYPAIR)


def auth_url(sandbox: Sandbox) -> str:
    """Of Keystone, as the sandbox's own clouds.yaml says it, whatever port that was started on."""
    url: str = yaml.safe_load(sandbox.clouds_file.read_text())["clouds"]["sandbox"]["auth"]["auth_url"]
    return url


def table(outcomes: Iterable[Outcome]) -> str:
    """As docs/magnum-service.md has it."""
    counted: dict[str, Counter[str]] = {}
    for one in outcomes:
        counted.setdefault(one.group, Counter())[one.status] += 1
    lines = ["| tests | passed | failed | skipped |", "| --- | --- | --- | --- |"]
    for group, found in sorted(counted.items()):
        lines.append(f"| `{group}` | {found['success']} | {found['failure']} | {found['skip']} |")
    total = sum(counted.values(), Counter())
    return "\n".join([*lines, f"| all | {total['success']} | {total['failure']} | {total['skip']} |"])


def main() -> None:
    """The folder of a sandbox with Magnum, and one for what Tempest writes; `boots`: its servers do."""
    state, work, *words = sys.argv[1:]
    sandbox = Sandbox(Path(state), CACHE / "bay" / "sandbox")
    outcomes = run(sandbox, install(CACHE / "bay" / "tempest"), Path(work), boots="boots" in words)
    print(table(outcomes))
    for one in outcomes:
        if one.status != "success":
            print(one.status, one.test)


if __name__ == "__main__":
    main()
