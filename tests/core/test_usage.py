from __future__ import annotations

import pytest

from salesforce_abm.errors import QuotaError
from salesforce_abm.usage import QuotaGuard, Usage
from salesforce_abm.wire import Used


def guard(used: int, maximum: int, *, total: int = 100, run: int = 100) -> QuotaGuard:
    usage = Usage()
    usage.learn(Used(used, maximum))
    return QuotaGuard(usage, total, run)


def allowed(guard: QuotaGuard) -> int:
    """Count the requests that go out, one after the other, before the guard stops them."""
    for count in range(1000):
        try:
            guard.reserve("bulk_poll", 0, again=False)
        except QuotaError:
            return count
        guard.usage.done("bulk_poll")
    return 1000


@pytest.mark.parametrize(
    ("used", "maximum", "total", "run", "expected"),
    [
        (0, 100, 80, 100, 80),
        (79, 100, 80, 100, 1),
        (80, 100, 80, 100, 0),
        (0, 100, 100, 25, 25),
        (70, 100, 80, 25, 10),
        (0, 15, 80, 100, 12),
        (99, 100, 100, 100, 1000),
    ],
    ids=[
        "total",
        "one left",
        "none left",
        "per run",
        "whichever is first",
        "rounded down",
        "100 never stops",
    ],
)
def test_requests_stop_before_the_share_is_passed(
    used: int, maximum: int, total: int, run: int, expected: int
) -> None:
    assert allowed(guard(used, maximum, total=total, run=run)) == expected


def test_nothing_is_stopped_before_the_org_has_told_its_limit() -> None:
    assert allowed(QuotaGuard(Usage(), 1, 1)) == 1000


def test_signing_in_is_never_stopped_and_not_counted() -> None:
    full = guard(100, 100, total=80)
    full.reserve("auth", 0, again=False)
    assert full.usage.counted == 0
    assert full.usage.daily_used == 100


def test_the_error_says_which_setting_stopped_the_run_and_exits_with_2() -> None:
    with pytest.raises(
        QuotaError, match=r"80,000 of its 100,000 API requests.*`quota_percent_total` is 80"
    ) as caught:
        guard(80_000, 100_000, total=80).reserve("query", 0, again=False)
    assert caught.value.exit_code == 2
    small = guard(0, 100, run=1)
    small.reserve("query", 0, again=False)
    with pytest.raises(QuotaError, match="`quota_percent_per_run` is 1"):
        small.reserve("query", 0, again=False)


def test_calls_without_a_usage_header_count_until_the_next_header_corrects_the_sum() -> None:
    one = guard(10, 100)
    for _ in range(3):
        one.reserve("bulk_poll", 0, again=False)
        one.usage.done("bulk_poll")
    assert one.usage.daily_used == 13
    one.reserve("query", 0, again=False)
    one.usage.done("query", Used(20, 100))
    assert one.usage.daily_used == 20


def test_requests_still_on_their_way_are_added_to_what_the_org_tells() -> None:
    one = guard(10, 100)
    one.reserve("query", 0, again=False)
    one.reserve("query", 0, again=False)
    one.usage.done("query", Used(11, 100))
    assert one.usage.daily_used == 12


def test_a_refused_request_is_not_counted() -> None:
    full = guard(100, 100, total=80)
    with pytest.raises(QuotaError):
        full.reserve("query", 5, again=True)
    assert full.usage.as_dict() == {
        "requests": {},
        "retries": 0,
        "bytes_sent": 0,
        "bytes_received": 0,
        "daily_used": 100,
        "daily_max": 100,
    }


def test_the_counters_for_the_run_report() -> None:
    usage = Usage()
    usage.sent("query", 10, again=False)
    usage.sent("query", 10, again=True)
    usage.sent("auth", 5, again=False)
    usage.received(99)
    assert usage.as_dict() == {
        "requests": {"auth": 1, "query": 2},
        "retries": 1,
        "bytes_sent": 25,
        "bytes_received": 99,
        "daily_used": None,
        "daily_max": None,
    }
    assert usage.counted == 2
