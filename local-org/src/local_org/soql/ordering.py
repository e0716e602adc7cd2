"""Compiles ORDER BY.

Text sorts by its upper case, picklists by the order of their values in Setup, nulls come first unless told
otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.soql.filters import sort_key
from local_org.soql.literals import category
from local_org.soql.sql import Sql, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.soql.ast import Expr, Order
    from local_org.soql.expressions import Value
    from local_org.soql.names import Context


def sort_terms(context: Context, order: Order, value_of: Callable[[Expr], Value]) -> list[Sql]:
    """Return the SQL terms that one entry of ORDER BY sorts by.

    Raises:
        SoqlError: The field cannot be sorted by.
    """
    value = value_of(order.expr)
    plain = not value.call or value.call == "TOLABEL"
    if plain and (not value.field.sortable or value.field.is_compound):
        raise context.source.error(
            "MALFORMED_QUERY", value.offset, f"field '{value.field.name}' can not be sorted in a query call"
        )
    return [fill(f"{{}} {directed(order)}", term) for term in sort_keys(value)]


def directed(order: Order) -> str:
    """Return the direction of an entry as SQL."""
    return f"{'DESC' if order.descending else 'ASC'} NULLS {'LAST' if order.nulls_last else 'FIRST'}"


def sort_keys(value: Value) -> list[Sql]:
    """Return the SQL expressions whose order is the value's order."""
    if category(value.type) != "text":
        return [value.sql]
    by_text = sort_key(value)
    picklist = value.field.picklist
    if value.type != "picklist" or not picklist:
        return [by_text]
    sql = value.sql
    branches = "".join(f" WHEN ? THEN {place}" for place in range(len(picklist)))
    values = tuple(entry.value for entry in picklist)
    place = Sql(
        f"(CASE WHEN {sql.text} IS NOT NULL THEN CASE {sql.text}{branches} ELSE {len(picklist)} END END)",
        sql.values + sql.values + values,
    )
    return [place, by_text]
