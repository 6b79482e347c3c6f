"""Answers of a cloud that are kept for a while, where many operations of one process ask for the same."""

from typing import TYPE_CHECKING, Any

from keystoneauth1.session import TCPKeepAliveAdapter

from bay.components.answer_cache import AnswerCache

if TYPE_CHECKING:
    from openstack.connection import Connection
    from requests import PreparedRequest, Response


class SharedAnswers(TCPKeepAliveAdapter):
    """An adapter of requests: GETs that went well are answered from memory for `age` seconds, to one token only."""

    def __init__(self, age: float, **options: Any) -> None:
        super().__init__(**options)
        self._answers: AnswerCache[Response] = AnswerCache(age)

    def send(self, request: "PreparedRequest", *options: Any, **more: Any) -> "Response":
        """The answer, which several may read."""
        if request.method != "GET":
            return super().send(request, *options, **more)

        def ask() -> "Response":
            found = super(SharedAnswers, self).send(request, *options, **more)
            _ = found.content  # to its end: it can be read from the connection only once
            return found

        key = request.url, tuple(sorted(request.headers.items()))
        return self._answers.get(key, ask, lambda found: found.ok)


def share_answers(cloud: "Connection", age: float) -> None:
    """Have a connection keep what the cloud answers for `age` seconds."""
    session = cloud.session.session
    for prefix, adapter in list(session.adapters.items()):
        session.mount(prefix, SharedAnswers(age, max_retries=getattr(adapter, "max_retries", 0)))
