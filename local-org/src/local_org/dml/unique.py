"""Values that only one row may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.dml import errors
from local_org.dml.references import fold, matches

if TYPE_CHECKING:
    from local_org.dml.batch import Batch, Draft
    from local_org.schema import FieldDef


def check(batch: Batch) -> None:
    """Refuse rows whose unique values are taken, by a stored row or by an earlier one of the batch."""
    for field in batch.item.fields:
        if field.unique and field.stored:
            _check_field(batch, field)


def _check_field(batch: Batch, field: FieldDef) -> None:
    candidates = [
        draft for draft in batch.good if draft.changes(field.name) and draft.new[field.name] is not None
    ]
    if not candidates:
        return
    stored = matches(batch, batch.item.name, field.name, [draft.new[field.name] for draft in candidates])
    # A row that gives its value up in this very batch does not block the row that takes it.
    leaving = {draft.id for draft in batch.good if draft.id and draft.changes(field.name)}
    claimed: dict[object, Draft] = {}
    for draft in candidates:
        key = fold(field, draft.new[field.name])
        holders = [holder for holder in stored.get(key, ()) if holder != draft.id and holder not in leaving]
        if holders:
            draft.errors.append(errors.duplicate_value(field, holders[0]))
        elif key in claimed:
            draft.errors.append(errors.duplicate_value(field, claimed[key].id if claimed[key].old else None))
        else:
            claimed[key] = draft
