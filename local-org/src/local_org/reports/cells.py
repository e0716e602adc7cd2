"""One value of a row as a report cell: a label for people and a value for programs."""

from __future__ import annotations

import datetime as dt
import html
from typing import TYPE_CHECKING, Any

from local_org.reports import dates
from local_org.reports.formats import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from local_org.reports.columns import Column
    from local_org.reports.formats import Formatter

Record = dict[str, Any]
"""A record as a query answers it: nested for relationships, null where a parent is missing."""


def at(record: Mapping[str, Any], path: str) -> Any:
    """The value at a SOQL path of a record, None when any step is null."""
    value: Any = record
    for name in path.split("."):
        if value is None:
            return None
        value = value.get(name)
    return value


def raw(column: Column, record: Mapping[str, Any], today: dt.date, fmt: Formatter) -> Any:
    """The column's value before it is spelt for an answer.

    Args:
        column: what to take.
        record: the row.
        today: the running user's day, for ages.
        fmt: knows the running user's time zone.

    Returns:
        Text, number, boolean, `date` (dates, and date/times that appear as days), `datetime` or None.
    """
    value = at(record, column.path)
    if column.kind:
        return _computed(column, value, record, today, fmt)
    if value is None or value == "":
        return None
    if column.data_type == "date":
        return dt.date.fromisoformat(value)
    if column.data_type == "datetime":
        moment = parse_moment(value)
        return fmt.local_date(moment) if column.date_only else moment
    if column.data_type in {"currency", "double", "percent"}:
        return tidy(value)
    return value


def cell(
    column: Column, record: Mapping[str, Any], today: dt.date, fmt: Formatter, *, escaped: bool
) -> Record:
    """A `dataCells` entry.

    Args:
        column: what to show.
        record: the row.
        today: the running user's day.
        fmt: writes labels.
        escaped: add `escapedLabel` to text that HTML would misread, as newer API versions do.
    """
    value = raw(column, record, today, fmt)
    if value is None:
        return {"label": EMPTY, "value": None}
    shown, text = spell(column, value, fmt)
    if column.id_path:
        shown = at(record, column.id_path)
    made: Record = {"label": text, "value": shown}
    if escaped and (safe := html.escape(text)) != text:
        made["escapedLabel"] = safe
    return made


def spell(column: Column, value: Any, fmt: Formatter) -> tuple[Any, str]:
    """Value and label of something that is not null, as `raw` returned it."""
    writer = _WRITERS.get(column.data_type)
    return writer(column, value, fmt) if writer else (value, str(value))


def parse_moment(text: str) -> dt.datetime:
    """A date/time as a query answers it (`2024-01-31T12:00:00.000+0000`)."""
    return dt.datetime.fromisoformat(text)


def tidy(number: float | Decimal) -> float:
    """A whole number without its decimal point: amounts are `5000`, not `5000.0`."""
    value = float(number)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _spell_date(column: Column, value: Any, fmt: Formatter) -> tuple[str, str]:
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", fmt.moment(value)
    if column.kind == "month":
        shown, label = dates.bucket(value, "Month", fmt)
        return str(shown), label
    return value.isoformat(), fmt.date(value)


def _computed(column: Column, value: Any, record: Mapping[str, Any], today: dt.date, fmt: Formatter) -> Any:
    if value is None:
        return None
    if column.kind.startswith("line"):
        lines = str(value).splitlines()
        number = int(column.kind[-1])
        return lines[number - 1] if number <= len(lines) else None
    if column.kind == "month":
        return dt.date.fromisoformat(value)
    if column.kind == "fiscal_quarter":
        day = dt.date.fromisoformat(value)
        return f"Q{(day.month + 2) // 3}-{day.year}"
    start = fmt.local_date(parse_moment(value))
    end = today
    if column.kind == "age":  # open Opportunities grow older, closed ones keep the age they were closed at
        closed, close_date = (at(record, path) for path in column.paths[1:3])
        if closed and close_date:
            end = dt.date.fromisoformat(close_date)
    return max((end - start).days, 0)


def _block(_: Column, value: Any, __: Formatter) -> tuple[str, str]:
    """Long text; its lines are parted by `<br>` in value and label alike (recorded)."""
    text = str(value).replace("\r\n", "\n").replace("\n", "<br>")
    return text, text


_WRITERS: dict[str, Callable[[Column, Any, Formatter], tuple[Any, str]]] = {
    "currency": lambda column, value, fmt: (
        {"amount": value, "currency": None},
        fmt.money(value, column.field.scale),
    ),
    "percent": lambda column, value, fmt: (value, fmt.percent(value, column.field.scale)),
    "double": lambda column, value, fmt: (value, fmt.number(value, column.field.scale)),
    "int": lambda _, value, fmt: (value, fmt.number(value)),
    "date": _spell_date,
    "datetime": _spell_date,
    "boolean": lambda _, value, __: (value, "true" if value else "false"),
    "id": lambda _, value, __: (value, str(value)[:15]),  # people see the 15-character form
    "reference": lambda _, value, __: (value, str(value)[:15]),
    "textarea": _block,
    "multipicklist": lambda _, value, __: (value, "; ".join(str(value).split(";"))),
}
