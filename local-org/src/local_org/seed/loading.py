"""Rows into the store: fields the org computes itself are left out, the rest goes in fast and unchecked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_org.org import Org
    from local_org.seed.world import Row


def insert(org: Org, sobject: str, rows: Sequence[Row], *, stamp: str) -> int:
    """Puts records into an object's table.

    Args:
        org: the org.
        sobject: API name.
        rows: records; a key whose field is computed by the org (`PricebookEntry.Name`) is dropped.
        stamp: moment for audit fields the records do not have.

    Returns:
        How many there are.

    Raises:
        KeyError: a record has a field the object lacks.
    """
    item = org.schema.object(sobject)
    given = dict.fromkeys(name for row in rows for name in row)
    columns = [name for name in given if item[name].stored]
    values = ([row.get(name) for name in columns] for row in rows)
    return org.store.bulk_insert(item, columns, values, stamp=stamp, user_id=org.admin.id)
