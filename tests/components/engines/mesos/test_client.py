"""What a user of a Mesos bay gets, may ask for and may not."""

import json
import shutil
import socketserver
import subprocess
import threading
from base64 import b64encode
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from bay.components.engines import ENGINES, Client
from bay.components.engines.mesos.acls import ACTIONS, acls
from bay.components.errors import BayError
from bay.components.node.credentials import Generation
from bay.components.spec.merge import build_spec
from tests.components.engines.mesos.machine import SECRETS
from tests.paths import RECORDED

MESOS = ENGINES["mesos"]


@pytest.fixture
def files(generation: Generation) -> dict[str, str]:
    keys: Generation = {**generation, "engine": SECRETS}
    return MESOS.client_files(Client("demo", ("203.0.113.7:5050",), [keys]))


def test_people_and_frameworks_get_a_name_and_a_password_each(files: dict[str, str]) -> None:
    operator = {"principal": "bay-operator", "secret": "secret-of-mesos_operator"}
    assert json.loads(files["credential.json"]) == operator
    assert json.loads(files["framework.json"]) == {"principal": "bay-framework", "secret": "secret-of-mesos_framework"}
    assert files["netrc"] == "default login bay-operator password secret-of-mesos_operator\n"


def test_the_environment_names_files_that_there_are(files: dict[str, str]) -> None:
    variables = MESOS.client_environment(["203.0.113.7:5050"], "/home/ada/demo")
    assert variables.pop("MESOS_MASTER") == "https://203.0.113.7:5050"
    assert {name: Path(value).parent for name, value in variables.items()} == dict.fromkeys(
        ("MESOS_CA", "MESOS_NETRC", "MESOS_CREDENTIAL"), Path("/home/ada/demo")
    )
    assert {Path(value).name for value in variables.values()} <= set(files)
    assert MESOS.question.basic in files


def test_an_agent_is_healthy_while_the_leading_master_is_connected_to_it() -> None:
    """The first agent is as Mesos 1.11.0 shows one."""
    answer = json.loads((RECORDED / "mesos-slaves.json").read_text())
    assert MESOS.node_health(answer) == {"demo-node-0": "HEALTHY"}
    answer["slaves"].append({**answer["slaves"][0], "hostname": "demo-node-1", "active": False})
    answer["recovered_slaves"] += [{"hostname": "demo-node-2"}, {**answer["slaves"][0], "active": False}]
    healthy = {"demo-node-0": "HEALTHY", "demo-node-1": "UNHEALTHY", "demo-node-2": "UNHEALTHY"}
    assert MESOS.node_health(answer) == healthy
    assert MESOS.question.names_masters is False


def allowed(principal: str) -> dict[str, Any]:
    rules = {action: rule for action, rule in acls().items() if action != "permissive"}
    return {
        action: {key: value for key, value in rule.items() if key != "principals"}
        for action, rules_of_it in rules.items()
        for rule in rules_of_it
        if rule["principals"] == {"values": [principal]}
    }


def test_what_no_rule_names_is_refused() -> None:
    assert acls()["permissive"] is False


def test_the_agents_credential_registers_agents_and_opens_nothing_else() -> None:
    assert allowed("bay-agent") == {"register_agents": {"agents": {"type": "ANY"}}}


def test_frameworks_run_tasks_and_end_only_their_own() -> None:
    framework = allowed("bay-framework")
    assert framework["run_tasks"] == {"users": {"type": "ANY"}}
    assert framework["teardown_frameworks"] == {"framework_principals": {"values": ["bay-framework"]}}
    assert not {"view_tasks", "access_sandboxes", "update_quotas", "drain_agents", "register_agents"} & set(framework)


def test_operators_may_do_all_that_is_no_agent_s_business() -> None:
    assert set(allowed("bay-operator")) == set(ACTIONS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"nodes": {"taints": ["a=b:NoSchedule"]}}, "nodes.taints: Mesos has no taints"),
        ({"node_groups": {"gpu": {"taints": ["a:NoExecute"]}}}, "gpu.taints: Mesos has no taints"),
        ({"options": {"isolation": ["cgroups"]}}, "options.isolation.0"),
        ({"options": {"isolator": ["cgroups/cpu"]}}, "options.isolator: no such field"),
        ({"options": {"image_providers": ["rkt"]}}, "options.image_providers"),
        ({"options": {"work_dir": "relative"}}, "options.work_dir"),
        ({"options": {"executor_registration_timeout": "5m"}}, "options.executor_registration_timeout"),
        ({"options": {"executor_environment": {"A B": "c"}}}, "options.executor_environment"),
    ],
)
def test_a_spec_that_mesos_cannot_serve_is_an_error_that_names_the_field(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(BayError) as refused:
        build_spec([{"model": "mesos", **wrong}])
    assert said in refused.value.message


def test_the_default_options_are_written_out() -> None:
    assert build_spec([{"model": "mesos"}]).options == {
        "isolation": None,
        "image_providers": None,
        "work_dir": "/var/lib/mesos/agent",
        "executor_environment": {},
        "executor_registration_timeout": "5mins",
        "no_new_privileges": True,
        "marathon": False,
    }


def test_curl_logs_in_with_the_netrc_file_at_any_address(files: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    (tmp_path / "netrc").write_text(files["netrc"])
    said: list[str] = []
    with socketserver.TCPServer(("127.0.0.1", 0), partial(Listener, said)) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/slaves"
        subprocess.run(["curl", "--silent", "--netrc-file", str(tmp_path / "netrc"), url], check=True, timeout=60)
        answering.join()
    assert said == ["Basic " + b64encode(b"bay-operator:secret-of-mesos_operator").decode()]


class Listener(BaseHTTPRequestHandler):
    """Notes how a client logs in."""

    def __init__(self, said: list[str], *args: Any) -> None:
        self.said = said
        super().__init__(*args)

    def do_GET(self) -> None:
        self.said.append(self.headers["Authorization"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Says nothing."""
