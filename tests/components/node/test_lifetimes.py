"""When certificates end, without a look at them, and how that is said."""

from datetime import UTC, datetime, timedelta

import pytest

from bay.components.node import certificates
from bay.components.node.certificates import end_of
from bay.components.node.credentials import new_generation
from bay.components.node.lifetimes import Certificate, Validity, authority_end, leaf_end, signed_at, utc, warning

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW = datetime(2031, 1, 1, tzinfo=UTC)


def test_they_end_when_the_certificates_say_so() -> None:
    keys = new_generation("demo", 1, MADE_AT, {"etcd": "authority"})
    assert authority_end(MADE_AT) == end_of(keys["ca_cert"]) == end_of(keys["engine"]["etcd_cert"])
    issuer = certificates.Authority(keys["ca_key"], keys["ca_cert"])
    server = certificates.server(issuer, keys["server_key"], ["demo-master-0"], MADE_AT)
    assert leaf_end(MADE_AT, authority_end(MADE_AT)) == end_of(keys["client_cert"]) == end_of(server)


def test_none_ends_after_what_signed_it() -> None:
    late = MADE_AT + timedelta(days=3000)
    assert leaf_end(late, authority_end(MADE_AT)) == authority_end(MADE_AT)


@pytest.mark.parametrize(
    ("left", "validity", "days", "told"),
    [
        (timedelta(days=31), Validity.VALID, 31, None),
        (timedelta(days=30, seconds=1), Validity.VALID, 30, None),
        (timedelta(days=30), Validity.EXPIRING, 30, "ends at 2031-01-31T00:00:00Z, in 30 days"),
        (timedelta(days=1), Validity.EXPIRING, 1, "ends at 2031-01-02T00:00:00Z, in 1 day"),
        (timedelta(hours=23), Validity.EXPIRING, 0, "ends at 2031-01-01T23:00:00Z, in less than a day"),
        (timedelta(0), Validity.EXPIRED, 0, "ended at 2031-01-01T00:00:00Z"),
        (timedelta(seconds=-1), Validity.EXPIRED, -1, "ended at 2030-12-31T23:59:59Z"),
        (timedelta(days=-400), Validity.EXPIRED, -400, "ended at 2029-11-27T00:00:00Z"),
    ],
)
def test_one_is_warned_of_from_thirty_days_before_its_end(
    left: timedelta, validity: Validity, days: int, told: str | None
) -> None:
    one = Certificate("client", NOW + left)
    assert (one.validity(NOW), one.days_left(NOW)) == (validity, days)
    shown = "('bay show demo -c certificates' shows all)"
    assert warning("demo", [one], NOW) == (f"certificates of bay demo: client {told} {shown}" if told else "")


def test_of_several_the_first_to_end_stands_first_in_one_line() -> None:
    soon, ended = Certificate("client", NOW + timedelta(days=2)), Certificate("server", NOW - timedelta(days=2))
    text = warning("demo", [Certificate("authority", NOW + timedelta(days=99)), soon, ended], NOW)
    assert text.startswith("certificates of bay demo: server ended at 2030-12-30T00:00:00Z; client ends at 2031-01-03")
    assert "authority" not in text
    assert len(text.splitlines()) == 1


def test_moments_are_told_in_utc_to_the_second() -> None:
    assert utc(MADE_AT.replace(microsecond=5)) == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("days", "signed"), [(-1, 0), (0, 0), (1216, 0), (1217, 1), (2433, 1), (2434, 2), (3649, 2), (3650, 3)]
)
def test_a_server_gets_another_certificate_when_a_third_of_the_life_of_the_one_before_is_left(
    days: int, signed: int
) -> None:
    third = timedelta(days=1825) / 3
    assert signed_at(MADE_AT, MADE_AT + timedelta(days=days)) == MADE_AT + 2 * third * signed
