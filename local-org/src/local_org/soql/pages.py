"""Reads the fields of records already found, page by page."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Protocol

from local_org.soql.errors import SoqlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local_org.soql.names import Scope
    from local_org.soql.result import OpenList
    from local_org.soql.selection import Selection
    from local_org.soql.sql import Sql
    from local_org.store import Store

_CSV_CHUNK = 2_000
_ID_CHUNK = 20_000
_ID_LENGTH = 18


def json_ids(ids: Iterable[str]) -> str:
    """Return ids as a JSON array, which is how SQLite takes a list as one value."""
    text = '","'.join(ids)
    return f'["{text}"]' if text else "[]"


class Ids:
    """Many record ids in little memory: 18 bytes each."""

    def __init__(self) -> None:
        self._packed = bytearray()

    def add(self, ids: Iterable[str]) -> None:
        """Append some."""
        self._packed += "".join(ids).encode("ascii")

    def drain(self, cursor: sqlite3.Cursor) -> None:
        """Append the first column of what a cursor still has."""
        while rows := cursor.fetchmany(_ID_CHUNK):
            self.add(row[0] for row in rows)

    def __len__(self) -> int:
        return len(self._packed) // _ID_LENGTH

    def slice(self, start: int, stop: int) -> list[str]:
        """Return the ids from one place up to another."""
        text = self._packed[start * _ID_LENGTH : stop * _ID_LENGTH].decode("ascii")
        return [text[at : at + _ID_LENGTH] for at in range(0, len(text), _ID_LENGTH)]


class Lists(Protocol):
    """A parent-to-child subquery of a selection."""

    def attach(
        self, store: Store, parents: Sequence[str], records: Sequence[dict[str, Any]], page: Page
    ) -> None:
        """Put the child lists into the parents' records."""
        ...


class Page:
    """How a page is wanted.

    Attributes:
        base: URL prefix of all sobjects.
        size: most records in it, and in each child list.
        open_list: opens a cursor for the rest of a child list; None leaves lists whole.
    """

    __slots__ = ("base", "open_list", "size")

    def __init__(self, base: str, size: int, open_list: OpenList | None) -> None:
        self.base = base
        self.size = size
        self.open_list = open_list


class Records:
    """Records of one object, found by a query or on a parent; a `QueryResult`."""

    is_count = False
    is_aggregate = False

    def __init__(
        self, store: Store, scope: Scope, selection: Selection, lists: Sequence[Lists], found: Ids
    ) -> None:
        self._store = store
        self._selection = selection
        self._lists = lists
        self._found = found
        self._source = _source(scope)
        self.sobject = scope.item.name
        self.columns = tuple(selection.headers)

    @property
    def total_size(self) -> int:
        """Records found."""
        return len(self._found)

    def records(
        self, start: int, size: int, *, version: str, open_list: OpenList | None = None
    ) -> list[dict[str, Any]]:
        """Return one page in REST's shape; see `QueryResult`."""
        page = Page(f"/services/data/v{version}/sobjects/", size, open_list)
        rows = self._read(self._selection.sql, start, start + size)
        return build(self._store, self._selection, self._lists, rows, page)

    def csv_rows(self) -> Iterator[list[str]]:
        """Yield the records in Bulk's shape; see `QueryResult`."""
        decoders = self._selection.csv_decoders
        columns = self._selection.csv_sql
        for start in range(0, len(self._found), _CSV_CHUNK):
            for row in self._read(columns, start, start + _CSV_CHUNK):
                cells = list(row)
                for at, decode in decoders:
                    cells[at] = decode(cells[at])
                yield cells

    def _read(self, columns: Sql, start: int, stop: int) -> list[Any]:
        values = (*columns.values, json_ids(self._found.slice(start, stop)))
        return fetch(self._store, f"SELECT {columns.text} {self._source}", values)


def fetch(store: Store, sql: str, values: Sequence[Any]) -> list[Any]:
    """Return the rows of a statement that was compiled earlier.

    Raises:
        SoqlError: `INVALID_QUERY_LOCATOR`: a field or object it reads went away since.
    """
    try:
        return store.read().execute(sql, values).fetchall()
    except sqlite3.OperationalError:
        raise SoqlError("INVALID_QUERY_LOCATOR", "invalid query locator") from None


def build(
    store: Store, selection: Selection, lists: Sequence[Lists], rows: Sequence[Any], page: Page
) -> list[dict[str, Any]]:
    """Return the records of some rows, with their child lists."""
    record = selection.record
    made = [one for row in rows if (one := record.read(row, page.base)) is not None]
    if lists:
        ids = [row[record.id_at] for row in rows]
        for child in lists:
            child.attach(store, ids, made, page)
    return made


def _source(scope: Scope) -> str:
    """Return what follows the columns: the records of a JSON list of ids, in its order.

    CROSS JOIN makes SQLite walk the list on the outside, so rows come in the list's order without a sort.
    """
    deleted = scope.not_deleted()
    where = f" WHERE {deleted.text}" if deleted else ""
    table = f'json_each(?) AS _k CROSS JOIN "{scope.item.name}" AS {scope.alias}'
    return f"FROM {table} ON {scope.root.id.text} = _k.value {scope.joins}{where}"
