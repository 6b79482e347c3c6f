"""Certificates: the same bytes each time, and good for what they are for and nothing else."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from bay.components.node.certificates import Authority, authority, client, new_key, new_ssh_key, server

NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = ["demo-master-0", "10.80.0.10", "203.0.113.7", "2001:db8::7", "localhost"]


@pytest.fixture(scope="module")
def issuer() -> Authority:
    key = new_key()
    return Authority(key, authority(key, "demo", NOW))


@pytest.fixture(scope="module")
def key() -> str:
    return new_key()


def test_signing_twice_gives_the_same_bytes(issuer: Authority, key: str) -> None:
    assert server(issuer, key, NAMES, NOW) == server(issuer, key, NAMES, NOW)
    assert client(issuer, key, "demo client", NOW) == client(issuer, key, "demo client", NOW)
    assert authority(issuer.key, "demo", NOW) == issuer.certificate


def test_serial_numbers_differ_with_what_is_signed(issuer: Authority, key: str) -> None:
    texts = [server(issuer, key, names, NOW) for names in (NAMES, NAMES[:1], NAMES[1:])]
    texts.append(server(issuer, key, NAMES, NOW + timedelta(seconds=1)))
    assert len({x509.load_pem_x509_certificate(text.encode()).serial_number for text in texts}) == 4


def test_a_server_certificate_names_every_way_to_reach_it(issuer: Authority, key: str) -> None:
    certificate = x509.load_pem_x509_certificate(server(issuer, key, NAMES, NOW).encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["demo-master-0", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(name) for name in NAMES[1:4]]


def test_lifetimes_begin_before_the_making_and_last_years(issuer: Authority, key: str) -> None:
    ca = x509.load_pem_x509_certificate(issuer.certificate.encode())
    leaf = x509.load_pem_x509_certificate(server(issuer, key, NAMES, NOW).encode())
    assert ca.not_valid_before_utc == leaf.not_valid_before_utc == NOW - timedelta(hours=1)
    assert ca.not_valid_after_utc == NOW + timedelta(days=3650)
    assert leaf.not_valid_after_utc == NOW + timedelta(days=1825)


def test_a_name_longer_than_x509_allows_is_cut(issuer: Authority) -> None:
    certificate = x509.load_pem_x509_certificate(authority(issuer.key, "b" * 80, NOW).encode())
    assert certificate.subject.rfc4514_string() == "CN=" + "b" * 64


def test_client_and_server_accept_each_other(issuer: Authority, key: str, tmp_path: Path) -> None:
    shake_hands(issuer, server(issuer, key, NAMES, NOW), client(issuer, key, "demo client", NOW), key, tmp_path)


def test_a_server_does_not_accept_another_servers_certificate_as_a_client(
    issuer: Authority, key: str, tmp_path: Path
) -> None:
    own = server(issuer, key, NAMES, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        shake_hands(issuer, own, own, key, tmp_path)


def test_a_server_does_not_accept_a_client_of_another_bay(issuer: Authority, key: str, tmp_path: Path) -> None:
    other_key = new_key()
    other = Authority(other_key, authority(other_key, "other", NOW))
    with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get|unknown ca|self.signed"):
        shake_hands(issuer, server(issuer, key, NAMES, NOW), client(other, key, "demo client", NOW), key, tmp_path)


def test_ssh_keys_are_what_openssh_writes() -> None:
    made = new_ssh_key()
    assert made.private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert made.public.startswith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI")
    assert len(made.public.split()) == 2
    assert new_ssh_key().private != made.private


def shake_hands(issuer: Authority, server_pem: str, client_pem: str, key: str, folder: Path) -> None:
    """TLS with certificates on both sides, in memory, by OpenSSL's strict rules."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    listening = context(ssl.PROTOCOL_TLS_SERVER, issuer, server_pem, key, folder)
    calling = context(ssl.PROTOCOL_TLS_CLIENT, issuer, client_pem, key, folder)
    here = listening.wrap_bio(to_server, to_client, server_side=True)
    there = calling.wrap_bio(to_client, to_server, server_hostname="203.0.113.7")
    for _ in range(6):
        for side in (there, here):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert here.getpeercert()
    assert there.getpeercert()


def context(protocol: int, issuer: Authority, certificate: str, key: str, folder: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(protocol)
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.load_verify_locations(cadata=issuer.certificate)
    path = folder / "pair.pem"
    path.write_text(certificate + key)
    made.load_cert_chain(path)
    return made
