"""What a whole bay's end takes back in the state before anything is destroyed."""

from types import SimpleNamespace
from typing import Any

from bay.stacks.operations.unprotect import prepare_destroy


def test_nothing_stays_protected_and_no_server_is_shut_down_first() -> None:
    node = {
        "type": "openstack:compute/instance:Instance",
        "inputs": {"name": "demo-node-0", "stopBeforeDestroy": True},
        "outputs": {"name": "demo-node-0", "stopBeforeDestroy": True, "powerState": "active"},
    }
    master = {"type": node["type"], "protect": True, "inputs": {}, "outputs": {"stopBeforeDestroy": False}}
    component = {"type": "bay:index:Servers", "protect": False}
    state = SimpleNamespace(deployment={"resources": [node, master, component]})
    stored: list[Any] = []
    stack: Any = SimpleNamespace(export=lambda: state, import_=stored.append)
    prepare_destroy(stack)
    (put_back,) = stored
    assert put_back.deployment["resources"] == [
        {
            "type": node["type"],
            "inputs": {"name": "demo-node-0", "stopBeforeDestroy": False},
            "outputs": {"name": "demo-node-0", "stopBeforeDestroy": False, "powerState": "active"},
        },
        {"type": node["type"], "inputs": {}, "outputs": {"stopBeforeDestroy": False}},
        {"type": "bay:index:Servers"},
    ]


def test_a_bay_of_which_nothing_was_made_has_nothing_to_release() -> None:
    stack: Any = SimpleNamespace(export=lambda: SimpleNamespace(deployment=None), import_=lambda _state: None)
    prepare_destroy(stack)
