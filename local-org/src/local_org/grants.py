"""Granting rights from Python: what Setup's permission pages do, for tests and seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.security import User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_org.org import Org


def grant(org: Org, target: str, to: User | str, *, read: bool = True, edit: bool = True) -> None:
    """Set what somebody may do with an object or field, replacing what was set before.

    Args:
        org: The org.
        target: `Invoice__c` or `Account.Score__c`.
        to: A user (his profile gets the right, and all who share it), or the id of a permission set.
        read: May see it.
        edit: May change it; for an object also create and delete rows.

    Raises:
        KeyError: No such object, field or permission set.
        ValueError: The field has no permissions of its own.
    """
    parent = org.security.permission_sets(to)[0] if isinstance(to, User) else to
    object_name, dot, field_name = target.partition(".")
    item = org.schema.object("Task" if object_name.lower() == "activity" else object_name)
    flags = {"Read": read, "Edit": read and edit}
    key = {"ParentId": parent, "SobjectType": item.name}
    if dot:
        field = item[field_name]
        if not field.permissionable:
            raise ValueError(f"{target} is visible to whoever sees {item.name}")
        _replace(org, "FieldPermissions", {**key, "Field": f"{item.name}.{field.name}"}, flags)
    else:
        flags |= {"Create": flags["Edit"], "Delete": flags["Edit"]}
        flags |= {"ViewAllRecords": read, "ModifyAllRecords": flags["Edit"]}
        _replace(org, "ObjectPermissions", key, flags)
    org.store.after_commit(org.security.changed)


def _replace(org: Org, table: str, key: Mapping[str, str], flags: Mapping[str, bool]) -> None:
    row: dict[str, Any] = {**key, **{f"Permissions{action}": int(on) for action, on in flags.items()}}
    condition = " AND ".join(f'"{name}" = ?' for name in key)
    with org.store.write() as connection:
        connection.execute(f'DELETE FROM "{table}" WHERE {condition}', tuple(key.values()))
        if any(flags.values()):
            item = org.schema.object(table)
            org.store.bulk_insert(
                item, list(row), [list(row.values())], stamp=org.clock.stamp(), user_id=org.admin.id
            )
