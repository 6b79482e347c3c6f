"""One bay with every option that makes something in the cloud: `bay`, plain Pulumi and the cloud agree on it."""

from pathlib import Path

import pytest
from openstack.connection import Connection

from tests.integration.bays.harness import Bay

pytestmark = pytest.mark.sandbox

SPEC = """\
model: kubernetes
masters: {flavor: m1.small, boot_volume: 20, engine_volume: 10, state_volume: {size: 5}}
nodes: {count: 1, engine_volume: 10, zones: [nova], labels: {disk: ssd}}
node_groups:
  big: {count: 1, flavor: m1.medium, image: debian-12-docker, taints: ["dedicated=big:NoSchedule"]}
  spare: 0
endpoint: {kind: load-balancer, name: wide.example.org}
floating_ips: all
affinity: anti-affinity
access: {api: [192.0.2.0/24], ssh: ["2001:db8::/32"]}
proxy: {http: "http://proxy.example:3128", exceptions: [.example]}
registry: {mirror: "https://mirror.example"}
snippets:
  site: {roles: [node], files: {/etc/site.conf: "a: 'b'\\n"}, commands: [[touch, /run/site file]]}
tags: [team=physics]
options: {cloud_provider: true, volume_driver: cinder}
"""


def test_bay_pulumi_and_the_cloud_agree_before_and_after_each_group_is_scaled(
    bay: Bay, checkout: Path, clouds: list[Connection]
) -> None:
    (bay.home / "wide.yaml").write_text(SPEC)
    bay.make("wide", "--model", "kubernetes", "--file", str(bay.home / "wide.yaml"))
    made = {server.id for server in clouds[0].compute.servers()}
    for group, count, name in (("big", "2", "wide-big-1"), ("spare", "1", "wide-spare-0")):
        assert bay.run("scale", "wide", count, "--group", group).code == 0
        rows = bay.run("node", "list", "wide", "-f", "json").json
        assert {row["name"]: (row["group"], row["status"]) for row in rows}[name] == (group, "ACTIVE")
    assert bay.run("scale", "wide", "0", "--group", "big", "--allow", "batch", "--yes").code == 0
    left = {server.name: server.id for server in clouds[0].compute.servers()}
    assert sorted(left) == ["wide-master-0", "wide-node-0", "wide-spare-0"]
    assert {left["wide-master-0"], left["wide-node-0"]} < made, "the others stay as they are"

    assert bay.run("export", "wide", cwd=checkout).code == 0
    plain = 'eval "$(bay env wide)"; pulumi preview --stack wide --refresh --expect-no-changes'
    seen = bay.shell(plain, cwd=checkout)
    assert seen.code == 0, seen
    assert bay.run("preview", "wide", cwd=checkout).code == 0
