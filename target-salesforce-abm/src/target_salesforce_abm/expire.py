"""The sweep: fields whose date is past the window are cleared, also when no row comes for the record.

Day 90 stays, day 91 goes: days are counted by date, in UTC. Only fields of the load are cleared, and only
under its own policies: what somebody else wrote into a field under `if_empty` or `tracked` stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from salesforce_abm.query import Query
from salesforce_abm.soql import Select, literal
from target_salesforce_abm.coerce import cleared
from target_salesforce_abm.diff import diff
from target_salesforce_abm.rows import Change, Found, Intent, Row, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.current import Current

__all__ = ["expired"]


def expired(session: Session, load: BoundLoad, current: Current, now: datetime) -> Iterator[Change]:
    """Find the records to clear: one query.

    Args:
        session: the signed-in session.
        load: a load with `expire`.
        current: reads the values.
        now: Salesforce's clock.

    Yields:
        A change that clears what this load owns, for each record that has something to clear; without rows.
    """
    expire = load.expire
    assert expire is not None  # noqa: S101 - the caller has looked
    column = load.columns[expire.column]
    oldest = expire.oldest_kept(now)
    fields = tuple(dict.fromkeys(("Id", *current.fields(load.sobject))))
    where = (f"{column.field} < {literal(oldest, column.codec.kind)}",)
    row = Row(Stream(load.load.stream, ()), load, 0, {})
    values = cleared(load)
    for record in Query(session).records(Select(fields, load.sobject, where).render()):
        current.put(load.sobject, record)
        record_id = str(record["Id"])
        held = current.get(load.sobject, record_id) or {}
        date = held.get(column.field)
        if not isinstance(date, str) or date >= oldest:
            continue  # this run's plan has a newer date for it
        difference = diff([Found(Intent(row, values), record_id)], {record_id: held})
        for change in difference.changes:
            yield replace(change, rows=())
