"""When the certificates of a bay end, by what is known without its secrets.

They are signed as of a moment that the state has in the clear, and last a time that is the same in all releases.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bay.components.node.certificates import AUTHORITY_LIFETIME, LEAF_LIFETIME

NOTICE = timedelta(days=30)
"""How long before its end a certificate is warned of."""
PERIOD = LEAF_LIFETIME * 2 / 3
"""How long boot data has the same certificate of a server: the next one comes when a third of its life is left."""


class Validity(StrEnum):
    """How a certificate is; EXPIRING within `NOTICE` of its end."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Certificate:
    """One certificate, or those of several servers. ends: UTC; of several the first end. renewed_by: a command, or who
    does it; empty for what nobody renews.

    name: ``authority``, ``authority etcd``, ``server`` or ``client``.
    """

    name: str
    ends: datetime
    renewed_by: str = ""

    def validity(self, now: datetime) -> Validity:
        """How it is at a moment."""
        if self.ends <= now:
            return Validity.EXPIRED
        return Validity.EXPIRING if self.ends - now <= NOTICE else Validity.VALID

    def end_text(self, now: datetime) -> str:
        """``ends at 2026-11-30T22:10:00Z``, or ``ended``."""
        return f"{'ended' if self.validity(now) is Validity.EXPIRED else 'ends'} at {utc(self.ends)}"

    def days_left(self, now: datetime) -> int:
        """Whole days until its end, 0 on the last one; negative after it: -1 on the first day."""
        return (self.ends - now).days


def authority_end(made_at: datetime) -> datetime:
    """Of an authority that a bay made for itself."""
    return made_at + AUTHORITY_LIFETIME


def signed_at(made_at: datetime, now: datetime) -> datetime:
    """As of when the certificate of a server that is created now is signed, of a bay whose keys were made at `made_at`.

    The same for a whole `PERIOD`, so that boot data does not differ from run to run.
    """
    return made_at + PERIOD * max(0, (now - made_at) // PERIOD)


def leaf_end(signed_at: datetime, issuer_end: datetime) -> datetime:
    """Of a server or client: with its issuer at the latest."""
    return min(signed_at + LEAF_LIFETIME, issuer_end)


def utc(moment: datetime) -> str:
    """``2026-11-30T22:10:00Z``: RFC 3339, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def warning(bay: str, certificates: Iterable[Certificate], now: datetime) -> str:
    """One line about those that end soon or have ended, the first to end first; empty where there are none."""
    found = sorted((one for one in certificates if one.validity(now) is not Validity.VALID), key=lambda one: one.ends)
    if not found:
        return ""
    ends = "; ".join(_sentence(one, now) for one in found)
    return f"certificates of bay {bay}: {ends} ('bay show {bay} -c certificates' shows all)"


def _sentence(certificate: Certificate, now: datetime) -> str:
    text = f"{certificate.name} {certificate.end_text(now)}"
    if certificate.validity(now) is Validity.EXPIRED:
        return text
    days = certificate.days_left(now)
    return f"{text}, in {'less than a day' if days == 0 else f'{days} day' if days == 1 else f'{days} days'}"
