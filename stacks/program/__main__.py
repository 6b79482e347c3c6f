"""Entry of ``pulumi up`` in a checkout: the bay of this stack, from its configuration."""

import pulumi
from pulumi.runtime.config import get_config_env

from bay.components.errors import BayError
from bay.stacks.program.bay_program import program
from bay.stacks.program.config import allowed, spec_of
from bay.stacks.program.runtime import await_outputs


async def main() -> None:
    """Run the program; a user's mistake ends it with its message and no traceback."""
    stack = pulumi.get_stack()
    try:
        config = get_config_env()
        program(stack, spec_of(stack, config), managed_by="file", allow=allowed(config))
    except BayError as error:
        raise pulumi.RunError(f"{error.message}\n{error.hint}") from None
    await await_outputs()


pulumi.run(main)
