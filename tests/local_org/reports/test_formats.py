"""Labels in the running user's locale."""

from __future__ import annotations

import datetime as dt

import pytest

from local_org.reports.formats import Formatter

NOON = dt.datetime(2016, 1, 16, 12, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("locale", "date", "moment", "number"),
    [
        ("en_US", "1/16/2016", "1/16/2016 12:05 PM", "1,234.50"),
        ("en_GB", "16/01/2016", "16/01/2016 12:05", "1,234.50"),
        ("de_DE", "16.01.2016", "16.01.2016 12:05", "1.234,50"),
        ("xx_XX", "1/16/2016", "1/16/2016 12:05 PM", "1,234.50"),
    ],
    ids=["american", "british", "german", "unknown as american"],
)
def test_values_are_written_as_the_locale_does(locale: str, date: str, moment: str, number: str) -> None:
    fmt = Formatter(locale)
    assert (fmt.date(NOON.date()), fmt.moment(NOON), fmt.number(1234.5, 2)) == (date, moment, number)


@pytest.mark.parametrize(
    ("amount", "scale", "label"),
    [
        (50_000_000, 0, "£50,000,000"),  # recorded: Annual Revenue has no decimals
        (285_000, 2, "£285,000.00"),  # recorded: Amount has two
        (16000.01, 2, "£16,000.01"),
        (0, 2, "£0.00"),
        (-12.5, 2, "(£12.50)"),
        (0.125, 2, "£0.13"),
    ],
    ids=["whole", "two decimals", "cents", "zero", "negative", "half up"],
)
def test_money_has_the_fields_decimals(amount: float, scale: int, label: str) -> None:
    assert Formatter("en_GB", "GBP").money(amount, scale) == label


def test_a_moment_belongs_to_the_users_day() -> None:
    late = dt.datetime(2024, 3, 1, 2, 0, tzinfo=dt.UTC)
    assert Formatter(time_zone="America/Los_Angeles").local_date(late) == dt.date(2024, 2, 29)
    assert Formatter(time_zone="Nowhere/Land").local_date(late) == dt.date(2024, 3, 1)
