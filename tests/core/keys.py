"""Private keys for the JWT flow, made once for all tests."""

from __future__ import annotations

import functools

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


@functools.cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Make an RSA key; small, because big ones take long to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def private_pem(passphrase: str | None = None) -> str:
    """Give the RSA key as PEM text."""
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


@functools.cache
def public_pem() -> str:
    """Give the other half of the RSA key as PEM text."""
    return rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@functools.cache
def elliptic_pem() -> str:
    """Give a key of the wrong kind."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
