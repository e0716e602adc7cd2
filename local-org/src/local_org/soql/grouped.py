"""Queries with aggregates, GROUP BY (plain, ROLLUP, CUBE) and HAVING: their rows are `AggregateResult`s."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.schema import FieldDef
from local_org.soql import encode
from local_org.soql.ast import Call, Expr, Literal, Path, Query
from local_org.soql.display import formatter
from local_org.soql.errors import SoqlError
from local_org.soql.expressions import Expressions, Value
from local_org.soql.fields_function import expand
from local_org.soql.filters import Filter
from local_org.soql.ordering import directed, sort_keys
from local_org.soql.records import conditions, limits
from local_org.soql.sql import Sql, fill
from local_org.soql.tokens import AGGREGATES, DATE_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_org.soql.names import Frame
    from local_org.soql.result import OpenList
    from local_org.store import Store

MAX_ROWS = 2_000
_SETS_LIMIT = 3
_NUMBERS = encode.NUMBERS | encode.INTEGERS


def is_grouped(query: Query) -> bool:
    """Return whether a query returns `AggregateResult` rows."""
    return query.group_by is not None or any(
        isinstance(item.expr, Call) and _aggregates(item.expr) for item in query.select
    )


def _aggregates(call: Call) -> bool:
    if call.name in AGGREGATES or call.name in DATE_FUNCTIONS or call.name == "GROUPING":
        return True
    return any(isinstance(arg, Call) and _aggregates(arg) for arg in call.args)


@dataclass(frozen=True)
class _Output:
    key: str
    value: Value
    group: int | None
    decode: Callable[[Any], Any] | None


class GroupedResult:
    """The groups a query made; all of them, since they cannot be paged."""

    is_count = False
    is_aggregate = True

    def __init__(self, frame: Frame, store: Store) -> None:
        """Compile and run a query.

        Raises:
            SoqlError: Anything Salesforce refuses.
        """
        self.sobject = frame.item.name
        compiled = _Grouped(frame)
        self._outputs = compiled.outputs
        self.columns = tuple(output.key for output in self._outputs)
        sql = compiled.sql()
        self._rows = store.read().execute(sql.text, sql.values).fetchmany(MAX_ROWS + 1)
        if len(self._rows) > MAX_ROWS:
            raise SoqlError(
                "EXCEEDED_ID_LIMIT",
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single"
                " batch",
            )

    @property
    def total_size(self) -> int:
        """Groups found."""
        return len(self._rows)

    def records(
        self, start: int, size: int, *, version: str, open_list: OpenList | None = None
    ) -> list[dict[str, Any]]:
        """Return one page in REST's shape; see `QueryResult`."""
        del version, open_list
        made = []
        for row in self._rows[start : start + size]:
            record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
            for output, value in zip(self._outputs, row, strict=True):
                decode = output.decode
                record[output.key] = value if value is None or decode is None else decode(value)
            made.append(record)
        return made

    def csv_rows(self) -> Iterator[list[str]]:
        """Yield the groups as texts, as they would stand in a CSV file."""
        for row in self._rows:
            yield [
                "" if v is None else encode.java_double(v) if isinstance(v, float) else str(v) for v in row
            ]


class _Grouped:
    """Compiles one grouped query."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._context = frame.context
        self._query = query = frame.query
        self._scope = frame.scope()
        self._expressions = Expressions(self._scope)
        self._groups = [self._group(expr) for expr in (query.group_by.items if query.group_by else ())]
        self._check_limits()
        self._unnamed = 0
        self.outputs = [self._output(entry.expr, entry.alias) for entry in expand(self._scope, query)]
        keys = [output.key.lower() for output in self.outputs]
        for at, key in enumerate(keys):
            if key in keys[:at]:
                raise SoqlError("MALFORMED_QUERY", f"duplicate alias: {self.outputs[at].key}")

    def sql(self) -> Sql:
        """Return the whole statement."""
        query = self._query
        where, bound = conditions(self._frame, self._scope)
        having = None
        if query.group_by is not None and query.group_by.having is not None:
            having = Filter(self._scope, self._having).compile(query.group_by.having)
        orders = [(order, self._ordered(order.expr)) for order in query.order_by]
        sets = self._sets()
        selects = [self._select(grouping, orders, where, bound, having) for grouping in sets]
        union = " UNION ALL ".join(select.text for select in selects)
        values = tuple(value for select in selects for value in select.values)
        shown = ", ".join(f"c{at}" for at in range(len(self.outputs)))
        terms = [
            f"o{at}_{part} {directed(order)}"
            for at, (order, value) in enumerate(orders)
            for part in range(len(sort_keys(value)))
        ]
        if len(sets) > 1:
            # subtotals follow what they sum up
            terms.extend(f"g{at}, k{at}" for at in range(len(self._groups)))
        order_by = f" ORDER BY {', '.join(terms)}" if terms else ""
        return Sql(f"SELECT {shown} FROM ({union}){order_by}{limits(query)}", values)

    def _sets(self) -> list[frozenset[int]]:
        """Return the sets of groups to group by: one, or what ROLLUP and CUBE mean."""
        count = len(self._groups)
        kind = self._query.group_by.kind if self._query.group_by else ""
        if kind == "ROLLUP":
            return [frozenset(range(size)) for size in range(count, -1, -1)]
        if kind == "CUBE":
            sizes = range(count, -1, -1)
            return [frozenset(c) for size in sizes for c in itertools.combinations(range(count), size)]
        return [frozenset(range(count))]

    def _select(
        self,
        grouping: frozenset[int],
        orders: list[tuple[Any, Value]],
        where: str,
        bound: Sql,
        having: Sql | None,
    ) -> Sql:
        columns = [
            fill(f"{{}} AS c{at}", self._rolled_up(output.value, output.group, grouping))
            for at, output in enumerate(self.outputs)
        ]
        for at, (_, value) in enumerate(orders):
            group = self._group_of(value)
            for part, key in enumerate(sort_keys(value)):
                sql = Sql("NULL") if group is not None and group not in grouping else key
                columns.append(fill(f"{{}} AS o{at}_{part}", sql))
        if len(self._sets()) > 1:
            for at, value in enumerate(self._groups):
                rolled = at not in grouping
                columns.append(Sql(f"{int(rolled)} AS g{at}"))
                columns.append(fill(f"{{}} AS k{at}", Sql("NULL") if rolled else value.sql))
        groups = [self._groups[at].sql for at in sorted(grouping)]
        group_by = f" GROUP BY {', '.join(g.text for g in groups)}" if groups else ""
        having_sql = f" HAVING {having.text}" if having else ""
        if having and not groups:
            # the grand total of ROLLUP and CUBE: SQLite wants a GROUP BY under every HAVING
            group_by = " GROUP BY NULL"
        shown = ", ".join(c.text for c in columns)
        text = f"SELECT {shown} FROM {self._scope.tables}{where}{group_by}{having_sql}"
        values = [value for column in columns for value in column.values]
        values += [*bound.values, *(value for g in groups for value in g.values)]
        return Sql(text, (*values, *(having.values if having else ())))

    def _rolled_up(self, value: Value, group: int | None, grouping: frozenset[int]) -> Sql:
        if value.call == "GROUPING" and group is not None:
            return Sql(str(int(group not in grouping)))
        return Sql("NULL") if group is not None and group not in grouping else value.sql

    def _group_of(self, value: Value) -> int | None:
        if value.call in AGGREGATES:
            return None
        return next((at for at, group in enumerate(self._groups) if group.sql == value.sql), None)

    def _group(self, expr: Expr) -> Value:
        value = self._expressions.value(expr)
        if not value.call and (not value.field.groupable or value.field.is_compound):
            raise self._context.source.error(
                "MALFORMED_QUERY",
                value.offset,
                f"field '{value.field.name}' can not be grouped in a query call",
            )
        return value

    def _check_limits(self) -> None:
        query = self._query
        for at, group in enumerate(self._groups):
            if any(group.sql == other.sql for other in self._groups[:at]):
                raise SoqlError("MALFORMED_QUERY", f"duplicate grouping expression: {group.field.name}")
        if query.group_by and query.group_by.kind and len(self._groups) > _SETS_LIMIT:
            raise SoqlError(
                "MALFORMED_QUERY", f"GROUP BY {query.group_by.kind} can have at most {_SETS_LIMIT} fields"
            )
        if query.group_by is None and (query.limit is not None or query.offset is not None):
            clause = "LIMIT" if query.limit is not None else "OFFSET"
            raise SoqlError(
                "MALFORMED_QUERY",
                f"Non-grouped query that uses overall aggregate functions cannot also use {clause}",
            )

    def _output(self, expr: Any, alias: str | None) -> _Output:
        if isinstance(expr, Path):
            value = self._grouped(expr, "Field must be grouped or aggregated")
            name = value.column.field.name if value.column else str(expr)
            return _Output(alias or name, value, self._group_of(value), encode.rest_decoder(value.type))
        if not isinstance(expr, Call):
            # TYPEOF and subqueries have no place among groups
            raise SoqlError(
                "MALFORMED_QUERY", "Grouped queries can only select grouped fields and aggregates"
            )
        inner = expr.args[0] if expr.args else None
        formatted = expr.name == "FORMAT" and isinstance(inner, (Path, Call))
        value = self._call(inner) if formatted and isinstance(inner, Call) else self._call(expr)
        if alias is None:
            alias = f"expr{self._unnamed}"
            self._unnamed += 1
        if formatted:
            return _Output(alias, value, self._group_of(value), formatter(value, self._context))
        rest = Sql(encode.rest_sql(value.sql.text, value.type), value.sql.values)
        shown = Value(rest, value.type, value.field, value.offset, value.column, value.call)
        group = self._grouping_of(expr) if expr.name == "GROUPING" else self._group_of(value)
        return _Output(alias, shown, group, encode.rest_decoder(value.type))

    def _call(self, call: Call) -> Value:
        if call.name in AGGREGATES:
            return self._aggregate(call)
        if call.name == "GROUPING":
            value = self._grouped(self._expressions.argument(call), "Field must be grouped")
            return Value(Sql("0"), "int", value.field, call.offset, None, "GROUPING")
        return self._grouped(call, "Field must be grouped or aggregated")

    def _grouping_of(self, call: Call) -> int | None:
        return self._group_of(self._expressions.value(self._expressions.argument(call)))

    def _aggregate(self, call: Call) -> Value:
        if not call.args:
            if call.name != "COUNT":
                raise self._context.source.unexpected(call.offset + len(call.name) + 1, ")")
            whole = FieldDef("Id", "Id", "int")
            return Value(Sql("count(*)"), "int", whole, call.offset, None, "COUNT")
        value = self._expressions.value(self._expressions.argument(call))
        found = value.field
        numeric = value.type in _NUMBERS
        fits = found.aggregatable and not found.is_compound and value.type != "boolean"
        if not fits or value.column is None or (call.name in ("SUM", "AVG") and not numeric):
            raise self._context.source.error(
                "MALFORMED_QUERY",
                call.offset,
                f"field {found.name} does not support aggregate operator {call.name}",
            )
        function = "count(DISTINCT {})" if call.name == "COUNT_DISTINCT" else f"{call.name.lower()}({{}})"
        result = "int" if call.name.startswith("COUNT") else "double" if call.name == "AVG" else value.type
        return Value(fill(function, value.sql), result, found, call.offset, None, call.name)

    def _grouped(self, expr: Expr, complaint: str) -> Value:
        value = self._expressions.value(expr)
        if self._group_of(value) is None and not self._of_grouped_date(expr):
            raise self._context.source.error("MALFORMED_QUERY", value.offset, f"{complaint}: {_shown(expr)}")
        return value

    def _of_grouped_date(self, expr: Expr) -> bool:
        """Return whether an expression is a function of a date that is grouped by itself."""
        if not isinstance(expr, Call) or expr.name not in DATE_FUNCTIONS or isinstance(expr.args[0], Literal):
            return False
        argument = expr.args[0]
        return isinstance(argument, Path) and self._group_of(self._expressions.value(argument)) is not None

    def _ordered(self, expr: Expr) -> Value:
        if isinstance(expr, Call) and expr.name in AGGREGATES:
            return self._aggregate(expr)
        return self._grouped(expr, "Ordered field must be grouped or aggregated")

    def _having(self, expr: Expr) -> Value:
        if isinstance(expr, Call) and (expr.name in AGGREGATES or expr.name == "GROUPING"):
            return self._call(expr)
        return self._grouped(expr, "Field must be grouped or aggregated")


def _shown(expr: Expr) -> str:
    return str(expr) if isinstance(expr, Path) else f"{expr.name}({', '.join(str(arg) for arg in expr.args)})"
