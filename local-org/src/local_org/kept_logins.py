"""Refresh tokens and app keys that outlive the process, for orgs that keep their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_org.store import Store

_CREATE = (
    """CREATE TABLE IF NOT EXISTS _refresh_token (token TEXT PRIMARY KEY COLLATE BINARY,
    username TEXT NOT NULL, client_id TEXT NOT NULL, scope TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS _revoked_token (token TEXT PRIMARY KEY COLLATE BINARY) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS _app_key (client_id TEXT NOT NULL, pem TEXT NOT NULL,
    UNIQUE (client_id, pem))""",
)


class KeptLogins:
    """What must still work after a restart. For an org that forgets its data this remembers nothing.

    Args:
        store: where the org keeps its rows.
    """

    def __init__(self, store: Store) -> None:
        self._store = store if store.durable else None
        if self._store is not None:
            with self._store.write() as connection:
                for statement in _CREATE:
                    connection.execute(statement)

    def refresh_tokens(self) -> list[tuple[str, ...]]:
        """Token, username, client id and scope of each."""
        return self._rows("SELECT token, username, client_id, scope FROM _refresh_token")

    def revoked(self) -> set[str]:
        """Tokens of a fresh org that are good no more."""
        return {row[0] for row in self._rows("SELECT token FROM _revoked_token")}

    def keys(self) -> list[tuple[str, ...]]:
        """Client id and PEM text of each registered key."""
        return self._rows("SELECT client_id, pem FROM _app_key")

    def keep_token(self, token: str, username: str, client_id: str, scope: str) -> None:
        """Remember a refresh token."""
        self._write(
            "INSERT OR REPLACE INTO _refresh_token VALUES (?, ?, ?, ?)", token, username, client_id, scope
        )

    def forget_token(self, token: str) -> None:
        """Forget a refresh token, and do not hand it out again after a restart."""
        self._write("DELETE FROM _refresh_token WHERE token = ?", token)
        self._write("INSERT OR IGNORE INTO _revoked_token VALUES (?)", token)

    def keep_key(self, client_id: str, pem: str) -> None:
        """Remember a public key."""
        self._write("INSERT OR IGNORE INTO _app_key VALUES (?, ?)", client_id, pem)

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        return [] if self._store is None else self._store.read().execute(query).fetchall()

    def _write(self, statement: str, *values: str) -> None:
        if self._store is not None:
            with self._store.write() as connection:
                connection.execute(statement, values)
