"""The people of the org: looking them up and checking passwords.

Users are rows of the User object; passwords and security tokens are kept apart, as salted hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from local_org.security import User

if TYPE_CHECKING:
    from local_org.schema import ObjectDef
    from local_org.store import Store

_COLUMNS = '"Id", "Username", "Name", "Email", "ProfileId", "IsActive", "TimeZoneSidKey"'
CREATE = (
    "CREATE TABLE IF NOT EXISTS _credential (user_id TEXT PRIMARY KEY COLLATE BINARY, salt BLOB NOT NULL,"
    " password BLOB NOT NULL, token TEXT NOT NULL) WITHOUT ROWID"
)


class Users:
    """Looks up users and checks who they are."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def by_id(self, user_id: str) -> User | None:
        """Return the user with that 18-character id, or None."""
        return self._one('"Id" = ?', user_id)

    def by_username(self, username: str) -> User | None:
        """Return the user with that username in any case, or None."""
        return self._one('"Username" = ?', username)

    def require(self, username: str) -> User:
        """Return the user with that username.

        Raises:
            KeyError: There is none.
        """
        found = self.by_username(username)
        if found is None:
            raise KeyError(username)
        return found

    def all(self) -> list[User]:
        """Return every user in the order of creation."""
        return [
            _user(row) for row in self._store.read().execute(f'SELECT {_COLUMNS} FROM "User" ORDER BY "Id"')
        ]

    def set_password(self, user_id: str, password: str, token: str) -> None:
        """Give a user a password and a security token."""
        salt = secrets.token_bytes(16)
        with self._store.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO _credential VALUES (?, ?, ?, ?)",
                (user_id, salt, _digest(password, salt), token),
            )

    def authenticate(self, username: str, secret: str, *, token_required: bool = False) -> User | None:
        """Return the active user whose password, or password followed by security token, this is, else None.

        Args:
            username: Login name, in any case.
            secret: What the client sent as password.
            token_required: Refuse the password alone, as an org does outside its trusted networks.
        """
        user = self.by_username(username)
        if user is None or not user.active:
            return None
        row = self._store.read().execute(
            "SELECT salt, password, token FROM _credential WHERE user_id = ?", (user.id,)
        )
        known = row.fetchone()
        if known is None:
            return None
        salt, digest, token = known
        tries = [] if token_required else [secret]
        if token and secret.endswith(token):
            tries.append(secret[: -len(token)])
        return user if any(hmac.compare_digest(_digest(text, salt), digest) for text in tries) else None

    def record_login(
        self, item: ObjectDef, user_id: str, stamp: str, *, application: str, login_type: str
    ) -> None:
        """Write a login into the login history and on the user, whose SystemModstamp stays.

        Args:
            item: the LoginHistory object.
            user_id: who logged in.
            stamp: when, as stored text.
            application: name of the app, `N/A` without one.
            login_type: `Remote Access 2.0` for OAuth, `Other Apex API` for SOAP.
        """
        values = {
            "UserId": user_id,
            "LoginTime": stamp,
            "LoginType": login_type,
            "SourceIp": "127.0.0.1",
            "LoginUrl": "login.salesforce.com",
            "Status": "Success",
            "Application": application[:64],
            "Browser": "Unknown",
            "Platform": "Unknown",
            "ApiType": "N/A",
            "ApiVersion": "N/A",
        }
        with self._store.write() as connection:
            self._store.bulk_insert(item, list(values), [list(values.values())], stamp=stamp, user_id=user_id)
            connection.execute('UPDATE "User" SET "LastLoginDate" = ? WHERE "Id" = ?', (stamp, user_id))

    def _one(self, condition: str, value: str) -> User | None:
        found = (
            self._store.read()
            .execute(f'SELECT {_COLUMNS} FROM "User" WHERE {condition}', (value,))
            .fetchone()
        )
        return _user(found) if found else None


def _user(row: tuple[str, str, str, str, str, int, str]) -> User:
    return User(row[0], row[1], row[2], row[3] or "", row[4], bool(row[5]), row[6] or "GMT")


def _digest(password: str, salt: bytes) -> bytes:
    # Cheap on purpose: tests log in often, and the file holds nothing but made-up people's data.
    return hashlib.scrypt(password.encode(), salt=salt, n=2**8, r=8, p=1)
