"""Merging doubles: children move to the winner, the losers go to the recycle bin and remember him."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org import ids
from local_org.dml import errors
from local_org.dml.outcome import Refused, RowError
from local_org.dml.remove import log, new_bunch

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from local_org.org import Org
    from local_org.schema import ObjectDef
    from local_org.security import User

_MOST = 2


def run(org: Org, user: User, item: ObjectDef, master_id: str, loser_ids: Sequence[str]) -> None:
    """Merge rows in the open transaction.

    Raises:
        Refused: The object cannot be merged, the user may not, or a row is not there.
    """
    access = org.access(user)
    if not item.allows("mergeable"):
        raise Refused(RowError("INVALID_OPERATION", f"entity type cannot be merged: {item.label}"))
    if not (access.can_edit(item) and access.can_delete(item)):
        raise Refused(errors.NO_ACCESS)
    if not 0 < len(loser_ids) <= _MOST:
        raise Refused(RowError("INVALID_OPERATION", "You can merge one or two records into another"))
    connection = org.store.read()
    master = _live(connection, item, master_id)
    losers = [_live(connection, item, loser) for loser in loser_ids]
    if master in losers:
        raise Refused(RowError("INVALID_OPERATION", "The master record cannot be merged into itself"))
    stamp = org.clock.stamp()
    _move_children(org, item, master, losers, stamp)
    connection.executemany(
        f'UPDATE "{item.name}" SET "IsDeleted" = 1, "MasterRecordId" = ?, "LastModifiedDate" = ?,'
        ' "LastModifiedById" = ?, "SystemModstamp" = ? WHERE "Id" = ?',
        [(master, stamp, user.id, stamp, loser) for loser in losers],
    )
    log(connection, item, losers, stamp=stamp, bunch=new_bunch(org), root=1)


def _move_children(org: Org, item: ObjectDef, master: str, losers: list[str], stamp: str) -> None:
    connection = org.store.read()
    marks = ", ".join("?" * len(losers))
    for child in org.schema.children(item.name):
        target = org.schema.object(child.child)
        if not target[child.field].stored or child.field == "MasterRecordId":
            continue
        touched = ', "SystemModstamp" = ?' if "SystemModstamp" in target else ""
        # A winner must not become its own parent.
        connection.execute(
            f'UPDATE "{target.name}" SET "{child.field}" = ?{touched}'
            f' WHERE "{child.field}" IN ({marks}) AND "Id" <> ?',
            [master, *([stamp] if touched else []), *losers, master],
        )


def _live(connection: sqlite3.Connection, item: ObjectDef, given: str) -> str:
    try:
        record_id = ids.normalise(given)
    except ids.MalformedIdError:
        raise Refused(errors.wrong_id(item["Id"].label, given, "Id")) from None
    row = connection.execute(f'SELECT "IsDeleted" FROM "{item.name}" WHERE "Id" = ?', (record_id,)).fetchone()
    if row is None:
        raise Refused(errors.NO_SUCH_ROW)
    if row[0]:
        raise Refused(errors.ENTITY_IS_DELETED)
    return record_id
