"""The built OpenStack plugin against the wheel that programs are written with: same tokens, same names."""

import importlib
import inspect
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bay.toolchain import Toolchain, parts

pytestmark = pytest.mark.toolchain

#: The plugin's table: Terraform name, Pulumi token.
TABLE = [line.split()[1] for line in (parts.SOURCES / "openstack" / "table.txt").read_text().splitlines()]
RESOURCES = [token for token in TABLE if ":get" not in token]
FUNCTIONS = [token for token in TABLE if ":get" in token]

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def schema(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Schema:
    if toolchain.origin != "built":
        pytest.skip("this machine has a Pulumi of its own, which downloads the official plugin")
    plugin = toolchain.root / parts.PLUGIN_FOLDER / "pulumi-resource-openstack"
    answer = subprocess.run(
        [toolchain.root / "bin" / "pulumi", "package", "get-schema", plugin],
        env=toolchain.environment() | {"PULUMI_HOME": str(tmp_path_factory.mktemp("home"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    document: Schema = json.loads(answer.stdout)
    return document


def wheel_class(token: str, suffix: str = "") -> type:
    """The class of a resource, or another class of the same module: `Network`, `NetworkArgs`."""
    _, module, name = token.split(":")
    package = importlib.import_module(f"pulumi_openstack.{module.split('/')[0]}")
    owner: type = getattr(package, name)
    if not suffix:
        return owner
    found: type = getattr(importlib.import_module(owner.__module__), f"{name}{suffix}")
    return found


def getters(cls: type) -> set[str]:
    """The names by which a generated class knows its properties on the wire."""
    properties = {name: value for name, value in vars(cls).items() if isinstance(value, property)}
    return {getattr(value.fget, "_pulumi_name", name) for name, value in properties.items()}


def nested_types(schema: Schema) -> Iterator[tuple[str, set[str]]]:
    """(token, property names) of every type of a property."""
    for token, shape in schema["types"].items():
        yield token, set(shape["properties"])


def test_the_plugin_is_the_wheels_version(schema: Schema) -> None:
    manifest = Path(inspect.getfile(importlib.import_module("pulumi_openstack"))).with_name("pulumi-plugin.json")
    assert schema["name"] == "openstack"
    assert schema["version"] == json.loads(manifest.read_text())["version"]


def test_the_plugin_serves_the_table_and_nothing_else(schema: Schema) -> None:
    assert sorted(schema["resources"]) == sorted(RESOURCES)
    assert sorted(schema["functions"]) == sorted(FUNCTIONS)


@pytest.mark.parametrize("token", RESOURCES)
def test_a_resource_has_the_wheels_names(schema: Schema, token: str) -> None:
    resource = schema["resources"][token]
    assert wheel_class(token).pulumi_type == token  # type: ignore[attr-defined]
    assert set(resource["inputProperties"]) == getters(wheel_class(token, "Args"))
    assert set(resource["properties"]) == getters(wheel_class(token))


@pytest.mark.parametrize("token", RESOURCES)
def test_a_resource_requires_what_the_wheel_requires(schema: Schema, token: str) -> None:
    arguments = inspect.signature(wheel_class(token, "Args")).parameters
    required = {name for name, argument in arguments.items() if argument.default is inspect.Parameter.empty}
    names = {re.sub("(?=[A-Z])", "_", name).lower() for name in schema["resources"][token].get("requiredInputs", [])}
    assert names == required


@pytest.mark.parametrize("token", FUNCTIONS)
def test_a_function_has_the_wheels_names(schema: Schema, token: str) -> None:
    function = schema["functions"][token]
    name = token.rsplit(":", 1)[1]
    package = importlib.import_module(f"pulumi_openstack.{token.split(':')[1].split('/')[0]}")
    result = getattr(package, f"{name[0].upper()}{name[1:]}Result")
    invoke = getattr(package, re.sub("(?=[A-Z])", "_", name).lower())
    source = inspect.getsource(invoke)
    assert f"'{token}'" in source
    assert set(function["inputs"]["properties"]) == set(re.findall(r"__args__\['(\w+)'\]", source))
    assert set(function["outputs"]["properties"]) == getters(result)


def test_the_properties_of_properties_have_the_wheels_names(schema: Schema) -> None:
    compared = 0
    for token, properties in nested_types(schema):
        _, module, name = token.split(":")
        if module.startswith("index/"):
            continue
        outputs = importlib.import_module(f"pulumi_openstack.{module.split('/')[0]}.outputs")
        suffix = "Result" if name.startswith("get") else ""
        assert properties == getters(getattr(outputs, f"{name[0].upper()}{name[1:]}{suffix}")), token
        compared += 1
    assert compared >= 10


def test_the_configuration_has_the_wheels_names_and_variables(schema: Schema) -> None:
    arguments = importlib.import_module("pulumi_openstack.provider").ProviderArgs
    variables = schema["config"]["variables"]
    source = inspect.getsource(arguments.__init__)
    from_environment = {
        re.sub("_([a-z])", lambda match: match[1].upper(), name): [variable]
        for name, variable in re.findall(r"(\w+) = _utilities\.get_env(?:_bool)?\('(\w+)'\)", source)
    }
    assert set(variables) == getters(arguments)
    assert {
        name: setting["defaultInfo"]["environment"] for name, setting in variables.items() if "defaultInfo" in setting
    } == from_environment
