"""A key pair for the JWT flow: the private key stays here, the certificate goes into the app."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_key_pair"]

_BITS: Final = 2048
_VALID: Final = timedelta(days=730)


def make_key_pair(key_path: Path, certificate_path: Path, name: str) -> datetime:
    """Make an RSA key (mode 0600) and a self-signed certificate for it.

    Args:
        key_path: where the private key goes; must not exist.
        certificate_path: where the certificate goes; replaced when it exists.
        name: common name in the certificate.

    Returns:
        When the certificate ends.

    Raises:
        ConfigError: the key exists already, or a file cannot be written.
    """
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)
    ends = now + _VALID
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks differ: a certificate from the future would be refused.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(private)
        certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    except FileExistsError:
        raise ConfigError(
            f"{key_path} exists already", remedy="Choose another file, or move the old key away."
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot write {error.filename}: {error.strerror}") from None
    return ends
