"""Text for people."""

import re
from collections.abc import Sequence


def join_names(names: Sequence[str], limit: int = 5) -> str:
    """The first of the names, and how many there are if there are more."""
    return ", ".join(names[:limit]) + (f", ... ({len(names)} in all)" if len(names) > limit else "")


def first_ipv4(addresses: Sequence[str]) -> str:
    """The first address of IPv4; where there is none, the first."""
    return next((address for address in addresses if ":" not in address), addresses[0])


def host_and_port(host: str, port: int) -> str:
    """``192.0.2.1:6443``, ``[2001:db8::1]:6443``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def without_passwords(text: str) -> str:
    """``postgres://bay:secret@host/db`` -> ``postgres://bay:***@host/db``."""
    return re.sub(r"(://[^\s/:@]*):[^\s/@]*@", r"\1:***@", text)
