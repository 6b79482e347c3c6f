"""Which Pulumi is taken: one on PATH if it will do, else the one that was built."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bay.toolchain import Toolchain, ensure, find, parts
from bay.toolchain.find import on_path

Put = Callable[[str, str], Path]


def put_pulumi(put: Put, version: str) -> None:
    put("pulumi", f"echo {version}")
    put("pulumi-language-python", "true")


@pytest.fixture
def built(cache: Path, programs: Path, put_go: Callable[..., Path]) -> Toolchain:
    """A toolchain that a made-up `go` has built; that `go` is gone again."""
    go = put_go()
    toolchain = ensure(cache, str(programs), lambda _: None)
    go.unlink()
    return toolchain


def test_nothing_is_found_on_a_bare_machine(cache: Path, programs: Path) -> None:
    assert find(cache, str(programs)) is None
    assert not cache.exists(), "looking must leave no trace"


def test_a_suitable_pulumi_on_path_is_taken_with_the_users_own_home(cache: Path, programs: Path, put: Put) -> None:
    put_pulumi(put, "v3.260.2")
    assert find(cache, str(programs)) == Toolchain(programs.parent, None, "path", "3.260.2", str(programs))


def test_a_pulumi_on_path_goes_before_the_built_one(built: Toolchain, cache: Path, programs: Path, put: Put) -> None:
    put_pulumi(put, "v3.259.0")
    found = find(cache, str(programs))
    assert found is not None
    assert found.origin == "path"


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        ("v3.258.9", "is v3.258.9; bay needs 3.259.0 or later, below 4"),
        ("v3.259.0-alpha.1", "is v3.259.0-alpha.1; bay needs 3.259.0 or later, below 4"),
        ("v4.0.0", "is v4.0.0; bay needs 3.259.0 or later, below 4"),
        ("no idea", "does not print its version"),
    ],
)
def test_a_pulumi_of_another_version_is_passed_over(
    cache: Path, programs: Path, put: Put, version: str, fault: str
) -> None:
    put_pulumi(put, version)
    found = on_path(str(programs))
    assert found is not None
    assert found.fault == fault
    assert find(cache, str(programs)) is None


def test_a_pulumi_without_its_language_host_is_passed_over(cache: Path, programs: Path, put: Put) -> None:
    put("pulumi", "echo v3.259.0")
    found = on_path(str(programs))
    assert found is not None
    assert found.fault == "comes without pulumi-language-python"
    assert find(cache, str(programs)) is None


def test_a_pulumi_outside_a_bin_folder_is_passed_over(cache: Path, tmp_path: Path, programs: Path, put: Put) -> None:
    put_pulumi(put, "v3.259.0")
    shims = programs.rename(tmp_path / "shims")
    found = on_path(str(shims))
    assert found is not None
    assert found.fault == "is not in a folder named bin"


def test_a_pulumi_that_fails_is_passed_over(cache: Path, programs: Path, put: Put) -> None:
    put("pulumi", "echo v3.259.0; exit 1")
    assert find(cache, str(programs)) is None


def test_bays_own_pulumi_on_path_still_counts_as_built(built: Toolchain, cache: Path) -> None:
    # `bay env` puts it there, and with "path" as its origin it would lack its plugin.
    found = find(cache, built.environment()["PATH"])
    assert found is not None
    assert found.origin == "built"
    assert found.pulumi_home == built.root / "home"


def test_a_built_toolchain_with_a_file_missing_is_not_found(built: Toolchain, cache: Path, programs: Path) -> None:
    (built.root / "bin" / "pulumi-language-python").unlink()
    assert find(cache, str(programs)) is None


def test_a_change_of_the_sources_is_another_toolchain(
    built: Toolchain, cache: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "GO_BUILD", (*parts.GO_BUILD, "-trimpath"))
    for part in parts.PARTS:
        monkeypatch.delitem(part.__dict__, "digest")
    assert find(cache, str(programs)) is None


def test_the_built_toolchain_is_found_in_milliseconds_and_by_no_other_program(
    built: Toolchain, cache: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in parts.PARTS:
        monkeypatch.delitem(part.__dict__, "digest")
    monkeypatch.setattr(subprocess, "Popen", None)
    started = time.perf_counter()
    assert find(cache, str(programs)) == built
    assert time.perf_counter() - started < 0.02


def test_a_built_toolchain_brings_its_home_and_downloads_nothing(built: Toolchain, programs: Path) -> None:
    assert built.environment() == {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(built.root / "bin"), str(programs)]),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(built.root / "home"),
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def test_a_pulumi_on_path_keeps_the_users_home_and_serves_dynamic_resources_by_bays_script() -> None:
    toolchain = Toolchain(Path("/opt/pulumi"), None, "path", "3.260.0", "/opt/pulumi/bin:/usr/bin")
    assert toolchain.environment() == {
        "PATH": f"{parts.DYNAMIC_RESOURCES}:{Path(sys.executable).parent}:/opt/pulumi/bin:/usr/bin",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    assert os.access(parts.DYNAMIC_RESOURCES / "pulumi-resource-pulumi-python", os.X_OK)


def test_the_environment_of_the_environment_is_the_same(built: Toolchain, cache: Path) -> None:
    again = find(cache, built.environment()["PATH"])
    assert again is not None
    assert again.environment() == built.environment()


def test_importing_the_package_imports_neither_pulumi_nor_openstack() -> None:
    program = "import sys, bay.toolchain; print(sorted({'pulumi', 'openstack', 'pulumi_openstack'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
