"""Answers of a cloud that are kept for a while, where many operations of one process ask for the same."""

import time
from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING, Any

from keystoneauth1.session import TCPKeepAliveAdapter

if TYPE_CHECKING:
    from openstack.connection import Connection
    from requests import PreparedRequest, Response

MANY = 256
"""Answers that are kept before those that are too old are thrown away."""


class SharedAnswers(TCPKeepAliveAdapter):
    """An adapter of requests: GETs that went well are answered from memory for `age` seconds, to the same token only.

    One thread asks, the others that ask for the same wait for its answer.
    """

    def __init__(self, age: float, **options: Any) -> None:
        super().__init__(**options)
        self._age = age
        self._kept: dict[Any, tuple[float, Response]] = {}
        self._asking: dict[Any, Lock] = defaultdict(Lock)
        self._keeping = Lock()

    def send(self, request: "PreparedRequest", *options: Any, **more: Any) -> "Response":
        """The answer, which several may read."""
        if request.method != "GET":
            return super().send(request, *options, **more)
        key = request.url, tuple(sorted(request.headers.items()))
        with self._asking[key]:
            begin, kept = self._kept.get(key, (0.0, None))
            if kept is not None and time.monotonic() - begin < self._age:
                return kept
            begin, found = time.monotonic(), super().send(request, *options, **more)
            _ = found.content  # to its end: it can be read from the connection only once
            if found.ok:
                self._keep(key, begin, found)
            return found

    def _keep(self, key: Any, begin: float, found: "Response") -> None:
        with self._keeping:
            if len(self._kept) >= MANY:
                oldest = time.monotonic() - self._age
                self._kept = {key: one for key, one in self._kept.items() if one[0] > oldest}
            self._kept[key] = begin, found


def share_answers(cloud: "Connection", age: float) -> None:
    """Have a connection keep what the cloud answers for `age` seconds."""
    session = cloud.session.session
    for prefix, adapter in list(session.adapters.items()):
        session.mount(prefix, SharedAnswers(age, max_retries=getattr(adapter, "max_retries", 0)))
