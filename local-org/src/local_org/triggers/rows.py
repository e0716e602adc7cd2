"""Side rows that a save brings about, written past the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local_org.dml.batch import Batch


def insert(batch: Batch, name: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Insert rows of another object, all with the same fields; return their ids."""
    if not rows:
        return []
    item = batch.org.schema.object(name)
    record_ids = batch.org.store.ids.take(item.id_prefix, len(rows))
    columns = ["Id", *rows[0]]
    values = [[record_id, *row.values()] for record_id, row in zip(record_ids, rows, strict=True)]
    batch.org.store.bulk_insert(item, columns, values, stamp=batch.stamp, user_id=batch.user.id)
    return record_ids


def touch(batch: Batch, name: str, record_id: str, values: Mapping[str, Any]) -> None:
    """Change a row of another object as part of the batch's save."""
    item = batch.org.schema.object(name)
    stamped = {"SystemModstamp": batch.stamp} if "SystemModstamp" in item else {}
    every = {**values, **stamped}
    sets = ", ".join(f'"{field}" = ?' for field in every)
    batch.connection.execute(f'UPDATE "{name}" SET {sets} WHERE "Id" = ?', [*every.values(), record_id])


def lookup(batch: Batch, name: str, columns: Sequence[str], ids: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    """Return the columns of rows by id, for the ids that exist."""
    wanted = [record_id for record_id in ids if record_id]
    rows = batch.fetch(name, ("Id", *columns), "Id", wanted)
    return {row[0]: row[1:] for row in rows}
