"""What the sandbox says when it cannot go on."""


class SandboxError(Exception):
    """A failure that its user can mend: ``message`` says what is wrong, ``hint`` what to do, one line each."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
