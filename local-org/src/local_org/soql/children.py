"""Parent-to-child subqueries: `(SELECT Name FROM Contacts)`, read for a whole page of parents at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.soql.ast import Call
from local_org.soql.errors import SoqlError
from local_org.soql.expressions import Expressions
from local_org.soql.filters import Filter
from local_org.soql.names import Frame
from local_org.soql.ordering import sort_terms
from local_org.soql.pages import Ids, Page, Records, build, fetch, json_ids
from local_org.soql.selection import Selection
from local_org.soql.sql import Sql
from local_org.soql.tokens import AGGREGATES, DATE_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_org.schema import ChildRelationship, ObjectDef
    from local_org.soql.ast import Query
    from local_org.store import Store

MAX_LEVELS = 5
MAX_LISTS = 20
# Stands where the parents' ids are bound.
_PARENTS = object()


def child_lists(parent: Frame, queries: Mapping[str, Query], level: int = 1) -> list[ChildList]:
    """Compile the subqueries of a SELECT list.

    Raises:
        SoqlError: Unknown relationships, too many of them, or anything wrong inside.
    """
    if len(queries) > MAX_LISTS or (queries and level >= MAX_LEVELS):
        raise SoqlError(
            "MALFORMED_QUERY",
            f"A query can have at most {MAX_LISTS} parent-to-child relationships, {MAX_LEVELS} levels deep",
        )
    return [ChildList(parent, key, query, level) for key, query in queries.items()]


class ChildList:
    """One subquery."""

    def __init__(self, parent: Frame, key: str, query: Query, level: int) -> None:
        """Compile it.

        Raises:
            SoqlError: Anything Salesforce refuses.
        """
        self.key = key
        frame, relationship = child_frame(parent, query)
        self._scope = frame.scope()
        self._selection = Selection(self._scope, query)
        self._children = child_lists(frame, self._selection.children, level + 1)
        self._sql = self._compile(frame, relationship.field)

    def attach(
        self, store: Store, parents: Sequence[str], records: Sequence[dict[str, Any]], page: Page
    ) -> None:
        """Put the lists into the parents' records.

        Args:
            store: Where to read.
            parents: Ids, each once.
            records: The parents' records in the same order.
            page: How the page is wanted.
        """
        ids = json_ids(parents)
        values = tuple(ids if value is _PARENTS else value for value in self._sql.values)
        by_parent: dict[int, list[Any]] = {}
        for row in fetch(store, self._sql.text, values):
            # the parent's place is the last column
            by_parent.setdefault(row[-1], []).append(row)
        most = page.size if page.open_list else None
        shown = [row for place in range(len(records)) for row in by_parent.get(place, ())[:most]]
        made = iter(build(store, self._selection, self._children, shown, page))
        for place, parent in enumerate(records):
            rows = by_parent.get(place, [])
            parent[self.key] = self._envelope(store, rows, made, page) if rows else None

    def _envelope(self, store: Store, rows: list[Any], made: Any, page: Page) -> dict[str, Any]:
        whole = page.open_list is None or len(rows) <= page.size
        answer: dict[str, Any] = {"totalSize": len(rows), "done": whole}
        if page.open_list is not None and not whole:
            found = Ids()
            found.add(row[self._selection.record.id_at] for row in rows)
            rest = Records(store, self._scope, self._selection, self._children, found)
            answer["nextRecordsUrl"] = page.open_list(rest, page.size)
        answer["records"] = [next(made) for _ in (rows if whole else rows[: page.size])]
        return answer

    def _compile(self, frame: Frame, reference: str) -> Sql:
        query, scope = frame.query, self._scope
        value = Expressions(scope).value
        parts = [Filter(scope, value).compile(query.where)] if query.where else []
        if (deleted := scope.not_deleted()) is not None:
            parts.append(deleted)
        terms = [term for order in query.order_by for term in sort_terms(frame.context, order, value)]
        terms.append(scope.root.id)
        order = ", ".join(term.text for term in terms)
        columns = self._selection.sql
        table = f'json_each(?) AS _k CROSS JOIN "{scope.item.name}" AS {scope.alias}'
        source = f'{table} ON {scope.alias}."{reference}" = _k.value {scope.joins}'
        where = f" WHERE {' AND '.join(f'({part.text})' for part in parts)}" if parts else ""
        filtered = tuple(bound for part in parts for bound in part.values)
        ordered = tuple(bound for term in terms for bound in term.values)
        if query.limit is None and query.offset is None:
            text = f"SELECT {columns.text}, _k.key FROM {source}{where} ORDER BY _k.key, {order}"
            return Sql(text, (*columns.values, _PARENTS, *filtered, *ordered))
        first = (query.offset or 0) + 1
        last = first + query.limit - 1 if query.limit is not None else 2**62
        place = f"row_number() OVER (PARTITION BY _k.key ORDER BY {order}) AS _n"
        inner = f"SELECT {columns.text}, {place}, _k.key AS _p FROM {source}{where}"
        text = f"SELECT * FROM ({inner}) WHERE _n BETWEEN {first} AND {last} ORDER BY _p, _n"
        return Sql(text, (*columns.values, *ordered, _PARENTS, *filtered))


def child_frame(parent: Frame, query: Query) -> tuple[Frame, ChildRelationship]:
    """Return a subquery with its object, and the relationship it follows.

    Raises:
        SoqlError: The relationship does not exist, or the subquery groups.
    """
    relationship, item = _resolve(parent, query)
    source = query.sources[0]
    names: dict[str, tuple[str, ...]] = {(relationship.name or source.path.parts[-1]).lower(): ()}
    if source.alias:
        names[source.alias.lower()] = ()
    return Frame(parent.context, item, query, names), relationship


def _resolve(parent: Frame, query: Query) -> tuple[ChildRelationship, ObjectDef]:
    context = parent.context
    path = query.sources[0].path
    *prefix, name = path.parts
    known = {*parent.names, parent.item.name.lower()}
    if len(prefix) > 1 or any(part.lower() not in known for part in prefix):
        raise context.source.no_children(path.offset, str(path))
    if query.group_by is not None or any(
        isinstance(item.expr, Call) and (item.expr.name in AGGREGATES or item.expr.name in DATE_FUNCTIONS)
        for item in query.select
    ):
        raise SoqlError("MALFORMED_QUERY", "only root queries support aggregate expressions")
    relationship = context.schema.child(parent.item.name, name)
    item = context.schema.get(relationship.child) if relationship else None
    if relationship is None or item is None or not context.access.readable(item, item[relationship.field]):
        raise context.source.no_children(path.offset, name)
    return relationship, item
