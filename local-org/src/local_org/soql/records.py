"""Queries that return records: finds their ids at once, reads their fields page by page."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from local_org.soql.children import ChildList, child_lists
from local_org.soql.errors import SoqlError
from local_org.soql.expressions import Expressions
from local_org.soql.filters import Filter
from local_org.soql.ordering import sort_terms
from local_org.soql.scopes import scope_filter
from local_org.soql.selection import Selection
from local_org.soql.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.soql.ast import Query
    from local_org.soql.names import Frame, Scope
    from local_org.store import Store

MAX_OFFSET = 2_000
_CSV_CHUNK = 2_000
_ID_CHUNK = 20_000
_ID_LENGTH = 18


class Ids:
    """Many record ids in little memory: 18 bytes each."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._packed = bytearray()
        while rows := cursor.fetchmany(_ID_CHUNK):
            self._packed += "".join(row[0] for row in rows).encode("ascii")

    def __len__(self) -> int:
        return len(self._packed) // _ID_LENGTH

    def json(self, start: int, stop: int) -> str:
        """Return some of the ids as a JSON array, which is how SQLite takes a list as one value."""
        text = self._packed[start * _ID_LENGTH : stop * _ID_LENGTH].decode("ascii")
        ids = [text[at : at + _ID_LENGTH] for at in range(0, len(text), _ID_LENGTH)]
        return '["' + '","'.join(ids) + '"]' if ids else "[]"


def conditions(frame: Frame, scope: Scope) -> tuple[str, Sql]:
    """Return the WHERE part of a query (empty when there is none) and what it binds."""
    query = frame.query
    parts = []
    if query.where is not None:
        parts.append(Filter(scope, Expressions(scope).value).compile(query.where))
    if query.scope is not None:
        wanted = scope_filter(frame.context, frame.item, query.scope, scope.alias)
        if wanted is not None:
            parts.append(wanted)
    if (deleted := scope.not_deleted()) is not None:
        parts.append(deleted)
    if not parts:
        return "", Sql("")
    text = " AND ".join(f"({part.text})" for part in parts)
    return f" WHERE {text}", Sql(text, tuple(value for part in parts for value in part.values))


def limits(query: Query) -> str:
    """Return the LIMIT and OFFSET part of a query.

    Raises:
        SoqlError: `NUMBER_OUTSIDE_VALID_RANGE`.
    """
    if query.offset is not None and query.offset > MAX_OFFSET:
        raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
    if query.limit is None and not query.offset:
        return ""
    return f" LIMIT {-1 if query.limit is None else query.limit} OFFSET {query.offset or 0}"


class RecordResult:
    """The records a query found."""

    is_count = False
    is_aggregate = False

    def __init__(self, frame: Frame, store: Store) -> None:
        """Compile and run a query.

        Raises:
            SoqlError: Anything Salesforce refuses.
        """
        self._store = store
        self.sobject = frame.item.name
        shown = frame.scope()
        self._selection = Selection(shown, frame.query)
        self._children: list[ChildList] = child_lists(frame, self._selection.children)
        self.columns = tuple(self._selection.headers)
        self._page = self._page_sql(shown)
        self._found = self._find(frame)

    @property
    def total_size(self) -> int:
        """Records found."""
        return len(self._found)

    def records(self, start: int, size: int, *, version: str) -> list[dict[str, Any]]:
        """Return one page in REST's shape; see `QueryResult`."""
        base = f"/services/data/v{version}/sobjects/"
        record = self._selection.record
        connection = self._store.read()
        sql = self._selection.sql
        rows = self._read(connection, sql, start, start + size)
        made = [one for row in rows if (one := record.read(row, base)) is not None]
        if self._children:
            ids = [row[record.id_at] for row in rows]
            for child in self._children:
                child.attach(connection, ids, made, base)
        return made

    def csv_rows(self) -> Iterator[list[str]]:
        """Yield the records in Bulk's shape; see `QueryResult`."""
        decoders = self._selection.csv_decoders
        for start in range(0, len(self._found), _CSV_CHUNK):
            rows = self._read(self._store.read(), self._selection.csv_sql, start, start + _CSV_CHUNK)
            for row in rows:
                cells = list(row)
                for at, decode in decoders:
                    cells[at] = decode(cells[at])
                yield cells

    def _read(self, connection: sqlite3.Connection, columns: Sql, start: int, stop: int) -> list[Any]:
        values = (*columns.values, self._found.json(start, stop))
        try:
            return connection.execute(f"SELECT {columns.text} {self._page}", values).fetchall()
        except sqlite3.OperationalError:
            # a field went away between two pages
            raise SoqlError("INVALID_QUERY_LOCATOR", "invalid query locator") from None

    def _page_sql(self, scope: Scope) -> str:
        """Return what follows the columns: the records of a JSON list of ids, in its order.

        CROSS JOIN makes SQLite walk the list on the outside, so rows come in the list's order without a sort.
        """
        deleted = scope.not_deleted()
        where = f" WHERE {deleted.text}" if deleted else ""
        table = f'json_each(?) AS _k CROSS JOIN "{scope.item.name}" AS {scope.alias}'
        return f"FROM {table} ON {scope.root.id.text} = _k.value {scope.joins}{where}"

    def _find(self, frame: Frame) -> Ids:
        scope = frame.scope()
        where, bound = conditions(frame, scope)
        value = Expressions(scope).value
        terms = [term for order in frame.query.order_by for term in sort_terms(frame.context, order, value)]
        if terms:
            terms.append(scope.root.id)
        order = f" ORDER BY {', '.join(term.text for term in terms)}" if terms else ""
        sql = f"SELECT {scope.root.id.text} FROM {scope.tables}{where}{order}{limits(frame.query)}"
        binds = (*bound.values, *(value for term in terms for value in term.values))
        return Ids(self._store.read().execute(sql, binds))
