"""What a client needs: files, and the addresses of the API with one that answers now first."""

from typing import Any

import pytest

from bay.components.errors import BayError
from bay.components.spec.merge import build_spec
from bay.stacks.cluster.clients import client_files_of
from tests.fakes.messages import told
from tests.fakes.openstack import FakeCloud
from tests.fakes.stack import FakeStack
from tests.fakes.states import bay_of, cut_off

FILES = {"ca.pem": "A"}
ADDRESSES = ["203.0.113.1:2376", "203.0.113.2:2376"]


def bay(**spec: Any) -> FakeStack:
    deployment = bay_of(build_spec([{"model": "swarm-ha"}, spec]))
    stack = next(r for r in deployment["resources"] if r["type"] == "pulumi:pulumi:Stack")
    stack["outputs"] |= {"client_files": FILES, "api_addresses": ADDRESSES}
    return FakeStack(deployment, FakeCloud())


def test_files_come_with_every_address_and_whether_the_api_is_open() -> None:
    found = client_files_of(bay(access={"api": ["10.0.0.0/8"]}))
    assert (found.coe, found.files, found.addresses) == ("swarm", FILES, tuple(ADDRESSES))
    assert found.is_open
    assert not client_files_of(bay()).is_open
    assert found.environment("/home/ada")["DOCKER_HOST"] == f"tcp://{ADDRESSES[0]}"


@pytest.mark.parametrize("state", [None, cut_off()])
def test_a_bay_that_is_not_complete_has_none(state: dict[str, Any] | None) -> None:
    assert told(lambda: client_files_of(FakeStack(state, FakeCloud()))) == (
        "bay demo is not complete",
        "'bay show demo' says why; 'bay create demo' resumes it",
        1,
    )


def test_nothing_of_it_needs_the_cloud() -> None:
    one = bay()
    client_files_of(one)
    assert one.journal == []
    with pytest.raises(BayError):
        client_files_of(FakeStack({}, FakeCloud()))
