"""OAuth web-server flow with PKCE: a person signs in with a browser, and the code comes back to this machine.

https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from salesforce_abm import redact
from salesforce_abm.auth.token import Token, TokenPost
from salesforce_abm.wire import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCOPES", "Authorization", "WebServerFlow", "problem_in_page", "problem_in_redirect"]

SCOPES: Final = "api refresh_token id"
"""What the plugins need: the API, a token that outlives the session, and who signed in."""

_AUTHORIZE: Final = "/services/oauth2/authorize"
_IN_PAGE = re.compile(r"\berror=([A-Za-z_]+)(?:&(?:amp;)?error_description=([^<\"']*))?")


def _secret(size: int) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(size)).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class Authorization:
    """One request for a code. State and verifier are made anew each time.

    Attributes:
        client_id: consumer key.
        redirect_uri: where the browser comes back to, exactly as registered in the app.
        state: proves that the answer belongs to this request.
        verifier: proves that whoever redeems the code asked for it.
    """

    client_id: str
    redirect_uri: str
    state: str = field(default_factory=lambda: _secret(24), repr=False)
    verifier: str = field(default_factory=lambda: _secret(48), repr=False)

    def path(self) -> str:
        """Give the path and query of the page the browser opens, below the login host."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPES,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }
        return f"{_AUTHORIZE}?{urlencode(query)}"


class WebServerFlow:
    """Redeems the code of an authorization, once.

    Args:
        asked: the request for the code.
        code: what the browser brought back.
        client_secret: consumer secret, when the app requires it for this flow.
    """

    name = "web_server"
    renewable = False

    def __init__(self, asked: Authorization, code: str, client_secret: str | None = None) -> None:
        self._asked = asked
        self._code = code
        self._client_secret = client_secret
        redact.register(code, asked.verifier, client_secret)

    def fetch(self, post: TokenPost) -> Token:
        """Sign in; see `AuthFlow`."""
        form = {
            "grant_type": "authorization_code",
            "code": self._code,
            "client_id": self._asked.client_id,
            "redirect_uri": self._asked.redirect_uri,
            "code_verifier": self._asked.verifier,
        }
        if self._client_secret:
            form["client_secret"] = self._client_secret
        return Token.from_answer(post(form))


def problem_in_query(query: Mapping[str, str]) -> Problem | None:
    """Read the refusal the browser brings back, None when it brings a code."""
    if "error" not in query:
        return None
    return Problem(query["error"], query.get("error_description", ""))


def problem_in_redirect(location: str | None, redirect_uri: str) -> Problem | None:
    """Read the refusal in a redirect to our own callback; other redirects lead to the login page."""
    if not location or not location.startswith(redirect_uri):
        return None
    query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    return problem_in_query(query)


def problem_in_page(text: str) -> Problem | None:
    """Read the refusal on a page that never leads back: `error=...&error_description=...`."""
    found = _IN_PAGE.search(text)
    if found is None:
        return None
    return Problem(found[1], " ".join(unescape(unquote_plus(found[2] or "")).split()))
