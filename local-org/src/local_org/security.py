"""Who a user is and what he may see: object permissions, field-level security, user permissions.

Rights come from rows, as in an org: the user's profile owns a PermissionSet, assignments add further ones,
and ObjectPermissions and FieldPermissions rows say what each grants. A new custom field or object is
invisible to everybody until such a row exists. Fields that are not `permissionable` follow their object.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local_org.schema import FieldDef, ObjectDef, Schema
    from local_org.store import Store

ACTIONS = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
# Everybody may read these; only who manages users may write them.
SETUP_OBJECTS = frozenset(
    {
        "BusinessHours",
        "FieldPermissions",
        "Group",
        "GroupMember",
        "ObjectPermissions",
        "Organization",
        "PermissionSet",
        "PermissionSetAssignment",
        "PermissionSetGroup",
        "Profile",
        "QueueSobject",
        "RecordType",
        "User",
        "UserRole",
    }
)
# Rows the permission cache is made from.
GOVERNING = frozenset(
    {"FieldPermissions", "ObjectPermissions", "PermissionSet", "PermissionSetAssignment", "Profile", "User"}
)
_WATCHED = ("ApiEnabled", "ModifyAllData", "ViewAllData", "ViewSetup", "ManageUsers", "BulkApiHardDelete")


@dataclass(frozen=True, slots=True)
class User:
    """A user of the org, as far as deciding needs to know him."""

    id: str
    username: str
    name: str
    email: str
    profile_id: str
    active: bool = True
    time_zone: str = "America/Los_Angeles"


@dataclass(frozen=True)
class Access:
    """What one user may do, computed from the permission rows at one moment."""

    user: User
    permissions: frozenset[str]
    objects: dict[str, frozenset[str]]
    read_fields: frozenset[str]
    edit_fields: frozenset[str]

    def has(self, permission: str) -> bool:
        """Return whether the user holds a user permission such as `ApiEnabled` or `ModifyAllData`."""
        return permission in self.permissions

    def can_read(self, item: ObjectDef) -> bool:
        """Return whether the object exists for the user."""
        return self._may(item, "Read")

    def can_create(self, item: ObjectDef) -> bool:
        """Return whether the user may create rows."""
        return item.allows("createable") and self._may(item, "Create")

    def can_edit(self, item: ObjectDef) -> bool:
        """Return whether the user may change rows."""
        return item.allows("updateable") and self._may(item, "Edit")

    def can_delete(self, item: ObjectDef) -> bool:
        """Return whether the user may delete rows."""
        return item.allows("deletable") and self._may(item, "Delete")

    def readable(self, item: ObjectDef, field: FieldDef) -> bool:
        """Return whether the field exists for the user."""
        return self.can_read(item) and (
            not field.permissionable or self._granted(item, field, self.read_fields)
        )

    def editable(self, item: ObjectDef, field: FieldDef) -> bool:
        """Return whether field-level security lets the user write the field."""
        return not field.permissionable or self._granted(item, field, self.edit_fields)

    def field(self, item: ObjectDef, name: str) -> FieldDef | None:
        """Return the field of that name in any case if the user may see it, else None."""
        found = item.field(name)
        return found if found is not None and self.readable(item, found) else None

    def fields(self, item: ObjectDef) -> tuple[FieldDef, ...]:
        """Return the fields the user may see, in order."""
        if not self.can_read(item):
            return ()
        return tuple(
            f for f in item.fields if not f.permissionable or self._granted(item, f, self.read_fields)
        )

    def _may(self, item: ObjectDef, action: str) -> bool:
        if item.permission_object is not None:
            return action in self.objects.get(item.permission_object.lower(), frozenset())
        if item.name in SETUP_OBJECTS and action != "Read":
            return "ManageUsers" in self.permissions
        return True

    @staticmethod
    def _granted(item: ObjectDef, field: FieldDef, grants: frozenset[str]) -> bool:
        # Events share Task's permissions: both are activities, and custom fields live on Activity.
        owner = "task" if item.name == "Event" and field.custom else item.name.lower()
        if f"{owner}.{field.name.lower()}" in grants:
            return True
        # The parts of an address are granted through the address.
        return field.compound is not None and f"{owner}.{field.compound.lower()}" in grants


class Security:
    """Computes and remembers `Access` per user; `changed` forgets."""

    def __init__(self, schema: Schema, store: Store) -> None:
        self._schema = schema
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, Access] = {}
        self._version = 0
        self._listeners: list[Callable[[], None]] = []

    def access(self, user: User) -> Access:
        """Return what the user may do now."""
        known = self._known.get(user.id)
        if known is not None and known.user == user:
            return known
        version = self._version
        made = self._compute(user)
        with self._lock:
            if version == self._version:
                self._known[user.id] = made
        return made

    def changed(self) -> None:
        """Forget everything remembered; call when permission rows changed."""
        with self._lock:
            self._version += 1
            self._known.clear()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever permissions change."""
        with self._lock:
            self._listeners.append(listener)

    def permission_sets(self, user: User) -> list[str]:
        """Return the ids of the permission sets that govern a user, the profile's own one first."""
        rows = self._store.read().execute(
            'SELECT "Id" FROM "PermissionSet" WHERE "ProfileId" = ? AND "IsOwnedByProfile" = 1'
            ' UNION ALL SELECT "PermissionSetId" FROM "PermissionSetAssignment"'
            ' WHERE "AssigneeId" = ? AND "PermissionSetId" IS NOT NULL',
            (user.profile_id, user.id),
        )
        return [row[0] for row in rows]

    def _compute(self, user: User) -> Access:
        read = self._store.read()
        parents = self.permission_sets(user)
        marks = ", ".join("?" * len(parents))
        objects: dict[str, set[str]] = {}
        flags = ", ".join(f'"Permissions{action}"' for action in ACTIONS)
        for name, *granted in read.execute(
            f'SELECT "SobjectType", {flags} FROM "ObjectPermissions" WHERE "ParentId" IN ({marks})', parents
        ):
            objects.setdefault(name.lower(), set()).update(
                a for a, on in zip(ACTIONS, granted, strict=True) if on
            )
        fields = read.execute(
            'SELECT lower("Field"), max("PermissionsRead"), max("PermissionsEdit") FROM "FieldPermissions"'
            f' WHERE "ParentId" IN ({marks}) GROUP BY lower("Field")',
            parents,
        ).fetchall()
        return Access(
            user=user,
            permissions=self._user_permissions(parents),
            objects={name: frozenset(actions) for name, actions in objects.items()},
            read_fields=frozenset(name for name, can_read, _ in fields if can_read),
            edit_fields=frozenset(name for name, can_read, can_edit in fields if can_read and can_edit),
        )

    def _user_permissions(self, parents: Iterable[str]) -> frozenset[str]:
        held: set[str] = set()
        columns = ", ".join(f'"Permissions{name}"' for name in _WATCHED)
        for parent in parents:
            row = self._store.read().execute(
                f'SELECT {columns} FROM "PermissionSet" WHERE "Id" = ?', (parent,)
            )
            values = row.fetchone()
            if values:
                held.update(name for name, on in zip(_WATCHED, values, strict=True) if on)
        return frozenset(held)
