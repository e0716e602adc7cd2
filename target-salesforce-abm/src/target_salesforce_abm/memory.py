"""What this target wrote last into fields under `overwrite: tracked`, kept beside the record.

The memory is a long text field on the same record (`ABM_Memory__c` unless `field_prefix` says otherwise). It
holds a JSON object, API name of the field to the text of the value written last:

    {"ABM_Tier__c":"A","NumberOfEmployees":"250"}

It travels in the same write as the values themselves, so the two cannot disagree, and any machine can run the
target. Clearing the field in Salesforce makes the target forget: a tracked field with a value then counts as
somebody else's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from target_salesforce_abm.values import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_salesforce_abm.values import Value

__all__ = ["recall", "remember"]


def recall(text: Value) -> dict[str, str]:
    """Read a memory; what is not one (somebody typed into the field) is no memory."""
    if not isinstance(text, str):
        return {}
    try:
        memory = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(memory, dict):
        return {}
    return {field: value for field, value in memory.items() if isinstance(value, str)}


def remember(memory: Mapping[str, str], written: Mapping[str, Value]) -> str | None:
    """Write a memory with the values of this write; the same memory always gives the same text.

    Args:
        memory: what is remembered so far.
        written: field to the value being written; None makes the memory forget the field.

    Returns:
        The text for the memory field, or None when nothing is left to remember.
    """
    kept = dict(memory)
    for field, value in written.items():
        if value is None:
            kept.pop(field, None)
        else:
            kept[field] = to_text(value)
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")) if kept else None
