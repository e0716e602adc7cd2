"""`FIELDS(ALL)`, `FIELDS(STANDARD)`, `FIELDS(CUSTOM)` in a SELECT list, and their limits.

See "SELECT: FIELDS()" in the SOQL reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_org.soql.ast import And, Call, Comparison, Condition, Item, Literal, Or, Path, Query
from local_org.soql.errors import SoqlError

if TYPE_CHECKING:
    from local_org.soql.names import Scope

_MOST = 200


def expand(scope: Scope, query: Query) -> tuple[Item, ...]:
    """Return the SELECT list with `FIELDS()` replaced by the fields the user may see.

    Raises:
        SoqlError: An unknown argument, a missing LIMIT, a field twice, or no field at all.
    """
    if not any(_is_fields(item) for item in query.select):
        return query.select
    made: list[Item] = []
    seen: set[str] = set()
    for item in query.select:
        expr = item.expr
        if not isinstance(expr, Call) or expr.name != "FIELDS":
            if isinstance(expr, Path):
                _once(str(expr), seen)
            made.append(item)
            continue
        for name in _names(scope, query, expr):
            _once(name, seen)
            made.append(Item(Path((name,), expr.offset)))
    if not made:
        raise SoqlError(
            "MALFORMED_QUERY",
            "'FIELDS(...)' expansion function must result in at least one field being selected.",
        )
    return tuple(made)


def _is_fields(item: Item) -> bool:
    return isinstance(item.expr, Call) and item.expr.name == "FIELDS"


def _once(name: str, seen: set[str]) -> None:
    if name.lower() in seen:
        raise SoqlError("INVALID_FIELD", f"duplicate field selected: {name}")
    seen.add(name.lower())


def _names(scope: Scope, query: Query, call: Call) -> list[str]:
    argument = call.args[0] if len(call.args) == 1 else None
    kind = str(argument).upper() if isinstance(argument, Path) else ""
    if kind not in ("ALL", "STANDARD", "CUSTOM"):
        raise SoqlError(
            "MALFORMED_QUERY",
            "The SOQL FIELDS function only supports arguments of (all), (custom), (standard);"
            f" ({argument if isinstance(argument, Path) else ''}) is not supported.",
        )
    context = scope.context
    if kind != "STANDARD":
        if context.bulk:
            raise SoqlError(
                "MALFORMED_QUERY",
                "The SOQL FIELDS function is not supported with an unbounded set of fields in this API.",
            )
        if not (query.limit is not None and query.limit <= _MOST) and not _few_ids(query.where):
            raise SoqlError("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
    return [
        field.name
        for field in context.access.fields(scope.item)
        if (kind == "ALL" or field.custom == (kind == "CUSTOM"))
        # what Bulk refuses is left out of what it expands
        and not (context.bulk and (field.is_compound or field.type == "base64"))
    ]


def _few_ids(where: Condition | None) -> bool:
    """Return whether a filter names at most 200 ids."""
    if isinstance(where, And):
        return any(_few_ids(item) for item in where.items)
    if isinstance(where, Or):
        return len(where.items) <= _MOST and all(_few_ids(item) for item in where.items)
    if not isinstance(where, Comparison) or not isinstance(where.left, Path):
        return False
    if where.left.parts[-1].lower() != "id" or len(where.left.parts) > 2:
        return False
    if where.operator == "=":
        return isinstance(where.right, Literal)
    return where.operator == "IN" and isinstance(where.right, tuple) and len(where.right) <= _MOST
