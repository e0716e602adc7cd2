from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from local_org import clock


def test_a_clock_stands_where_it_is_set_and_moves_by_what_it_is_shifted() -> None:
    made = clock.Clock()
    made.set(datetime(2026, 1, 31, 23, 0, tzinfo=timezone(timedelta(hours=-2))))
    assert made.now() == datetime(2026, 2, 1, 1, 0, tzinfo=UTC)
    made.shift(timedelta(days=-1))
    assert made.stamp() == "2026-01-31T01:00:00Z"
    assert made.today().isoformat() == "2026-01-31"


def test_a_running_clock_keeps_its_shift() -> None:
    made = clock.Clock()
    made.shift(timedelta(days=400))
    ahead = made.now() - datetime.now(UTC)
    assert timedelta(days=399) < ahead < timedelta(days=401)
    made.run()
    assert abs(made.now() - datetime.now(UTC)) < timedelta(days=1)


def test_a_clock_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.Clock().set(datetime(2026, 1, 1))  # noqa: DTZ001


def test_stored_moments_lose_their_fraction_and_come_back() -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, 999_999, UTC)
    assert clock.stored(moment) == "2026-03-04T05:06:07Z"
    assert clock.from_stored("2026-03-04T05:06:07Z") == moment.replace(microsecond=0)


def test_moments_are_spelt_as_each_api_spells_them() -> None:
    assert clock.rest("2026-03-04T05:06:07Z") == "2026-03-04T05:06:07.000+0000"
    assert clock.rest(None) is None
    assert clock.bulk("2026-03-04T05:06:07Z") == "2026-03-04T05:06:07.000Z"
    assert clock.bulk(None) == ""
    assert clock.http_date(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)) == "Wed, 04 Mar 2026 05:06:07 GMT"
    assert clock.stored(clock.midnight(datetime(2026, 3, 4, tzinfo=UTC).date())) == "2026-03-04T00:00:00Z"
