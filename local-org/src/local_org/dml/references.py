"""References between rows: by external id or by id, to a row that exists and is of the right object."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from local_org import ids
from local_org.dml import errors

if TYPE_CHECKING:
    from local_org.dml.batch import Batch, Draft, Link
    from local_org.schema import FieldDef


def resolve(batch: Batch) -> None:
    """Turn references by external id into ids, a lookup per field rather than per row."""
    groups: dict[tuple[str, str], list[tuple[Draft, Link]]] = defaultdict(list)
    for draft in batch.good:
        for link in draft.links:
            groups[link.target.name, link.by.name].append((draft, link))
    for (table, column), members in groups.items():
        found = matches(batch, table, column, [link.key for _, link in members])
        for draft, link in members:
            rows = found.get(_fold(link.by, link.key), [])
            if len(rows) == 1:
                draft.new[link.field.name] = rows[0]
            elif rows:
                draft.errors.append(errors.ambiguous_external_id(link.by, rows))
            else:
                draft.errors.append(errors.foreign_key_missing(link.target, link.by, str(link.key)))


def matches(batch: Batch, table: str, column: str, keys: list[object]) -> dict[object, list[str]]:
    """Return ids of live rows by the value of a column, for the keys that have any."""
    item = batch.org.schema.object(table)
    field = item[column]
    alive = ' AND "IsDeleted" = 0' if "IsDeleted" in item else ""
    found: dict[object, list[str]] = defaultdict(list)
    for record_id, value in batch.fetch(item.name, ("Id", field.name), field.name, keys, alive):
        found[_fold(field, value)].append(record_id)
    return found


def fold(field: FieldDef, value: object) -> object:
    """Return a value as the field compares it: text without case unless the field minds it."""
    return _fold(field, value)


def check(batch: Batch) -> None:
    """Refuse references that are no id, of another object, to nothing, or to a deleted row."""
    wanted: dict[str, dict[str, list[tuple[Draft, FieldDef]]]] = defaultdict(lambda: defaultdict(list))
    for draft in batch.good:
        for name, raw in draft.raw.items():
            field = batch.item[name]
            if draft.new.get(name) is None:
                continue
            _sort(batch, draft, field, raw, wanted)
    for table, by_id in wanted.items():
        item = batch.org.schema.object(table)
        visible = batch.system or batch.access.can_read(item)
        columns = ("Id", "IsDeleted") if "IsDeleted" in item else ("Id",)
        state = {
            row[0]: len(row) > 1 and bool(row[1]) for row in batch.fetch(item.name, columns, "Id", by_id)
        }
        for record_id, uses in by_id.items():
            if record_id not in state:
                problem = errors.BAD_REFERENCE
            elif state[record_id]:
                problem = errors.ENTITY_IS_DELETED
            elif not visible:
                problem = errors.no_access_to(record_id)
            else:
                continue
            for draft, field in uses:
                draft.errors.append(
                    errors.bad_record_type(field, record_id) if field.name == "RecordTypeId" else problem
                )


def _sort(
    batch: Batch,
    draft: Draft,
    field: FieldDef,
    raw: str,
    wanted: dict[str, dict[str, list[tuple[Draft, FieldDef]]]],
) -> None:
    try:
        record_id = ids.normalise(raw)
    except ids.MalformedIdError:
        draft.errors.append(errors.wrong_id(field.label, raw, field.name))
        return
    if field.name == "RecordTypeId" and record_id == ids.MASTER_RECORD_TYPE:
        draft.new[field.name] = None
        return
    draft.new[field.name] = record_id
    if draft.before(field.name) == record_id:
        # Sent back as it was read; also when the row it points at is gone by now.
        return
    if not field.reference_to:
        return
    target = next(
        (
            name
            for name in field.reference_to
            if (item := batch.org.schema.get(name)) is not None and item.id_prefix == record_id[:3]
        ),
        None,
    )
    if target is None:
        draft.errors.append(errors.wrong_id(field.label, raw, field.name))
        return
    wanted[target][record_id].append((draft, field))


def _fold(field: FieldDef, value: object) -> object:
    if isinstance(value, str) and field.type != "id" and not field.case_sensitive:
        return value.lower()
    return value
