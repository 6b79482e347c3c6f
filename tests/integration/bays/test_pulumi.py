"""Plain `pulumi` and `bay` on the same bay: a checkout, a file a bay, and programs of one's own."""

from pathlib import Path

import pytest
import yaml

from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox


def test_pulumi_up_makes_the_same_bay(bay: Bay, checkout: Path) -> None:
    made = bay.shell(
        "pulumi stack init demo2; pulumi config set bay:model swarm; pulumi config set --path bay:nodes.count 1;"
        "pulumi up --yes --skip-preview; pulumi preview --expect-no-changes",
        cwd=checkout,
    )
    assert made.code == 0, made
    shown = bay.run("show", "demo2", "-f", "json").json
    assert (shown["status"], shown["managed_by"], len(shown["nodes"])) == ("CREATE_COMPLETE", "file", 1)
    assert bay.run("preview", "demo2").code == 0


def test_a_program_without_configuration_refuses(bay: Bay, checkout: Path) -> None:
    result = bay.shell("pulumi stack init empty; pulumi preview", cwd=checkout)
    assert result.code != 0
    assert "stack 'empty' has no configuration bay:model" in result.out
    assert "Traceback" not in result.out


def test_a_misspelt_configuration_key_names_the_nearest(bay: Bay, checkout: Path) -> None:
    result = bay.shell(
        "pulumi stack init typo; pulumi config set bay:model swarm; pulumi config set bay:nodez 3; pulumi preview",
        cwd=checkout,
    )
    assert result.code != 0
    assert "nodez: no such field" in result.out
    assert "nearest: nodes" in result.out


def test_an_exported_bay_is_managed_by_its_file(bay: Bay, checkout: Path) -> None:
    bay.make("demo", "--nodes", "1")
    assert bay.run("export", "demo", cwd=checkout).code == 0
    file = checkout / "stacks" / "Pulumi.demo.yaml"
    unchanged = bay.shell('eval "$(bay env demo)"; pulumi preview --stack demo --expect-no-changes', cwd=checkout)
    assert unchanged.code == 0, unchanged

    text = file.read_text() + "# why: a comment of a reviewer\n"
    file.write_text(text)
    assert bay.run("preview", "demo", cwd=checkout).code == 0
    assert file.read_text() == text, "a preview changes no file"
    elsewhere = bay.run("scale", "demo", "2")
    assert elsewhere.code == 1
    assert elsewhere.error[1] == "change it there"
    assert bay.run("scale", "demo", "2", cwd=checkout).code == 0
    assert file.read_text() == text.replace("nodes:\n    count: 1", "nodes:\n    count: 2")
    assert bay.run("preview", "demo", cwd=checkout).code == 0


def test_a_file_takes_addons_and_keys_with_dots_and_needs_no_model_of_the_site(bay: Bay, checkout: Path) -> None:
    models = bay.home / "config" / "bay" / "models"
    models.mkdir(parents=True)
    (models / "lab.yaml").write_text("extends: swarm\nnodes: 0\naccess: {ssh: [192.0.2.0/24]}\n")
    bay.make("demo", "--model", "lab")
    assert bay.run("export", "demo", cwd=checkout).code == 0
    words = ("--addon", "cvmfs", "--set", 'nodes.labels["example.org/gpu"]="8"', "--set", "access.ssh=[]")
    assert bay.run("update", "demo", *words, cwd=checkout).code == 0
    config = yaml.safe_load((checkout / "stacks" / "Pulumi.demo.yaml").read_text())["config"]
    assert config["bay:nodes"]["labels"] == {"example.org/gpu": "8"}
    assert config["bay:addons"] == ["cvmfs"]
    snippet = config["bay:snippets"]["cvmfs"]
    assert snippet["files"]["/etc/auto.master.d/cvmfs.autofs"] == "/cvmfs /etc/auto.cvmfs\n"
    assert [command[:2] for command in snippet["commands"]] == [["sh", "-c"]]
    rows = bay.run("show", "demo", "--origin", "-f", "json", cwd=checkout).json
    origins = {row["field"]: row["origin"] for row in rows}
    assert origins["addons"] == origins["access.ssh"] == "stacks/Pulumi.demo.yaml"
    assert origins["nodes.count"] == "model lab"
    (models / "lab.yaml").unlink()
    unchanged = bay.shell('eval "$(bay env demo)"; pulumi preview --stack demo --expect-no-changes', cwd=checkout)
    assert unchanged.code == 0, unchanged
    assert bay.run("preview", "demo", cwd=checkout).code == 0


PROGRAM = """\
from components.house import HOUSE

from bay.components.bay import Bay
from bay.components.spec.merge import build_spec

import pulumi

bay = Bay(HOUSE, build_spec([{"model": "swarm", "nodes": 0}]))
pulumi.export("api", bay.api_address)
"""


def test_a_program_with_a_components_folder_of_its_own_uses_the_parts(bay: Bay, tmp_path: Path) -> None:
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "house.py").write_text('HOUSE = "annex"\n')
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "Pulumi.yaml").write_text("name: physics-platform\nruntime: python\n")
    result = bay.shell("pulumi stack init production; pulumi preview", cwd=tmp_path)  # test_own_program goes further
    assert result.code == 0, result
    assert "annex-master-0" in result.out
