"""docs/program.md as it stands there: from the two files to the destroy, with bay's own commands between."""

from pathlib import Path

import pytest

from tests.integration.bays.harness import COMMAND, Bay, Result
from tests.paths import DOCS, code_blocks

pytestmark = pytest.mark.sandbox

PAGE = DOCS / "program.md"


def test_the_page_is_typed_from_its_files_to_the_destroy(bay: Bay, request: pytest.FixtureRequest) -> None:
    begin, up, look, end = (block.replace("mycloud", "sandbox") for block in code_blocks(PAGE))
    (settings,), (program, protected) = code_blocks(PAGE, "yaml"), code_blocks(PAGE, "python")
    folder = bay.home / "annex"
    path = f"{COMMAND.parent}:{bay.environment()['PATH']}"

    enter = begin.splitlines()[1]

    def typed(script: str, cwd: Path = folder) -> str:
        done = bay.execute(["bash", "-e", "-c", script], cwd=cwd, PATH=path)
        assert done.code == 0, done
        return done.out

    typed(begin, bay.home)
    request.addfinalizer(
        lambda: bay.execute(["bash", "-c", f"{enter}\npulumi destroy --yes --ignore-protect"], cwd=folder, PATH=path)
    )
    (folder / "Pulumi.yaml").write_text(settings)
    (folder / "__main__.py").write_text(program)
    assert ":2376" in typed(f"{enter}\n{up}").splitlines()[-1]
    seen = typed(f"{enter}\n{look}\nls $DOCKER_CERT_PATH")
    assert {"ca.pem", "cert.pem", "key.pem"} <= set(seen.split())
    assert "│ web " in seen
    shown = bay.run("show", "web", "--project", "annex", "-f", "json").json
    assert (shown["status"], len(shown["masters"]), len(shown["nodes"])) == ("CREATE_COMPLETE", 1, 1)
    assert shown["spec"]["network"]["subnet"] not in (None, ""), "the outputs' values are what the state holds"
    assert bay.run("list", "-f", "json").json == [], "no bay of bay's own state"
    refused = bay.run("show", "wbe", "--project", "annex").error
    assert refused[0] == "there is no bay 'wbe' in the program annex"

    (folder / "__main__.py").write_text(program.replace('"swarm"', '"swarm", acess={}'))
    wrong = bay.execute(["bash", "-c", f"{enter}\npulumi preview"], cwd=folder, PATH=path)
    assert wrong.code != 0
    assert "acess: no such field; nearest: access" in wrong.out + wrong.err
    assert "Traceback" not in wrong.out + wrong.err

    (folder / "__main__.py").write_text(program)
    typed(f"{enter}\n{end}")
    assert "ResourceOptions(protect=True)" in protected


REMOTE = """\
import pulumi


class Bay(pulumi.ComponentResource):
    def __init__(self, name: str, inputs: dict[str, object]) -> None:
        outputs = {"apiAddress": None, "clientFiles": None}
        super().__init__("bay:index:Bay", name, {**inputs, **outputs}, None, remote=True)


Bay("web", {"model": "swarm", "nodes": 2, "spec": {"nodes": {"flavor": "m1.medium"}, "tags": ["annex"]}})
"""
"""What the SDK of another language sends: the component is in the plugin's process, with the inputs of its schema."""


@pytest.mark.long
def test_the_plugin_makes_the_bay_of_another_languages_program(bay: Bay, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: annex\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(REMOTE)
    path = f"{COMMAND.parent}:{bay.environment()['PATH']}"

    def typed(script: str) -> Result:
        words = f'eval "$(bay env)"\nunset PULUMI_IGNORE_AMBIENT_PLUGINS\npulumi stack select --create plugin\n{script}'
        return bay.execute(["bash", "-e", "-c", words], cwd=tmp_path, PATH=path)

    planned = typed("pulumi preview --json")
    assert planned.code == 0, planned
    steps = {
        step["urn"].rsplit("::", 2)[-2].rsplit("$", 1)[-1] + " " + step["urn"].rsplit("::", 1)[-1]: step
        for step in planned.json["steps"]
    }
    assert {f"openstack:compute/instance:Instance web-{one}" for one in ("master-0", "node-0", "node-1")} <= set(steps)
    assert steps["bay:index:Bay web"]["newState"]["inputs"]["spec"]["tags"] == ["annex"]

    (tmp_path / "__main__.py").write_text(REMOTE.replace('"tags"', '"tgas"'))
    wrong = typed("pulumi preview")
    assert wrong.code != 0
    assert "tgas: no such field; nearest: tags" in wrong.out + wrong.err
