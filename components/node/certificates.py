"""X.509 certificates and SSH keys: ECDSA P-256 and Ed25519; an authority that somebody else made may have RSA.

Signing is deterministic (signatures of RFC 6979, or of RSA by PKCS 1; serial numbers from a hash, validity from a given
moment): the same inputs give the same bytes, so a certificate can be signed anew in every run without showing as a
change. ``cryptography`` is imported inside the functions, because its import is slow.
"""

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

    SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

AUTHORITY_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=1825)
"""Five years, as Magnum's `term_of_validity`; a rotation renews them earlier."""
CLOCK_SKEW = timedelta(hours=1)
"""Certificates are valid from this long before they are made: a server's clock may be behind."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority; key and certificate are PEM."""

    key: str
    certificate: str


@dataclass(frozen=True)
class SshKey:
    """An Ed25519 key pair in OpenSSH's formats; the public line has no comment."""

    private: str
    public: str


def new_key() -> str:
    """A new ECDSA P-256 private key, PKCS 8 PEM without passphrase."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def new_ssh_key() -> SshKey:
    """A new Ed25519 key pair."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return SshKey(private.decode(), public.decode())


def authority(key: str, bay: str, made_at: datetime) -> str:
    """The certificate of a bay's own authority, signed by itself; it signs leaves and no other authority."""
    from cryptography import x509

    own = _load_key(key)
    subject = _name(f"{bay} CA")
    builder = _builder(subject, subject, own.public_key(), made_at, AUTHORITY_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return _sign(builder, own)


def client(
    issuer: Authority,
    key: str,
    name: str,
    made_at: datetime,
    organisation: str | None = None,
    lifetime: timedelta = LEAF_LIFETIME,
) -> str:
    """A certificate for a client of the API; some engines read its organisation as a group."""
    from cryptography.x509.oid import ExtendedKeyUsageOID

    subject, public = _name(name, organisation), _load_key(key).public_key()
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH
    return _sign(_leaf_for(issuer, public, subject, made_at, purpose, lifetime), _load_key(issuer.key))


def server(issuer: Authority, key: str, names: Sequence[str], made_at: datetime) -> str:
    """A certificate for a server that is reached by all of `names`: host names and IP addresses."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    builder = _leaf(issuer, key, _name(names[0]), made_at, ExtendedKeyUsageOID.SERVER_AUTH)
    alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
    return _sign(builder.add_extension(alternatives, critical=False), _load_key(issuer.key))


def end_of(certificate: str) -> datetime:
    """When a certificate (PEM) ends, UTC."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc


def read_request(pem: str) -> "x509.CertificateSigningRequest":
    """A certificate request that its own key signed; ValueError ("is ...") for anything else."""
    from cryptography import x509

    try:
        request = x509.load_pem_x509_csr(pem.encode())
    except ValueError:
        raise ValueError("is not a certificate request in PEM") from None
    if not request.is_signature_valid:
        raise ValueError("is not signed by the key that is in it: it was changed on its way")
    if not list(request.subject):
        raise ValueError("is for nobody: its subject is empty")
    return request


def signed_request(
    issuer: Authority, request: "x509.CertificateSigningRequest", made_at: datetime, lifetime: timedelta
) -> str:
    """A client's certificate for the key and subject of a request; it ends with its authority's at the latest.

    What else the request asks for, as being an authority or a server, it does not get.
    """
    from cryptography.x509.oid import ExtendedKeyUsageOID

    purpose = ExtendedKeyUsageOID.CLIENT_AUTH
    builder = _leaf_for(issuer, request.public_key(), request.subject, made_at, purpose, lifetime)
    return _sign(builder, _load_key(issuer.key))


def _leaf(
    issuer: Authority, key: str, subject: "x509.Name", made_at: datetime, purpose: "x509.ObjectIdentifier"
) -> "x509.CertificateBuilder":
    return _leaf_for(issuer, _load_key(key).public_key(), subject, made_at, purpose, LEAF_LIFETIME)


def _leaf_for(
    issuer: Authority,
    public: "CertificatePublicKeyTypes",
    subject: "x509.Name",
    made_at: datetime,
    purpose: "x509.ObjectIdentifier",
    lifetime: timedelta,
) -> "x509.CertificateBuilder":
    from cryptography import x509

    issued_by = x509.load_pem_x509_certificate(issuer.certificate.encode())
    lifetime = min(lifetime, issued_by.not_valid_after_utc - made_at)
    identifier = issued_by.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = _builder(subject, issued_by.subject, public, made_at, lifetime)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )


def _builder(
    subject: "x509.Name",
    issuer: "x509.Name",
    public: "CertificatePublicKeyTypes",
    made_at: datetime,
    lifetime: timedelta,
) -> "x509.CertificateBuilder":
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .not_valid_before(made_at - CLOCK_SKEW)
        .not_valid_after(made_at + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _sign(builder: "x509.CertificateBuilder", key: "SigningKey") -> str:
    """Signed under a serial number that is a hash of everything else in the certificate."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    deterministic = True if isinstance(key, ec.EllipticCurvePrivateKey) else None  # RSA's are so in any case
    draft = builder.serial_number(1).sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic)
    serial = int.from_bytes(hashlib.sha256(draft.tbs_certificate_bytes).digest()[:16], "big") or 1
    certificate = builder.serial_number(serial).sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic)
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _load_key(pem: str) -> "SigningKey":
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError("the key of a bay is an ECDSA or RSA key")
    return key


def _name(common_name: str, organisation: str | None = None) -> "x509.Name":
    """X.509 allows a common name 64 characters."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _alternative(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs_certificates: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
