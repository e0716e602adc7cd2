"""Turns the expressions of a query, fields and functions of fields, into SQL with a type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_org.soql.ast import Call, Expr, Literal, Path
from local_org.soql.errors import SoqlError
from local_org.soql.sql import Sql, fill
from local_org.soql.tokens import AGGREGATES, DATE_FUNCTIONS

if TYPE_CHECKING:
    from local_org.schema import FieldDef, ObjectDef
    from local_org.soql.names import Column, Context, Scope

_DATE_PARTS = {
    "CALENDAR_YEAR": "CAST(substr({0}, 1, 4) AS INTEGER)",
    "CALENDAR_QUARTER": "((CAST(substr({0}, 6, 2) AS INTEGER) + 2) / 3)",
    "CALENDAR_MONTH": "CAST(substr({0}, 6, 2) AS INTEGER)",
    "DAY_IN_MONTH": "CAST(substr({0}, 9, 2) AS INTEGER)",
    "DAY_IN_WEEK": "(CAST(strftime('%w', substr({0}, 1, 10)) AS INTEGER) + 1)",
    "DAY_IN_YEAR": "CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER)",
    "DAY_ONLY": "substr({0}, 1, 10)",
    "HOUR_IN_DAY": "CAST(substr({0}, 12, 2) AS INTEGER)",
    # Week 1 is the 1st to the 7th, whatever the weekday.
    "WEEK_IN_MONTH": "((CAST(substr({0}, 9, 2) AS INTEGER) + 6) / 7)",
    "WEEK_IN_YEAR": "((CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER) + 6) / 7)",
}
_NEEDS_TIME = frozenset({"DAY_ONLY", "HOUR_IN_DAY"})


@dataclass(frozen=True)
class Value:
    """An expression ready to be read, compared or sorted.

    Attributes:
        sql: How to read it.
        type: Describe type of the result.
        field: The field it is, or is made of.
        offset: Where it stands in the text.
        column: Set where the expression is just a field.
        call: Upper-case name of the outermost function, empty for a field.
    """

    sql: Sql
    type: str
    field: FieldDef
    offset: int
    column: Column | None = None
    call: str = ""


class Expressions:
    """The expressions of one SELECT."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._context: Context = scope.context

    def value(self, expr: Expr) -> Value:
        """Return the meaning of a field or of a function that works on one row.

        Raises:
            SoqlError: Unknown names, or a function that does not fit its argument.
        """
        if isinstance(expr, Path):
            column = self.scope.column(expr)
            return Value(column.sql, column.field.type, column.field, expr.offset, column)
        if expr.name in DATE_FUNCTIONS:
            return self._date_function(expr)
        if expr.name == "TOLABEL":
            return self._label(expr)
        if expr.name == "DISTANCE":
            return self._distance(expr)
        if expr.name in ("CONVERTCURRENCY", "FORMAT"):
            inner = self.value(self.argument(expr))
            if expr.name == "CONVERTCURRENCY" and inner.type != "currency":
                raise self._misused(expr, inner.field.name)
            return Value(inner.sql, inner.type, inner.field, expr.offset, None, expr.name)
        if expr.name in AGGREGATES or expr.name == "GROUPING":
            # Aggregates never get here from SELECT, HAVING or ORDER BY of a grouped query.
            raise self._context.source.unexpected(expr.offset, expr.name)
        raise self._context.source.unexpected(expr.offset, expr.name)

    def argument(self, call: Call) -> Expr:
        """Return the only argument of a function.

        Raises:
            SoqlError: It has none, several, or a literal.
        """
        if len(call.args) != 1 or isinstance(call.args[0], Literal):
            at = call.args[1] if len(call.args) > 1 else call.args[0] if call.args else call
            shown = "," if len(call.args) > 1 else at.text if isinstance(at, Literal) else ")"
            raise self._context.source.unexpected(at.offset, shown)
        return call.args[0]

    def _date_function(self, call: Call) -> Value:
        inner = self.argument(call)
        zoned = isinstance(inner, Call) and inner.name == "CONVERTTIMEZONE"
        if isinstance(inner, Call):
            if not zoned:
                raise self._context.source.unexpected(inner.offset + len(inner.name), "(")
            inner = self.argument(inner)
        value = self.value(inner)
        allowed = ("datetime",) if zoned or call.name in _NEEDS_TIME else ("date", "datetime")
        if value.column is None or value.type not in allowed:
            raise self._misused(call, value.field.name)
        sql = value.sql
        if zoned:
            sql = fill("soql_local({}, ?)", sql)
            sql = Sql(sql.text, (*sql.values, self._context.zone.key))
        result = "date" if call.name == "DAY_ONLY" else "int"
        return Value(self._date_part(call.name, sql), result, value.field, call.offset, None, call.name)

    def _date_part(self, name: str, moment: Sql) -> Sql:
        template = _DATE_PARTS.get(name)
        if template is None:
            template = self._fiscal(name)
        return Sql(template.replace("{0}", moment.text), moment.values * template.count("{0}"))

    def _fiscal(self, name: str) -> str:
        start = self._context.fiscal_start
        month = _DATE_PARTS["CALENDAR_MONTH"]
        if name == "FISCAL_MONTH":
            return f"(({month} + {12 - start}) % 12 + 1)"
        if name == "FISCAL_QUARTER":
            return f"(({month} + {12 - start}) % 12 / 3 + 1)"
        year = _DATE_PARTS["CALENDAR_YEAR"]
        if start == 1:
            return year
        if self._context.fiscal_by_start:
            return f"({year} - ({month} < {start}))"
        return f"({year} + ({month} >= {start}))"

    def _label(self, call: Call) -> Value:
        value = self.value(self.argument(call))
        if value.column is None:
            raise self._misused(call, value.field.name)
        return Value(labelled(value), "string", value.field, call.offset, value.column, call.name)

    def _distance(self, call: Call) -> Value:
        if len(call.args) != 3:
            raise self._context.source.unexpected(call.offset, call.name)
        first, second, unit = call.args
        if not isinstance(unit, Literal) or unit.kind != "string" or unit.text.lower() not in ("mi", "km"):
            raise SoqlError("MALFORMED_QUERY", "DISTANCE unit must be 'mi' or 'km'")
        if isinstance(first, Call) and isinstance(second, Path):
            first, second = second, first
        if not isinstance(first, Path) or not isinstance(second, Call) or second.name != "GEOLOCATION":
            raise self._context.source.unexpected(call.offset, call.name)
        column = self.scope.column(first)
        if not column.field.is_compound or column.level.item is None:
            raise self._misused(call, column.field.name)
        latitude, longitude = _coordinates(column.level.item, column.field)
        to = tuple(
            float(x.text) for x in second.args if isinstance(x, Literal) and x.kind in ("number", "currency")
        )
        if len(to) != 2 or len(second.args) != 2:
            raise self._context.source.unexpected(second.offset, second.name)
        if abs(to[0]) > 90 or abs(to[1]) > 180:
            raise SoqlError("MALFORMED_QUERY", "Invalid latitude or longitude in GEOLOCATION")
        alias = column.level.alias
        sql = f'soql_distance({alias}."{latitude}", {alias}."{longitude}", ?, ?, ?)'
        return Value(Sql(sql, (*to, unit.text.lower())), "double", column.field, call.offset, None, call.name)

    def _misused(self, call: Call, name: str) -> SoqlError:
        return self._context.source.error(
            "INVALID_FIELD", call.offset, f"field {name} does not support function {call.name}"
        )


def labelled(value: Value) -> Sql:
    """Return the SQL that reads the label of a picklist value instead of the value."""
    changed = [entry for entry in value.field.picklist if entry.label != entry.value]
    if not changed:
        return value.sql
    branches = " WHEN ? THEN ?" * len(changed)
    pairs = tuple(text for entry in changed for text in (entry.value, entry.label))
    sql = value.sql
    return Sql(f"(CASE {sql.text}{branches} ELSE {sql.text} END)", sql.values + pairs + sql.values)


def _coordinates(item: ObjectDef, compound: FieldDef) -> tuple[str, str]:
    parts = {part.name.lower(): part.name for part in item.parts(compound.name)}
    latitude = next((name for key, name in parts.items() if "latitude" in key), compound.name)
    longitude = next((name for key, name in parts.items() if "longitude" in key), compound.name)
    return latitude, longitude
