"""What openstacksdk says of a login, in words of what the user can do."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bay.components.errors import BayError
from bay.components.openstack.connection import resolve_login
from bay.components.openstack.login import Login

AUTH = {"auth_url": "https://cloud.example:5000/v3", "username": "ada", "password": "hidden", "project_name": "physics"}


def refusal(folder: Path, cloud: dict[str, Any]) -> str:
    """The message for a cloud `mine` in a clouds.yaml."""
    file = folder / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"mine": cloud}}))
    with pytest.raises(BayError) as caught:
        resolve_login(Login("mine", file))
    return caught.value.message


@pytest.mark.parametrize(
    ("cloud", "message"),
    [
        ({"auth": {**AUTH, "password": None}}, "cloud mine: password is missing"),
        ({"auth": {**AUTH, "auth_url": ""}}, "cloud mine: auth_url is missing"),
        ({"auth": {**AUTH, "descrption": "x"}}, "cloud mine: descrption is nothing that this auth_type knows"),
        (
            {"auth_type": "v3token", "auth": {**AUTH, "token": "t", "project_domain_id": "default"}},
            "cloud mine: password is nothing that this auth_type knows",
        ),
        ({"auth": AUTH, "auth_type": "kerberos-like"}, "cloud mine: The plugin kerberos-like could not be found"),
    ],
)
def test_what_is_wrong_with_a_login_is_named(tmp_path: Path, cloud: dict[str, Any], message: str) -> None:
    assert refusal(tmp_path, cloud) == message
