"""Date and time literals: fixed ones, and relative ones such as `LAST_N_DAYS:30` as spans of days.

Relative literals follow the user's time zone; weeks begin on Sunday, as in the locale English (United
States).
See "Date Formats and Date Literals in WHERE" in the SOQL reference.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_COUNTED = re.compile(r"(LAST_N|NEXT_N|N)_(\w+?)(_AGO)?\s*:\s*([+-]?\d+)", re.ASCII)
_NAMED = re.compile(r"(LAST|THIS|NEXT)_(\w+)", re.ASCII)
_DATETIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d)?)", re.ASCII
)
# A count beyond this leaves the calendar whatever the unit.
_FAR = 4_000_000
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12, "FISCAL_QUARTER": 3, "FISCAL_YEAR": 12}


def parse_date(text: str) -> str | None:
    """Return `YYYY-MM-DD` if it names a day, else None."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def parse_datetime(text: str) -> tuple[str, bool] | None:
    """Return the moment as the store keeps it, and whether a fraction of a second was cut off; or None."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(*(int(n) for n in numbers), tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        return None
    return moment.isoformat()[:19] + "Z", bool(fraction and fraction.strip("0"))


def parse_time(text: str) -> str | None:
    """Return `HH:MM:SS.mmmZ`, or None if it names no time of day."""
    match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz])?", text, re.ASCII)
    if match is None:
        return None
    hour, minute, second, fraction = match.groups()
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return None
    return f"{hour}:{minute}:{second}.{(fraction or '')[:3].ljust(3, '0')}Z"


def span(literal: str, today: date, fiscal_start: int) -> tuple[date, date] | None:
    """Return the first day of a relative literal and the first day after it.

    Args:
        literal: such as `THIS_QUARTER` or `LAST_N_DAYS:30`, in any case.
        today: the user's today.
        fiscal_start: month in which the fiscal year begins, 1 to 12.

    Returns:
        The span, cut to the calendar; None if the literal has a negative count.
    """
    text = literal.upper()
    fixed = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}.get(text)
    if fixed is not None:
        return _days(today, fixed, 1)
    if text in ("LAST_90_DAYS", "NEXT_90_DAYS"):
        text = text.replace("90", "N") + ":90"
    counted = _COUNTED.fullmatch(text)
    if counted:
        kind, units, _, number = counted.groups()
        count = min(int(number[:9]), _FAR)
        if count < 0:
            return None
        return _counted(kind, units.removesuffix("S"), count, today, fiscal_start)
    named = _NAMED.fullmatch(text)
    if named is None:
        return None
    start = {"LAST": -1, "THIS": 0, "NEXT": 1}[named.group(1)]
    return _units(named.group(2), start, 1, today, fiscal_start)


def _counted(kind: str, unit: str, count: int, today: date, fiscal_start: int) -> tuple[date, date]:
    if kind == "N":
        return _units(unit, -count, 1, today, fiscal_start)
    if kind == "NEXT_N":
        return _units(unit, 1, count, today, fiscal_start)
    # Only LAST_N_DAYS includes the running unit, today.
    return _units(unit, -count, count + 1 if unit == "DAY" else count, today, fiscal_start)


def _units(unit: str, start: int, count: int, today: date, fiscal_start: int) -> tuple[date, date]:
    if unit == "DAY":
        return _days(today, start, count)
    if unit == "WEEK":
        sunday = today - timedelta(days=(today.weekday() + 1) % 7)
        return _days(sunday, start * 7, count * 7)
    size = _MONTHS[unit]
    first = fiscal_start if unit.startswith("FISCAL") else 1
    # Months are counted from year 0, shifted so that units begin at multiples of their size.
    month = today.year * 12 + today.month - first
    begin = month - month % size + start * size
    return _month(begin + first - 1), _month(begin + count * size + first - 1)


def _days(base: date, start: int, count: int) -> tuple[date, date]:
    ordinal = base.toordinal() + start
    return _ordinal(ordinal), _ordinal(ordinal + count)


def _ordinal(number: int) -> date:
    return date.fromordinal(min(max(number, 1), date.max.toordinal()))


def _month(number: int) -> date:
    year, month = divmod(number, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, 1) if year <= date.max.year else date.max


def midnight(day: date, zone: ZoneInfo) -> str:
    """Return the moment a day begins in a time zone, as the store keeps it."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC).isoformat()[:19] + "Z"
    except OverflowError:
        return f"{day.isoformat()}T00:00:00Z"
