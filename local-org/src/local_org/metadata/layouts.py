"""Page layouts as metadata: which fields a record page shows, in which sections and columns.

A layout nobody has touched is made from the object: its fields in two columns under one heading.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local_org.customise import MetadataError
from local_org.metadata.listed import Listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_org.org import Org
    from local_org.schema import FieldDef, ObjectDef

Metadata = dict[str, Any]

_CREATE = (
    "CREATE TABLE IF NOT EXISTS _layout (name TEXT PRIMARY KEY COLLATE NOCASE, metadata TEXT NOT NULL,"
    " modified TEXT NOT NULL) WITHOUT ROWID"
)


class Layouts:
    """Type `Layout`; full names read `Account-Account Layout`."""

    def __init__(self, org: Org) -> None:
        self._org = org
        with org.store.write() as connection:
            connection.execute(_CREATE)

    def exists(self, full_name: str) -> bool:
        """Whether there is such a layout."""
        return self.read(full_name) is not None

    def create(self, full_name: str, metadata: Metadata) -> None:
        """Make a further layout of an object."""
        if self.exists(full_name):
            raise MetadataError("DUPLICATE_DEVELOPER_NAME", f"There is already a layout named {full_name}")
        self._keep(full_name, metadata)

    def update(self, full_name: str, metadata: Metadata) -> None:
        """Replace a layout."""
        if not self.exists(full_name):
            raise _missing(full_name)
        self._keep(full_name, metadata)

    def delete(self, full_name: str) -> None:
        """Delete a layout; an object's first one comes back as it was made."""
        with self._org.store.write() as connection:
            gone = connection.execute("DELETE FROM _layout WHERE name = ?", (full_name,)).rowcount
        if not gone:
            raise _missing(full_name)

    def read(self, full_name: str) -> Metadata | None:
        """A layout with its sections."""
        row = (
            self._org.store.read()
            .execute("SELECT metadata FROM _layout WHERE name = ?", (full_name,))
            .fetchone()
        )
        if row is not None:
            return {"fullName": full_name, **json.loads(row[0])}
        item = self._object(full_name)
        if item is None or full_name.lower() != _first_name(item).lower():
            return None
        return {"fullName": _first_name(item), **_made_from(item)}

    def names(self) -> Iterable[Listed]:
        """All layouts."""
        rows = self._org.store.read().execute("SELECT name, modified FROM _layout ORDER BY name")
        kept = {name: Listed(name, modified=modified) for name, modified in rows.fetchall()}
        first = {
            _first_name(item): Listed(_first_name(item))
            for item in self._org.schema
            if item.allows("layoutable")
        }
        return (first | kept).values()

    def _keep(self, full_name: str, metadata: Metadata) -> None:
        item = self._object(full_name)
        if item is None:
            message = f"Entity of type '{full_name.partition('-')[0]}' is unknown"
            raise MetadataError("INVALID_CROSS_REFERENCE_KEY", message)
        for name in _fields_of(metadata):
            if name not in item:
                raise MetadataError(
                    "INVALID_CROSS_REFERENCE_KEY",
                    f"In field: field - no CustomField named {item.name}.{name} found",
                )
        with self._org.store.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO _layout VALUES (?, ?, ?)",
                (full_name, json.dumps(metadata), self._org.clock.stamp()),
            )

    def _object(self, full_name: str) -> ObjectDef | None:
        return self._org.schema.get(full_name.partition("-")[0])


def _first_name(item: ObjectDef) -> str:
    return f"{item.name}-{item.label} Layout"


def _made_from(item: ObjectDef) -> Metadata:
    shown = [f for f in item.fields if _is_shown(f)]
    half = (len(shown) + 1) // 2
    columns = [{"layoutItems": [_item(f) for f in part]} for part in (shown[:half], shown[half:]) if part]
    section = {
        "customLabel": False,
        "detailHeading": False,
        "editHeading": True,
        "label": f"{item.label} Information",
        "layoutColumns": columns,
        "style": "TwoColumnsTopToBottom",
    }
    return {"layoutSections": [section], "showEmailCheckbox": False, "showRunAssignmentRulesCheckbox": False}


def _is_shown(f: FieldDef) -> bool:
    # Parts are shown through their compound field; new custom fields are on no layout until put there.
    return f.compound is None and not f.custom and (f.permissionable or f.name_field or f.name == "OwnerId")


def _item(f: FieldDef) -> Metadata:
    required = not f.nillable and f.createable and not f.defaulted_on_create
    return {"behavior": "Required" if required else "Edit" if f.updateable else "Readonly", "field": f.name}


def _fields_of(metadata: Metadata) -> list[str]:
    return [
        str(item["field"])
        for section in metadata.get("layoutSections") or []
        for column in section.get("layoutColumns") or []
        if isinstance(column, dict)
        for item in column.get("layoutItems") or []
        if item.get("field")
    ]


def _missing(full_name: str) -> MetadataError:
    return MetadataError(
        "INVALID_CROSS_REFERENCE_KEY", f"In field: fullName - no Layout named {full_name} found"
    )
