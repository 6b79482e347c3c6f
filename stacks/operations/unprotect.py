"""What a whole bay's end takes back of what keeps its parts safe."""

from bay.stacks.stack import BayStack


def release(stack: BayStack) -> None:
    """Lift the protection of masters, volumes and identity, and have no server shut down before it is deleted.

    The user asked for the end of all of them; the work of a node has nowhere to move, so its shutdown would be waited
    for in vain.
    """
    state = stack.export()
    for resource in (state.deployment or {}).get("resources", []):
        resource.pop("protect", None)
        for properties in (resource.get("inputs") or {}, resource.get("outputs") or {}):
            if "stopBeforeDestroy" in properties:
                properties["stopBeforeDestroy"] = False
    stack.import_(state)
