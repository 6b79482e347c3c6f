"""Values of a spec that are known only later, as the id of a network that a program creates: stand-ins for them."""

import re
from collections.abc import Sequence

from bay.components.spec.paths import joined

NAMED = re.compile(
    r"keypair|image|network\.(existing|subnet|external)|(masters|nodes|node_groups\.[^.]+)\.(flavor|image)"
)
"""Fields with the name or id of something that the cloud has. Everything else decides what a bay consists of."""
EXAMPLES = "keypair, image, network.existing, network.subnet, network.external, nodes.flavor, nodes.image"
STAND_IN = "output-of-"


def may_be_later(path: Sequence[str]) -> bool:
    """Whether a field of the spec may be known only when other resources are there."""
    return NAMED.fullmatch(joined(path)) is not None


def stand_in(path: Sequence[str]) -> str:
    """What the spec says meanwhile: ``output-of-network.existing``."""
    return STAND_IN + joined(path)


def is_stand_in(text: str | None) -> bool:
    """Whether a name is one that nobody knows yet."""
    return text is not None and text.startswith(STAND_IN)
