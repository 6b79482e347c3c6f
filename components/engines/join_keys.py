"""An engine whose servers are let in by keys that its masters' door knows (`bay.components.node.join_ssh`)."""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class JoinKeys:
    """An engine's `join_keys`. tokens: commands on a master that make what the door has handed out useless.

    Kubernetes has none: its door hands out certificates of an hour.
    """

    tokens: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """For ``bash -s VERB`` on a master; what the verb reads comes behind it, on the same standard input."""
        text = files("bay.components.engines").joinpath("files", "common", "door-keys.sh").read_text(encoding="utf-8")
        commands = " &&\n  ".join([*self.tokens, "true"])
        return f'{text}\nrotate_tokens() {{\n  {commands}\n}}\nmain "$@"; exit\n'
