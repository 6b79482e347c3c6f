"""Where Kubernetes keeps its masters' login to the cloud, and when its consumers have read another one."""

from typing import Any

import pytest

from bay.components.engines.cloud_logins import HeldLogin
from tests.fakes.cloud_login_api import LOGINS, CloudLoginApi, workload

SECRET = CloudLoginApi.holding("id-1", "word-1").objects[LOGINS.path]


def test_another_credential_takes_the_place_and_all_else_stays() -> None:
    assert LOGINS.held(SECRET) == HeldLogin("id-1", "word-1")
    api = CloudLoginApi({LOGINS.path: dict(SECRET)})
    patch = LOGINS.replacement(SECRET, "id-2", "word-2")
    assert patch.path == LOGINS.path
    assert api.patch(patch.path, dict(patch.body)) == 200
    assert api.held == ("id-2", "word-2")
    expected = CloudLoginApi.holding("id-2", "word-2").objects[LOGINS.path]
    assert api.objects[LOGINS.path] == expected


@pytest.mark.parametrize("answer", [{}, {"data": {}}, {"data": {"cloud.conf": ""}}, {"data": {"cloud.conf": "eA=="}}])
def test_an_answer_without_a_login_is_none(answer: Any) -> None:
    with pytest.raises((LookupError, ValueError)):
        LOGINS.held(answer)


def restarted(kind: str, **status: int) -> dict[str, Any]:
    found = workload(kind)
    found["spec"]["template"]["metadata"]["annotations"] = {"bay/cloud-credential": "id-2"}
    found["status"] |= status
    return found


@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment"])
def test_what_runs_with_it_is_restarted(kind: str) -> None:
    assert LOGINS.is_restarted(restarted(kind), "id-2")


@pytest.mark.parametrize(
    "answer",
    [
        workload("DaemonSet"),
        workload("Deployment"),
        restarted("DaemonSet", observedGeneration=0),
        restarted("DaemonSet", updatedNumberScheduled=1),
        restarted("DaemonSet", numberAvailable=1),
        restarted("Deployment", observedGeneration=0),
        restarted("Deployment", updatedReplicas=1),
        restarted("Deployment", availableReplicas=1),
        restarted("Deployment", replicas=3),
        {**restarted("Deployment"), "status": {}},
    ],
)
def test_what_still_runs_with_the_old_one_is_not(answer: Any) -> None:
    assert not LOGINS.is_restarted(answer, "id-2")
