"""Rows whose formula and roll-up fields changed while their timestamp did not.

Such a field changes when a parent or child row does, or with the date. Every `formula_refresh_hours` the Ids
and these fields of all rows are read and compared by checksum (see `digests`) with what they were; the rows
of the buckets that differ are read whole and sent again.

Rows created since the last comparison are left out of it: they have been sent, and would make their bucket
look changed. The values are read before the rows of the run, so a change in between is found the next time.
"""

from __future__ import annotations

import sqlite3
import tempfile
import zlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from salesforce_abm import times
from tap_salesforce_abm.digests import Digests, Tally, bucket_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

__all__ = ["CREATED", "Comparison", "Known"]

CREATED: Final = "CreatedDate"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Known:
    """What STATE says about an earlier comparison.

    Attributes:
        at: when it was made.
        digests: what was found; None when fields have been added or taken away since.
    """

    at: datetime
    digests: Digests | None

    @classmethod
    def read(cls, state: Any, fields: Sequence[str]) -> Known | None:
        """Read the `formulas` of a stream's STATE."""
        if not isinstance(state, dict) or not state.get("at"):
            return None
        same = state.get("fields") == _fingerprint(fields)
        digests = Digests.parse(state.get("digests")) if same else None
        return cls(times.parse_datetime(str(state["at"])), digests)


class Comparison:
    """Compares the calculated fields of all rows with what they were.

    Args:
        fields: names of the calculated fields.
        known: the earlier comparison, None when there was none.
        at: upper bound of this run.
    """

    def __init__(self, fields: Sequence[str], known: Known | None, at: datetime) -> None:
        self._fields = tuple(sorted(fields))
        self._known = known
        self._at = at
        self._now = Tally()
        self._then = Tally()
        self._before = times.format_datetime(known.at) if known is not None else ""
        self._directory = tempfile.TemporaryDirectory(prefix="tap-salesforce-abm-")
        self._database = sqlite3.connect(Path(self._directory.name) / "formulas.sqlite")
        self._database.executescript(
            """
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE seen (bucket INTEGER, id TEXT, PRIMARY KEY (bucket, id)) WITHOUT ROWID;
            """
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._directory.cleanup()

    def add(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Take in some rows: `Id`, the calculated fields, and `CreatedDate` if the object has it."""
        compares = self._known is not None and self._known.digests is not None
        seen = []
        for record in records:
            identifier = record["Id"]
            bucket = bucket_of(identifier)
            values = [_plain(record.get(name)) for name in self._fields]
            content = _ENCODER.encode([identifier, values])
            self._now.add(bucket, content)
            if compares and (record.get(CREATED) or "") < self._before:
                self._then.add(bucket, content)
                seen.append((bucket, identifier))
        self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", seen)

    def changed(self) -> Iterator[str]:
        """Give the Ids of the rows that may have changed; none when there is nothing to compare with."""
        if self._known is None or self._known.digests is None:
            return
        for bucket in self._then.digests().changed_since(self._known.digests):
            rows = self._database.execute("SELECT id FROM seen WHERE bucket = ? ORDER BY id", (bucket,))
            yield from (identifier for (identifier,) in rows)

    def state(self) -> dict[str, Any]:
        """Give what the next comparison needs to know, for STATE."""
        return {
            "at": times.format_datetime(self._at),
            "fields": _fingerprint(self._fields),
            "digests": str(self._now.digests()),
        }


def _fingerprint(fields: Sequence[str]) -> int:
    return zlib.crc32(",".join(sorted(fields)).encode())


def _plain(value: Any) -> Any:
    """Write a number in one way, however REST and Bulk do (`1.39E8`, `139000000.0`)."""
    return value.normalize() if isinstance(value, Decimal) else value
