"""What `bay doctor` says of the toolchain."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bay.toolchain import Check, checks, ensure

Put = Callable[[str, str], Path]
PutGo = Callable[..., Path]


def by_name(cache: Path, programs: Path) -> dict[str, Check]:
    return {check.name: check for check in checks(cache, str(programs))}


def test_the_checks_come_in_the_order_of_need(cache: Path, programs: Path) -> None:
    assert list(by_name(cache, programs)) == ["python", "go", "pulumi", "plugin"]


def test_before_the_build_the_command_that_builds_is_named(cache: Path, programs: Path, put_go: PutGo) -> None:
    put_go()
    found = by_name(cache, programs)
    assert found["python"].ok
    assert found["go"] == Check("go", True, f"1.26.8 ({programs}/go)", "")
    assert found["pulumi"] == Check("pulumi", False, "neither on PATH nor built", "bay doctor --build")
    assert found["plugin"] == Check("plugin", False, "not built", "bay doctor --build")


def test_after_the_build_all_is_well_and_go_is_not_needed(cache: Path, programs: Path, put_go: PutGo) -> None:
    go = put_go()
    toolchain = ensure(cache, str(programs), lambda _: None)
    go.unlink()
    found = by_name(cache, programs)
    assert all(check.ok and not check.remedy for check in found.values())
    assert found["go"].detail == "not needed, Pulumi is there"
    assert found["pulumi"].detail == f"3.259.0, built ({toolchain.root}/bin/pulumi)"
    assert found["plugin"].detail == f"openstack 5.5.1, built ({toolchain.root}/home/plugins/resource-openstack-v5.5.1)"


def test_a_pulumi_on_path_has_its_plugin_or_says_how_to_get_it(cache: Path, programs: Path, put: Put) -> None:
    put("pulumi", "echo v3.260.0")
    put("pulumi-language-python", "true")
    found = by_name(cache, programs)
    assert found["pulumi"].detail == (
        f"3.260.0, on PATH ({programs}/pulumi); it keeps no journal beside the state, "
        "which costs minutes and gigabytes from some hundred nodes on (docs/speed.md): "
        "with a PATH without it, `BAY_PULUMI_RELEASES=off bay doctor --build` builds one that does"
    )
    home = cache / "own home"
    (missing,) = (check for check in checks(cache, str(programs), str(home)) if check.name == "plugin")
    assert missing == Check(
        "plugin",
        False,
        f"openstack 5.5.1 is not in {home}/plugins",
        f"{programs}/pulumi plugin install resource openstack 5.5.1",
    )
    (home / "plugins" / "resource-openstack-v5.5.1").mkdir(parents=True)
    (there,) = (check for check in checks(cache, str(programs), str(home)) if check.name == "plugin")
    assert there == Check("plugin", True, f"openstack 5.5.1, {home}/plugins/resource-openstack-v5.5.1", "")


def test_an_old_pulumi_on_path_is_named_with_what_is_wrong(cache: Path, programs: Path, put: Put) -> None:
    put("pulumi", "echo v3.100.0")
    fault = f"{programs}/pulumi is v3.100.0; bay needs 3.259.0 or later, below 4"
    assert by_name(cache, programs)["pulumi"] == Check("pulumi", False, f"not built; {fault}", "bay doctor --build")


def test_without_go_pip_is_the_way(cache: Path, programs: Path) -> None:
    assert by_name(cache, programs)["go"] == Check("go", True, "none on PATH; the build gets one from PyPI", "")


def test_without_go_and_pip_both_ways_out_are_named(
    cache: Path, programs: Path, put: Put, put_go: PutGo, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(version="go1.20")
    monkeypatch.setattr(sys, "executable", str(put("python", "exit 1")))
    go = by_name(cache, programs)["go"]
    assert not go.ok
    assert go.detail == f"1.20.0 ({programs}/go) is too old, no pip"
    assert go.remedy == f"{programs}/python -m ensurepip (or install Go 1.25.11 or later)"
