"""Configuration files of the services: pure functions from :class:`Settings` to sections, written at each start."""

from pathlib import Path

from bay.sandbox.config.barbican import barbican, barbican_paste
from bay.sandbox.config.cinder import cinder
from bay.sandbox.config.common import Settings, render
from bay.sandbox.config.glance import glance
from bay.sandbox.config.keystone import keystone
from bay.sandbox.config.neutron import neutron
from bay.sandbox.config.nova import nova
from bay.sandbox.config.octavia import octavia
from bay.sandbox.config.placement import placement

__all__ = ["Settings", "files", "render"]

BARBICAN = "home/.barbican"
"""Several modules of Barbican read their configuration anew, from ~/.barbican or /etc/barbican only."""


def files(settings: Settings) -> dict[str, str]:
    """Path under the state folder -> text."""
    sections = {
        "etc/keystone/keystone.conf": keystone(settings),
        "etc/placement/placement.conf": placement(settings),
        "etc/glance/glance-api.conf": glance(settings),
        "etc/nova/nova.conf": nova(settings),
        "etc/neutron/neutron.conf": neutron(settings),
        "etc/cinder/cinder.conf": cinder(settings),
        "etc/octavia/octavia.conf": octavia(settings),
        f"{BARBICAN}/barbican.conf": barbican(settings),
    }
    texts = {path: render(content) for path, content in sections.items()}
    packaged = Path(settings.paste("barbican/barbican-api-paste.ini")).read_text(encoding="utf-8")
    texts["etc/barbican/barbican-api-paste.ini"] = barbican_paste(packaged, settings.state / BARBICAN / "barbican.conf")
    return texts
