"""Which rows changed or went between two moments: getUpdated and getDeleted.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getupdated.htm>
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from local_org.clock import from_stored, stored

if TYPE_CHECKING:
    from datetime import datetime

    from local_org.org import Org
    from local_org.schema import ObjectDef

_KEPT = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Deleted:
    """Answer of getDeleted: (id, moment as stored text) pairs and the span it can speak for."""

    records: tuple[tuple[str, str], ...]
    earliest: str
    latest: str


@dataclass(frozen=True, slots=True)
class Updated:
    """Answer of getUpdated: ids of rows made or changed, and how far it can speak."""

    ids: tuple[str, ...]
    latest: str


def deleted(org: Org, item: ObjectDef, start: datetime, end: datetime) -> Deleted:
    """Return rows deleted from `start` to before `end`, also those already gone from the recycle bin."""
    rows = org.store.read().execute(
        "SELECT id, at FROM _deleted WHERE object = ? AND at >= ? AND at < ? ORDER BY at, id",
        (item.name, stored(start), stored(end)),
    )
    records = tuple((record_id, at) for record_id, at in rows)
    first = (
        org.store.read().execute("SELECT min(at) FROM _deleted WHERE object = ?", (item.name,)).fetchone()[0]
    )
    horizon = org.clock.now() - _KEPT
    earliest = max(from_stored(first), horizon) if first else horizon
    return Deleted(records, stored(earliest), stored(min(end, org.clock.now())))


def updated(org: Org, item: ObjectDef, start: datetime, end: datetime) -> Updated:
    """Return rows whose SystemModstamp lies from `start` to before `end`, deleted ones left out."""
    alive = ' AND "IsDeleted" = 0' if "IsDeleted" in item else ""
    rows = org.store.read().execute(
        f'SELECT "Id" FROM "{item.name}" WHERE "SystemModstamp" >= ? AND "SystemModstamp" < ?{alive}'
        ' ORDER BY "SystemModstamp", "Id"',
        (stored(start), stored(end)),
    )
    return Updated(tuple(row[0] for row in rows), stored(min(end, org.clock.now())))
