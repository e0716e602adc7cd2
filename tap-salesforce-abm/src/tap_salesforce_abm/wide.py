"""Objects that are too wide to be read at once: columns in parts, put together by Id.

Salesforce answers QUERY_TOO_COMPLICATED when the formulas among the columns add up to too much, and neither
API does any better then. The columns are read in parts, each with the Id and the row's timestamp; a row whose
parts are not of the same version (it was changed in between) is read again.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from salesforce_abm.errors import DataError
from salesforce_abm.soql import any_of, split_by_length
from tap_salesforce_abm.decode import Lines, encode_rows
from tap_salesforce_abm.schema import Column, Kind
from tap_salesforce_abm.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_salesforce_abm.fetch import Fetcher, Mark, Opened, Source

__all__ = ["WideFetcher", "part_of"]

_TRIES: Final = 5
_IDS_IN_A_QUERY: Final = 12_000
_ROWS_AT_A_TIME: Final = 500
_EVERYTHING: Final = Window(None, None)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

Record = dict[str, Any]


def part_of(source: Source, parts: int, number: int) -> Source:
    """Give the source of one part: its share of the columns, the Id and the row's timestamp.

    Args:
        source: the whole.
        parts: how many there are.
        number: which, from 0.
    """
    columns = source.layout.columns[number::parts]
    names = {column.name for column in columns}
    wanted = [Column("Id", Kind.ID)] if "Id" not in names else []
    if source.version is not None and source.version not in names:
        wanted.append(Column(source.version, Kind.DATETIME))
    return replace(source, layout=replace(source.layout, columns=(*wanted, *columns)))


class WideFetcher:
    """Reads windows in parts.

    Args:
        fetcher: reads each part.
        rest: reads rows again, by their Ids.
        parts: how many.
    """

    def __init__(self, fetcher: Fetcher, rest: Fetcher, parts: int) -> None:
        self._fetcher = fetcher
        self._rest = rest
        self._parts = parts

    def open(self, source: Source, window: Window) -> Opened:
        """Open every part of a window; see `Fetcher.open`."""
        sources = [part_of(source, self._parts, number) for number in range(self._parts)]
        return _WideRead([self._fetcher.open(part, window) for part in sources], sources, source, self._rest)


class _WideRead:
    """Parts that are ready to be read."""

    def __init__(
        self, opened: Sequence[Opened], sources: Sequence[Source], whole: Source, rest: Fetcher
    ) -> None:
        self._opened = opened
        self._sources = sources
        self._whole = whole
        self._rest = rest
        self._names = [column.name for column in whole.layout.columns]

    @property
    def total(self) -> int | None:
        """See `Opened.total`."""
        return self._opened[-1].total

    def lines(self) -> Iterator[Lines | Mark]:
        """See `Opened.lines`. All parts but the last wait in a temporary file."""
        with (
            tempfile.TemporaryDirectory(prefix="tap-salesforce-abm-") as directory,
            closing(sqlite3.connect(Path(directory) / "parts.sqlite")) as database,
        ):
            database.executescript(
                """
                PRAGMA journal_mode = OFF;
                PRAGMA synchronous = OFF;
                CREATE TABLE part (id TEXT, number INTEGER, record BLOB, PRIMARY KEY (id, number))
                WITHOUT ROWID;
                """
            )
            for number, opened in enumerate(self._opened[:-1]):
                rows = ((record["Id"], number, _ENCODER.encode(record)) for record in _records(opened))
                database.executemany("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", rows)
            again: list[str] = []
            yield from self._encoded(self._joined(database, again))
            yield from self._encoded(self._read_again(again))

    def close(self) -> None:
        """See `Opened.close`."""
        for opened in self._opened:
            opened.close()

    def _joined(self, database: sqlite3.Connection, again: list[str]) -> Iterator[Record]:
        for record in _records(self._opened[-1]):
            found = database.execute("SELECT record FROM part WHERE id = ?", (record["Id"],)).fetchall()
            others = [_DECODER.decode(content) for (content,) in found]
            whole = self._put_together([*others, record])
            if whole is None:
                again.append(record["Id"])
            else:
                yield whole

    def _put_together(self, parts: Sequence[Record]) -> Record | None:
        """Make one record of its parts; None when they are not all there, or of different versions."""
        stamp = self._whole.version
        versions = {part.get(stamp) if stamp else None for part in parts}
        if len(parts) != len(self._sources) or len(versions) != 1:
            return None
        merged: Record = {}
        for part in parts:
            merged |= part
        return {name: merged.get(name) for name in self._names}

    def _read_again(self, ids: list[str]) -> Iterator[Record]:
        """Read rows that were changed between their parts, until they hold still.

        Raises:
            DataError: they do not.
        """
        for _ in range(_TRIES):
            if not ids:
                return
            moved: list[str] = []
            for group in split_by_length(ids, _IDS_IN_A_QUERY, url=True):
                parts: dict[str, list[Record]] = {identifier: [] for identifier in group}
                for source in self._sources:
                    some = replace(source, conditions=(any_of("Id", group, "id"),), key=None)
                    for record in _records(self._rest.open(some, _EVERYTHING)):
                        parts[record["Id"]].append(record)
                for identifier, found in parts.items():
                    whole = self._put_together(found)
                    if whole is not None:
                        yield whole
                    elif found:  # else deleted and purged meanwhile
                        moved.append(identifier)
            ids = moved
        if ids:
            raise DataError(f"{self._whole.layout.sobject}: rows keep changing while their columns are read")

    def _encoded(self, records: Iterable[Record]) -> Iterator[Lines]:
        waiting = iter(records)
        while some := list(islice(waiting, _ROWS_AT_A_TIME)):
            lines = encode_rows(some)
            nulls = {
                name for name in self._whole.layout.never_null for record in some if record.get(name) is None
            }
            yield replace(lines, nulls=frozenset(nulls))


def _records(opened: Opened) -> Iterator[Record]:
    for item in opened.lines():
        if isinstance(item, Lines):
            yield from item.records()
