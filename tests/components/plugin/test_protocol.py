"""The Bay as other languages see it: the schema that Pulumi asks of its plugin."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.components.spec.bay_spec import BaySpec
from bay.toolchain import Toolchain
from tests.paths import ROOT

pytestmark = pytest.mark.toolchain

PLUGIN = Path(sys.executable).with_name("pulumi-resource-bay")


@pytest.fixture(scope="module")
def schema(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = subprocess.run(
        [toolchain.root / "bin" / "pulumi", "package", "get-schema", PLUGIN],
        cwd=tmp_path_factory.mktemp("schema"),
        env=os.environ | toolchain.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_is_one_component_with_the_outputs_of_a_bay(schema: dict[str, Any]) -> None:
    assert (schema["name"], schema["version"]) == ("bay", "0.1.0")
    assert list(schema["resources"]) == ["bay:index:Bay"], "the token that states of bays have"
    bay = schema["resources"]["bay:index:Bay"]
    assert bay["isComponent"]
    assert bay["properties"].keys() == {"bayId", "apiAddress", "apiAddresses", "clientFiles"}


def test_a_model_is_all_that_has_to_be_said_and_names_may_be_outputs(schema: dict[str, Any]) -> None:
    bay = schema["resources"]["bay:index:Bay"]
    inputs = bay["inputProperties"]
    assert bay["requiredInputs"] == ["model"]
    plain = {name for name, one in inputs.items() if one.get("plain")}
    assert plain == {"model", "nodes", "masters", "network", "access", "spec"}
    assert not any(one.get("plain") for name, one in inputs.items() if name in ("image", "keypair"))
    network = schema["types"]["bay:index:NetworkArgs"]["properties"]
    assert {name for name, one in network.items() if not one.get("plain")} == {"existing", "subnet", "external"}


def test_every_input_is_a_field_of_the_spec_and_says_what_it_is(schema: dict[str, Any]) -> None:
    inputs = schema["resources"]["bay:index:Bay"]["inputProperties"]
    assert inputs.keys() - {"spec"} <= BaySpec.model_fields.keys()
    assert all(one.get("description") for one in inputs.values())
    for name, field in (("network", "NetworkArgs"), ("access", "AccessArgs")):
        known = BaySpec.model_fields[name].annotation
        assert known is not None
        assert schema["types"][f"bay:index:{field}"]["properties"].keys() <= known.model_fields.keys()


def test_its_folder_is_a_plugin_of_python() -> None:
    folder = ROOT / "components" / "plugin"
    assert yaml.safe_load((folder / "PulumiPlugin.yaml").read_text()) == {"runtime": "python"}
    assert "openstack-bay" in (folder / "requirements.txt").read_text().splitlines()
    assert (folder / "__main__.py").is_file()
