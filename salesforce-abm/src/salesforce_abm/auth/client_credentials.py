"""OAuth client-credentials flow: the app signs in as its Run As user.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesforce_abm.auth.token import Token, TokenPost

if TYPE_CHECKING:
    from salesforce_abm.connection import Connection

__all__ = ["ClientCredentialsFlow"]


class ClientCredentialsFlow:
    """Signs in with the app's key and secret alone; works at the org's own address only."""

    name = "client_credentials"
    renewable = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, post: TokenPost) -> Token:
        """Sign in; see `AuthFlow`."""
        return Token.from_answer(
            post(
                {
                    "grant_type": "client_credentials",
                    "client_id": self._connection.client_id or "",
                    "client_secret": self._connection.client_secret or "",
                },
            ),
        )
