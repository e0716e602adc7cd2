"""A session somebody else obtained, such as the one `sf org display` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesforce_abm.auth.token import Token, TokenPost

if TYPE_CHECKING:
    from salesforce_abm.connection import Connection

__all__ = ["GivenFlow"]


class GivenFlow:
    """Hands out the access token of the settings; there is no other when it ends."""

    name = "access_token"
    renewable = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, post: TokenPost) -> Token:  # noqa: ARG002 - nothing to ask the server
        """Give the token of the settings; see `AuthFlow`."""
        return Token(self._connection.access_token or "", self._connection.instance_url or "")
