"""Report filters, the standard date filter and the scope as one SOQL condition.

Report filters differ from SOQL: one filter may list several values, parted by commas; an empty value means
null; dates may be relative (`LAST 30 DAYS`) or in the user's own format; and a date against a date/time
column means the user's midnight.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_org import ids
from local_org.reports import dates
from local_org.reports.errors import bad_column, bad_condition, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_org.reports.columns import Column
    from local_org.reports.formats import Formatter

_COMPARE = {
    "equals": "equals",
    "notEqual": "not equal to",
    "lessThan": "less than",
    "greaterThan": "greater than",
    "lessOrEqual": "less or equal",
    "greaterOrEqual": "greater or equal",
}
_TEXT = _COMPARE | {
    "contains": "contains",
    "notContain": "does not contain",
    "startsWith": "starts with",
}
OPERATORS: dict[str, dict[str, str]] = {
    # `dataTypeFilterOperatorMap`, in the order and with the labels of a recorded describe
    "date": _COMPARE,
    "string": _TEXT,
    "double": _COMPARE,
    "picklist": _TEXT,
    "textarea": _TEXT,
    "percent": _COMPARE,
    "reference": {"equals": "equals", "notEqual": "not equal to"},
    "int": _COMPARE,
    "url": _TEXT,
    "datetime": _COMPARE,
    "boolean": {"equals": "equals", "notEqual": "not equal to"},
    "phone": _TEXT,
    "currency": _COMPARE,
    "multipicklist": {
        "equals": "equals",
        "notEqual": "not equal to",
        "includes": "includes",
        "excludes": "excludes",
    },
    "id": {"equals": "equals", "notEqual": "not equal to", "startsWith": "starts with"},
    "email": _TEXT,
    "combobox": _TEXT,
    "html": _TEXT,
    "time": _COMPARE,
}
_SIGNS = {"lessThan": "<", "greaterThan": ">", "lessOrEqual": "<=", "greaterOrEqual": ">="}
_DATE_FORMAT = (
    "Filter the date in the correct format. Accepted formats are yyyy-MM-dd'T'HH:mm:ss'Z' and yyyy-MM-dd."
)
_TOO_LARGE = "The date formula is too large. Specify a reasonable value."
MAX_FILTERS = 20


@dataclass(frozen=True, slots=True)
class Context:
    """What relative filter values depend on: the running user's day and the way he writes."""

    today: dt.date
    fmt: Formatter


def condition(column: Column, operator: str, value: str, context: Context) -> str:
    """One report filter as SOQL.

    Args:
        column: what is filtered.
        operator: such as `equals` or `notContain`.
        value: as in the report's metadata; several are parted by commas, a value with a comma is quoted.
        context: the running user.

    Raises:
        ReportError: 400, for a column that cannot be filtered, a wrong operator or value.
    """
    if not column.filterable:
        raise bad_column(column.name)
    if operator not in OPERATORS.get(column.data_type, _COMPARE):
        raise bad_condition(operator)
    values = split_values(value)
    if column.kind == "fiscal_quarter":
        return _fiscal_quarter(column, operator, values)
    return _BUILDERS.get(column.data_type, _text)(column, operator, values, context)


def split_values(text: str) -> list[str]:
    """The values of a filter: commas part them unless quoted. Nothing at all is one empty value."""
    found = next(csv.reader([text.replace("\n", " ")], skipinitialspace=True), [""])
    return [item.strip() for item in found] or [""]


def quote(text: str) -> str:
    """Text as a SOQL literal."""
    for char, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(char, escaped)
    return f"'{text}'"


def like_pattern(text: str, *, anywhere: bool) -> str:
    """The SOQL literal after LIKE for values that begin with a text, or hold it anywhere."""
    # the wildcards' backslash belongs to the literal itself: doubled, it would mean a backslash
    inner = quote(text)[1:-1].replace("%", r"\%").replace("_", r"\_")
    return f"'%{inner}%'" if anywhere else f"'{inner}%'"


def date_range(column: Column, start: dt.date, end: dt.date, fmt: Formatter) -> str:
    """A span of days, both ends included, as SOQL; for date/time columns in the user's time zone."""
    return _within(column, (start, end), fmt)


def _text(column: Column, operator: str, values: Sequence[str], _: Context) -> str:
    path = column.path
    if operator in {"equals", "notEqual"}:
        return _members(column, values, negative=operator == "notEqual")
    if operator in _SIGNS:
        return f"{path} {_SIGNS[operator]} {quote(values[0])}"
    likes = [
        f"{path} LIKE {like_pattern(value, anywhere=operator != 'startsWith')}" for value in values if value
    ]
    if not likes:
        return f"{path} != null" if operator != "notContain" else f"{path} = null"
    joined = " OR ".join(likes)
    return f"({path} = null OR (NOT ({joined})))" if operator == "notContain" else f"({joined})"


def _members(column: Column, values: Sequence[str], *, negative: bool) -> str:
    """Equals any, or none, of the values; Ids match the record behind a name column."""
    path = column.path
    named = [value for value in values if value]
    records = [value for value in named if column.id_path and ids.is_id(value)]
    parts = []
    sign, word, joiner = ("!=", "NOT IN", " AND ") if negative else ("=", "IN", " OR ")
    if texts := [quote(value) for value in named if value not in records]:
        parts.append(f"{path} {word} ({', '.join(texts)})")
    if records:
        listed = ", ".join(quote(ids.normalise(value)) for value in records)
        parts.append(f"{column.id_path} {word} ({listed})")
    if len(named) < len(values):
        parts.append(f"{path} {sign} null")
    elif negative:  # a null is not equal to any text
        return f"({path} = null OR ({joiner.join(parts)}))"
    return f"({joiner.join(parts)})"


def _identifier(column: Column, operator: str, values: Sequence[str], context: Context) -> str:
    if operator == "startsWith":
        return _text(column, operator, values, context)
    for value in values:
        if value and not ids.is_id(value):
            message = f"The filter value for ID {value} is incorrect. Specify an ID that is 15 or 18"
            raise bad_request(f"{message} characters long, such as 006D000000CrRLw or 005U0000000Rg2CIAS.")
    whole = [ids.normalise(value) if value else "" for value in values]
    return _members(column, whole, negative=operator == "notEqual")


def _number(column: Column, operator: str, values: Sequence[str], _: Context) -> str:
    literals = [_numeral(value) for value in values]
    return _compared(column.path, operator, literals)


def _numeral(text: str) -> str:
    if not text:
        return "null"
    plain = re.sub(r"^[A-Z]{3}|[\s,$€£%]", "", text)
    if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", plain):
        raise bad_condition(text)
    return f"{float(plain):.10f}".rstrip("0").rstrip(".")


def _boolean(column: Column, operator: str, values: Sequence[str], _: Context) -> str:
    words = {"true": "true", "1": "true", "false": "false", "0": "false"}
    literals = []
    for value in values:
        if value.lower() not in words:
            raise bad_condition(value)
        literals.append(words[value.lower()])
    return _compared(column.path, operator, literals)


def _compared(path: str, operator: str, literals: Sequence[str]) -> str:
    if operator in _SIGNS:
        if literals[0] == "null":
            raise bad_condition("null")
        return f"{path} {_SIGNS[operator]} {literals[0]}"
    sign, joiner = ("=", " OR ") if operator == "equals" else ("!=", " AND ")
    return f"({joiner.join(f'{path} {sign} {literal}' for literal in literals)})"


def _several(column: Column, operator: str, values: Sequence[str], _: Context) -> str:
    if operator in {"equals", "notEqual"}:
        whole = [";".join(part.strip() for part in value.split(";")) for value in values]
        return _members(column, whole, negative=operator == "notEqual")
    listed = ", ".join(quote(value) for value in values)
    if operator == "includes":
        return f"{column.path} INCLUDES ({listed})"
    return f"({column.path} = null OR {column.path} EXCLUDES ({listed}))"


def _date(column: Column, operator: str, values: Sequence[str], context: Context) -> str:
    parts = [_one_date(column, operator, value, context) for value in values]
    return f"({(' AND ' if operator == 'notEqual' else ' OR ').join(parts)})"


def _one_date(column: Column, operator: str, text: str, context: Context) -> str:
    path, fmt = column.path, context.fmt
    if not text:
        return f"{path} {'!=' if operator == 'notEqual' else '='} null"
    moment = _moment(text)
    if moment is not None and column.data_type == "datetime":
        return _compared(path, operator, [_zulu(moment)])
    span = _span(text, context)
    if operator == "equals":
        return _within(column, span, fmt)
    if operator == "notEqual":
        return f"({path} = null OR (NOT {_within(column, span, fmt)}))"
    first, after = _bounds(column, span, fmt)
    return {
        "lessThan": f"{path} < {first}",
        "greaterOrEqual": f"{path} >= {first}",
        "greaterThan": f"{path} >= {after}",
        "lessOrEqual": f"{path} < {after}",
    }[operator]


def _span(text: str, context: Context) -> dates.Span:
    moment = _moment(text)
    if moment is not None:
        return (moment.date(), moment.date())
    for pattern in (r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})", _user_pattern(context)):
        found = re.fullmatch(pattern, text)
        if found:
            try:
                day = dt.date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                raise bad_request(_DATE_FORMAT) from None
            return day, day
    relative = dates.span(text, context.today)
    if relative is None:
        raise bad_request(_TOO_LARGE if dates.looks_relative(text) else _DATE_FORMAT)
    return relative


def _user_pattern(context: Context) -> str:
    """How the user writes dates, as a regular expression made from an example."""
    pattern = re.escape(context.fmt.date(dt.date(2001, 11, 23)))
    for number, group in (("2001", r"(?P<y>\d{4})"), ("11", r"(?P<m>\d{1,2})"), ("23", r"(?P<d>\d{1,2})")):
        pattern = pattern.replace(number, group)
    return pattern


def _moment(text: str) -> dt.datetime | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[-+]\d\d:?\d\d)", text):
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(_DATE_FORMAT) from None


def _within(column: Column, span: dates.Span, fmt: Formatter) -> str:
    first, after = _bounds(column, span, fmt)
    return f"({column.path} >= {first} AND {column.path} < {after})"


def _bounds(column: Column, span: dates.Span, fmt: Formatter) -> tuple[str, str]:
    """The first moment of a span and the first after it, as SOQL literals of the column's type."""
    start, end = span[0], span[1] + dt.timedelta(days=1)
    if column.data_type == "date":
        return start.isoformat(), end.isoformat()
    return tuple(  # type: ignore[return-value] # exactly two
        _zulu(dt.datetime.combine(day, dt.time(), fmt.zone)) for day in (start, end)
    )


def _zulu(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _fiscal_quarter(column: Column, operator: str, values: Sequence[str]) -> str:
    if operator not in {"equals", "notEqual"}:
        raise bad_condition(operator)
    parts = []
    for value in values:
        found = re.fullmatch(r"Q([1-4])-(\d{4})", value)
        if not found:
            raise bad_condition(value)
        start = dt.date(int(found[2]), int(found[1]) * 3 - 2, 1)
        end = (start + dt.timedelta(days=93)).replace(day=1)
        parts.append(f"({column.path} >= {start} AND {column.path} < {end})")
    joined = " OR ".join(parts)
    return f"({joined})" if operator == "equals" else f"({column.path} = null OR (NOT ({joined})))"


_BUILDERS: dict[str, Callable[[Column, str, Sequence[str], Context], str]] = {
    "boolean": _boolean,
    "currency": _number,
    "date": _date,
    "datetime": _date,
    "double": _number,
    "id": _identifier,
    "int": _number,
    "multipicklist": _several,
    "percent": _number,
    "reference": _identifier,
}
