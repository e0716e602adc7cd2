"""Field history: a row for every change of a tracked field, in the object's history table.

<https://developer.salesforce.com/docs/atlas.en-
us.object_reference.meta/object_reference/sforce_api_objects_objectname__history.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.triggers import rows

if TYPE_CHECKING:
    from local_org.dml.batch import Batch

# Deals keep theirs under another name; their `OpportunityHistory` tells stages.
_TABLES = {"Opportunity": "OpportunityFieldHistory"}
_KINDS = {
    "boolean": "Boolean",
    "currency": "Currency",
    "date": "DateOnly",
    "datetime": "DateTime",
    "reference": "EntityId",
}


def after(batch: Batch) -> None:
    """Write history rows for the fields tracked on this object (`org.rules.tracked`)."""
    tracked = batch.org.rules.tracked.get(batch.item.name)
    table = _TABLES.get(batch.item.name, f"{batch.item.name}History")
    if not tracked or table not in batch.org.schema:
        return
    link = f"{batch.item.name}Id"
    made: list[dict[str, Any]] = []
    for draft in batch.good:
        if draft.is_new:
            made.append(_row(link, draft.id, "created", None, None, None))
            continue
        for name in sorted(tracked):
            if draft.changes(name):
                kind = _KINDS.get(batch.item[name].type, "Text")
                made.append(_row(link, draft.id, name, kind, draft.before(name), draft.new[name]))
    rows.insert(batch, table, made)


def _row(link: str, *values: Any) -> dict[str, Any]:
    return dict(zip((link, "Field", "DataType", "OldValue", "NewValue"), values, strict=True))
