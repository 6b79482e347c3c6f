"""A cloud credential is rotated with the sandbox's own Keystone and real Pulumi; Kubernetes' API is a stand-in here,

since servers of this test do not boot. Killed at any moment, the masters have a credential that Keystone accepts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from bay.components.openstack.login import Login
from bay.stacks.approval import allow
from bay.stacks.bays import Bays
from bay.stacks.cloud.credentials import is_accepted, list_credentials
from bay.stacks.cluster import access, cloud_login, health
from bay.stacks.cluster.access import Access
from bay.stacks.opening import opened
from bay.stacks.operations import rotate_cloud_credential
from bay.stacks.operations.rotation import RotateRequest
from bay.stacks.settings import Settings
from tests.fakes.cloud_login_api import CONTROLLER, MANAGER, CloudLoginApi, serving
from tests.fakes.engine_server import FILES
from tests.integration.bays.harness import Bay

pytestmark = [pytest.mark.sandbox, pytest.mark.long]

REQUEST = RotateRequest("cloud-credential")
OPTIONS = (
    "--set",
    "options.cloud_provider=true",
    "--set",
    "options.volume_driver=cinder",
    "--set",
    "access.api=[10.0.0.0/8]",
)


class Killed(BaseException):
    """In the place of SIGKILL: nothing of bay's runs after it."""


@dataclass
class Rotated:
    """bays: with the bay `demo`, whose API is a stand-in."""

    bays: Bays
    cloud: Connection
    api: CloudLoginApi

    def credentials(self) -> list[str]:
        """Ids of those that have the bay's mark."""
        return list_credentials(self.cloud, self.bays.snapshot("demo").bay_id)


@pytest.fixture
def rotated(bay: Bay, clouds: list[Connection], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotated]:
    bay.make("demo", "--model", "kubernetes", "--nodes", "0", "--no-wait", *OPTIONS)
    environment = bay.environment()
    settings = Settings(
        Path(environment["XDG_CACHE_HOME"]) / "bay",
        bay.data,
        bay.home / "config" / "bay",
        f"file://{bay.state}",
        environment,
    )
    bays = Bays(settings, Login("sandbox", bay.sandbox.clouds_file))
    with opened(bays.context, "demo") as stack:
        held = rotate_cloud_credential._credential(stack)
    with serving(
        CloudLoginApi.holding(held.credential_id, held.credential_secret, MANAGER, CONTROLLER), tmp_path
    ) as api:
        for module in (access, cloud_login, health):
            monkeypatch.setattr(module, "access_of", lambda b: Access(b.state.require_spec(), [api.address], FILES))
        yield Rotated(bays, clouds[0], api)


def test_the_old_credential_is_refused_and_the_new_one_is_in_use(rotated: Rotated) -> None:
    id, secret = rotated.api.held
    assert is_accepted(rotated.cloud, id, secret)
    planned = rotated.bays.rotate_plan("demo", REQUEST)
    assert [step.status for step in planned.steps] == ["planned"] * 6
    done = rotated.bays.rotate("demo", REQUEST, approve=allow())
    assert done.proven.startswith(f"the old cloud credential {id} is useless")
    assert not is_accepted(rotated.cloud, id, secret)
    assert is_accepted(rotated.cloud, *rotated.api.held)
    assert rotated.credentials() == [rotated.api.held[0]]
    assert rotated.bays.drift("demo").all_differences == []
    plan = rotated.bays.preview("demo", lambda spec: spec)  # type: ignore[arg-type,return-value]
    assert plan.empty, plan


def raising(before: Callable[..., Any] | None) -> Callable[..., Any]:
    """A step after which, or in the place of which, there is a kill."""

    def step(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args, **kwargs)
        raise Killed

    return step


STEPS = {
    "created": (rotate_cloud_credential, "_create"),
    "put": (cloud_login.EngineLogin, "put"),
    "deleted": (rotate_cloud_credential, "delete_credential"),
}


def test_killed_at_each_step_the_masters_have_one_that_is_accepted_and_the_same_goes_on(
    rotated: Rotated, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner, name in STEPS.values():
        for after in (False, True):
            before = rotated.api.held
            with monkeypatch.context() as patched:
                patched.setattr(owner, name, raising(getattr(owner, name) if after else None))
                with pytest.raises(Killed):
                    rotated.bays.rotate("demo", REQUEST, approve=allow())
            assert is_accepted(rotated.cloud, *rotated.api.held), (name, after)
            rotated.bays.rotate("demo", REQUEST, approve=allow())
            assert is_accepted(rotated.cloud, *rotated.api.held), (name, after)
            assert not is_accepted(rotated.cloud, *before), (name, after)
            assert rotated.credentials() == [rotated.api.held[0]], (name, after)
