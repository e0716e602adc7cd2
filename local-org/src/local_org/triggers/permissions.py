"""Permission rows: what depends on what, what makes no sense, what is there already.

<https://developer.salesforce.com/docs/atlas.en-
us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.dml import errors
from local_org.dml.outcome import RowError

if TYPE_CHECKING:
    from local_org.dml.batch import Batch, Draft
    from local_org.schema import ObjectDef

# Each action needs the one it stands next to.
_NEEDS = (
    ("PermissionsCreate", "PermissionsRead"),
    ("PermissionsEdit", "PermissionsRead"),
    ("PermissionsDelete", "PermissionsEdit"),
    ("PermissionsViewAllRecords", "PermissionsRead"),
    ("PermissionsModifyAllRecords", "PermissionsDelete"),
    ("PermissionsModifyAllRecords", "PermissionsViewAllRecords"),
)
_LABELS = {
    "PermissionsCreate": "Create",
    "PermissionsDelete": "Delete",
    "PermissionsEdit": "Edit",
    "PermissionsModifyAllRecords": "Modify All",
    "PermissionsRead": "Read",
    "PermissionsViewAllRecords": "View All",
}


def before_field(batch: Batch) -> None:
    """Accept grants for fields that exist and can be hidden; reading comes before editing."""
    taken = _taken(batch, "Field")
    for draft in batch.good:
        if draft.is_new:
            _name_field(batch, draft)
        if draft.errors:
            continue
        if draft.value("PermissionsEdit") and not draft.value("PermissionsRead"):
            message = f"Field permission Edit {draft.value('Field')} depends on permission(s): Read"
            draft.errors.append(errors.integrity(message, "PermissionsEdit"))
        elif draft.is_new:
            _once(draft, "Field", taken)


def before_object(batch: Batch) -> None:
    """Accept grants for objects that have permissions of their own, each with what it depends on."""
    taken = _taken(batch, "SobjectType")
    for draft in batch.good:
        item = batch.org.schema.get(str(draft.value("SobjectType") or ""))
        if item is None or item.permission_object != item.name:
            if draft.is_new:
                draft.errors.append(_unknown(batch, "SobjectType", draft))
            continue
        draft.new["SobjectType"] = item.name
        problem = _first_problem(draft, item) or _parent_problem(batch, draft, item)
        if problem is not None:
            draft.errors.append(problem)
        elif draft.is_new:
            _once(draft, "SobjectType", taken)


def after(batch: Batch) -> None:
    """Drop rows that grant nothing, as the server does."""
    flags = [field.name for field in batch.item.fields if field.name.startswith("Permissions")]
    empty = [draft.id for draft in batch.good if not any(draft.value(flag) for flag in flags)]
    batch.connection.executemany(f'DELETE FROM "{batch.item.name}" WHERE "Id" = ?', [(i,) for i in empty])


def before_assignment(batch: Batch) -> None:
    """Assign a permission set to a user once."""
    users = {draft.value("AssigneeId") for draft in batch.good}
    columns = ("AssigneeId", "PermissionSetId")
    taken = set(batch.fetch("PermissionSetAssignment", columns, "AssigneeId", users))
    for draft in batch.good:
        if not draft.is_new:
            continue
        draft.new["IsActive"] = 1
        key = (draft.value("AssigneeId"), draft.value("PermissionSetId"))
        if key in taken:
            message = (
                f"Duplicate PermissionSetAssignment.  Assignee: {str(key[0])[:15]};"
                f" Permission Set: {str(key[1])[:15]}"
            )
            draft.errors.append(RowError("DUPLICATE_VALUE", message, columns))
        taken.add(key)


def before_set(batch: Batch) -> None:
    """Give new permission sets unique names."""
    wanted = [draft for draft in batch.good if draft.changes("Name")]
    taken = {
        row[1].lower(): row[0]
        for row in batch.fetch("PermissionSet", ("Id", "Name"), "Name", (d.new["Name"] for d in wanted))
    }
    for draft in wanted:
        draft.new["IsCustom"] = 1
        holder = taken.get(str(draft.new["Name"]).lower())
        if holder is not None and holder != draft.id:
            draft.errors.append(errors.duplicate_value(batch.item["Name"], holder))


def _name_field(batch: Batch, draft: Draft) -> None:
    owner, _, name = str(draft.value("Field") or "").partition(".")
    item = batch.org.schema.get(owner)
    field = item.field(name) if item is not None else None
    named = item is not None and str(draft.value("SobjectType")).lower() == item.name.lower()
    if item is None or field is None or not named or not field.permissionable:
        draft.errors.append(_unknown(batch, "Field", draft))
    else:
        draft.new["SobjectType"], draft.new["Field"] = item.name, f"{item.name}.{field.name}"
        if field.calculated or field.auto_number:
            # Nobody can write these, whatever the row says.
            draft.new["PermissionsEdit"] = 0


def _unknown(batch: Batch, name: str, draft: Draft) -> RowError:
    return errors.bad_picklist(batch.item[name], str(draft.value(name)))


def _first_problem(draft: Draft, item: ObjectDef) -> RowError | None:
    for action, needed in _NEEDS:
        if draft.value(action) and not draft.value(needed):
            return _depends(item, action, needed, item)
    return None


def _parent_problem(batch: Batch, draft: Draft, item: ObjectDef) -> RowError | None:
    """Refuse details to who does not see their masters."""
    masters = (
        f.reference_to[0] for f in item.fields if f.custom and f.on_delete == "cascade" and not f.nillable
    )
    for master in masters:
        parent = batch.org.schema.object(master)
        granted = batch.connection.execute(
            'SELECT 1 FROM "ObjectPermissions" WHERE "ParentId" = ? AND "SobjectType" = ?'
            ' AND "PermissionsRead" = 1',
            (draft.value("ParentId"), parent.permission_object),
        ).fetchone()
        if parent.permission_object is not None and granted is None:
            return _depends(item, "PermissionsRead", "PermissionsRead", parent)
    return None


def _depends(item: ObjectDef, action: str, needed: str, on: ObjectDef) -> RowError:
    message = (
        f"Permission {_LABELS[action]} {item.name} depends on permission(s): {_LABELS[needed]} {on.name}"
    )
    return errors.integrity(message, action)


def _taken(batch: Batch, column: str) -> set[tuple[str, str]]:
    parents = {draft.value("ParentId") for draft in batch.good if draft.is_new}
    found = batch.fetch(batch.item.name, ("ParentId", column), "ParentId", parents)
    return {(parent, str(value).lower()) for parent, value in found}


def _once(draft: Draft, column: str, taken: set[tuple[str, str]]) -> None:
    key = (draft.value("ParentId"), str(draft.value(column)).lower())
    if key in taken:
        message = "duplicate value found: <unknown> duplicates value on record with id: <unknown>"
        draft.errors.append(RowError("DUPLICATE_VALUE", message))
    taken.add(key)
