"""Which stored row a draft is about: by id, or for upserts by external id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org import ids
from local_org.dml import errors, references
from local_org.dml.outcome import Refused
from local_org.dml.values import clean, coerce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_org.dml.batch import Batch, Draft
    from local_org.schema import FieldDef, ObjectDef

    Row = Mapping[str, Any]


def identify(item: ObjectDef, draft: Draft, given: Any) -> None:
    """Take the id of the row to change, or refuse the draft."""
    if given in (None, ""):
        draft.errors.append(errors.ID_MISSING)
        return
    label = item["Id"].label
    try:
        draft.id = ids.normalise(str(given))
    except ids.MalformedIdError:
        draft.errors.append(errors.wrong_id(label, str(given), "Id"))
        return
    if draft.id[:3] != item.id_prefix:
        draft.errors.append(errors.wrong_id(label, str(given), "Id"))


def find(batch: Batch, field: FieldDef, chunk: Sequence[tuple[int, Row]], *, csv: bool) -> None:
    """Match the drafts of an upsert with stored rows by the external id each row brings."""
    seen: dict[object, Draft] = {}
    for draft, (_, row) in zip(batch.drafts, chunk, strict=True):
        value = next((v for k, v in row.items() if k.lower() == field.name.lower()), None)
        if field.type == "id":
            # Upserting by Id inserts the rows that bring none.
            if value not in (None, ""):
                identify(batch.item, draft, clean(value) if isinstance(value, str) else value)
                once(seen, draft, draft.id)
            draft.created = draft.id is None
            continue
        try:
            draft.key = coerce(field, None if csv and value == "#N/A" else value, csv=csv)
        except Refused as refusal:
            draft.errors.append(refusal.error)
            continue
        if draft.key is None:
            draft.errors.append(errors.key_missing(field))
            continue
        draft.shown = str(value).strip()
        once(seen, draft, references.fold(field, draft.key), by=field)
    if field.type == "id":
        return
    found = references.matches(batch, batch.item.name, field.name, [d.key for d in batch.good])
    for draft in batch.good:
        rows = found.get(references.fold(field, draft.key), [])
        if len(rows) > 1:
            draft.errors.append(errors.ambiguous_external_id(field, rows))
        elif rows:
            draft.id = rows[0]
        draft.created = not rows


def once(seen: dict[Any, Draft], draft: Draft, key: Any, *, by: FieldDef | None = None) -> None:
    """Refuse both of two rows with the same key: an id, or a value of the field `by`."""
    if key is None or draft.errors:
        return
    first = seen.setdefault(key, draft)
    if first is not draft:
        for double in (first, draft):
            if not double.errors:
                double.errors.append(
                    errors.id_repeated(key) if by is None else errors.external_id_repeated(by, double.shown)
                )
