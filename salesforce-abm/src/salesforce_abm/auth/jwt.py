"""OAuth JWT bearer flow: an assertion signed with the private key of the app's certificate.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm import urls
from salesforce_abm.auth.token import Token, TokenPost
from salesforce_abm.errors import AuthError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from salesforce_abm.connection import Connection

__all__ = ["JwtFlow"]

_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce takes assertions that end within three minutes.
_LIFETIME: Final = 170


class JwtFlow:
    """Signs in as a user whose profile or permission set the app pre-authorises."""

    name = "jwt"
    renewable = True

    def __init__(self, connection: Connection, *, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._clock = clock
        self._audience: str | None = None

    def fetch(self, post: TokenPost) -> Token:
        """Sign in; see `AuthFlow`.

        An org tells only by refusing which audience it wants, so the possible ones are tried in turn; the one
        that worked is kept.
        """
        candidates = (self._audience,) if self._audience else urls.audiences(self._connection.login_url)
        for audience in candidates:
            try:
                token = Token.from_answer(
                    post({"grant_type": _GRANT, "assertion": self._assertion(audience)})
                )
            except AuthError as error:
                if "audience" not in str(error).lower() or audience == candidates[-1]:
                    raise
            else:
                self._audience = audience
                return token
        raise AssertionError("there is always a last candidate")  # pragma: no cover

    def _assertion(self, audience: str) -> str:
        import jwt  # noqa: PLC0415 - cryptography takes a tenth of a second to load, for this flow only

        claims = {
            "iss": self._connection.client_id,
            "sub": self._connection.username,
            "aud": audience,
            "exp": int(self._clock()) + _LIFETIME,
            # Without it, two sign-ins within a second are one assertion, and an app may forbid replays.
            "jti": secrets.token_hex(16),
        }
        return jwt.encode(claims, self._key(), algorithm="RS256")

    def _key(self) -> RSAPrivateKey:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        passphrase = self._connection.private_key_passphrase
        key: Any
        try:
            key = load_pem_private_key(
                (self._connection.private_key or "").encode(),
                passphrase.encode() if passphrase else None,
            )
        except TypeError:
            raise ConfigError(
                "`private_key_passphrase` is set, but the private key has none"
                if passphrase
                else "`private_key_passphrase` is missing: the private key is encrypted",
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            # The reason is left out: it may quote the key.
            raise ConfigError(
                "`private_key` cannot be read: it is damaged, or `private_key_passphrase` is wrong",
            ) from None
        if not isinstance(key, RSAPrivateKey):
            raise ConfigError("`private_key` must be an RSA key: Salesforce takes RS256 signatures only")
        return key
