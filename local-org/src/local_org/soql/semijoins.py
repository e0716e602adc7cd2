"""Compiles `Id IN (SELECT ...)` and its opposite, with the restrictions Salesforce puts on them.

See "Comparison Operators: semi-joins and anti-joins" in the SOQL reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.soql.ast import Comparison, Condition, Path, Query
from local_org.soql.errors import SoqlError
from local_org.soql.literals import IDS
from local_org.soql.names import Scope
from local_org.soql.sql import Sql, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.schema import FieldDef, ObjectDef
    from local_org.soql.expressions import Value

_MOST = 2


class SemiJoins:
    """Counts and compiles the semi-joins and anti-joins of one WHERE."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._context = scope.context
        self._count = 0

    def compile(
        self, comparison: Comparison, value: Value, above: str, where: Callable[[Scope, Condition], Sql]
    ) -> Sql:
        """Return the SQL of a comparison with a subquery.

        Args:
            comparison: The comparison; its right side is a query.
            value: Its left side.
            above: `OR` or `NOT` where one stands above it.
            where: Compiles the subquery's WHERE.

        Raises:
            SoqlError: One of the restrictions is broken.
        """
        query = comparison.right
        if not isinstance(query, Query):
            raise TypeError(query)
        self._check_place(comparison, value, above)
        inner_path = self._check_query(query)
        source = query.sources[0]
        item = self._context.object(str(source.path), source.path.offset)
        names: dict[str, tuple[str, ...]] = {source.alias.lower(): ()} if source.alias else {}
        scope = Scope(self._context, item, names)
        scope.nested = True
        inner = scope.column(inner_path)
        self._check_types(value, inner.field, item, inner_path)
        conditions = [fill("{} IS NOT NULL", inner.sql)]
        if query.where is not None:
            conditions.append(where(scope, query.where))
        if (deleted := scope.not_deleted()) is not None:
            conditions.append(deleted)
        selected = f"{{}} IN (SELECT {inner.sql.text} FROM {scope.tables}"
        filters = " AND ".join(f"({c.text})" for c in conditions)
        values = tuple(bound for c in conditions for bound in c.values)
        made = fill(selected, value.sql)
        found = Sql(f"{made.text} WHERE {filters})", made.values + inner.sql.values + values)
        return fill("(NOT ifnull({}, 0))", found) if comparison.operator == "NOT IN" else found

    def _check_place(self, comparison: Comparison, value: Value, above: str) -> None:
        if comparison.operator not in ("IN", "NOT IN"):
            raise self._context.source.error(
                "INVALID_QUERY_FILTER_OPERATOR", value.offset, "invalid operator"
            )
        if above == "OR":
            raise SoqlError("MALFORMED_QUERY", "Semi join sub-selects are not allowed with the 'OR' operator")
        if above == "NOT":
            raise SoqlError(
                "MALFORMED_QUERY",
                "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested"
                " WHERE expressions.",
            )
        if self._scope.nested:
            raise SoqlError("MALFORMED_QUERY", "Nesting of semi join sub-selects is not supported")
        self._count += 1
        if self._count > _MOST:
            raise SoqlError("MALFORMED_QUERY", f"Maximum {_MOST} semi join sub-selects are allowed.")
        if value.type not in IDS or value.column is None:
            raise self._context.source.error(
                "INVALID_QUERY_FILTER_OPERATOR", value.offset, "invalid operator"
            )

    def _check_query(self, query: Query) -> Path:
        first = query.select[0].expr
        extra = (query.group_by, query.limit, query.offset, query.scope)
        if (
            len(query.select) > 1
            or len(query.sources) > 1
            or query.order_by
            or any(clause is not None for clause in extra)
        ):
            raise SoqlError(
                "MALFORMED_QUERY",
                "Semi join sub-selects take one field and a WHERE clause, nothing else",
            )
        if not isinstance(first, Path):
            raise SoqlError("MALFORMED_QUERY", "Semi join sub-selects can only query id fields")
        return first

    def _check_types(self, value: Value, inner: FieldDef, item: ObjectDef, path: Path) -> None:
        if inner.type not in IDS:
            raise SoqlError(
                "MALFORMED_QUERY",
                f"Semi join sub-selects can only query id fields, cannot use: '{path}'",
            )
        level = value.column.level if value.column else self._scope.root
        if item is self._scope.item:
            raise SoqlError(
                "MALFORMED_QUERY", "The inner and outer selects should not be on the same object type"
            )
        outer_targets = _targets(value.field, level.item)
        inner_targets = _targets(inner, item)
        if outer_targets and inner_targets and not outer_targets & inner_targets:
            raise SoqlError(
                "MALFORMED_QUERY",
                f"The selected field '{inner.name}' in the subquery and the left operand field in the where"
                f" expression in the outer query '{value.field.name}' should point to the same object type",
            )


def _targets(field: FieldDef, item: ObjectDef | None) -> frozenset[str]:
    if field.type == "id":
        return frozenset({item.name}) if item else frozenset()
    return frozenset(field.reference_to)
