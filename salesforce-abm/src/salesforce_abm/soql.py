"""SOQL text: quoting, literals and a small query builder.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from salesforce_abm import times

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "MAX_QUERY",
    "MAX_URL",
    "Select",
    "any_of",
    "literal",
    "quote",
    "quote_like",
    "split_by_length",
]

MAX_QUERY: Final = 100_000
"""Characters of a SOQL statement."""
MAX_URL: Final = 16_000
"""Characters of a request's URL that the front end takes, less some room (it answers 414 above 16,384)."""

_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*"
_FIELD = re.compile(rf"(?:{_NAME}|[A-Za-z_]+\((?:{_NAME})?\))(?: [A-Za-z]\w*)?", re.ASCII)
_OBJECT = re.compile(r"[A-Za-z]\w*", re.ASCII)
_ORDER = re.compile(rf"{_NAME}(?: ASC| DESC)?(?: NULLS FIRST| NULLS LAST)?", re.ASCII | re.IGNORECASE)
_LOOSE = re.compile(r"\b(?:OR|NOT)\b", re.IGNORECASE)

_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_UNFILTERABLE = frozenset({"base64", "address", "location", "complexvalue"})


def quote(text: str) -> str:
    """Write a text as a SOQL string literal, quotes included."""
    escaped = text.translate(_ESCAPES)
    return "'" + _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04X}", escaped) + "'"


def quote_like(text: str) -> str:
    """Write a text for `LIKE` so that its `%` and `_` match themselves, quotes included."""
    return quote(text).replace("%", r"\%").replace("_", r"\_")


def literal(value: Any, field_type: str) -> str:  # noqa: PLR0911 - one line a type
    """Write a value as the SOQL literal that a filter on a field of this type takes.

    Args:
        value: Python or JSON value; text is taken for every type and checked.
        field_type: the field's `type` in describe (`string`, `double`, `date`, ...).

    Returns:
        The literal: quoted for text, ids and picklists, bare for the rest; `null` for None.

    Raises:
        ValueError: the value does not fit the type, or fields of the type cannot be filtered.
    """
    kind = field_type.lower()
    if value is None:
        return "null"
    if kind in _UNFILTERABLE:
        raise ValueError(f"a field of type {field_type} cannot be filtered")
    if kind == "boolean":
        return _boolean(value)
    if kind in _NUMBERS:
        return _number(value)
    if kind == "datetime":
        moment = value if isinstance(value, datetime) else times.parse_datetime(str(value))
        return times.format_datetime(moment)
    if kind == "date":
        return _day(value).isoformat()
    if kind == "time":
        return times.format_time(value if isinstance(value, time) else times.parse_time(str(value)))
    return quote(value if isinstance(value, str) else str(value))


def _boolean(value: Any) -> str:
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise ValueError(f"{value!r} is not true or false")
    return text.upper()


def _number(value: Any) -> str:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - callers treat every misfit alike
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return f"{number:f}"


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else times.parse_date(str(value))


def any_of(field: str, values: Iterable[Any], field_type: str = "string") -> str:
    """Write `field IN (...)`.

    Args:
        field: API name, relationship paths included.
        values: at least one value.
        field_type: see `literal`.

    Raises:
        ValueError: no values (SOQL has no empty list: the caller has nothing to ask), or a bad name or value.
    """
    listed = ",".join(literal(value, field_type) for value in values)
    if not listed:
        raise ValueError(f"no values to look for in {field}")
    return f"{_checked(_FIELD, field, 'field')} IN ({listed})"


def split_by_length(values: Iterable[str], budget: int, *, url: bool = False) -> Iterator[tuple[str, ...]]:
    """Cut values into groups whose quoted, comma-separated text fits a budget.

    Args:
        values: texts for `any_of`, in order; the order is kept.
        budget: characters for the list between the brackets.
        url: count the characters as they travel in a URL (`GET .../query?q=`), percent-encoded.

    Yields:
        Groups of at least one value.

    Raises:
        ValueError: one value alone is longer than the budget.
    """
    group: list[str] = []
    used = 0
    comma = 3 if url else 1
    for value in values:
        text = quote(value)
        size = len(quote_plus(text)) if url else len(text)
        if size > budget:
            raise ValueError(f"a value of {len(value)} characters does not fit a query of {budget}")
        if group and used + comma + size > budget:
            yield tuple(group)
            group, used = [], 0
        used += size + (comma if group else 0)
        group.append(value)
    if group:
        yield tuple(group)


@dataclass(frozen=True, slots=True)
class Select:
    """A SOQL query.

    Attributes:
        fields: what to select: names, relationship paths, `COUNT()`, `MIN(CreatedDate) oldest`.
        sobject: the object to read.
        where: conditions, all of which must hold.
        order_by: `SystemModstamp`, `Id DESC`, ...
        limit: most rows to return, None for all.

    Example:
        >>> Select(("Id",), "Account", where=("Name = 'x'", "A = 1 OR B = 2")).render()
        "SELECT Id FROM Account WHERE Name = 'x' AND (A = 1 OR B = 2)"
    """

    fields: tuple[str, ...]
    sobject: str
    where: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None

    def render(self) -> str:
        """Write the query.

        Raises:
            ValueError: no fields, or a name that is none (values never get here, only names do).
        """
        if not self.fields:
            raise ValueError(f"no fields to select from {self.sobject}")
        names = ",".join(_checked(_FIELD, field, "field") for field in self.fields)
        text = f"SELECT {names} FROM {_checked(_OBJECT, self.sobject, 'object')}"
        if self.where:
            # OR and NOT bind looser than the AND between conditions.
            text += " WHERE " + " AND ".join(
                f"({part})" if _LOOSE.search(part) else part for part in self.where
            )
        if self.order_by:
            text += " ORDER BY " + ",".join(_checked(_ORDER, name, "sort field") for name in self.order_by)
        if self.limit is not None:
            text += f" LIMIT {int(self.limit)}"
        return text

    def __str__(self) -> str:
        return self.render()


def _checked(pattern: re.Pattern[str], name: str, what: str) -> str:
    if not pattern.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is not the API name of {'an' if what[0] in 'aeiou' else 'a'} {what}")
    return name
