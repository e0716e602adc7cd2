"""The setup pages: objects and fields, permission sets, jobs, API usage, recent requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_org.http.log import LoggedRequest
    from local_org.jobs import Job
    from local_org.pages.fetch import Viewer
    from local_org.schema import FieldDef, ObjectDef

RECENT = 200
_TYPES = {
    "boolean": "Checkbox",
    "combobox": "Picklist",
    "currency": "Currency",
    "date": "Date",
    "datetime": "Date/Time",
    "double": "Number",
    "email": "Email",
    "id": "Id",
    "int": "Number",
    "multipicklist": "Picklist (Multi-Select)",
    "percent": "Percent",
    "phone": "Phone",
    "picklist": "Picklist",
    "reference": "Lookup",
    "string": "Text",
    "textarea": "Text Area",
    "url": "URL",
}
# The allowances people look at first.
_FIRST_LIMITS = (
    "DailyApiRequests",
    "DailyBulkApiBatches",
    "DailyBulkV2QueryJobs",
    "HourlySyncReportRuns",
    "HourlyAsyncReportRuns",
    "ConcurrentSyncReportRuns",
)


# A profile's own permission set has a technical name; people know it by the profile's.
_SET_LABEL = 'CASE WHEN s."IsOwnedByProfile" THEN p."Name" ELSE coalesce(s."Label", s."Name") END'


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field in the object manager.

    Attributes:
        label: as people see it.
        name: API name.
        type: as the object manager words it, sizes and targets included.
        marks: what is special: `External ID`, `Unique`, `Required`, `Formula`, ...
        custom: made in this org.
        governed: field-level security decides who sees it; otherwise whoever sees the object.
        access: permission sets that show it, with a note where they do not let people change it.
    """

    label: str
    name: str
    type: str
    marks: tuple[str, ...]
    custom: bool
    governed: bool
    access: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PermissionSetRow:
    """A permission set or a profile's own one."""

    id: str
    name: str
    label: str
    profile: str
    members: int
    objects: int
    fields: int


@dataclass(frozen=True, slots=True)
class ObjectGrant:
    """What a permission set allows on one object, and on its fields."""

    sobject: str
    actions: tuple[str, ...]
    fields: tuple[tuple[str, bool, bool], ...]


@dataclass(frozen=True, slots=True)
class PermissionSetPage:
    """One permission set in full."""

    name: str
    label: str
    profile: str
    description: str
    members: tuple[tuple[str, str], ...]
    grants: tuple[ObjectGrant, ...]
    user_permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit of the org."""

    name: str
    used: int
    maximum: int

    @property
    def percent(self) -> float:
        """How much is gone, from 0 to 100."""
        return min(100.0, 100 * self.used / self.maximum) if self.maximum else 0.0


def type_label(field: FieldDef) -> str:
    """A field's type in the object manager's words."""
    words = _TYPES.get(field.type, field.type.title())
    if field.auto_number:
        return "Auto Number"
    if field.type == "reference":
        return f"{words}({', '.join(field.reference_to)})"
    if field.type == "textarea" and field.length > 255:
        words = "Long Text Area"
    if field.type in {"double", "currency", "percent"}:
        words = f"{words}({max(field.precision - field.scale, 0)}, {field.scale})"
    elif field.type in {"string", "textarea"}:
        words = f"{words}({field.length})"
    return f"Formula ({words})" if field.formula else words


def field_rows(viewer: Viewer, item: ObjectDef) -> list[FieldRow]:
    """An object's fields, hidden ones included: setup shows all there is."""
    readers: dict[str, list[str]] = {}
    rows = viewer.org.store.read().execute(
        f'SELECT f."Field", {_SET_LABEL}, f."PermissionsEdit" FROM "FieldPermissions" f'
        ' JOIN "PermissionSet" s ON s."Id" = f."ParentId" LEFT JOIN "Profile" p ON p."Id" = s."ProfileId"'
        ' WHERE f."SobjectType" = ? AND f."PermissionsRead" = 1 ORDER BY 2',
        (item.name,),
    )
    for field, label, may_edit in rows:
        readers.setdefault(field.lower(), []).append(label if may_edit else f"{label} (read only)")
    return [
        FieldRow(
            field.label,
            field.name,
            type_label(field),
            tuple(_marks(field)),
            field.custom,
            field.permissionable,
            tuple(readers.get(f"{item.name}.{field.compound or field.name}".lower(), ()))
            or tuple(readers.get(f"{item.name}.{field.name}".lower(), ())),
        )
        for field in sorted(item.fields, key=lambda field: field.label.casefold())
    ]


def _marks(field: FieldDef) -> Iterable[str]:
    if field.external_id:
        yield "External ID"
    if field.unique:
        yield "Unique"
    if field.required:
        yield "Required"
    if field.name_field:
        yield "Name"
    if field.restricted_picklist:
        yield "Restricted"


def permission_sets(viewer: Viewer) -> list[PermissionSetRow]:
    """All permission sets, profiles' own ones last."""
    rows = viewer.org.store.read().execute(
        f'SELECT s."Id", s."Name", {_SET_LABEL}, coalesce(p."Name", \'\'),'
        ' (SELECT count(*) FROM "PermissionSetAssignment" a WHERE a."PermissionSetId" = s."Id")'
        ' + (SELECT count(*) FROM "User" u'
        '    WHERE s."IsOwnedByProfile" = 1 AND u."ProfileId" = s."ProfileId"),'
        ' (SELECT count(*) FROM "ObjectPermissions" o WHERE o."ParentId" = s."Id"),'
        ' (SELECT count(*) FROM "FieldPermissions" f WHERE f."ParentId" = s."Id")'
        ' FROM "PermissionSet" s LEFT JOIN "Profile" p ON p."Id" = s."ProfileId"'
        ' ORDER BY s."IsOwnedByProfile", 3'
    )
    return [PermissionSetRow(*row) for row in rows]


def permission_set(viewer: Viewer, set_id: str) -> PermissionSetPage | None:
    """One permission set; None when there is none of that Id."""
    read = viewer.org.store.read()
    head = read.execute(
        'SELECT s.*, p."Name" AS _profile FROM "PermissionSet" s'
        ' LEFT JOIN "Profile" p ON p."Id" = s."ProfileId" WHERE s."Id" = ?',
        (set_id,),
    )
    values = head.fetchone()
    if values is None:
        return None
    row = dict(zip((column[0] for column in head.description), values, strict=True))
    members = read.execute(
        'SELECT "Id", "Name" FROM "User" WHERE "Id" IN (SELECT "AssigneeId" FROM "PermissionSetAssignment"'
        ' WHERE "PermissionSetId" = ?) OR (? AND "ProfileId" = ?) ORDER BY "Name"',
        (set_id, row["IsOwnedByProfile"], row["ProfileId"]),
    ).fetchall()
    return PermissionSetPage(
        name=row["Name"],
        label=row["_profile"] if row["IsOwnedByProfile"] else row["Label"] or row["Name"],
        profile=row["_profile"] or "",
        description=row.get("Description") or "",
        members=tuple((user_id, name) for user_id, name in members),
        grants=tuple(_grants(viewer, set_id)),
        user_permissions=tuple(
            name.removeprefix("Permissions")
            for name, value in row.items()
            if name.startswith("Permissions") and value == 1
        ),
    )


def _grants(viewer: Viewer, set_id: str) -> Iterable[ObjectGrant]:
    read = viewer.org.store.read()
    fields: dict[str, list[tuple[str, bool, bool]]] = {}
    for sobject, field, may_read, may_edit in read.execute(
        'SELECT "SobjectType", "Field", "PermissionsRead", "PermissionsEdit" FROM "FieldPermissions"'
        ' WHERE "ParentId" = ? ORDER BY "Field"',
        (set_id,),
    ):
        fields.setdefault(sobject, []).append((field.partition(".")[2], bool(may_read), bool(may_edit)))
    actions: dict[str, tuple[str, ...]] = {}
    names = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    columns = ", ".join(f'"Permissions{name}"' for name in names)
    for sobject, *flags in read.execute(
        f'SELECT "SobjectType", {columns} FROM "ObjectPermissions" WHERE "ParentId" = ?', (set_id,)
    ):
        actions[sobject] = tuple(name for name, on in zip(names, flags, strict=True) if on)
    for sobject in sorted({*fields, *actions}):
        yield ObjectGrant(sobject, actions.get(sobject, ()), tuple(fields.get(sobject, ())))


def allowances(viewer: Viewer) -> list[Allowance]:
    """The org's limits, the ones people look at first on top."""
    document = viewer.org.limits.document()
    order = [name for name in _FIRST_LIMITS if name in document]
    order += [name for name in document if name not in order]
    return [
        Allowance(name, document[name]["Max"] - document[name]["Remaining"], document[name]["Max"])
        for name in order
    ]


def jobs(viewer: Viewer) -> list[Job]:
    """Bulk jobs, the latest first."""
    return sorted(viewer.org.jobs.all(), key=lambda job: (job.created, job.id), reverse=True)[:RECENT]


def recent(log: Sequence[LoggedRequest], text: str) -> list[LoggedRequest]:
    """The latest requests whose path, user or status holds a text, newest first; pages' own are left out."""
    wanted = text.lower()
    found = []
    for entry in reversed(list(log)):
        if not entry.path.startswith(("/services", "/id/")):
            continue
        if wanted in f"{entry.method} {entry.path}?{entry.query} {entry.user} {entry.status}".lower():
            found.append(entry)
        if len(found) == RECENT:
            break
    return found


def users(viewer: Viewer) -> dict[str, str]:
    """Names of users by Id."""
    return dict(viewer.org.store.read().execute('SELECT "Id", "Name" FROM "User"').fetchall())


def object_counts(viewer: Viewer) -> list[tuple[ObjectDef, int]]:
    """Objects with their number of rows, deleted ones not counted.

    Straight from the store, so that the home page of an org with a million rows is quick.
    """
    read = viewer.org.store.read()
    counted = []
    for item in viewer.objects():
        where = ' WHERE "IsDeleted" = 0' if item.field("IsDeleted") and item["IsDeleted"].stored else ""
        count = read.execute(f'SELECT count(*) FROM "{item.name}"{where}').fetchone()[0]
        counted.append((item, count))
    return counted
