from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_salesforce_abm.state import Bookmark, advance, understand

LOOKBACK = timedelta(seconds=600)
NOON = datetime(2024, 5, 19, 12, tzinfo=UTC)


def _start(state: Any, **more: Any) -> Any:
    return Bookmark.read(state).start(lookback=LOOKBACK, **{"start_date": None} | more)


def test_the_first_run_starts_at_the_beginning_or_at_start_date() -> None:
    assert _start({}) is None
    assert _start({}, start_date=NOON) == NOON


def test_a_run_after_a_finished_one_reads_the_lookback_window_again() -> None:
    state: dict[str, Any] = {}
    advance(state, "SystemModstamp", NOON, NOON)
    assert _start(state) == NOON - LOOKBACK


def test_a_bookmark_without_its_runs_upper_bound_is_another_taps_and_gets_the_lookback_too() -> None:
    assert _start({"replication_key_value": "2024-05-19T12:00:00+00:00"}) == NOON - LOOKBACK


def test_a_run_after_an_interrupted_one_goes_on_where_it_stopped() -> None:
    state: dict[str, Any] = {}
    advance(state, "SystemModstamp", NOON - timedelta(days=900), NOON)
    assert _start(state) == NOON - timedelta(days=900)


def test_an_interrupted_run_that_got_into_the_unsettled_time_repeats_that() -> None:
    state: dict[str, Any] = {}
    advance(state, "SystemModstamp", NOON - timedelta(seconds=30), NOON)
    assert _start(state) == NOON - LOOKBACK


def test_a_start_date_after_the_bookmark_wins() -> None:
    state = {"replication_key_value": "2020-01-01T00:00:00.000Z"}
    assert _start(state, start_date=NOON) == NOON
    assert _start(state, start_date=datetime(2019, 1, 1, tzinfo=UTC)) == datetime(
        2019, 12, 31, 23, 50, tzinfo=UTC
    )


def test_what_is_kept_is_canonical_text() -> None:
    state: dict[str, Any] = {}
    assert advance(state, "SystemModstamp", NOON, NOON + LOOKBACK)
    assert state == {
        "replication_key": "SystemModstamp",
        "replication_key_value": "2024-05-19T12:00:00.000Z",
        "high": "2024-05-19T12:10:00.000Z",
    }


def test_a_bookmark_never_moves_back() -> None:
    state: dict[str, Any] = {}
    advance(state, "SystemModstamp", NOON, NOON)
    before = dict(state)
    assert not advance(state, "SystemModstamp", NOON - LOOKBACK, NOON + LOOKBACK)
    assert state == before


@pytest.mark.parametrize(
    "older",
    [
        {"SystemModstamp": "2024-05-19T12:00:00.000000Z"},
        {"SystemModstamp": "2024-05-19T12:00:00.000000Z", "version": 1716000000000},
        {
            "SystemModstamp": "2024-05-19T14:00:00+02:00",
            "JobID": "750000000000001",
            "BatchIDs": ["751000000000001"],
            "JobHighestBookmarkSeen": "2024-05-19T15:00:00.000000Z",
        },
        {"SystemModstamp": "2024-05-19T12:00:00.000+0000"},
    ],
    ids=["meltanolabs", "with_version", "in_the_middle_of_a_bulk_job", "rest_spelling"],
)
def test_the_state_of_older_taps_is_understood(older: Any) -> None:
    assert understand(older) == {
        "replication_key": "SystemModstamp",
        "replication_key_value": "2024-05-19T12:00:00.000Z",
    }


def test_our_own_state_stays_as_it_is() -> None:
    own = {
        "replication_key": "SystemModstamp",
        "replication_key_value": "2024-05-19T12:00:00.000Z",
        "high": "2024-05-19T12:00:00.000Z",
        "deleted_to": "2024-05-19T11:59:00.000Z",
    }
    assert understand(own) == own


def test_a_bookmark_that_is_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="not a date"):
        understand({"SystemModstamp": "yesterday"})
    with pytest.raises(ValueError, match="not a date"):
        Bookmark.read({"replication_key_value": "yesterday"})


@given(
    done=st.lists(st.integers(0, 5000), min_size=1, max_size=6),
    lag=st.integers(0, 600),
    stamp=st.integers(0, 5000),
)
def test_a_row_committed_late_is_read_by_this_run_or_the_next(done: Any, lag: Any, stamp: Any) -> None:
    """Model: seconds since NOON. A run reads a window at once, after all rows it can see were committed.

    A row stamped `stamp` appears `lag` seconds later, at most the lookback. The run's upper bound is 5000,
    fixed when the run starts; windows end at `done`, then the process is killed. The row must be in a finished
    window when it was visible at the start of the run, else at or behind the start of the next run.
    """
    high = 5000
    state: dict[str, Any] = {}
    for end in sorted(done):
        advance(state, "SystemModstamp", NOON + timedelta(seconds=end), NOON + timedelta(seconds=high))
    visible = stamp + lag <= high
    finished = stamp < max(done)
    restart = (_start(state) - NOON).total_seconds()
    assert (visible and finished) or restart <= stamp
