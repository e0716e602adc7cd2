"""Answers a query."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local_org.soql.ast import Call, Query
from local_org.soql.columns import describe
from local_org.soql.errors import SoqlError, Source
from local_org.soql.grouped import GroupedResult, is_grouped
from local_org.soql.names import Context, Frame
from local_org.soql.parse import parse
from local_org.soql.records import conditions, find, limits
from local_org.soql.restrictions import check_bulk, check_object
from local_org.soql.sql import register, zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.org import Org
    from local_org.schema import ObjectDef
    from local_org.security import User
    from local_org.soql.result import OpenList, QueryResult
    from local_org.store import Store

# Seconds a query may look for its rows.
TIME_LIMIT = 120.0
# SQLite's instructions between two looks at the clock.
_STEPS = 20_000


def run_query(org: Org, user: User, text: str, *, all_rows: bool = False, bulk: bool = False) -> QueryResult:
    """Run a query as a user.

    Args:
        org: The org.
        user: Whose permissions and time zone apply.
        text: The query as it came.
        all_rows: Also find deleted and archived records (`queryAll`).
        bulk: Refuse what the Bulk API refuses.

    Raises:
        SoqlError: The query is refused; nothing else is ever raised, whatever the text.
    """
    try:
        return answer(org, user, text, all_rows=all_rows, bulk=bulk)
    except (sqlite3.Error, RecursionError, OverflowError):
        # SQLite's own limits: columns, tables, depth, numbers
        raise SoqlError(
            "QUERY_TOO_COMPLICATED",
            "Query is either selecting too many fields or the filter conditions are too complicated",
        ) from None


def answer(
    org: Org,
    user: User,
    text: str,
    *,
    all_rows: bool = False,
    bulk: bool = False,
    time_limit: float = TIME_LIMIT,
) -> QueryResult:
    """Run a query as `run_query` does, but let SQLite's own errors through.

    Raises:
        SoqlError: The query is refused, or took longer than `time_limit` seconds.
    """
    frame = _frame(org, user, text, all_rows=all_rows, bulk=bulk)
    with _stopped_after(org.store.read(), time_limit):
        if _is_count(frame.query):
            return _Count(frame, org.store)
        return GroupedResult(frame, org.store) if is_grouped(frame.query) else find(frame, org.store)


def query_columns(org: Org, user: User, text: str) -> dict[str, Any]:
    """Tell what the columns of a query are.

    Raises:
        SoqlError: The query cannot be run.
    """
    run_query(org, user, text)
    return describe(_frame(org, user, text, all_rows=False, bulk=False))


def _frame(org: Org, user: User, text: str, *, all_rows: bool, bulk: bool) -> Frame:
    # a lone surrogate can be stored nowhere, so it can be found nowhere
    text = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    query = parse(text)
    register(org.store)
    tz = zone(user.time_zone)
    fiscal_start, fiscal_by_start = _fiscal_year(org)
    context = Context(
        schema=org.schema,
        access=org.access(user),
        source=Source(text),
        today=org.clock.now().astimezone(tz).date(),
        zone=tz,
        fiscal_start=fiscal_start,
        fiscal_by_start=fiscal_by_start,
        all_rows=all_rows or query.all_rows,
        bulk=bulk,
    )
    root = query.sources[0]
    item = context.object(str(root.path), root.path.offset)
    if bulk:
        check_bulk(query, aggregate=is_grouped(query))
    check_object(item, query, bulk=bulk)
    return Frame(context, item, query, _names(query, item))


@contextmanager
def _stopped_after(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Interrupt what a connection does after some seconds.

    Raises:
        SoqlError: `QUERY_TIMEOUT`.
    """
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if str(error) == "interrupted":
            raise SoqlError("QUERY_TIMEOUT", "Your query request was running for too long.") from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _names(query: Query, item: ObjectDef) -> dict[str, tuple[str, ...]]:
    """Return the short names of FROM: `FROM Contact c, c.Account a`."""
    root, *others = query.sources
    names: dict[str, tuple[str, ...]] = {root.alias.lower(): ()} if root.alias else {}
    for source in others:
        head, *rest = source.path.parts
        prefix = names.get(head.lower())
        if prefix is None and head.lower() == item.name.lower():
            prefix = ()
        path = (*prefix, *rest) if prefix is not None else source.path.parts
        names[(source.alias or source.path.parts[-1]).lower()] = path
    return names


def _is_count(query: Query) -> bool:
    first = query.select[0]
    bare = isinstance(first.expr, Call) and first.expr.name == "COUNT" and not first.expr.args
    return bare and len(query.select) == 1 and first.alias is None and query.group_by is None


def _fiscal_year(org: Org) -> tuple[int, bool]:
    row = (
        org.store.read()
        .execute('SELECT "FiscalYearStartMonth", "UsesStartDateAsFiscalYearName" FROM "Organization"')
        .fetchone()
    )
    return (row[0] or 1, bool(row[1])) if row else (1, False)


class _Count:
    """The answer to `SELECT COUNT() FROM ...`."""

    is_count = True
    is_aggregate = False
    columns: tuple[str, ...] = ()

    def __init__(self, frame: Frame, store: Store) -> None:
        if frame.query.order_by:
            raise SoqlError("MALFORMED_QUERY", "COUNT() cannot be used with ORDER BY")
        scope = frame.scope()
        where, bound = conditions(frame, scope)
        inner = f"SELECT 1 FROM {scope.tables}{where}{limits(frame.query)}"
        counted = store.read().execute(f"SELECT count(*) FROM ({inner})", bound.values)
        self.sobject = frame.item.name
        self.total_size: int = counted.fetchone()[0]

    def records(
        self, start: int, size: int, *, version: str, open_list: OpenList | None = None
    ) -> list[dict[str, Any]]:
        del start, size, version, open_list
        return []

    def csv_rows(self) -> Iterator[list[str]]:
        return iter(())
