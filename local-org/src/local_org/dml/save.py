"""The way of new and changed rows into the store, stage by stage, 200 at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from local_org import triggers
from local_org.dml import errors, references, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.clock import Clock
    from local_org.dml.batch import Batch, Draft, Values
    from local_org.schema import FieldDef

_NUMBER = re.compile(r"\{(0+)\}")


def load(batch: Batch) -> None:
    """Read the stored rows of drafts that have an id; refuse ids of no row or of a deleted one."""
    wanted = [draft for draft in batch.good if draft.id is not None]
    if not wanted:
        return
    columns = [field.name for field in batch.item.stored_fields]
    found: dict[str, Values] = {}
    for row in batch.fetch(batch.item.name, columns, "Id", (draft.id for draft in wanted)):
        values = dict(zip(columns, row, strict=True))
        found[values["Id"]] = values
    for draft in wanted:
        old = found.get(draft.id or "")
        if old is None:
            draft.errors.append(errors.NO_SUCH_ROW)
        elif old.get("IsDeleted"):
            draft.errors.append(errors.ENTITY_IS_DELETED)
        else:
            draft.old = old


def save(batch: Batch) -> None:
    """Examine and write the drafts; those that fail carry their errors and are left out.

    New rows get their ids here. `load` must have read the existing ones.
    """
    references.resolve(batch)
    references.check(batch)
    _defaults(batch)
    batch.org.rules.assign(batch)
    _owners(batch)
    for behaviour in triggers.BEFORE.get(batch.item.name, ()):
        behaviour(batch)
    _compose_names(batch)
    _required(batch)
    unique.check(batch)
    batch.org.rules.validate(batch)
    batch.org.rules.detect(batch)
    _locks(batch)
    _room(batch)
    _write(batch)
    for behaviour in triggers.AFTER.get(batch.item.name, ()):
        behaviour(batch)
    triggers.tracking.after(batch)


def _defaults(batch: Batch) -> None:
    fields = [field for field in batch.item.stored_fields if _default(field) is not None]
    numbered = [field for field in batch.item.stored_fields if field.auto_number]
    owned = "OwnerId" in batch.item and batch.item["OwnerId"].createable
    fresh = [draft for draft in batch.good if draft.is_new]
    for draft in fresh:
        for field in fields:
            draft.new.setdefault(field.name, _default(field))
        if owned:
            draft.new.setdefault("OwnerId", batch.user.id)
    for field in numbered:
        _number(batch, field, fresh)


def _default(field: FieldDef) -> Any:
    if field.type == "boolean":
        return int(bool(field.default))
    if field.default is not None:
        return field.default
    if field.type == "picklist" and field.createable:
        return next((value.value for value in field.picklist if value.default), None)
    return None


def _number(batch: Batch, field: FieldDef, drafts: list[Draft]) -> None:
    first = int(field.more.get("startingNumber", 1))
    name = f"{batch.item.name}.{field.name}"
    numbers = batch.org.store.ids.sequence(name, len(drafts), first)
    for draft, number in zip(drafts, numbers, strict=True):
        draft.new[field.name] = auto_number(field.auto_number or "{0}", number, batch.org.clock)


def auto_number(display_format: str, number: int, clock: Clock) -> str:
    """Return an auto-number value for a display format such as `INV-{YYYY}-{0000}`."""
    today = clock.today()
    parts = {"YYYY": f"{today:%Y}", "YY": f"{today:%y}", "MM": f"{today:%m}", "DD": f"{today:%d}"}
    text = re.sub(r"\{(YYYY|YY|MM|DD)\}", lambda found: parts[found[1]], display_format)
    return _NUMBER.sub(lambda found: str(number).rjust(len(found[1]), "0"), text)


def _owners(batch: Batch) -> None:
    if "OwnerId" not in batch.item or not batch.item["OwnerId"].createable:
        return
    wanted = [draft for draft in batch.good if draft.changes("OwnerId")]
    people = {draft.new["OwnerId"] for draft in wanted if str(draft.new["OwnerId"])[:3] == "005"}
    gone = {row[0] for row in batch.fetch("User", ("Id", "IsActive"), "Id", people) if not row[1]}
    for draft in wanted:
        if draft.new["OwnerId"] in gone:
            draft.errors.append(errors.inactive_owner(batch.item, draft.new["OwnerId"]))


def _compose_names(batch: Batch) -> None:
    if not batch.item.has_person_name or not batch.item["Name"].stored:
        return
    parts = [name for name in ("FirstName", "MiddleName", "LastName", "Suffix") if name in batch.item]
    for draft in batch.good:
        if draft.is_new or any(draft.changes(name) for name in parts):
            values = (draft.value(name) for name in parts)
            draft.new["Name"] = " ".join(value for value in values if value) or None


def _required(batch: Batch) -> None:
    fields = [
        field
        for field in batch.item.stored_fields
        if not field.nillable
        and field.type not in {"boolean", "id"}
        and (field.createable or field.updateable)
    ]
    for draft in batch.good:
        missing = [
            field.name for field in fields if draft.value(field.name) is None and _is_asked_for(draft, field)
        ]
        if missing:
            draft.errors.append(errors.required(missing))


def _is_asked_for(draft: Draft, field: FieldDef) -> bool:
    if draft.is_new:
        return not field.defaulted_on_create or draft.sent(field.name)
    # Rows made before a field became required may keep their gap until somebody touches it.
    return draft.sent(field.name)


def _locks(batch: Batch) -> None:
    if not len(batch.org.locks):
        return
    parents = [f.name for f in batch.item.stored_fields if f.type == "reference" and _holds_parent(f)]
    for draft in batch.good:
        held = [value for name in parents if (value := draft.value(name))]
        blocker = batch.org.locks.blocking([draft.id, *held] if draft.id else held)
        if blocker is not None:
            draft.errors.append(errors.locked(blocker))


def _holds_parent(field: FieldDef) -> bool:
    # Saving a detail row locks its master, and a Contact, Opportunity or Case its Account.
    return (
        field.name == "AccountId"
        or field.on_delete == "cascade"
        or (not field.nillable and field.name != "OwnerId")
    )


def _room(batch: Batch) -> None:
    if batch.org.limits.remaining("DataStorageMB"):
        return
    for draft in batch.good:
        if draft.is_new:
            draft.errors.append(errors.STORAGE_FULL)


def _write(batch: Batch) -> None:
    audited = {
        name for name in ("LastModifiedDate", "LastModifiedById", "SystemModstamp") if name in batch.item
    }
    fresh = [draft for draft in batch.good if draft.is_new]
    for draft, record_id in zip(
        fresh, batch.org.store.ids.take(batch.item.id_prefix, len(fresh)), strict=True
    ):
        draft.id = record_id
        draft.new["Id"] = record_id
        if batch.item.custom and draft.new.get("Name") is None:
            # A custom object's row without a name is called by its id.
            draft.new["Name"] = record_id
        for name, value in (("CreatedDate", batch.stamp), ("CreatedById", batch.user.id)):
            if name in batch.item:
                draft.new[name] = value
    for draft in batch.good:
        for name in audited:
            draft.new[name] = batch.user.id if name.endswith("ById") else batch.stamp
    stored = {field.name for field in batch.item.stored_fields}
    for columns, drafts in _alike(fresh, stored):
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        batch.connection.executemany(
            f'INSERT INTO "{batch.item.name}" ({names}) VALUES ({marks})',
            [[draft.new[name] for name in columns] for draft in drafts],
        )
    for columns, drafts in _alike((draft for draft in batch.good if not draft.is_new), stored):
        sets = ", ".join(f'"{name}" = ?' for name in columns)
        batch.connection.executemany(
            f'UPDATE "{batch.item.name}" SET {sets} WHERE "Id" = ?',
            [[*(draft.new[name] for name in columns), draft.id] for draft in drafts],
        )


def _alike(
    drafts: Iterator[Draft] | list[Draft], stored: set[str]
) -> Iterator[tuple[tuple[str, ...], list[Draft]]]:
    groups: dict[tuple[str, ...], list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[tuple(name for name in draft.new if name in stored)].append(draft)
    yield from groups.items()
