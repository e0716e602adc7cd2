"""OAuth refresh-token flow, with refresh-token rotation.

An app that rotates gives a new refresh token with each access token and forgets the old one at once, so the
new one is on disk before anything uses the answer, and two processes that share a store take turns.
https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_refresh_token_flow.htm
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from salesforce_abm import redact
from salesforce_abm.auth.store import TokenStore
from salesforce_abm.auth.token import Token, TokenPost
from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from salesforce_abm.connection import Connection

__all__ = ["RefreshTokenFlow"]

logger = logging.getLogger(__name__)


class RefreshTokenFlow:
    """Signs in with a refresh token from the settings or from the token store."""

    name = "refresh_token"
    renewable = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._store = TokenStore(connection.token_store_path) if connection.token_store_path else None
        self._rotated: str | None = None

    def fetch(self, post: TokenPost) -> Token:
        """Sign in; see `AuthFlow`.

        Raises:
            ConfigError: no refresh token in the settings or the store, or the store cannot be written. Found
                before Salesforce is asked: a token that cannot be kept must not be rotated.
        """
        if self._store is None:
            return self._exchange(post, self._rotated or self._connection.refresh_token)
        with self._store.locked():
            return self._exchange(post, self._store.read(self._connection.refresh_token))

    def _exchange(self, post: TokenPost, refresh_token: str | None) -> Token:
        if not refresh_token:
            raise ConfigError(
                f"`refresh_token` is not set and there is none in {self._connection.token_store_path}",
                remedy="Run `salesforce-abm login`.",
            )
        redact.register(refresh_token)
        form = {
            "grant_type": "refresh_token",
            "client_id": self._connection.client_id or "",
            "refresh_token": refresh_token,
        }
        if self._connection.client_secret:
            form["client_secret"] = self._connection.client_secret
        answer = post(form)
        renewed = answer.get("refresh_token")
        if isinstance(renewed, str) and renewed and renewed != refresh_token:
            self._keep(renewed)
        return Token.from_answer(answer)

    def _keep(self, refresh_token: str) -> None:
        redact.register(refresh_token)
        self._rotated = refresh_token
        if self._store is not None:
            self._store.write(refresh_token, configured=self._connection.refresh_token)
        else:
            logger.warning(
                "The app rotates its refresh tokens and `token_store_path` is not set: the new token is lost "
                "when this process ends, and the next run cannot sign in.",
            )
