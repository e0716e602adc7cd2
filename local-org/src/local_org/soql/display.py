"""Values as people see them: `toLabel()` and `FORMAT()`, in the English (United States) locale."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.schema import FieldDef
    from local_org.soql.expressions import Value
    from local_org.soql.names import Context


def labels(field: FieldDef) -> Callable[[Any], Any] | None:
    """Return what replaces the values of a multi-select picklist by their labels; None for other types.

    Single values are replaced by SQL already.
    """
    if field.type != "multipicklist":
        return None
    known = {entry.value: entry.label for entry in field.picklist}
    return lambda text: ";".join(known.get(part, part) for part in str(text).split(";"))


def formatter(value: Value, context: Context) -> Callable[[Any], Any]:
    """Return what writes values of an expression as FORMAT() does."""
    scale = value.field.scale
    by_type: dict[str, Callable[[Any], Any]] = {
        "currency": lambda number: f"{'-' if number < 0 else ''}${abs(float(number)):,.{scale or 2}f}",
        "percent": lambda number: f"{float(number):,.{scale}f}%",
        "double": lambda number: f"{float(number):,.{scale}f}",
        "int": lambda number: f"{int(number):,}",
        "long": lambda number: f"{int(number):,}",
        "date": lambda text: _day(date.fromisoformat(text)),
        "datetime": lambda text: _moment(_utc(text).astimezone(context.zone)),
        "boolean": lambda flag: "true" if flag else "false",
    }
    return by_type.get(value.type, str)


def _utc(stored: str) -> datetime:
    return datetime.fromisoformat(stored[:19] + "+00:00")


def _day(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def _moment(moment: datetime) -> str:
    half = "AM" if moment.hour < 12 else "PM"
    return f"{_day(moment)}, {moment.hour % 12 or 12}:{moment.minute:02d} {half}"
