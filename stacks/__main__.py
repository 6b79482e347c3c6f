"""Entry of ``pulumi up`` in a checkout: the bay of this stack, from its configuration."""

import pulumi
from pulumi.runtime.config import get_config_env

from bay.components.errors import BayError
from bay.stacks.config import spec_of
from bay.stacks.program import program


def main() -> None:
    """Run the program; a user's mistake ends it with its message and no traceback."""
    stack = pulumi.get_stack()
    try:
        program(stack, spec_of(stack, get_config_env()), managed_by="file")
    except BayError as error:
        raise pulumi.RunError(f"{error.message}\n{error.hint}") from None


main()
