"""Date literals."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_org.soql import dates
from local_org.soql.tokens import COUNTED_DATES, RELATIVE_DATES

TODAY = date(2024, 5, 15)  # a Wednesday
FISCAL_START = 2


@pytest.mark.parametrize(
    ("literal", "first", "last"),
    [
        ("YESTERDAY", "2024-05-14", "2024-05-14"),
        ("TODAY", "2024-05-15", "2024-05-15"),
        ("tomorrow", "2024-05-16", "2024-05-16"),
        ("LAST_WEEK", "2024-05-05", "2024-05-11"),
        ("THIS_WEEK", "2024-05-12", "2024-05-18"),
        ("NEXT_WEEK", "2024-05-19", "2024-05-25"),
        ("LAST_MONTH", "2024-04-01", "2024-04-30"),
        ("THIS_MONTH", "2024-05-01", "2024-05-31"),
        ("NEXT_MONTH", "2024-06-01", "2024-06-30"),
        ("LAST_90_DAYS", "2024-02-15", "2024-05-15"),
        ("NEXT_90_DAYS", "2024-05-16", "2024-08-13"),
        ("LAST_N_DAYS:1", "2024-05-14", "2024-05-15"),
        ("NEXT_N_DAYS:3", "2024-05-16", "2024-05-18"),
        ("N_DAYS_AGO:2", "2024-05-13", "2024-05-13"),
        ("LAST_N_WEEKS:2", "2024-04-28", "2024-05-11"),
        ("NEXT_N_WEEKS:1", "2024-05-19", "2024-05-25"),
        ("N_WEEKS_AGO:1", "2024-05-05", "2024-05-11"),
        ("LAST_N_MONTHS:3", "2024-02-01", "2024-04-30"),
        ("NEXT_N_MONTHS:2", "2024-06-01", "2024-07-31"),
        ("N_MONTHS_AGO:5", "2023-12-01", "2023-12-31"),
        ("LAST_QUARTER", "2024-01-01", "2024-03-31"),
        ("THIS_QUARTER", "2024-04-01", "2024-06-30"),
        ("NEXT_N_QUARTERS : 2", "2024-07-01", "2024-12-31"),
        ("N_QUARTERS_AGO:2", "2023-10-01", "2023-12-31"),
        ("LAST_YEAR", "2023-01-01", "2023-12-31"),
        ("THIS_YEAR", "2024-01-01", "2024-12-31"),
        ("LAST_N_YEARS:2", "2022-01-01", "2023-12-31"),
        ("N_YEARS_AGO:4", "2020-01-01", "2020-12-31"),
        ("THIS_FISCAL_QUARTER", "2024-05-01", "2024-07-31"),
        ("LAST_FISCAL_QUARTER", "2024-02-01", "2024-04-30"),
        ("THIS_FISCAL_YEAR", "2024-02-01", "2025-01-31"),
        ("LAST_N_FISCAL_YEARS:1", "2023-02-01", "2024-01-31"),
        ("N_FISCAL_QUARTERS_AGO:4", "2023-05-01", "2023-07-31"),
        ("NEXT_N_FISCAL_QUARTERS:1", "2024-08-01", "2024-10-31"),
    ],
)
def test_relative_literals_span_days(literal: str, first: str, last: str) -> None:
    begin, after = dates.span(literal, TODAY, FISCAL_START) or (None, None)
    assert begin is not None
    assert after is not None
    assert (begin.isoformat(), (after - timedelta(days=1)).isoformat()) == (first, last)


@pytest.mark.parametrize(
    "literal", ["LAST_N_DAYS:99999999999", "NEXT_N_FISCAL_YEARS:99999", "N_WEEKS_AGO:4000000"]
)
def test_spans_stay_in_the_calendar(literal: str) -> None:
    begin, after = dates.span(literal, TODAY, 1) or (None, None)
    assert begin is not None
    assert after is not None
    assert begin <= after


@given(
    literal=st.sampled_from(sorted(RELATIVE_DATES))
    | st.builds("{}:{}".format, st.sampled_from(sorted(COUNTED_DATES)), st.integers(0, 10**12)),
    today=st.dates(),
    fiscal=st.integers(1, 12),
)
def test_every_literal_spans_something_on_any_day(literal: str, today: date, fiscal: int) -> None:
    begin, after = dates.span(literal, today, fiscal) or (None, None)
    assert begin is not None
    assert after is not None
    assert begin <= after
    if literal.startswith("THIS_"):
        assert begin <= today < after or after == date.max


@given(
    today=st.dates(date(1900, 1, 1), date(2100, 1, 1)), count=st.integers(1, 50), fiscal=st.integers(1, 12)
)
@pytest.mark.parametrize("unit", ["WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"])
def test_past_present_and_future_units_touch(unit: str, today: date, count: int, fiscal: int) -> None:
    def span(literal: str) -> tuple[date, date]:
        found = dates.span(literal, today, fiscal)
        assert found is not None
        return found

    this = span(f"THIS_{unit}")
    assert this[0] <= today < this[1]
    assert span(f"LAST_N_{unit}S:{count}")[1] == this[0]
    assert span(f"NEXT_N_{unit}S:{count}")[0] == this[1]
    assert span(f"N_{unit}S_AGO:{count}")[0] == span(f"LAST_N_{unit}S:{count}")[0]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2024-01-31T12:00:00Z", ("2024-01-31T12:00:00Z", False)),
        ("2024-01-31t12:00:00.000z", ("2024-01-31T12:00:00Z", False)),
        ("2024-01-31T12:00:00.120Z", ("2024-01-31T12:00:00Z", True)),
        ("2024-01-31T23:00:00-05:30", ("2024-02-01T04:30:00Z", False)),
        ("2024-01-01T00:30:00+0100", ("2023-12-31T23:30:00Z", False)),
        ("2020-12-12T12:12:00-25:00", None),
        ("2020-52-12T12:12:00-05:00", None),
        ("0001-01-01T00:00:00+05:00", None),
    ],
)
def test_datetimes_become_utc(text: str, stored: tuple[str, bool] | None) -> None:
    assert dates.parse_datetime(text) == stored


def test_days_begin_in_the_users_zone() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    assert dates.midnight(date(2024, 1, 31), zone) == "2024-01-31T08:00:00Z"
    assert dates.midnight(date(2024, 7, 1), zone) == "2024-07-01T07:00:00Z"
    assert dates.midnight(date.min, ZoneInfo("Asia/Tokyo")) == "0001-01-01T00:00:00Z"
