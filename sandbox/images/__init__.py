"""Images that the sandbox's servers boot from, made of Debian packages and Go modules on this machine."""

from bay.sandbox.images.catalog import ENGINES
from bay.sandbox.images.make import build
from bay.sandbox.images.stock import Stocked, stock

__all__ = ["ENGINES", "Stocked", "build", "stock"]
