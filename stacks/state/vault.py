"""Passphrases in Barbican: one secret a bay, which every login of its project finds by the bay's state alone."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bay.components.errors import BayError
from bay.components.openstack.barbican import ACTIVE, list_entries
from bay.components.openstack.connection import openstack_errors
from bay.stacks.settings import short_hash

if TYPE_CHECKING:
    from openstack.connection import Connection

TEXT = "text/plain"


def secret_name(bay: str, salt: str) -> str:
    """Of the secret: the salt of a state belongs to one passphrase, so two states with a bay of a name have two."""
    return f"bay.{bay}.passphrase.{short_hash(salt)}"


def is_offered(cloud: "Connection") -> bool:
    """Whether the catalog has Barbican."""
    with openstack_errors("looking for Barbican in the catalog"):
        return bool(cloud.has_service("key-manager"))


def require_offered(cloud: "Connection") -> None:
    """BayError where the catalog has no Barbican."""
    if not is_offered(cloud):
        raise BayError(
            "the cloud's catalog has no Barbican (key-manager), so it cannot keep a passphrase",
            "keep it in a file: --secrets file",
        )


class Vault:
    """What was read stays in the memory of this process. No call is logged: its body is, or holds, a passphrase."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def __repr__(self) -> str:
        return "Vault()"

    def read(self, cloud: "Connection", bay: str, salt: str) -> str:
        """The passphrase of the state with this salt; empty where Barbican has none, or the cloud no Barbican."""
        known = self._words.get(salt)
        if known:
            return known
        if not is_offered(cloud):
            return ""
        with openstack_errors(f"reading the passphrase of bay {bay} in Barbican"):
            for secret in _secrets(cloud, bay, salt):
                path = f"/secrets/{secret}/payload"
                words = _answer(cloud.key_manager.get(path, headers={"Accept": TEXT}, log=False)).text
                self._words[salt] = words
                return str(words)
        return ""

    def remembered(self, salt: str) -> str:
        """What was read or kept already; empty for what was not."""
        return self._words.get(salt, "")

    def has(self, cloud: "Connection", bay: str, salt: str) -> bool:
        """Whether there is one; it is not read."""
        if not is_offered(cloud):
            return False
        with openstack_errors(f"looking for the passphrase of bay {bay} in Barbican"):
            return any(True for _ in _secrets(cloud, bay, salt))

    def keep(self, cloud: "Connection", bay: str, salt: str, words: str) -> None:
        """Have Barbican keep it; nothing where it does already."""
        require_offered(cloud)
        with openstack_errors(f"keeping the passphrase of bay {bay} in Barbican"):
            if not any(True for _ in _secrets(cloud, bay, salt)):
                body = {
                    "name": secret_name(bay, salt),
                    "payload": words,
                    "payload_content_type": TEXT,
                    "secret_type": "passphrase",
                }
                _answer(cloud.key_manager.post("/secrets", json=body, log=False))
        self._words[salt] = words

    def forget(self, cloud: "Connection", bay: str, salt: str) -> bool:
        """Delete it; whether there was one."""
        self._words.pop(salt, None)
        if not is_offered(cloud):
            return False
        found = False
        with openstack_errors(f"deleting the passphrase of bay {bay} in Barbican"):
            for secret in list(_secrets(cloud, bay, salt)):
                found = True
                response = cloud.key_manager.delete(f"/secrets/{secret}")
                if response.status_code != HTTPStatus.NOT_FOUND:
                    _answer(response)
        return found


def _secrets(cloud: "Connection", bay: str, salt: str) -> Iterator[str]:
    """Ids; more than one where an answer was lost and the request sent again."""
    found = list_entries(cloud, "secrets", name=secret_name(bay, salt))
    return (one.id for one in found if one.status == ACTIVE)


def _answer(response: Any) -> Any:
    from openstack.exceptions import raise_from_response

    raise_from_response(response)
    return response
