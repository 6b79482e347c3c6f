"""Plugins whose engine died are ended, and no other process."""

from pathlib import Path

import pytest

from bay.stacks.automation import plugins

STATE = "file:///bays"


@pytest.mark.parametrize(
    ("command", "state", "leader", "ended"),
    [
        ("/home/plugins/pulumi-resource-openstack", STATE, None, True),
        ("/home/plugins/pulumi-resource-openstack", STATE, "Z", True),
        ("/home/plugins/pulumi-resource-openstack", STATE, "S", False),
        ("/home/plugins/pulumi-resource-openstack", "file:///others", None, False),
        ("/usr/bin/editor", STATE, None, False),
    ],
    ids=["orphan", "of an engine nobody waits for", "of a living engine", "of another state", "no plugin"],
)
def test_only_an_orphan_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, state: str, leader: str | None, ended: bool
) -> None:
    plugin = tmp_path / "4711"
    plugin.mkdir()
    (plugin / "cmdline").write_bytes(f"{command}\x00127.0.0.1:1\0".encode())
    (plugin / "environ").write_bytes(f"HOME=/\0PULUMI_BACKEND_URL={state}\0".encode())
    (plugin / "stat").write_text("4711 (pulumi (x)) S 1 4711 42 0")
    if leader:
        (tmp_path / "42").mkdir()
        (tmp_path / "42" / "stat").write_text(f"42 (pulumi) {leader} 1 42 42 0")
    killed: list[int] = []
    monkeypatch.setattr(plugins, "PROC", tmp_path)
    monkeypatch.setattr(plugins.os, "kill", lambda pid, _signal: killed.append(pid))
    plugins.end_orphaned_plugins(STATE)
    assert killed == ([4711] if ended else [])
