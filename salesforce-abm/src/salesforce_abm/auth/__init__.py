"""Signing in: one OAuth flow per module.

    token               Token, what signing in gives; TokenPost, how a flow reaches the token endpoint
    refresh             refresh token, with rotation and the token store
    jwt                 JWT bearer, signed with a private key
    client_credentials  the app's own Run As user
    password            user name, password and security token
    given               an access token obtained elsewhere
    web_server          a person with a browser, for `salesforce-abm login`
    callback            where that browser comes back to
    keys                a key pair for the JWT flow
    store               the file that keeps a rotated refresh token
    refusals            what an OAuth error means and what to do about it: one table

`flow_for` picks the flow a Connection asks for. No module here does HTTP: the session posts for them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from salesforce_abm.auth.client_credentials import ClientCredentialsFlow
from salesforce_abm.auth.given import GivenFlow
from salesforce_abm.auth.jwt import JwtFlow
from salesforce_abm.auth.password import PasswordFlow
from salesforce_abm.auth.refresh import RefreshTokenFlow
from salesforce_abm.auth.refusals import refusal
from salesforce_abm.auth.store import TokenStore
from salesforce_abm.auth.token import AuthFlow, Token, TokenPost

if TYPE_CHECKING:
    from collections.abc import Callable

    from salesforce_abm.connection import Connection

__all__ = [
    "AuthFlow",
    "ClientCredentialsFlow",
    "GivenFlow",
    "JwtFlow",
    "PasswordFlow",
    "RefreshTokenFlow",
    "Token",
    "TokenPost",
    "TokenStore",
    "flow_for",
    "refusal",
]


def flow_for(connection: Connection, *, clock: Callable[[], float] = time.time) -> AuthFlow:
    """Make the flow of a connection.

    Args:
        connection: checked settings.
        clock: seconds since 1970; the JWT flow dates its assertions with it.
    """
    match connection.flow:
        case "refresh_token":
            return RefreshTokenFlow(connection)
        case "jwt":
            return JwtFlow(connection, clock=clock)
        case "client_credentials":
            return ClientCredentialsFlow(connection)
        case "password":
            return PasswordFlow(connection)
        case _:
            return GivenFlow(connection)
