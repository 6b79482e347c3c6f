"""The node images: which engines they are for, and the parts that they are made of."""

from collections.abc import Sequence
from difflib import get_close_matches

from bay.sandbox.errors import SandboxError
from bay.sandbox.images import kubernetes, mesos
from bay.sandbox.images.common import BASE, WEB_IMAGES
from bay.sandbox.images.node import Node

ENGINES = {
    "docker": "docker",
    "swarm": "docker",
    "kubernetes": "kubernetes",
    kubernetes.PREVIOUS.name: kubernetes.PREVIOUS.name,
    "mesos": "mesos",
}
"""What a user may ask for -> name of the image."""

DOCKER = Node(
    name="docker",
    title="the image of nodes with Docker",
    space=1100,
    needs=(BASE, WEB_IMAGES),
    packages=("docker.io",),
    archives="opt/bay/images",
)


def image(engine: str, apt_sources: Sequence[str] = ()) -> Node:
    """The image for an engine; raises SandboxError for an engine that there is none for.

    apt_sources: lines of sources.list, of a site's own repositories; only the image for Mesos takes packages from such.
    """
    if engine not in ENGINES:
        near = get_close_matches(engine, ENGINES, 1)
        hint = f"did you mean {near[0]}?" if near else f"name one of: {', '.join(ENGINES)}"
        raise SandboxError(f"there is no node image for {engine!r}", hint)
    if engine == mesos.NAME:
        return mesos.node(apt_sources)
    if apt_sources:
        raise SandboxError(f"the image for {engine} takes nothing from further repositories", "leave out --apt-source")
    images = (DOCKER, kubernetes.NODE, kubernetes.PREVIOUS_NODE)
    return {one.name: one for one in images}[ENGINES[engine]]
