"""The error that users of a toolchain see."""


class ToolchainError(Exception):
    """Pulumi can be neither found nor built.

    `message` says in one line what is wrong, `hint` in one line what to do.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
