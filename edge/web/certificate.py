"""A certificate that the kiosk makes itself, for the half hour of its set-up: known by its fingerprint."""

from __future__ import annotations

import ipaddress
import socket
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.errors import ConfigError
from edge.host.files import write_atomically
from edge.timing import utc_now

CERTIFICATE, KEY = "setup-certificate.pem", "setup-key.pem"

VALID = timedelta(days=397)
"""As long as browsers take one for (CA/Browser Forum, ballot SC-022)."""

RENEWED = timedelta(days=7)


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """The kiosk's certificate and its key, made anew when it runs out or the host has another name.

    Args:
        folder: where they are kept.

    Raises:
        ConfigError: if they cannot be written.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not (key.is_file() and _is_good(certificate)):
        secret = ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        private = secret.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        try:
            write_atomically(key, private)
            write_atomically(certificate, _signed(secret).public_bytes(pem))
        except OSError as error:
            raise ConfigError(f"{folder}: the certificate cannot be written ({error.strerror})") from error
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """SHA-256 of a certificate, as browsers show it: `AB:CD:...`."""
    digest = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()


def _signed(secret: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    host, now = socket.gethostname(), utc_now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    names: list[x509.GeneralName] = [x509.DNSName(host), x509.DNSName(f"{host}.local"), x509.DNSName("localhost")]
    names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        # A board without a clock may be days behind.
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(secret, hashes.SHA256())
    )


def _is_good(path: Path) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    is_ours = bool(named) and named[0].value == socket.gethostname()[:64]
    return is_ours and certificate.not_valid_after_utc - utc_now() > RENEWED
