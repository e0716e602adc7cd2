from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_abm.ids import to18
from tap_salesforce_abm.settings import Shard
from tap_salesforce_abm.windows import EPOCH, Slot, Window, _text, merge, months, of_shard, split_evenly


def _day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


def _assert_covers(whole: Window, parts: list[Window]) -> None:
    assert parts[0].start == whole.start
    assert parts[-1].end == whole.end
    for earlier, later in pairwise(parts):
        assert earlier.end == later.start
    assert not any(part.is_empty for part in parts)


def _halves(window: Window) -> tuple[Window, Window]:
    halves = window.halves()
    assert halves is not None
    return halves


def test_conditions_include_the_start_and_leave_out_the_end() -> None:
    assert Window(_day(1), _day(2)).conditions("SystemModstamp") == (
        "SystemModstamp >= 2024-01-01T00:00:00.000Z",
        "SystemModstamp < 2024-01-02T00:00:00.000Z",
    )
    assert Window(None, _day(2)).conditions("X") == ("X < 2024-01-02T00:00:00.000Z",)
    assert Window(None, None).conditions("X") == ()


def test_slots_are_put_together_up_to_the_wanted_size() -> None:
    slots = [Slot(_day(n), _day(n + 1), 40) for n in range(1, 8)]
    windows = merge(Window(None, _day(9)), slots, 100)
    assert [window.expected for window in windows] == [80, 80, 80, 40]
    _assert_covers(Window(None, _day(9)), windows)


def test_a_slot_too_big_for_a_window_becomes_one_on_its_own() -> None:
    slots = [Slot(_day(1), _day(2), 10), Slot(_day(2), _day(3), 500), Slot(_day(3), _day(4), 10)]
    assert [w.expected for w in merge(Window(_day(1), _day(9)), slots, 100)] == [10, 500, 10]


def test_no_slots_is_one_window() -> None:
    assert merge(Window(_day(1), _day(9)), [], 100) == [Window(_day(1), _day(9), 0)]


@given(
    counts=st.lists(st.integers(0, 300), max_size=40),
    rows=st.integers(1, 200),
    start=st.none() | st.integers(0, 20),
)
def test_windows_cover_everything_once_and_exceed_the_size_only_for_one_slot(
    counts: Any, rows: Any, start: Any
) -> None:
    base = datetime(2024, 1, 1, tzinfo=UTC)
    slots = [
        Slot(base + timedelta(hours=n), base + timedelta(hours=n + 1), count)
        for n, count in enumerate(counts)
    ]
    begin = None if start is None else base - timedelta(hours=start)
    whole = Window(begin, base + timedelta(hours=len(counts) + 1))
    windows = merge(whole, slots, rows)
    _assert_covers(whole, windows)
    assert sum(window.expected or 0 for window in windows) == sum(counts)
    for window in windows:
        inside = [s for s in slots if s.count and (window.start or EPOCH) <= s.start < (window.end or EPOCH)]
        assert window.expected <= rows or len(inside) == 1


def test_halves_meet_at_a_whole_second() -> None:
    first, second = _halves(Window(_day(1), _day(2)))
    assert first == Window(_day(1), datetime(2024, 1, 1, 12, tzinfo=UTC))
    assert second == Window(first.end, _day(2))


def test_one_second_cannot_be_halved_because_salesforce_keeps_no_finer_time() -> None:
    start = _day(1)
    assert Window(start, start + timedelta(seconds=1)).halves() is None
    assert Window(start, start + timedelta(seconds=2)).halves() is not None
    assert Window(None, None).halves() is None


@given(st.integers(0, 62**4), st.integers(0, 62**4), st.integers(0, 62**4))
def test_halves_by_id_share_every_id_between_them(low: int, span: int, position: int) -> None:
    lowest, highest = (to18("001" + _text(number)) for number in (low, low + span))
    halves = Window(None, None).halves_by_id(lowest, highest)
    if halves is None:
        assert span == 0
        return
    first, second = halves
    assert first.ids == (None, second.ids[0])
    assert second.ids[1] is None
    cut = second.ids[0] or ""
    assert lowest[:15] < cut[:15] <= highest[:15], "neither half is empty"
    assert not first.whole
    assert second.whole


def test_halving_by_id_ends_at_single_ids() -> None:
    window = Window(None, None)
    lowest, highest = to18("001" + _text(10)), to18("001" + _text(1_000_010))
    steps = 0
    while (halves := window.halves_by_id(lowest, highest)) is not None:
        window = halves[steps % 2]
        steps += 1
    assert steps <= 21


@given(st.integers(1, 10**9))
def test_halving_ends_at_single_seconds(seconds: Any) -> None:
    window = Window(EPOCH, EPOCH + timedelta(seconds=seconds))
    steps = 0
    while (halves := window.halves()) is not None:
        _assert_covers(window, list(halves))
        window = halves[0]
        steps += 1
    assert window == Window(EPOCH, EPOCH + timedelta(seconds=1))
    assert steps <= 31


def test_an_open_start_stays_open_when_halved() -> None:
    first, second = _halves(Window(None, _day(2)))
    assert first.start is None
    assert second.end == _day(2)


@pytest.mark.parametrize("parts", [1, 2, 7, 1000])
def test_even_parts_cover_everything(parts: Any) -> None:
    whole = Window(None, _day(2))
    windows = split_evenly(whole, parts)
    assert len(windows) == parts
    _assert_covers(whole, windows)


def test_even_parts_are_no_shorter_than_a_second() -> None:
    start = _day(1)
    assert len(split_evenly(Window(start, start + timedelta(seconds=3)), 100)) == 3


def test_months_begin_on_the_first() -> None:
    assert list(months(datetime(2023, 12, 15, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC))) == [
        (datetime(2023, 12, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)),
        (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC)),
    ]


@given(
    count=st.integers(1, 5),
    start=st.none() | st.integers(0, 9000),
    length=st.integers(1, 900),
    moment=st.integers(0, 10_000),
)
def test_every_moment_belongs_to_exactly_one_shard(count: Any, start: Any, length: Any, moment: Any) -> None:
    begin = None if start is None else EPOCH + timedelta(days=start)
    end = EPOCH + timedelta(days=(start or 0) + length)
    at = EPOCH + timedelta(days=moment, hours=5)
    holders = [
        window
        for index in range(count)
        for window in of_shard([Window(begin, end)], Shard(index, count))
        if (window.start is None or window.start <= at) and window.end is not None and at < window.end
    ]
    assert len(holders) == ((begin is None or begin <= at) and at < end)


def test_shards_keep_the_time_before_the_epoch_in_one_of_them() -> None:
    end = EPOCH + timedelta(days=100)
    open_starts = [
        window.start for index in range(3) for window in of_shard([Window(None, end)], Shard(index, 3))
    ]
    assert open_starts.count(None) == 1
