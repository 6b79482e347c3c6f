"""The key and certificate of one client of a bay: short-lived, renewed when a third of its life is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bay.components.errors import BayError
from bay.components.node.certificates import CLOCK_SKEW, Authority, client, end_of, new_key
from bay.components.node.credentials import Generation
from bay.components.node.lifetimes import utc

if TYPE_CHECKING:
    from cryptography import x509

LIFETIME = timedelta(days=90)
"""No client certificate can be revoked, so it has to end soon; people come back to a bay more often than this."""
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=365)
RENEWED_AT = 3
"""A certificate is renewed when one part of so many is left of its life."""


@dataclass(frozen=True)
class LoginRequest:
    """lifetime: None for `LIFETIME`, and for one that is there any. renew: also where that one is good.

    present: ``cert.pem`` and ``key.pem`` of before, as far as they are there.
    """

    lifetime: timedelta | None = None
    renew: bool = False
    present: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ClientLogin:
    """key, certificate: PEM. ends: UTC. renewed_from: asked for from then on, it is another one. is_new: made now."""

    key: str
    certificate: str
    ends: datetime
    renewed_from: datetime
    is_new: bool


def client_login(
    bay: str, keys: Generation, request: LoginRequest, now: datetime, group: str | None = None
) -> ClientLogin:
    """The one that is there, if it is good for more than a third of its life, else a new one with a new key.

    It ends with the bay's authority at the latest; BayError where that has ended.
    """
    issuer = Authority(keys["ca_key"], keys["ca_cert"])
    if (end := end_of(issuer.certificate)) <= now:
        raise BayError(f"the certificate authority of bay {bay} ended at {utc(end)}", "create another bay")
    certificate, key = ((request.present or {}).get(name, "") for name in ("cert.pem", "key.pem"))
    if not request.renew and _is_good(certificate, key, keys, request.lifetime, now, group):
        return _login(key, certificate, is_new=False)
    key, moment = new_key(), now.replace(microsecond=0)
    lifetime = request.lifetime or LIFETIME
    return _login(key, client(issuer, key, f"{bay} client", moment, group, lifetime), is_new=True)


def with_login(keys: Generation, login: ClientLogin) -> Generation:
    """The keys of a bay with those of one client in the place of the bay's own."""
    return {**keys, "client_key": login.key, "client_cert": login.certificate}


def _login(key: str, certificate: str, *, is_new: bool) -> ClientLogin:
    read = _read(certificate)
    ends = read.not_valid_after_utc
    return ClientLogin(key, certificate, ends, ends - _lifetime(read) / RENEWED_AT, is_new)


def _is_good(
    certificate: str, key: str, keys: Generation, lifetime: timedelta | None, now: datetime, group: str | None
) -> bool:
    """Whether a client may go on with what it has; never with the bay's own key, which earlier releases handed out."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        own, read, issuer = (_read(text) for text in (keys["client_cert"], certificate, keys["ca_cert"]))
        read.verify_directly_issued_by(issuer)
        is_ours = load_pem_private_key(key.encode(), None).public_key() == read.public_key()
    except (ValueError, TypeError, InvalidSignature):
        return False
    life = _lifetime(read)
    return (
        is_ours
        and read.public_key() != own.public_key()
        and read.subject.rfc4514_string() == _subject(own, group)
        and (lifetime is None or life == min(lifetime, issuer.not_valid_after_utc - _start(read)))
        and read.not_valid_before_utc <= now
        and read.not_valid_after_utc - now > life / RENEWED_AT
    )


def _subject(own: "x509.Certificate", group: str | None) -> str:
    """As the bay's own certificate is called, and in the group that the engine asks for."""
    return f"{own.subject.rfc4514_string()},O={group}" if group else own.subject.rfc4514_string()


def _read(certificate: str) -> "x509.Certificate":
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate.encode())


def _start(certificate: "x509.Certificate") -> datetime:
    """When it was signed."""
    return certificate.not_valid_before_utc + CLOCK_SKEW


def _lifetime(certificate: "x509.Certificate") -> timedelta:
    return certificate.not_valid_after_utc - _start(certificate)
