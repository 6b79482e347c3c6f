"""What `bay --debug` shows beside tracebacks: the log of bay and of its libraries, on stderr."""

import logging

from bay.components.text import printable, without_passwords


class Formatter(logging.Formatter):
    """Lines without the passwords of URLs, and without what others wrote to act on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, with its traceback if it has one."""
        return printable(without_passwords(super().format(record)))


def show_log() -> None:
    """Show all that is logged from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.DEBUG, handlers=[handler])
