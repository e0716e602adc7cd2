"""Dates and times as Salesforce spells them, and our one spelling of each.

REST writes `2011-07-07T00:37:00.000+0000`, Bulk `2011-07-07T00:37:00.000Z`, SOQL takes `2011-07-07T00:37:00Z`
or an offset with a colon; Singer state and settings bring more. Inside, a moment is an aware datetime in UTC;
written out it is `YYYY-MM-DDTHH:MM:SS.mmmZ`, which sorts as text and is a SOQL literal as it stands.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime

__all__ = [
    "canonical",
    "format_datetime",
    "format_time",
    "from_epoch_ms",
    "parse_date",
    "parse_datetime",
    "parse_http_date",
    "parse_time",
]

_DATETIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r"\s?(?:([Zz]|UTC)|([+-])(\d\d):?(\d\d)?)?)?",
    re.ASCII,
)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?[Zz]?", re.ASCII)
_REST = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|\+0000)", re.ASCII)


def parse_datetime(text: str) -> datetime:
    """Read a moment in any of the spellings above.

    Args:
        text: a date with or without a time. Without an offset it is UTC, without a time it is midnight.

    Returns:
        An aware datetime in UTC; digits past the microsecond are dropped.

    Raises:
        ValueError: not such a text, or no such day or hour.
    """
    found = _DATETIME.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text[:40]!r} is not a date and time such as 2024-01-31T12:00:00Z")
    year, month, day, hour, minute, second, fraction, _zulu, sign, off_hours, off_minutes = found.groups()
    offset = timedelta(hours=int(off_hours or 0), minutes=int(off_minutes or 0))
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            _micros(fraction),
            tzinfo=timezone(-offset if sign == "-" else offset),
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:40]!r} is not a date and time: {error}") from None


def format_datetime(moment: datetime) -> str:
    """Write a moment as `YYYY-MM-DDTHH:MM:SS.mmmZ`, microseconds cut off.

    Raises:
        ValueError: the datetime has no time zone, so it names no moment.
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone names no moment")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def canonical(value: str | datetime) -> str:
    """Write a moment, given in any spelling, as `YYYY-MM-DDTHH:MM:SS.mmmZ`.

    Text that is already in one of Salesforce's two own spellings is rewritten without being parsed: this is
    called once a record.

    Raises:
        ValueError: see `parse_datetime` and `format_datetime`.
    """
    if isinstance(value, datetime):
        return format_datetime(value)
    if _REST.fullmatch(value):
        return value if value[-1] == "Z" else value[:-5] + "Z"
    return format_datetime(parse_datetime(value))


def parse_date(text: str) -> date:
    """Read a calendar day; of a date and time only the day as written is taken, never shifted by an offset.

    Raises:
        ValueError: not a date, or no such day.
    """
    parse_datetime(text)
    return date.fromisoformat(text.strip()[:10])


def parse_time(text: str) -> time:
    """Read a time of day such as `13:05:00.000Z`; Salesforce times have no zone, the `Z` means nothing.

    Raises:
        ValueError: not a time.
    """
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text[:40]!r} is not a time such as 13:05:00.000Z")
    hour, minute, second, fraction = found.groups()
    return time(int(hour), int(minute), int(second or 0), _micros(fraction))


def format_time(value: time) -> str:
    """Write a time of day as Salesforce does, `13:05:00.000Z`."""
    return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_epoch_ms(value: str | int) -> datetime:
    """Read milliseconds since 1970, as in `issued_at` of a token (there a text)."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(value))


def parse_http_date(text: str | None) -> datetime | None:
    """Read a `Date` or `Retry-After` header; None when it is missing or not a date."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _micros(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))
