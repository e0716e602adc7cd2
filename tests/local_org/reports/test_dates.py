"""Relative spans and buckets of reports."""

from __future__ import annotations

import datetime as dt

import pytest

from local_org.reports import dates
from local_org.reports.formats import Formatter

FRIDAY = dt.date(2020, 2, 14)

# the spans a describe recorded on 2020-02-14 shows
RECORDED = [
    ("THIS_FISCAL_YEAR", "2020-01-01", "2020-12-31"),
    ("LAST_FISCAL_YEAR", "2019-01-01", "2019-12-31"),
    ("LAST_N_FISCAL_YEARS:2", "2018-01-01", "2019-12-31"),
    ("N_FISCAL_YEARS_AGO:2", "2018-01-01", "2018-12-31"),
    ("NEXT_FISCAL_YEAR", "2021-01-01", "2021-12-31"),
    ("THIS_FISCAL_QUARTER", "2020-01-01", "2020-03-31"),
    ("NEXT_FISCAL_QUARTER", "2020-04-01", "2020-06-30"),
    ("LAST_FISCAL_QUARTER", "2019-10-01", "2019-12-31"),
    ("LAST_MONTH", "2020-01-01", "2020-01-31"),
    ("THIS_MONTH", "2020-02-01", "2020-02-29"),
    ("NEXT_MONTH", "2020-03-01", "2020-03-31"),
    ("LAST_WEEK", "2020-02-02", "2020-02-08"),
    ("THIS_WEEK", "2020-02-09", "2020-02-15"),
    ("NEXT_WEEK", "2020-02-16", "2020-02-22"),
    ("YESTERDAY", "2020-02-13", "2020-02-13"),
    ("TODAY", "2020-02-14", "2020-02-14"),
    ("LAST_N_DAYS:7", "2020-02-08", "2020-02-14"),
    ("LAST_N_DAYS:30", "2020-01-16", "2020-02-14"),
    ("LAST_N_DAYS:120", "2019-10-18", "2020-02-14"),
    ("NEXT_N_DAYS:7", "2020-02-14", "2020-02-20"),
    ("NEXT_N_DAYS:30", "2020-02-14", "2020-03-14"),
    ("NEXT_N_DAYS:120", "2020-02-14", "2020-06-12"),
]


@pytest.mark.parametrize(("name", "start", "end"), RECORDED, ids=[row[0] for row in RECORDED])
def test_a_duration_spans_the_recorded_days(name: str, start: str, end: str) -> None:
    assert dates.span(name, FRIDAY) == (dt.date.fromisoformat(start), dt.date.fromisoformat(end))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("last 30 days", "LAST_N_DAYS:30"),
        ("LAST_30_DAYS", "LAST_N_DAYS:30"),
        ("next 2 months", "NEXT_N_MONTHS:2"),
        ("2 years ago", "N_YEARS_AGO:2"),
        ("this  week", "THIS_WEEK"),
        (" Today ", "TODAY"),
    ],
    ids=lambda value: value,
)
def test_relative_dates_are_read_as_people_type_them(typed: str, name: str) -> None:
    assert dates.span(typed, FRIDAY) == dates.span(name, FRIDAY) is not None


@pytest.mark.parametrize("name", ["", "SOMETIME", "LAST_N_DAYS", "LAST_N_DAYS:99999", "THIS_DAY"])
def test_what_is_no_date_spans_nothing(name: str) -> None:
    assert dates.span(name, FRIDAY) is None


@pytest.mark.parametrize(
    ("granularity", "value", "label"),
    [
        ("Month", "2020-02-01", "February 2020"),  # recorded: first day and month name
        ("Quarter", "2020-01-01", "Q1 CY2020"),
        ("FiscalQuarter", "2020-01-01", "Q1 FY2020"),
        ("Year", "2020-01-01", "CY2020"),
        ("Week", "2020-02-09", "2/9/2020 - 2/15/2020"),
        ("Day", "2020-02-14", "2/14/2020"),
        ("None", "2020-02-14", "2/14/2020"),
        ("MonthInYear", 2, "February"),
        ("DayInMonth", 14, "14"),
    ],
    ids=str,
)
def test_a_day_falls_into_its_bucket(granularity: str, value: str | int, label: str) -> None:
    assert dates.bucket(FRIDAY, granularity, Formatter()) == (value, label)


def test_a_custom_duration_starts_today_and_ended_yesterday() -> None:
    custom = dates.duration_groups(FRIDAY)[0]
    assert custom == {
        "label": "",
        "standardDateFilterDurations": [
            {"endDate": "2020-02-13", "label": "Custom", "startDate": "2020-02-14", "value": "CUSTOM"}
        ],
    }


def test_every_listed_duration_can_be_used() -> None:
    for durations in dates.DURATION_GROUPS.values():
        for name in durations:
            assert dates.span(name, FRIDAY) is not None, name
