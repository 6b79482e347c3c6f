"""Entry of ``pulumi up`` in a checkout: the bay of this stack, from its configuration."""

import os
from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env

from bay.components.errors import BayError
from bay.components.yaml_file import mapping
from bay.stacks.program.bay_program import program
from bay.stacks.program.config import PREFIX, SUFFIX, allowed, read_stack_file, spec_of
from bay.stacks.program.runtime import await_outputs, without_stack_traces


def _require_plain_file(stack: str) -> None:
    """BayError where the checkout has a link or the like in the place of the stack's file: Pulumi would follow it."""
    root = Path(pulumi.get_root_directory())
    if os.path.lexists(root / "stacks" / f"{PREFIX}{stack}{SUFFIX}"):
        mapping(read_stack_file(root, stack), f"stacks/{PREFIX}{stack}{SUFFIX}")


async def main() -> None:
    """Run the program; a user's mistake ends it with its message and no traceback."""
    stack = pulumi.get_stack()
    try:
        _require_plain_file(stack)
        config = get_config_env()
        program(stack, spec_of(stack, config), managed_by="file", allow=allowed(config))
    except BayError as error:
        raise pulumi.RunError(f"{error.message}\n{error.hint}") from None
    await await_outputs()


without_stack_traces()
pulumi.run(main)
