"""Configuration files of the services: pure functions from :class:`Settings` to sections, written at each start."""

from bay.sandbox.config.barbican import barbican, barbican_paste
from bay.sandbox.config.cinder import cinder
from bay.sandbox.config.common import Sections, Settings, render
from bay.sandbox.config.glance import glance
from bay.sandbox.config.keystone import keystone
from bay.sandbox.config.neutron import neutron
from bay.sandbox.config.nova import nova
from bay.sandbox.config.octavia import octavia
from bay.sandbox.config.placement import placement
from bay.sandbox.layout import Layout, write_private

__all__ = ["Sections", "Settings", "files", "render", "write"]

BARBICAN = "home/.barbican"
"""Several modules of Barbican read their configuration anew, from ~/.barbican or /etc/barbican only."""


def files(settings: Settings) -> dict[str, Sections]:
    """Path under the state folder -> sections."""
    return {
        "etc/keystone/keystone.conf": keystone(settings),
        "etc/placement/placement.conf": placement(settings),
        "etc/glance/glance-api.conf": glance(settings),
        "etc/nova/nova.conf": nova(settings),
        "etc/neutron/neutron.conf": neutron(settings),
        "etc/cinder/cinder.conf": cinder(settings),
        "etc/octavia/octavia.conf": octavia(settings),
        f"{BARBICAN}/barbican.conf": barbican(settings),
    }


def write(settings: Settings, layout: Layout) -> None:
    """Write all files; raises OSError where the state folder does not take them."""
    for name, sections in files(settings).items():
        write_private(layout.state / name, render(sections))
    with open(settings.paste("barbican/barbican-api-paste.ini"), encoding="utf-8") as packaged:
        text = barbican_paste(packaged.read(), layout.state / BARBICAN / "barbican.conf")
    write_private(layout.etc / "barbican" / "barbican-api-paste.ini", text)
