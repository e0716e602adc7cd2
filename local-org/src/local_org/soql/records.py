"""Queries that return records: finds their ids, in their order, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.soql.children import child_lists
from local_org.soql.errors import SoqlError
from local_org.soql.expressions import Expressions
from local_org.soql.filters import Filter
from local_org.soql.ordering import sort_terms
from local_org.soql.pages import Ids, Records
from local_org.soql.scopes import scope_filter
from local_org.soql.selection import Selection
from local_org.soql.sql import Sql

if TYPE_CHECKING:
    from local_org.soql.ast import Query
    from local_org.soql.names import Frame, Scope
    from local_org.store import Store

MAX_OFFSET = 2_000


def find(frame: Frame, store: Store) -> Records:
    """Compile and run a query for records.

    Raises:
        SoqlError: Anything Salesforce refuses.
    """
    shown = frame.scope()
    selection = Selection(shown, frame.query)
    lists = child_lists(frame, selection.children)
    scope = frame.scope()
    where, bound = conditions(frame, scope)
    value = Expressions(scope).value
    terms = [term for order in frame.query.order_by for term in sort_terms(frame.context, order, value)]
    if terms:
        terms.append(scope.root.id)
    order = f" ORDER BY {', '.join(term.text for term in terms)}" if terms else ""
    sql = f"SELECT {scope.root.id.text} FROM {scope.tables}{where}{order}{limits(frame.query)}"
    binds = (*bound.values, *(value for term in terms for value in term.values))
    found = Ids()
    found.drain(store.read().execute(sql, binds))
    return Records(store, shown, selection, lists, found)


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
