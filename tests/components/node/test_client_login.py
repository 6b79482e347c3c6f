"""A client's certificate: new with a new key, kept while it is good, and never the bay's own."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from bay.components.node import certificates
from bay.components.node.certificates import Authority
from bay.components.node.client_login import LoginRequest, client_login, with_login
from bay.components.node.credentials import Generation, new_generation
from tests.fakes.messages import told

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOW = datetime(2027, 1, 1, 12, 0, 0, 999, tzinfo=UTC)
KEYS = new_generation("demo", 1, MADE_AT)
OTHERS = new_generation("demo", 1, MADE_AT)
DAY = timedelta(days=1)


def files(keys: Generation) -> dict[str, str]:
    return {"cert.pem": keys["client_cert"], "key.pem": keys["client_key"]}


def client_files(
    keys: Generation = KEYS, lifetime: timedelta | None = None, group: str | None = None
) -> dict[str, str]:
    return files(with_login(keys, client_login("demo", keys, LoginRequest(lifetime), NOW, group)))


def is_kept(
    present: dict[str, str],
    after: timedelta = timedelta(0),
    lifetime: timedelta | None = None,
    *,
    renew: bool = False,
    group: str | None = None,
) -> bool:
    request = LoginRequest(lifetime, renew, present)
    login = client_login("demo", KEYS, request, NOW + after, group)
    assert login.is_new is (login.certificate != present.get("cert.pem"))
    return not login.is_new


@pytest.mark.parametrize(
    ("lifetime", "good"),
    [
        (None, 60 * DAY),
        (7 * DAY, 7 * DAY * 2 / 3),
        (365 * DAY, 365 * DAY * 2 / 3),
        (timedelta(minutes=3), 2 * DAY / 1440),
    ],
)
def test_it_is_kept_until_a_third_of_its_life_is_left(lifetime: timedelta | None, good: timedelta) -> None:
    present = client_files(lifetime=lifetime)
    assert is_kept(present, good - timedelta(seconds=2))
    assert not is_kept(present, good)
    assert not is_kept(present, 1000 * DAY)


def test_it_is_renewed_when_asked_for_and_for_another_lifetime() -> None:
    present = client_files()
    assert not is_kept(present, renew=True)
    assert not is_kept(present, lifetime=7 * DAY)
    assert is_kept(present, lifetime=90 * DAY)


def test_one_of_another_bay_or_group_is_not_kept() -> None:
    assert not is_kept(client_files(OTHERS))
    assert not is_kept(client_files(), group="admins")
    assert is_kept(client_files(group="admins"), group="admins")


def test_the_bays_own_which_earlier_releases_handed_out_is_not_kept() -> None:
    assert not is_kept(files(KEYS))


@pytest.mark.parametrize(
    "present",
    [
        {},
        {"cert.pem": "", "key.pem": ""},
        {"cert.pem": client_files()["cert.pem"]},
        {**client_files(), "cert.pem": "no certificate"},
        {**client_files(), "key.pem": "no key"},
        {**client_files(), "key.pem": client_files()["key.pem"]},
        {**client_files(), "cert.pem": KEYS["ca_cert"]},
    ],
)
def test_what_is_damaged_or_does_not_fit_is_made_anew(present: dict[str, str]) -> None:
    assert not is_kept(present)


def test_a_new_one_has_a_new_key_and_is_valid_now() -> None:
    assert client_files()["key.pem"] != client_files()["key.pem"]
    read = x509.load_pem_x509_certificate(client_files()["cert.pem"].encode())
    assert read.not_valid_before_utc < NOW < read.not_valid_after_utc
    assert read.subject.rfc4514_string() == "CN=demo client"


def test_none_outlives_the_authority_and_one_that_ended_signs_nothing() -> None:
    end = certificates.end_of(KEYS["ca_cert"])
    login = client_login("demo", KEYS, LoginRequest(), end - 10 * DAY)
    assert login.ends == end
    present = files(with_login(KEYS, login))
    asked = LoginRequest(90 * DAY, present=present)
    assert not client_login("demo", KEYS, asked, end - 9 * DAY).is_new, "no other could last longer"
    assert told(lambda: client_login("demo", KEYS, LoginRequest(), end)) == (
        "the certificate authority of bay demo ended at 2035-12-31T03:04:05Z",
        "create another bay",
        1,
    )


def test_an_authority_of_somebody_else_signs_too() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from tests.components.test_identity import authority_with

    given: Authority = authority_with(rsa.generate_private_key(65537, 2048))
    keys = new_generation("demo", 1, datetime.now(UTC).replace(microsecond=0), {}, given)
    login = client_login("demo", keys, LoginRequest(), datetime.now(UTC))
    again = LoginRequest(present=files(with_login(keys, login)))
    assert not client_login("demo", keys, again, datetime.now(UTC)).is_new
