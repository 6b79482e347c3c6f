"""What bay needs to run Pulumi: finds it, or builds it from Go modules."""

from bay.toolchain.display import status_line
from bay.toolchain.doctor import Check, checks
from bay.toolchain.errors import ToolchainError
from bay.toolchain.find import Toolchain, find
from bay.toolchain.make import ensure

__all__ = ["Check", "Toolchain", "ToolchainError", "checks", "ensure", "find", "status_line"]
