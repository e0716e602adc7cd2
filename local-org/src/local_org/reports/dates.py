"""Relative date spans and date buckets of reports.

The fiscal year is the calendar year, Salesforce's default.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from local_org.reports.formats import month_label, month_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_org.reports.formats import Formatter

Span = tuple[dt.date, dt.date]
"""First and last day, both included."""

_DAYS = ("YESTERDAY", "TODAY", "TOMORROW")
_NAMED = re.compile(r"(THIS|LAST|NEXT)_(WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)")
_COUNTED = re.compile(
    r"(?:(LAST|NEXT)_N_)(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S:(\d{1,5})"
    r"|N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S_AGO:(\d{1,5})"
)

DURATION_GROUPS: Mapping[str, Mapping[str, str]] = {
    "Fiscal Year": {
        "THIS_FISCAL_YEAR": "Current FY",
        "LAST_FISCAL_YEAR": "Previous FY",
        "LAST_N_FISCAL_YEARS:2": "Previous 2 FY",
        "N_FISCAL_YEARS_AGO:2": "2 FY Ago",
        "NEXT_FISCAL_YEAR": "Next FY",
    },
    "Fiscal Quarter": {
        "THIS_FISCAL_QUARTER": "Current FQ",
        "NEXT_FISCAL_QUARTER": "Next FQ",
        "LAST_FISCAL_QUARTER": "Previous FQ",
    },
    "Calendar Year": {
        "THIS_YEAR": "Current CY",
        "LAST_YEAR": "Previous CY",
        "LAST_N_YEARS:2": "Previous 2 CY",
        "N_YEARS_AGO:2": "2 CY Ago",
        "NEXT_YEAR": "Next CY",
    },
    "Calendar Quarter": {
        "THIS_QUARTER": "Current CQ",
        "NEXT_QUARTER": "Next CQ",
        "LAST_QUARTER": "Previous CQ",
    },
    "Calendar Month": {"LAST_MONTH": "Last Month", "THIS_MONTH": "This Month", "NEXT_MONTH": "Next Month"},
    "Calendar Week": {"LAST_WEEK": "Last Week", "THIS_WEEK": "This Week", "NEXT_WEEK": "Next Week"},
    "Day": {
        "YESTERDAY": "Yesterday",
        "TODAY": "Today",
        "TOMORROW": "Tomorrow",
        "LAST_N_DAYS:7": "Last 7 Days",
        "LAST_N_DAYS:30": "Last 30 Days",
        "LAST_N_DAYS:60": "Last 60 Days",
        "LAST_N_DAYS:90": "Last 90 Days",
        "LAST_N_DAYS:120": "Last 120 Days",
        "NEXT_N_DAYS:7": "Next 7 Days",
        "NEXT_N_DAYS:30": "Next 30 Days",
        "NEXT_N_DAYS:60": "Next 60 Days",
        "NEXT_N_DAYS:90": "Next 90 Days",
        "NEXT_N_DAYS:120": "Next 120 Days",
    },
}
GRANULARITIES: Mapping[str, str] = {
    "Day": "Day",
    "Week": "Calendar Week",
    "Month": "Calendar Month",
    "Quarter": "Calendar Quarter",
    "Year": "Calendar Year",
    "FiscalQuarter": "Fiscal Quarter",
    "FiscalYear": "Fiscal Year",
    "MonthInYear": "Calendar Month in Year",
    "DayInMonth": "Calendar Day in Month",
}


def span(name: str, today: dt.date) -> Span | None:
    """The days a relative date means.

    Args:
        name: such as `THIS_FISCAL_QUARTER` or `LAST_N_DAYS:30`; case and blanks instead of underscores as in
            report filters (`last 30 days`) are accepted.
        today: the running user's day.

    Returns:
        First and last day; None when the name means nothing.
    """
    text = _canonical(name)
    if text in _DAYS:
        return _shifted(today, "DAY", _DAYS.index(text) - 1)
    named = _NAMED.fullmatch(text)
    if named:
        return _shifted(today, named[2], ("LAST", "THIS", "NEXT").index(named[1]) - 1)
    counted = _COUNTED.fullmatch(text)
    count = int(counted[3] or counted[5]) if counted else 0
    if counted is None or count > 3000:  # farther than any calendar: "the date formula is too large"
        return None
    if counted[4]:
        return _shifted(today, counted[4], -count)
    return _counted_span(today, counted[2], count, past=counted[1] == "LAST")


def _counted_span(today: dt.date, unit: str, count: int, *, past: bool) -> Span:
    if unit == "DAY":  # reports count today as one of the days
        edge = dt.timedelta(days=max(count - 1, 0))
        return (today - edge, today) if past else (today, today + edge)
    if past:
        return _shifted(today, unit, -count)[0], _shifted(today, unit, -1)[1]
    return _shifted(today, unit, 1)[0], _shifted(today, unit, count)[1]


def looks_relative(name: str) -> bool:
    """Whether text has the form of a relative date, whatever its numbers."""
    return _COUNTED.fullmatch(_canonical(name)) is not None


def _canonical(name: str) -> str:
    text = "_".join(name.strip().upper().replace(":", " ").replace("_", " ").split())
    literal = re.fullmatch(r"(LAST|NEXT)_(?:N_)?(?:(\d+)_)?([A-Z_]+?)S?(?:_(\d+))?", text)
    if literal and (literal[2] or literal[4]):
        return f"{literal[1]}_N_{literal[3]}S:{literal[2] or literal[4]}"
    ago = re.fullmatch(r"(?:N_|(\d+)_)([A-Z_]+?)S?_AGO(?:_(\d+))?", text)
    if ago and (ago[1] or ago[3]):
        return f"N_{ago[2]}S_AGO:{ago[1] or ago[3]}"
    return text


def _shifted(today: dt.date, unit: str, by: int) -> Span:
    unit = unit.removeprefix("FISCAL_")
    if unit == "DAY":
        day = today + dt.timedelta(days=by)
        return day, day
    if unit == "WEEK":  # from Sunday, as for en_US users
        start = today - dt.timedelta(days=(today.weekday() + 1) % 7) + dt.timedelta(weeks=by)
        return start, start + dt.timedelta(days=6)
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    index = (today.year * 12 + today.month - 1) // months * months + by * months
    return _month_start(index), _month_start(index + months) - dt.timedelta(days=1)


def _month_start(index: int) -> dt.date:
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, 1)


def bucket(day: dt.date, granularity: str, fmt: Formatter) -> tuple[str | int, str]:
    """Value and label of the bucket a day falls into.

    Months have the bucket's first day as value and `May 2013` as label (recorded); the other periods follow
    suit.

    Args:
        day: the grouped date.
        granularity: one of `GRANULARITIES`, or `None` for the day itself.
        fmt: writes dates for the running user.
    """
    if granularity == "MonthInYear":
        return day.month, month_name(day.month)
    if granularity == "DayInMonth":
        return day.day, str(day.day)
    unit = {"FiscalQuarter": "QUARTER", "FiscalYear": "YEAR"}.get(granularity, granularity.upper())
    if unit not in {"WEEK", "MONTH", "QUARTER", "YEAR"}:
        return day.isoformat(), fmt.date(day)
    first, last = _shifted(day, unit, 0)
    label = {
        "Week": f"{fmt.date(first)} - {fmt.date(last)}",
        "Month": month_label(day),
        "Quarter": f"Q{(day.month + 2) // 3} CY{day.year}",
        "Year": f"CY{day.year}",
        "FiscalQuarter": f"Q{(day.month + 2) // 3} FY{day.year}",
        "FiscalYear": f"FY{day.year}",
    }[granularity]
    return first.isoformat(), label


def duration_groups(today: dt.date) -> list[dict[str, object]]:
    """`standardDateFilterDurationGroups` of a describe."""
    custom = {
        "endDate": (today - dt.timedelta(days=1)).isoformat(),
        "label": "Custom",
        "startDate": today.isoformat(),
        "value": "CUSTOM",
    }
    groups: list[dict[str, object]] = [{"label": "", "standardDateFilterDurations": [custom]}]
    for label, durations in DURATION_GROUPS.items():
        entries = []
        for value, text in durations.items():
            days = span(value, today)
            if days is not None:
                start, end = days
                entries.append(
                    {
                        "endDate": end.isoformat(),
                        "label": text,
                        "startDate": start.isoformat(),
                        "value": value,
                    }
                )
        groups.append({"label": label, "standardDateFilterDurations": entries})
    return groups
