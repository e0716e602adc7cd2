"""What was asked for, as the org's file remembers it: the metadata of custom objects and fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from local_org.store import Store

CREATE = (
    """CREATE TABLE IF NOT EXISTS _object (id TEXT PRIMARY KEY COLLATE BINARY, name TEXT NOT NULL COLLATE
    NOCASE UNIQUE, prefix TEXT NOT NULL, metadata TEXT NOT NULL, created TEXT NOT NULL, modified TEXT NOT
    NULL) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS _field (id TEXT PRIMARY KEY COLLATE BINARY, object TEXT NOT NULL COLLATE
    NOCASE, name TEXT NOT NULL COLLATE NOCASE, metadata TEXT NOT NULL, created TEXT NOT NULL, modified TEXT
    NOT NULL, UNIQUE (object, name)) WITHOUT ROWID""",
)


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field as it was asked for.

    Attributes:
        id: `00N` id.
        object: API name of the object it was made on (`Activity` for tasks and events).
        name: API name with suffix.
        metadata: `Metadata` of the Tooling API.
        created: moment, as stored text.
        modified: moment, as stored text.
    """

    id: str
    object: str
    name: str
    metadata: Mapping[str, Any]
    created: str
    modified: str

    @property
    def full_name(self) -> str:
        """`Account.Score__c`."""
        return f"{self.object}.{self.name}"


@dataclass(frozen=True, slots=True)
class CustomObject:
    """A custom object as it was asked for; attributes as in `CustomField`, and the key prefix of its rows."""

    id: str
    name: str
    prefix: str
    metadata: Mapping[str, Any]
    created: str
    modified: str


class Archive:
    """Reads and writes the metadata kept in the org's file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.write() as connection:
            for statement in CREATE:
                connection.execute(statement)

    def field(self, field_id: str) -> CustomField | None:
        """Return the field with that id, or None."""
        return next(self._fields("id = ?", field_id), None)

    def field_of(self, owner: str, name: str) -> CustomField | None:
        """Return the field of that object and name in any case, or None."""
        return next(self._fields("object = ? AND name = ?", owner, name), None)

    def fields(self, owner: str | None = None) -> list[CustomField]:
        """Return the fields, of one object or of all, in the order of creation."""
        return list(self._fields("1") if owner is None else self._fields("object = ?", owner))

    def keep_field(self, connection: sqlite3.Connection, field: CustomField) -> None:
        """Remember a field, in place of what was known of it."""
        connection.execute(
            "INSERT OR REPLACE INTO _field VALUES (?, ?, ?, ?, ?, ?)",
            (field.id, field.object, field.name, json.dumps(field.metadata), field.created, field.modified),
        )

    def object(self, name_or_id: str) -> CustomObject | None:
        """Return the object of that name in any case, or with that id, or None."""
        return next(self._objects("name = ?1 OR id = ?1", name_or_id), None)

    def objects(self) -> list[CustomObject]:
        """Return the objects in the order of creation."""
        return list(self._objects("1"))

    def keep_object(self, connection: sqlite3.Connection, item: CustomObject) -> None:
        """Remember an object, in place of what was known of it."""
        connection.execute(
            "INSERT OR REPLACE INTO _object VALUES (?, ?, ?, ?, ?, ?)",
            (item.id, item.name, item.prefix, json.dumps(item.metadata), item.created, item.modified),
        )

    def _fields(self, condition: str, *values: str) -> Iterator[CustomField]:
        rows = self._store.read().execute(
            f"SELECT id, object, name, metadata, created, modified FROM _field WHERE {condition} ORDER BY id",
            values,
        )
        for row in rows.fetchall():
            yield CustomField(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5])

    def _objects(self, condition: str, *values: str) -> Iterator[CustomObject]:
        rows = self._store.read().execute(
            "SELECT id, name, prefix, metadata, created, modified FROM _object"
            f" WHERE {condition} ORDER BY id",
            values,
        )
        for row in rows.fetchall():
            yield CustomObject(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5])
