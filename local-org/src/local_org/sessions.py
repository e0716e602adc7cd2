"""Access tokens, refresh tokens and authorization codes of one org."""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from local_org import defaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.kept_logins import KeptLogins

_ALPHABET = string.ascii_letters + string.digits + "_."
CODE_LIFETIME = timedelta(minutes=15)


class TellsTime(Protocol):
    """Whatever has the org's time."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...


@dataclass(slots=True)
class Session:
    """One login.

    Attributes:
        token: the access token, `<15-character org id>!...`.
        user_id: who logged in.
        client_id: through which app; empty for SOAP login.
        scope: OAuth scopes, separated by blanks.
        issued: when it was opened.
        used: last use; the timeout counts from here, as on Salesforce.
        refresh_token: the refresh token it came from.
    """

    token: str = field(repr=False)
    user_id: str
    client_id: str
    scope: str
    issued: datetime
    used: datetime
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A permission to open sessions without the user."""

    token: str = field(repr=False)
    username: str
    client_id: str
    scope: str


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """What the browser brings back from the login page; good once, for 15 minutes."""

    code: str = field(repr=False)
    username: str
    client_id: str
    scope: str
    redirect_uri: str
    challenge: str | None
    issued: datetime


class Sessions:
    """Everything that was handed out and is still good. Safe to use from several threads.

    Attributes:
        timeout: a session unused for so long is over (Salesforce's default is two hours).
        opened: told of every new session; the org keeps its login history with it.
    """

    def __init__(self, org_id: str, clock: TellsTime, kept: KeptLogins | None = None) -> None:
        self.timeout = timedelta(hours=2)
        self.opened: Callable[[Session], None] | None = None
        self._org_id = org_id[:15]
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._codes: dict[str, AuthorizationCode] = {}
        self._kept = kept
        if kept is None or defaults.REFRESH_TOKEN not in kept.revoked():
            self._refresh[defaults.REFRESH_TOKEN] = RefreshToken(
                defaults.REFRESH_TOKEN,
                defaults.ADMIN_USERNAME,
                defaults.CLIENT_ID,
                "refresh_token web api id",
            )
        for token, username, client_id, scope in kept.refresh_tokens() if kept else ():
            self._refresh[token] = RefreshToken(token, username, client_id, scope)

    def open(
        self, user_id: str, *, client_id: str = "", scope: str = "api", refresh_token: str | None = None
    ) -> Session:
        """Log a user in."""
        now = self._clock.now()
        token = f"{self._org_id}!AQ{_random(94)}"
        session = Session(token, user_id, client_id, scope, now, now, refresh_token)
        with self._lock:
            self._sessions[token] = session
        if self.opened is not None:
            self.opened(session)
        return session

    def find(self, token: str) -> Session | None:
        """The session of an access token, if it still is one; counts as use."""
        now = self._clock.now()
        with self._lock:
            session = self._sessions.get(token)
            if session is None:
                return None
            if now - session.used > self.timeout:
                del self._sessions[token]
                return None
            session.used = max(session.used, now)
            return session

    def expire(self, token: str) -> bool:
        """End one session."""
        with self._lock:
            return self._sessions.pop(token, None) is not None

    def expire_all(self) -> int:
        """End all sessions; refresh tokens stay good."""
        with self._lock:
            count = len(self._sessions)
            self._sessions.clear()
            return count

    def __len__(self) -> int:
        return len(self._sessions)

    # --- refresh tokens ---------------------------------------------------------------------------

    def add_refresh_token(self, token: RefreshToken) -> None:
        """Make a refresh token known."""
        with self._lock:
            self._refresh[token.token] = token
        if self._kept is not None:
            self._kept.keep_token(token.token, token.username, token.client_id, token.scope)

    def issue_refresh_token(self, username: str, client_id: str, scope: str) -> RefreshToken:
        """Hand out a new refresh token."""
        token = RefreshToken(f"5Aep861{_random(80)}", username, client_id, scope)
        self.add_refresh_token(token)
        return token

    def refresh_token(self, token: str) -> RefreshToken | None:
        """What a refresh token stands for."""
        with self._lock:
            return self._refresh.get(token)

    def rotate(self, token: str) -> RefreshToken | None:
        """Swap a refresh token for a new one. Of two at the same moment, one gets None."""
        with self._lock:
            old = self._refresh.pop(token, None)
        if old is None:
            return None
        self._forget(token)
        return self.issue_refresh_token(old.username, old.client_id, old.scope)

    def revoke(self, token: str) -> bool:
        """Revoke an access token, or a refresh token with all its sessions. False: unknown."""
        with self._lock:
            if self._sessions.pop(token, None) is not None:
                return True
            if self._refresh.pop(token, None) is None:
                return False
            for key in [key for key, item in self._sessions.items() if item.refresh_token == token]:
                del self._sessions[key]
        self._forget(token)
        return True

    def _forget(self, token: str) -> None:
        if self._kept is not None:
            self._kept.forget_token(token)

    # --- authorization codes ----------------------------------------------------------------------

    def issue_code(
        self, username: str, *, client_id: str, scope: str, redirect_uri: str, challenge: str | None
    ) -> AuthorizationCode:
        """Hand out a code for the web-server flow. Ends in `==` like Salesforce's."""
        code = f"aPrx{_random(80).replace('.', '_')}=="
        item = AuthorizationCode(code, username, client_id, scope, redirect_uri, challenge, self._clock.now())
        with self._lock:
            self._codes[code] = item
        return item

    def redeem_code(self, code: str) -> AuthorizationCode | None:
        """Take a code; it is gone afterwards. None: unknown, used or too old."""
        with self._lock:
            item = self._codes.pop(code, None)
        if item is None or self._clock.now() - item.issued > CODE_LIFETIME:
            return None
        return item


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
