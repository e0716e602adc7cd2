"""How values look on the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = frozenset({"double", "currency", "percent"})
INTEGERS = frozenset({"int", "long"})


def java_double(value: float) -> str:
    """Return a number as Java writes a double: `23.0`, `1.39E8`, `5.0E-4`."""
    number = float(value)
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    if not isinstance(exponent, int):
        return repr(number)
    shown = "".join(map(str, digits)).rstrip("0")
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{exponent + len(digits) - 1}"


def rest_sql(sql: str, field_type: str) -> str:
    """Return the SQL that reads an expression of a type in REST's form, as far as SQLite can make it."""
    if field_type == "datetime":
        return f"substr({sql}, 1, 19) || '.000+0000'"
    return sql


def rest_decoder(field_type: str) -> Callable[[Any], Any] | None:
    """Return what finishes a value that is not null for REST, or None."""
    if field_type == "boolean":
        return bool
    if field_type in NUMBERS:
        return float
    if field_type in INTEGERS:
        return int
    return None


def csv_sql(sql: str, field_type: str) -> str:
    """Return the SQL that reads an expression of a type as Bulk's text, as far as SQLite can make it."""
    if field_type == "datetime":
        return f"ifnull(substr({sql}, 1, 19) || '.000Z', '')"
    if field_type == "boolean":
        return f"CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE '' END"
    if field_type in NUMBERS:
        return sql
    return f"ifnull(CAST({sql} AS TEXT), '')"


def csv_decoder(field_type: str) -> Callable[[Any], str] | None:
    """Return what finishes a value for Bulk, nulls included, or None when SQLite did it all."""
    return _csv_number if field_type in NUMBERS else None


def _csv_number(value: float | None) -> str:
    return "" if value is None else java_double(value)
