"""What a change would do, what it is refused for, and the page that tells it."""

import re
from pathlib import Path

import pytest

from tests.integration.bays.harness import CHECKOUT, COMMAND, Bay

pytestmark = pytest.mark.sandbox

PAGE = CHECKOUT / "docs" / "preview.md"

REFUSED = {
    "bay scale physics 0 --yes": ("3 of 3 servers of group node at once", "a batch is 2 (40 %)", "--allow batch"),
    "bay delete physics --yes": ("is protected",),
}
"""What the page says is refused -> the words of the refusal."""


def commands(page: Path) -> list[str]:
    """The shell of a page, line by line, in its order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_page_on_previews_is_true(bay: Bay) -> None:
    path = f"{COMMAND.parent}:{bay.environment()['PATH']}"
    refused = []
    for command in commands(PAGE):
        done = bay.execute(["bash", "-c", command], PATH=path)
        assert done.code == 0, (command, done)
        assert "Traceback" not in done.err
        if command.startswith("! "):
            refused.append(command.removeprefix("! ").partition("#")[0].strip())
            for words in REFUSED[refused[-1]]:
                assert words in done.err, (command, done)
        else:
            assert "error: " not in done.err, (command, done)
    assert refused == list(REFUSED)
    assert bay.names() == []
    comment = (bay.home / "comment.md").read_text()
    assert comment.startswith("### bay `physics`: 2 to create")
    assert "PRIVATE KEY" not in comment + (bay.home / "plan.json").read_text()


@pytest.mark.parametrize(("model", "work"), [("kubernetes", "pods"), ("mesos", "tasks")])
def test_the_impact_is_told_in_the_words_of_the_engine(bay: Bay, model: str, work: str) -> None:
    bay.make("felt", "--model", model, "--nodes", "3", "--no-wait")
    words = ("--nodes", "0", "--set", "access.api=[0.0.0.0/0]", "--set", "image=debian-12-docker")
    shown = bay.run("preview", "felt", *words, "-f", "json")
    assert shown.code == 2, shown
    plan = shown.json
    assert plan["counts"]["delete"] == 3
    assert {(d["kind"], d["refused"], d["allowed_by"]) for d in plan["risks"]} == {
        ("batch", True, "batch"),
        ("open", False, None),
    }
    assert plan["impact"][0].startswith(f"{work} on felt-node-0, felt-node-1, felt-node-2 ")
    later = {field["path"]: field["later"] for field in plan["fields"]}
    assert later == {"access.api": False, "image": True, "nodes.count": False}
    assert plan["notes"] == [
        "felt-master-0: created from another image than debian-12-docker; 'bay rebuild felt' replaces them"
    ]


def test_plain_pulumi_refuses_the_same_losses_before_it_plans(bay: Bay, checkout: Path) -> None:
    made = bay.shell(
        "pulumi stack init plain; pulumi config set bay:model swarm-ha; pulumi config set --path bay:nodes.count 3;"
        "pulumi config set --path bay:masters.state_volume 1; pulumi up --yes --skip-preview",
        cwd=checkout,
    )
    assert made.code == 0, made
    masters_are_shown_and_the_quorum_is_kept(bay, checkout)
    nodes = "plain-node-0, plain-node-1, plain-node-2"
    for path, words in (
        ("nodes.count 0", f"3 of 3 servers of group node at once: {nodes} deleted; a batch is 2 (40 %)"),
        ("floating_ips all", f"{nodes} replaced; a batch is 2 (40 %)"),
        ("coe kubernetes", "its container engine, swarm, cannot be changed"),
        ("masters.count 1", "this would delete plain-master-1, plain-master-2; masters hold the control-plane data"),
        ("network.cidr 10.99.0.0/24", "this would move the bay to another network"),
    ):
        refused = bay.shell(f"pulumi config set --path bay:{path}; pulumi up --yes --skip-preview", cwd=checkout)
        assert refused.code != 0, refused
        assert words in refused.out + refused.err, refused
        bay.shell(
            f"pulumi config rm --path bay:{path.split()[0]}; pulumi config set --path bay:nodes.count 3", checkout
        )
    assert len(bay.run("node", "list", "plain", "-f", "json").json) == 6
    allowed = bay.shell(
        "pulumi config set --path bay:nodes.count 0; pulumi config set --path 'bay:allow[0]' batch;"
        "pulumi up --yes --skip-preview; pulumi config rm --path bay:allow; pulumi preview --expect-no-changes",
        cwd=checkout,
    )
    assert allowed.code == 0, allowed
    assert bay.shell("pulumi destroy --yes", cwd=checkout).code != 0
    assert len(bay.run("node", "list", "plain", "-f", "json").json) == 3, "the masters"


def masters_are_shown_and_the_quorum_is_kept(bay: Bay, checkout: Path) -> None:
    """A preview shows what Pulumi itself would refuse to plan; masters leave by the engine's API or not at all."""
    shown = bay.run("preview", "plain", "--masters", "1", "-f", "json", cwd=checkout)
    assert shown.code == 2, shown
    risks = {risk["kind"]: risk for risk in shown.json["risks"]}
    assert risks["members"]["allowed_by"] is None
    assert risks["masters"]["names"] == risks["members"]["names"] == ["plain-master-2", "plain-master-1"]
    assert risks["volumes"]["names"] == ["plain-master-1-state", "plain-master-2-state"]
    words = ("scale", "plain", "1", "--group", "master", "--allow", "masters", "--allow", "volumes", "--yes")
    refused = bay.run(*words, cwd=checkout)
    assert refused.code == 1
    assert "plain-master-2, plain-master-1 can leave Docker Swarm by its API alone" in refused.error[0]
