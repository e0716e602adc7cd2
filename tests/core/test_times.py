from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_abm import times

MOMENTS = st.datetimes(
    min_value=datetime(1700, 1, 1),  # noqa: DTZ001
    max_value=datetime(3999, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=8))]),
)

SPELLINGS = [
    ("2011-07-07T00:37:00.000+0000", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07T00:37:00.000Z", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07T00:37:00Z", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07T00:37:00+00:00", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07T02:37:00.5+02:00", "2011-07-07T00:37:00.500Z"),
    ("2011-07-06T16:37:00-0800", "2011-07-07T00:37:00.000Z"),
    ("2011-07-06T16:37:00-08", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07T00:37:00.123456789Z", "2011-07-07T00:37:00.123Z"),
    ("2011-07-07 00:37:00", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07 00:37:00 UTC", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07t00:37:00z", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07T00:37Z", "2011-07-07T00:37:00.000Z"),
    ("2011-07-07", "2011-07-07T00:00:00.000Z"),
    (" 2011-07-07T00:37:00Z ", "2011-07-07T00:37:00.000Z"),
]


@pytest.mark.parametrize(("text", "expected"), SPELLINGS, ids=[text for text, _ in SPELLINGS])
def test_every_spelling_of_a_moment_becomes_one(text: str, expected: str) -> None:
    assert times.canonical(text) == expected
    assert times.format_datetime(times.parse_datetime(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2011-13-01",
        "2011-02-30T00:00:00Z",
        "2011-07-07T24:00:00Z",
        "2011-07-07T00:37:00+99:00",
        "20110707",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date and time"):
        times.parse_datetime(text)


@given(MOMENTS)
def test_a_moment_survives_being_written_to_the_millisecond(moment: datetime) -> None:
    floored = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert times.parse_datetime(times.canonical(moment)) == floored


@given(MOMENTS, MOMENTS)
def test_written_moments_sort_as_the_moments_do(one: datetime, other: datetime) -> None:
    if one <= other:
        assert times.canonical(one) <= times.canonical(other)


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        times.format_datetime(datetime(2020, 1, 1))  # noqa: DTZ001


def test_a_date_is_the_day_as_written() -> None:
    assert times.parse_date("2010-01-01") == date(2010, 1, 1)
    assert times.parse_date("2010-01-01T23:59:00-08:00") == date(2010, 1, 1)
    with pytest.raises(ValueError, match="not a date"):
        times.parse_date("2010-02-30")


def test_a_time_of_day_has_no_zone() -> None:
    assert times.parse_time("13:05:00.000Z") == time(13, 5)
    assert times.format_time(times.parse_time("13:05")) == "13:05:00.000Z"
    with pytest.raises(ValueError, match="not a time"):
        times.parse_time("1pm")


def test_token_issue_time_is_read_from_text_milliseconds() -> None:
    assert times.from_epoch_ms("1278448832702") == datetime(2010, 7, 6, 20, 40, 32, 702000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri, 18 Feb 2022 22:34:56 GMT", datetime(2022, 2, 18, 22, 34, 56, tzinfo=UTC)),
        ("120", None),
        ("", None),
        (None, None),
    ],
    ids=["date", "seconds", "empty", "missing"],
)
def test_http_dates(text: str | None, expected: datetime | None) -> None:
    assert times.parse_http_date(text) == expected
