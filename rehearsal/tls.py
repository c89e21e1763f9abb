"""The emulator's certificate: HTTPS on loopback, so that ``aws:SecureTransport`` is really true.

Each run makes a certificate authority and a certificate of its own; nobody else trusts them. The
keys are on elliptic curves, whose handshakes cost little.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALIDITY = timedelta(days=2)
"""In real time: the rehearsal's clock does not reach TLS."""

MINIMUM_TLS_VERSION = ssl.TLSVersion.TLSv1_3
"""There is no newer one: every request to the emulator has it."""

TLS_VERSION = "1.3"
"""The same version as the condition key ``s3:TlsVersion`` has it."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of a folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate authority that clients must trust."""
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The server's certificate."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.folder / "server.key"

    def client_environment(self) -> dict[str, str]:
        """Return what makes boto3 and the CDK CLI trust the certificate authority.

        A synthesis may download packages: their clients keep their own authorities.
        """
        return {"AWS_CA_BUNDLE": str(self.authority)}

    def server_environment(self) -> dict[str, str]:
        """Return what makes the functions trust it, for any HTTPS request of theirs."""
        return {"SSL_CERT_FILE": str(self.authority)}

    def client_context(self) -> ssl.SSLContext:
        """Return a context for urllib."""
        return ssl.create_default_context(cafile=str(self.authority))


def create_certificates(folder: Path, *, host: str) -> TlsFiles:
    """Write a new certificate authority and a certificate for an IP address."""
    folder.mkdir(parents=True, exist_ok=True)
    files = TlsFiles(folder)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = _name("rehearsal certificate authority")
    authority = _sign(_authority_builder(authority_name, authority_key), authority_key)
    certificate = _sign(_server_builder(host, key, authority_name, authority_key), authority_key)
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.touch(mode=0o600)
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _authority_builder(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        _builder(name, key, issuer=name, issuer_key=key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )


def _server_builder(
    host: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    address = x509.IPAddress(ipaddress.ip_address(host))
    return (
        _builder(_name("rehearsal"), key, issuer=issuer, issuer_key=issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
    )


def _builder(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
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


def _sign(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return builder.sign(key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
