"""Keystone of the sandbox: requests of different users, served by threads of one process."""

import contextlib
import threading
import uuid

import openstack
import pytest
from openstack.connection import Connection

from bay.sandbox import Sandbox
from bay.sandbox.services.sandbox_services.per_thread import PerThread
from tests.sandbox.conftest import connect

USERS = ("sandbox", "sandbox-reader", "sandbox-other", "sandbox-reader")
ROUNDS = 25


def test_what_a_thread_sets_only_that_thread_sees() -> None:
    class Middleware:
        token = PerThread()

    shared, other = Middleware(), Middleware()
    shared.token = "alice"
    seen: list[object] = []

    def serve() -> None:
        seen.append(shared.token)
        shared.token = "bob"
        seen.append(shared.token)

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join()
    assert seen == [None, "bob"]
    assert shared.token == "alice"
    assert other.token is None


@pytest.mark.sandbox
def test_a_request_goes_on_with_its_own_token(sandbox_cloud: Sandbox) -> None:
    wrong: list[str] = []
    with contextlib.ExitStack() as stack:
        users = [stack.enter_context(connect(sandbox_cloud, user)) for user in USERS for _ in range(3)]
        for user in users:
            user.authorize()
        threads = [threading.Thread(target=_use, args=(user, wrong)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.sandbox
def test_a_user_who_goes_takes_his_credentials_with_him(sandbox_cloud: Sandbox) -> None:
    """Else what is left of them belongs to the next credential, whoever makes it."""
    with contextlib.ExitStack() as stack:
        admin, alice = (stack.enter_context(connect(sandbox_cloud, name)) for name in ("sandbox-admin", "sandbox"))
        identity, name = admin.identity, f"gone-{uuid.uuid4().hex}"
        user = identity.create_user(name=name, password=name, domain_id="default")
        stack.callback(identity.delete_user, user)
        project = identity.find_project("physics", ignore_missing=False)
        identity.assign_project_role_to_user(project, user, identity.find_role("member", ignore_missing=False))
        auth = {**alice.config.auth, "username": name, "password": name}
        with openstack.connect(auth=auth, region_name="RegionOne", load_yaml_config=False, load_envvars=False) as own:
            own.identity.create_application_credential(user=own.current_user_id, name=name)
        identity.delete_user(user)
        me = alice.current_user_id
        made = alice.identity.create_application_credential(user=me, name=name)
        alice.identity.delete_application_credential(me, made)


def _use(user: Connection, wrong: list[str]) -> None:
    """The roles of a credential are those of the token; Keystone refuses roles that its user does not have."""
    me = user.current_user_id
    for _ in range(ROUNDS):
        try:
            made = user.identity.create_application_credential(user=me, name=uuid.uuid4().hex)
            user.identity.delete_application_credential(me, made)
        except Exception as error:  # a thread's error would be lost
            wrong.append(str(error))
