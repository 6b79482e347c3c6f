"""Where containerd gets images from, if not from where their names say."""

from collections.abc import Sequence
from json import dumps

from bay.components.node.cloudinit import File
from bay.components.spec.site import Registry

FOLDER = "/etc/containerd/certs.d"


def files(registry: Registry) -> list[File]:
    """A file for each registry (containerd: registry configuration); the mirror is asked first for all of them."""
    found = [_hosts(name, [f"https://{name}", f"http://{name}"], skip_verify=True) for name in registry.insecure]
    if registry.mirror:
        found.append(_hosts("_default", [registry.mirror], skip_verify=False))
    return found


def _hosts(name: str, urls: Sequence[str], *, skip_verify: bool) -> File:
    parts = [
        f'[host.{dumps(url)}]\n  capabilities = ["pull", "resolve"]\n'
        + ("  skip_verify = true\n" if skip_verify else "")
        for url in urls
    ]
    return File(f"{FOLDER}/{name}/hosts.toml", "".join(parts))
