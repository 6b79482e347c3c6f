"""Attributes that each thread has for itself, for services written for one request at a time."""

import threading
from typing import Any
from weakref import WeakKeyDictionary


class _Values(threading.local):
    def __init__(self) -> None:
        self.of: WeakKeyDictionary[object, Any] = WeakKeyDictionary()


class PerThread:
    """Descriptor in place of an instance's attribute: what a thread sets only that thread sees; None before."""

    def __init__(self) -> None:
        self._values = _Values()

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self._values.of.get(instance)

    def __set__(self, instance: object, value: Any) -> None:
        self._values.of[instance] = value
