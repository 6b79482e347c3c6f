"""The library's front: every operation is a method, and each opens, locks and refuses as it should."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openstack import exceptions

from bay.components.errors import BayError, Forbidden, InvalidInput
from bay.components.openstack.login import Login
from bay.components.spec import BaySpec
from bay.components.spec.merge import build_spec, changed_spec
from bay.stacks.approval import allow
from bay.stacks.bays import Bays
from bay.stacks.cluster.health import CLOSED, NOT_ASKED
from bay.stacks.errors import AlreadyExists, NotFound, NotReady, Protected
from bay.stacks.operations.apply import scaled
from bay.stacks.operations.groups import GroupEdit
from bay.stacks.operations.upgrade_target import UpgradeRequest
from bay.stacks.state import lock
from bay.stacks.state.snapshot import IDENTITY_TYPE, StateSnapshot
from bay.stacks.state.status import Status
from tests.fakes.messages import told
from tests.fakes.openstack import AUTH_URL, REGION, FakeCloud, boot, ordinary_cloud
from tests.fakes.stack import NOWHERE, FakeContext, write_history, write_lock, write_state
from tests.fakes.states import BAY_ID, bay_of, complete, cut_off

SPEC = build_spec([{"model": "swarm", "nodes": 1}])


@pytest.fixture
def cloud() -> FakeCloud:
    cloud = ordinary_cloud()
    boot(cloud, StateSnapshot.from_deployment("demo", bay_of(SPEC)))
    return cloud


@pytest.fixture
def context(tmp_path: Path, cloud: FakeCloud) -> FakeContext:
    """With a bay called demo."""
    write_state(tmp_path / "state", bay_of(SPEC))
    return FakeContext(cloud, tmp_path)


@pytest.fixture
def bays(context: FakeContext) -> Bays:
    bays = Bays(context.settings, Login())
    bays.context = context
    return bays


def to(spec: BaySpec) -> Callable[[BaySpec | None], BaySpec]:
    return lambda _before: spec


# Questions


def test_bays_are_named_in_order_and_of_files_without_a_process(bays: Bays, context: FakeContext) -> None:
    write_state(context.settings.state_folder or NOWHERE, None, "chemistry")
    assert (bays.names(), context.commands) == (["chemistry", "demo"], [])


def test_bays_of_another_state_are_named_by_pulumi(bays: Bays, context: FakeContext) -> None:
    context.settings = replace(context.settings, state="postgres://127.0.0.1/bays")
    context.answers["stack ls"] = '[{"name": "physics"}, {"name": "organization/bay/chemistry"}]'
    assert (bays.names(), context.commands) == (["chemistry", "physics"], ["stack ls"])


OPERATIONS: list[Callable[[Bays], Any]] = [
    lambda bays: bays.snapshot("other"),
    lambda bays: bays.describe("other"),
    lambda bays: bays.status("other"),
    lambda bays: bays.health("other"),
    lambda bays: bays.servers("other"),
    lambda bays: bays.client_files("other"),
    lambda bays: bays.authority("other"),
    lambda bays: bays.console_log("other", "node-0"),
    lambda bays: bays.ssh_target("other"),
    lambda bays: bays.history("other"),
    lambda bays: bays.topology("other"),
    lambda bays: bays.put_context("other"),
    lambda bays: bays.require_own("other"),
    lambda bays: bays.drift("other"),
    lambda bays: bays.repair_plan("other"),
    lambda bays: bays.outdated("other"),
    lambda bays: bays.rebuild_plan("other"),
    lambda bays: bays.rebuild("other"),
    lambda bays: bays.upgrade_plan("other", UpgradeRequest("1.34.2")),
    lambda bays: bays.upgrade("other", UpgradeRequest("1.34.2")),
    lambda bays: bays.delete_plan("other"),
    lambda bays: bays.update("other", to(SPEC)),
    lambda bays: bays.scale("other", count=3),
    lambda bays: bays.wait("other"),
    lambda bays: bays.repair("other"),
    lambda bays: bays.delete("other", approve=allow("delete")),
    lambda bays: bays.export("other", Path("/nowhere")),
    lambda bays: bays.unlock("other"),
    lambda bays: bays.pulumi_environment("other"),
    lambda bays: bays.preview("other", bays.spec({"nodes": 3})),
    lambda bays: bays.preview("other", scaled("other", "node", 3, [])),
    lambda bays: bays.groups("other"),
    lambda bays: bays.create_group("other", "gpu", {}),
    lambda bays: bays.set_group("other", "node", GroupEdit({"count": 3})),
    lambda bays: bays.group_delete_plan("other", "gpu"),
    lambda bays: bays.delete_group("other", "gpu", approve=allow("delete")),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_bay_that_is_not_there_is_told_by_every_operation(bays: Bays, operation: Callable[[Bays], Any]) -> None:
    with pytest.raises(NotFound, match="there is no bay 'other' in this state"):
        operation(bays)


MISSPELT: list[Callable[[Bays], Any]] = [
    lambda bays: bays.snapshot("dmeo"),
    lambda bays: bays.update("dmeo", to(SPEC)),
    lambda bays: bays.delete("dmeo", approve=allow("delete")),
    lambda bays: bays.preview("dmeo", bays.spec({"nodes": 3})),
    lambda bays: bays.pulumi_environment("dmeo"),
]


@pytest.mark.parametrize("operation", MISSPELT)
def test_a_misspelt_bay_gets_the_nearest_name(bays: Bays, operation: Callable[[Bays], Any]) -> None:
    with pytest.raises(NotFound) as refused:
        operation(bays)
    assert refused.value.hint.startswith("nearest: demo; 'bay list' shows the bays")


def test_a_new_bay_without_a_model_may_be_another_one_misspelt(bays: Bays) -> None:
    with pytest.raises(NotFound) as refused:
        bays.preview("dmeo", bays.spec({}))
    assert refused.value.hint == (
        "nearest: demo; 'bay list' shows the bays; for a new bay name a model with --model MODEL; 'bay model list' "
        "shows them"
    )


def test_a_bay_that_is_named_with_a_cloud_has_to_be_of_it(bays: Bays, tmp_path: Path) -> None:
    deployment = complete()
    identity = next(one for one in deployment["resources"] if one["type"] == IDENTITY_TYPE)
    for project in ("1" * 32, "3" * 32):
        identity["outputs"]["cloud"] = {"auth_url": AUTH_URL, "region": REGION, "project_id": project}
        write_state(tmp_path / "state", deployment)
        if project == "1" * 32:
            bays.require_own("demo")
    message, hint, _ = told(lambda: bays.require_own("demo"))
    assert message.startswith(f"bay demo belongs to project {'3' * 32} at ")
    assert hint == "use the login that created demo: set OS_CLOUD or --os-cloud"


def test_the_bays_of_a_login_are_those_of_its_cloud_and_project(bays: Bays, cloud: FakeCloud) -> None:
    here = {"auth_url": f"{AUTH_URL}/v3", "region": REGION, "project_id": cloud.current_project_id}
    states = [
        StateSnapshot("ours", cloud=here),
        StateSnapshot("begun"),
        *(StateSnapshot(key, cloud={**here, key: "other"}) for key in here),
    ]
    assert [state.name for state in bays.of_login(states)] == ["ours", "begun"]


def test_a_bay_is_described_from_its_state_alone(bays: Bays, context: FakeContext, cloud: FakeCloud) -> None:
    write_history(context.settings.state_folder or NOWHERE, 1767323045, "update", "succeeded")
    described = bays.describe("demo")
    assert described.state == bays.snapshot("demo")
    assert (described.status, described.health) == (Status("CREATE_COMPLETE"), NOT_ASKED)
    assert bays.describe("demo", ask_health=True).health == bays.health("demo") == CLOSED
    assert cloud.journal == []


def test_a_bay_that_is_being_changed_says_so(bays: Bays, context: FakeContext) -> None:
    with lock.held(context.settings.lock_file("demo"), "demo"):
        assert bays.status("demo") == Status("UPDATE_IN_PROGRESS")


def test_servers_have_novas_status(bays: Bays, cloud: FakeCloud) -> None:
    found = bays.servers("demo")
    assert found.statuses == {"id master 0": "ACTIVE", "id node 0": "ACTIVE"}
    assert [server.name for server in found.state.servers] == ["demo-master-0", "demo-node-0"]


def test_where_nova_does_not_say_servers_are_told_still(bays: Bays, context: FakeContext, cloud: FakeCloud) -> None:
    cloud.services -= {"compute"}
    found = bays.servers("demo")
    assert found.statuses is None
    assert len(found.state.servers) == 2
    (notice,) = context.notices
    assert notice.startswith("the status of the servers is not known: asking for the servers: ")


def test_a_console_log_is_that_of_a_server_by_name_without_what_acts_on_a_terminal(
    bays: Bays, cloud: FakeCloud
) -> None:
    cloud.consoles["id node 0"] = ["first\n\n\x1b[31msecond\x1b[0m\r\nthird\n"]
    found = bays.console_log("demo", "node-0")
    assert (found.server, found.id, found.lines) == ("demo-node-0", "id node 0", ("first", "second", "third"))
    assert bays.console_log("demo", "demo-node-0", 1).lines == ("third",)


def test_a_console_log_that_nobody_may_read_says_so(bays: Bays, cloud: FakeCloud) -> None:
    cloud.consoles["id node 0"] = [exceptions.ForbiddenException("policy does not allow it")]
    with pytest.raises(Forbidden, match=r"^reading the console log of demo-node-0"):
        bays.console_log("demo", "node-0")


def test_the_history_is_pulumis(bays: Bays, context: FakeContext) -> None:
    write_history(context.settings.state_folder or NOWHERE, 1767323045, "destroy", "failed")
    (run,) = bays.history("demo", 7)
    assert (run.started, run.operation, run.result, run.seconds) == (
        "2026-01-02T03:04:04Z",
        "delete",
        "failed",
        1,
    )


def test_names_of_a_state_far_away_are_kept_for_shell_completion(bays: Bays, context: FakeContext) -> None:
    bays.names()
    assert not context.settings.names_file.exists(), "a folder is read as quickly"
    context.settings = replace(context.settings, state="s3://bays")
    context.answers["stack ls"] = '[{"name": "physics"}, {"name": "demo"}]'
    bays.names()
    assert context.settings.names_file.read_text() == "demo\nphysics"


PROJECT = {"auth_url": "https://cloud.example:5000", "region": "RegionOne", "project_id": "1" * 32}


def snapshot(name: str, bay_id: str, **cloud: str) -> StateSnapshot:
    return StateSnapshot(name, bay_id=bay_id, cloud={**PROJECT, **cloud})


def add_server(cloud: FakeCloud, bay_id: str) -> None:
    flavor = {"vcpus": 4, "ram": 8192}
    cloud.add("server", f"of {bay_id}", name="x", metadata={"bay:id": bay_id}, flavor=flavor)


USED = {"servers": 1, "cores": 4, "ram_mib": 8192, "volumes": 0, "volumes_gib": 0}


@pytest.fixture
def used(bays: Bays, cloud: FakeCloud) -> Bays:
    """A project in which bays a and b have a server each."""
    cloud.things["server"].clear()
    add_server(cloud, "a")
    add_server(cloud, "b")
    return bays


def test_every_bay_gets_what_it_uses_and_one_without_servers_uses_nothing(used: Bays) -> None:
    found = used.usage([snapshot("one", "a"), snapshot("two", "b"), snapshot("new", "c")])
    assert found == {"one": USED, "two": USED, "new": dict.fromkeys(USED, 0)}


def test_a_bay_of_another_project_has_no_figures_and_that_is_told(used: Bays, context: FakeContext) -> None:
    assert used.usage([snapshot("one", "a"), snapshot("theirs", "b", project_id="q" * 32)]) == {"one": USED}
    (notice,) = context.notices
    assert notice.startswith(f"what bay theirs uses is not known: bay theirs belongs to project {'q' * 32}")


def test_where_the_cloud_cannot_be_asked_that_is_an_error(used: Bays, cloud: FakeCloud) -> None:
    cloud.services -= {"compute"}
    assert told(lambda: used.usage([snapshot("one", "a")]))[0].startswith("asking what the bays use: ")


def test_what_a_run_that_was_killed_left_behind_is_used_too(used: Bays) -> None:
    """It carries the mark, though the state does not know it."""
    assert used.usage([snapshot("one", "a")])["one"]["servers"] == 1


def test_a_plan_to_be_saved_is_not_compared_with_the_cloud_first(bays: Bays, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        bays.preview("demo", to(SPEC), refresh=True, save=tmp_path / "one.plan")
    assert (refused.value.message, refused.value.hint) == (
        "a plan to be saved cannot be compared with the cloud first",
        "repair the bay first",
    )


def test_a_bay_that_no_file_manages_is_not_previewed_from_one(bays: Bays) -> None:
    message, hint, _ = told(lambda: bays.preview("demo", to(SPEC), from_file=True))
    assert message == "bay demo is managed by the bay command, not by its file"
    assert hint == "bay export demo"


def test_a_protected_bay_has_no_plan_of_its_end(bays: Bays, tmp_path: Path) -> None:
    write_state(tmp_path / "state", bay_of(changed_spec(SPEC, [{"protected": True}])))
    with pytest.raises(Protected):
        bays.delete_plan("demo")


def test_plain_pulumi_gets_a_passphrase_of_its_own_and_that_of_a_bay(bays: Bays, context: FakeContext) -> None:
    file = context.settings.shared_passphrase_file
    shared = bays.pulumi_environment()
    folder = bays.context.settings.state_folder
    assert folder is not None
    assert folder.is_dir(), "plain pulumi refuses a state folder that is not there"
    assert shared["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(file)
    assert shared["PULUMI_BACKEND_URL"] == context.settings.state
    assert shared["OS_CLOUD"] == "test@bay"
    own = context.settings.passphrase_file("demo")
    own.write_text("word")
    assert bays.pulumi_environment("demo")["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(own)


def test_plain_pulumi_may_look_at_a_state_without_a_cloud(bays: Bays, context: FakeContext) -> None:
    context.no_login = BayError("there is no cloud 'test'", "")
    assert "OS_CLOUD" not in bays.pulumi_environment()
    assert context.notices == ["no cloud for plain pulumi: there is no cloud 'test'"]


def test_fields_of_a_spec_go_over_a_model_of_the_users_own(bays: Bays, context: FakeContext, tmp_path: Path) -> None:
    for folder, nodes in ((context.settings.models, 4), (tmp_path / "more", 5)):
        folder.mkdir(parents=True)
        (folder / "lab.yaml").write_text(f"extends: swarm\nnodes: {nodes}\n")
    assert bays.spec({"model": "lab"})(None).nodes.count == 4
    assert bays.spec({"model": "lab"}, models=[tmp_path / "more"])(None).nodes.count == 5
    assert bays.spec({"model": "lab"}, {"nodes": 6}, addons=["eos"])(None).addons == ("eos",)
    assert bays.spec({"nodes": 7})(SPEC).nodes.count == 7


# Changes


def test_a_new_bay_is_created_and_waited_for(bays: Bays, context: FakeContext, tmp_path: Path) -> None:
    deployment = bay_of(SPEC)
    cloud = context.openstack = ordinary_cloud()

    def up() -> None:
        write_state(tmp_path / "state", deployment, "new")
        boot(cloud, StateSnapshot.from_deployment("new", deployment))
        for server in cloud.things["server"]:
            server.name = server.name.replace("demo", "new")

    context.effects["up"] = up
    state = bays.create("new", to(SPEC), wait=timedelta(minutes=5))
    assert len(state.servers) == 2
    assert context.commands == ["stack init", "up"]
    assert context.phases == ["apply", "wait"]
    assert context.settings.passphrase_file("new").exists()
    assert not lock.is_held(context.settings.lock_file("new")), "also while servers are waited for"


def test_a_bay_that_is_there_is_not_created(bays: Bays) -> None:
    with pytest.raises(AlreadyExists, match="bay demo exists already"):
        bays.create("demo", to(SPEC))


@pytest.fixture
def grown(context: FakeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """Whose update creates one more node; what a preview of Pulumi tells is left out."""
    two = bay_of(changed_spec(SPEC, [{"nodes": 2}]))
    cloud = context.openstack

    def up() -> None:
        write_state(tmp_path / "state", two)
        cloud.add("server", "id node 1", name="demo-node-1", status="ACTIVE", metadata={"bay:group": "node"})
        cloud.consoles["id node 1"] = ["bay: stage=ready node=x\n"]

    context.effects["up"] = up
    monkeypatch.setattr("bay.stacks.automation.runs.preview", lambda *_, **__: None)
    return context


def test_after_a_change_only_new_servers_are_waited_for(bays: Bays, grown: FakeContext) -> None:
    grown.openstack.consoles["id node 0"] = [""]
    state = bays.scale("demo", count=2, wait=timedelta(minutes=5))
    assert [server.name for server in state.servers] == ["demo-master-0", "demo-node-0", "demo-node-1"]
    looks = {line for line in grown.openstack.journal if line.startswith("get_server_console_output")}
    assert looks == {"get_server_console_output id node 1"}


def test_without_a_time_nobody_is_waited_for(bays: Bays, grown: FakeContext) -> None:
    bays.update("demo", to(changed_spec(SPEC, [{"nodes": 2}])))
    assert grown.phases == ["apply"]


def test_groups_are_listed_created_changed_and_deleted(bays: Bays, grown: FakeContext, tmp_path: Path) -> None:
    assert [group["name"] for group in bays.groups("demo")] == ["master", "node"]
    bays.create_group("demo", "gpu", {"count": 1})
    write_state(tmp_path / "state", bay_of(changed_spec(SPEC, [{"node_groups": {"gpu": {"count": 2}}}])))
    with pytest.raises(AlreadyExists, match="bay demo has a group 'gpu' already"):
        bays.create_group("demo", "gpu", {"count": 2})
    bays.set_group("demo", "gpu", GroupEdit({"max": 4}))
    write_state(tmp_path / "state", bay_of(changed_spec(SPEC, [{"node_groups": {"gpu": {"count": 2}}}])))
    bays.delete_group("demo", "gpu", approve=allow("delete"))
    assert grown.phases == ["apply"] * 3
    with pytest.raises(InvalidInput, match="bay demo has no group 'gpu'"):
        bays.delete_group("demo", "gpu", approve=allow("delete"))


def test_servers_are_waited_for_all_of_them_or_those_that_are_named(bays: Bays, context: FakeContext) -> None:
    bays.wait("demo", servers=["id node 0"])
    looks = {line for line in context.openstack.journal if line.startswith("get_server_console_output")}
    assert looks == {"get_server_console_output id node 0"}
    context.openstack.things["server"][0].status = "ERROR"
    context.openstack.consoles["id master 0"] = [""]
    with pytest.raises(NotReady):
        bays.wait("demo")


def test_a_bay_without_servers_is_waited_for_by_nobody(bays: Bays, context: FakeContext, tmp_path: Path) -> None:
    write_state(tmp_path / "state", bay_of(SPEC, built=[]))
    bays.wait("demo")
    assert context.phases == []


def test_a_file_that_is_no_plan_is_refused_before_the_bay_is_opened(
    bays: Bays, context: FakeContext, tmp_path: Path
) -> None:
    (tmp_path / "one.plan").write_text("{}")
    with pytest.raises(InvalidInput, match="not a saved plan"):
        bays.update("demo", to(SPEC), plan=tmp_path / "one.plan")
    assert context.processes == []


def test_the_lock_of_a_run_can_be_taken_away(bays: Bays, tmp_path: Path) -> None:
    held = write_lock(tmp_path / "state", 1)
    bays.unlock("demo")
    assert not held.exists()


def test_an_export_is_a_change(bays: Bays, context: FakeContext, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    with lock.held(context.settings.lock_file("demo"), "demo"):
        assert told(lambda: bays.export("demo", tmp_path))[0].startswith("bay demo is being changed")
    assert bays.export("demo", tmp_path) == tmp_path / "stacks" / "Pulumi.demo.yaml"
    assert bays.snapshot("demo").managed_by == "file"


def test_an_interrupted_creation_is_no_bay_that_exists(bays: Bays, tmp_path: Path, context: FakeContext) -> None:
    write_state(tmp_path / "state", cut_off())
    context.openstack.things["server"].clear()
    bays.create("demo", to(SPEC))
    assert context.commands[-1] == "up"
    assert bays.snapshot("demo").bay_id == BAY_ID == complete()["resources"][1]["id"]
