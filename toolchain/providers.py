"""Serves dynamic resources by the Pulumi SDK's own server, for which a state is then data: ``python -m`` this.

A state names the provider of a dynamic resource by a pickle, and the SDK's server reads it with `dill.loads`: whoever
may write a state runs any program at the next refresh or deletion. Of bay's providers the pickle is a reference to a
class without any state of its own, so it is compared as a text, and nothing is ever unpickled.
"""

import base64
import importlib
import runpy
import sys
from typing import Any

KNOWN = (
    ("bay.components.guard", "GuardProvider"),
    ("bay.components.identity", "IdentityProvider"),
    ("bay.components.image", "ImageProvider"),
)
"""Module and class of each provider that states of bays name; public API of `bay.components`."""

PROTOCOLS = (4, 5)
"""Of pickle, which Pythons since 3.8 and since 3.14 write."""

SETTING = "BAY_DYNAMIC_PROVIDERS"
"""Variable of the script that starts this: ``any`` leaves a project with providers of its own to the SDK."""


def _reference(module: str, name: str, protocol: int) -> bytes:
    """A pickle of an object without state, as Python and dill write it: the class by its name, called with nothing."""
    body = b"".join(b"\x8c%c%s\x94" % (len(text), text.encode()) for text in (module, name))
    body += b"\x93\x94)\x81\x94."  # the class of these two names; its instance; the end
    return b"\x80%c\x95%s" % (protocol, len(body).to_bytes(8, "little")) + body


_PICKLES = {_reference(*one, protocol): one for one in KNOWN for protocol in PROTOCOLS}

REFERENCES = {base64.b64encode(pickled).decode(): one for pickled, one in _PICKLES.items()}
"""What a state may hold as ``__provider``, and which class each text stands for."""


def load(pickled: bytes) -> Any:
    """The provider that a state names; PermissionError for anything else than a reference to one of bay's."""
    known = _PICKLES.get(pickled)
    if known is None:
        raise PermissionError(
            "a dynamic resource of this state has a provider that is none of bay's, and a state is data: nothing in it "
            f"is run. Find out who wrote it; a project with providers of its own needs {SETTING}=any"
        )
    module, name = known
    return getattr(importlib.import_module(module), name)()


def _refuse_pickles(event: str, _arguments: tuple[object, ...]) -> None:
    """Whatever another version of the SDK reads a provider with: no pickle finds a class in this process."""
    if event == "pickle.find_class":
        raise PermissionError("nothing is unpickled here")


def main() -> None:
    """Serve until Pulumi ends this process."""
    import dill  # type: ignore[import-untyped]

    dill.loads = load
    sys.addaudithook(_refuse_pickles)
    runpy.run_module("pulumi.dynamic", run_name="__main__")


if __name__ == "__main__":
    main()
