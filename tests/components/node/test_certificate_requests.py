"""Signing requests of users: the subject and key are theirs, everything else is the authority's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bay.components.node.certificates import Authority, authority, new_key, read_request, signed_request

NOW = datetime.now(UTC).replace(microsecond=0)
ADA = x509.Name(
    [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "physics"), x509.NameAttribute(NameOID.COMMON_NAME, "ada")]
)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@pytest.fixture(scope="module")
def issuer() -> Authority:
    key = new_key()
    return Authority(key, authority(key, "demo", NOW))


def request(key: Key, subject: x509.Name = ADA, *extensions: x509.ExtensionType) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def signed(issuer: Authority, pem: str, days: int = 30) -> x509.Certificate:
    text = signed_request(issuer, read_request(pem), NOW, timedelta(days=days))
    return x509.load_pem_x509_certificate(text.encode())


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
)
def test_a_certificate_has_subject_and_key_of_its_request_and_is_a_clients(
    issuer: Authority, make: Callable[[], Key]
) -> None:
    key = make()
    certificate = signed(issuer, request(key))
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(issuer.certificate.encode()))
    assert certificate.subject == ADA
    assert certificate.public_key() == key.public_key()
    assert certificate.not_valid_after_utc == NOW + timedelta(days=30)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_request_becomes_no_authority_and_no_server(issuer: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    wishes = (
        x509.BasicConstraints(ca=True, path_length=None),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.SubjectAlternativeName([x509.DNSName("demo-master-0")]),
    )
    certificate = signed(issuer, request(key, ADA, *wishes))
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH not in list(usage)
    assert not [e for e in certificate.extensions if isinstance(e.value, x509.SubjectAlternativeName)]


def test_a_certificate_ends_with_its_authority_at_the_latest(issuer: Authority) -> None:
    certificate = signed(issuer, request(ec.generate_private_key(ec.SECP256R1())), days=5000)
    assert certificate.not_valid_after_utc == NOW + timedelta(days=3650)


def tampered(pem: str) -> str:
    """The same request for another subject of the same length."""
    der = x509.load_pem_x509_csr(pem.encode()).public_bytes(serialization.Encoding.DER)
    forged = x509.load_der_x509_csr(der.replace(b"ada", b"bob"))
    return forged.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (tampered, "is not signed by the key that is in it: it was changed on its way"),
        (lambda _pem: "no request", "is not a certificate request in PEM"),
        (lambda _pem: "", "is not a certificate request in PEM"),
        (lambda pem: pem.replace("REQUEST", "RUBBISH"), "is not a certificate request in PEM"),
    ],
)
def test_a_request_that_is_none_is_refused(spoil: Callable[[str], str], reason: str) -> None:
    pem = spoil(request(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(ValueError, match=reason):
        read_request(pem)


def test_a_request_for_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="its subject is empty"):
        read_request(request(ec.generate_private_key(ec.SECP256R1()), x509.Name([])))
