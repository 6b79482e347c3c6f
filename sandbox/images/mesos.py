"""What the node image for Mesos is made of."""

from collections.abc import Sequence

from bay.sandbox.images.common import BASE
from bay.sandbox.images.node import Node

NAME = "mesos"

ZOOKEEPER = ("zookeeper", "openjdk-17-jre-headless")
"""Without the package that starts it: a bay's boot scripts bring a unit with that bay's settings."""

PACKAGES = ("mesos",)
"""Of a site's own repository: no distribution has Mesos."""


def node(apt_sources: Sequence[str] = ()) -> Node:
    """ZooKeeper and Docker; Mesos too where a repository with it is named by lines of sources.list."""
    return Node(
        name=NAME,
        title="the image of nodes with ZooKeeper" + (" and Mesos" if apt_sources else ""),
        space=1500,
        needs=(BASE,),
        packages=("docker.io", *ZOOKEEPER, *(PACKAGES if apt_sources else ())),
        apt_sources=tuple(apt_sources),
    )
