"""OAuth username-password flow, which Salesforce is withdrawing.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_username_password_flow.htm
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesforce_abm.auth.token import Token, TokenPost

if TYPE_CHECKING:
    from salesforce_abm.connection import Connection

__all__ = ["PasswordFlow"]


class PasswordFlow:
    """Signs in with user name, password and security token."""

    name = "password"
    renewable = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch(self, post: TokenPost) -> Token:
        """Sign in; see `AuthFlow`. The security token follows the password without a separator."""
        connection = self._connection
        return Token.from_answer(
            post(
                {
                    "grant_type": "password",
                    "client_id": connection.client_id or "",
                    "client_secret": connection.client_secret or "",
                    "username": connection.username or "",
                    "password": (connection.password or "") + (connection.security_token or ""),
                },
            ),
        )
