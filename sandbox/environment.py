"""Environment variables of child processes."""

import os

NOT_FOR_CHILDREN = ("OS_", "PYTHON", "VIRTUAL_ENV")


def child_environment() -> dict[str, str]:
    """This process's environment without the user's cloud and Python settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(NOT_FOR_CHILDREN)}
