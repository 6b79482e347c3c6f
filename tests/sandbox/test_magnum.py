"""What Magnum is told in a sandbox, without one."""

import json
from pathlib import Path

import pytest

from bay.sandbox import Sandbox, SandboxError, catalog, magnum, seeds
from bay.sandbox.config import Settings
from bay.sandbox.config.magnum import magnum_paste
from bay.sandbox.layout import Layout
from tests.paths import ROOT


@pytest.fixture
def service(tmp_path: Path) -> magnum.Magnum:
    names = (*catalog.NAMES, *catalog.EXTRAS, *seeds.USERS)
    settings = Settings(tmp_path, tmp_path / "environment", catalog.ports(23000, ["magnum"]), dict.fromkeys(names, "x"))
    return magnum.Magnum(settings, Layout(tmp_path), tmp_path / "cache" / "sandbox")


def test_only_a_sandbox_with_magnum_has_a_port_for_it() -> None:
    assert "magnum" not in catalog.ports(23000)
    assert catalog.ports(23000, ["magnum"])["magnum"] == 23008


def test_another_version_of_the_driver_is_another_build(
    service: magnum.Magnum, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = magnum.Magnum(service.settings, service.layout, service.cache)
    assert same.build == service.build
    folder = service.layout.state / "other"
    folder.mkdir()
    (folder / "driver.py").write_text("changed = True")
    monkeypatch.setattr(magnum, "packages", lambda: [("magnum", folder)])
    assert magnum.Magnum(service.settings, service.layout, service.cache).build != service.build


def test_the_driver_is_found_by_its_entry_point_with_the_code_that_runs_here(service: magnum.Magnum) -> None:
    paste = service.settings.environment / "etc" / "magnum" / "api-paste.ini"
    paste.parent.mkdir(parents=True)
    paste.write_text("pipeline = cors authtoken api_v1\n")
    service.layout.plan.parent.mkdir()
    service.layout.plan.write_text(json.dumps({"services": {"keystone": {}}, "build": "0"}))
    service._write(service.settings)
    service._write(service.settings)  # a second start
    python = service.layout.etc / "magnum" / "python"
    assert (python / "bay" / "magnum").resolve() == ROOT / "magnum"
    (entries,) = python.glob("*.dist-info/entry_points.txt")
    assert "bay = bay.magnum.driver:Driver" in entries.read_text()
    plan = json.loads((service.layout.etc / "magnum" / "plan.json").read_text())
    assert plan["services"]["magnum"]["url"] == "http://127.0.0.1:23008/v1"
    assert (plan["build"], list(plan["services"])) == (service.build, ["keystone", "magnum"])


def test_the_filter_comes_after_the_one_that_checks_tokens() -> None:
    text = magnum_paste("pipeline = cors request_id authtoken api_v1\n")
    assert "pipeline = cors request_id authtoken bay_coe api_v1" in text
    assert "[filter:bay_coe]" in text


def test_there_is_a_template_for_each_built_in_model() -> None:
    assert set(magnum.TEMPLATES) == {path.stem for path in (ROOT / "components" / "models").glob("*.yaml")}


def test_an_unknown_service_is_an_error_and_nothing_is_remembered(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state", tmp_path / "cache")
    with pytest.raises(SandboxError, match="there is no service 'horizon' to add") as caught:
        sandbox.start(print, extras=["magnum", "horizon"])
    assert caught.value.hint == "there is: magnum"
    assert "magnum" not in sandbox._ports()


def test_what_a_sandbox_was_told_is_remembered(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state", tmp_path / "cache")
    assert sandbox._extras() == []
    assert sandbox._extras(["magnum"]) == ["magnum"]
    assert sandbox._extras() == ["magnum"]
    assert sandbox._extras([]) == []
    assert sandbox._extras() == []
