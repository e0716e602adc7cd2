"""Permission sets as metadata: one document with all they grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.customise import MetadataError
from local_org.customise.fields import truth
from local_org.metadata.listed import Listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_org.dml.outcome import RowOutcome
    from local_org.org import Org
    from local_org.security import User

Metadata = dict[str, Any]

# From this version on a permission set that is sent replaces what was granted; before, it added to it.
_REPLACES_FROM = 40.0
_OBJECT_FLAGS = {
    "allowCreate": "PermissionsCreate",
    "allowDelete": "PermissionsDelete",
    "allowEdit": "PermissionsEdit",
    "allowRead": "PermissionsRead",
    "modifyAllRecords": "PermissionsModifyAllRecords",
    "viewAllRecords": "PermissionsViewAllRecords",
}


class PermissionSets:
    """Type `PermissionSet`; full names are their `Name`.

    Args:
        org: the org.
        user: who changes them.
        version: API version of the call.
    """

    def __init__(self, org: Org, user: User, version: str) -> None:
        self._org = org
        self._user = user
        self._replaces = float(version) >= _REPLACES_FROM

    def exists(self, full_name: str) -> bool:
        """Whether there is such a permission set."""
        return self._id(full_name) is not None

    def create(self, full_name: str, metadata: Metadata) -> None:
        """Make a permission set and grant what it says."""
        if self.exists(full_name):
            message = f"The name is already used on component type: PermissionSet: {full_name}"
            raise MetadataError("DUPLICATE_DEVELOPER_NAME", message, ("fullName",))
        values = {"Name": full_name, **_row(metadata)}
        outcome = self._org.dml.create(self._user, "PermissionSet", values)
        _check(outcome)
        self._grant(str(outcome.id), metadata)

    def update(self, full_name: str, metadata: Metadata) -> None:
        """Replace a permission set's label and grants."""
        set_id = self._required(full_name)
        _check(self._org.dml.update(self._user, "PermissionSet", set_id, _row(metadata)))
        if self._replaces:
            self._clear(set_id)
        self._grant(set_id, metadata)

    def delete(self, full_name: str) -> None:
        """Delete a permission set."""
        _check(self._org.dml.delete(self._user, "PermissionSet", self._required(full_name)))

    def read(self, full_name: str) -> Metadata | None:
        """A permission set with all it grants."""
        set_id = self._id(full_name)
        if set_id is None:
            return None
        read = self._org.store.read()
        label, description = read.execute(
            'SELECT "Label", "Description" FROM "PermissionSet" WHERE "Id" = ?', (set_id,)
        ).fetchone()
        fields = read.execute(
            'SELECT "Field", "PermissionsRead", "PermissionsEdit" FROM "FieldPermissions"'
            ' WHERE "ParentId" = ? ORDER BY "Field"',
            (set_id,),
        )
        flags = ", ".join(f'"{column}"' for column in _OBJECT_FLAGS.values())
        objects = read.execute(
            f'SELECT "SobjectType", {flags} FROM "ObjectPermissions" WHERE "ParentId" = ? ORDER BY 1',
            (set_id,),
        )
        return {
            "fullName": full_name,
            "description": description,
            "fieldPermissions": [
                {"editable": bool(edit), "field": name, "readable": bool(can_read)}
                for name, can_read, edit in fields.fetchall()
            ],
            "hasActivationRequired": False,
            "label": label,
            "objectPermissions": [
                {"object": name} | {flag: bool(on) for flag, on in zip(_OBJECT_FLAGS, granted, strict=True)}
                for name, *granted in objects.fetchall()
            ],
            "userPermissions": [{"enabled": True, "name": name} for name in self._user_permissions(set_id)],
        }

    def names(self) -> Iterable[Listed]:
        """All permission sets people made."""
        rows = self._org.store.read().execute(
            'SELECT "Name", "Id", "CreatedDate", "LastModifiedDate" FROM "PermissionSet"'
            ' WHERE "IsOwnedByProfile" = 0 ORDER BY "Name"'
        )
        return [Listed(*row) for row in rows]

    def _id(self, full_name: str) -> str | None:
        row = self._org.store.read().execute(
            'SELECT "Id" FROM "PermissionSet" WHERE "Name" = ? AND "IsOwnedByProfile" = 0', (full_name,)
        )
        found = row.fetchone()
        return found[0] if found else None

    def _required(self, full_name: str) -> str:
        set_id = self._id(full_name)
        if set_id is None:
            message = f"In field: fullName - no PermissionSet named {full_name} found"
            raise MetadataError("INVALID_CROSS_REFERENCE_KEY", message)
        return set_id

    def _grant(self, set_id: str, metadata: Metadata) -> None:
        self._grant_user_permissions(set_id, metadata.get("userPermissions") or [])
        for granted in metadata.get("objectPermissions") or []:
            flags = {column: truth(granted.get(flag)) for flag, column in _OBJECT_FLAGS.items()}
            key = {"ParentId": set_id, "SobjectType": granted.get("object")}
            self._put("ObjectPermissions", key, flags)
        for granted in metadata.get("fieldPermissions") or []:
            name = str(granted.get("field", ""))
            flags = {
                "PermissionsRead": truth(granted.get("readable")),
                "PermissionsEdit": truth(granted.get("editable")),
            }
            key = {"ParentId": set_id, "SobjectType": name.partition(".")[0], "Field": name}
            self._put("FieldPermissions", key, flags)

    def _put(self, table: str, key: Metadata, flags: dict[str, bool]) -> None:
        condition = " AND ".join(f'"{name}" = ?' for name in key)
        query = f'SELECT "Id" FROM "{table}" WHERE {condition}'
        known = self._org.store.read().execute(query, tuple(key.values())).fetchone()
        dml, user = self._org.dml, self._user
        if known is not None:
            _check(dml.update(user, table, known[0], flags))
        elif any(flags.values()):
            _check(dml.create(user, table, {**key, **flags}))

    def _clear(self, set_id: str) -> None:
        for table in ("FieldPermissions", "ObjectPermissions"):
            rows = self._org.store.read().execute(
                f'SELECT "Id" FROM "{table}" WHERE "ParentId" = ?', (set_id,)
            )
            for (row_id,) in rows.fetchall():
                _check(self._org.dml.delete(self._user, table, row_id))

    def _user_permissions(self, set_id: str) -> list[str]:
        flags = [
            f.name
            for f in self._org.schema.object("PermissionSet").fields
            if f.name.startswith("Permissions")
        ]
        columns = ", ".join(f'"{flag}"' for flag in flags)
        row = self._org.store.read().execute(
            f'SELECT {columns} FROM "PermissionSet" WHERE "Id" = ?', (set_id,)
        )
        return [
            flag.removeprefix("Permissions") for flag, on in zip(flags, row.fetchone(), strict=True) if on
        ]

    def _grant_user_permissions(self, set_id: str, granted: list[Metadata]) -> None:
        values = {f"Permissions{item.get('name')}": truth(item.get("enabled")) for item in granted}
        if values:
            _check(self._org.dml.update(self._user, "PermissionSet", set_id, values))


def _row(metadata: Metadata) -> Metadata:
    values = {"Label": metadata.get("label")}
    if "description" in metadata:
        values["Description"] = metadata["description"]
    return values


def _check(outcome: RowOutcome) -> None:
    if not outcome.success:
        error = outcome.errors[0]
        raise MetadataError(error.status_code, error.message, error.fields)
