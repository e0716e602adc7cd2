"""The engagement window: day 90 stays, day 91 goes, also when no row comes for the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from target.lab import LONG, NAMES, stream

if TYPE_CHECKING:
    from target.lab import Lab

SCORE, ENGAGED, INTENT = NAMES.engagement_score, NAMES.last_engaged, NAMES.intent_score
NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
PATHS = pytest.mark.parametrize("api_type", ["REST", "BULK2"])


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def dated(lab: Lab) -> Lab:
    lab.org.clock.set(NOW)
    lab.engagement_fields()
    return lab


def engagement(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    types = {"account_id": "string", "engagement_score": "number", "last_engaged_at": "string"}
    return stream("account_engagement", rows, state=1, **types)


@PATHS
def test_day_90_stays_and_day_91_is_cleared_without_any_row(dated: Lab, api_type: str) -> None:
    days = (0, 89, 90, 91, 400)
    accounts = {
        day: dated.create("Account", Name=f"{day}", Phone="1", **{SCORE: 5, ENGAGED: ago(day), INTENT: 7})
        for day in days
    }
    never = dated.create("Account", Name="never", **{SCORE: 5})
    run = dated.run(engagement(), api_type=api_type)
    assert run.code == 0, run.log
    assert run.report["streams"]["account_engagement"]["expired"] == 2
    for day, account in accounts.items():
        kept = (5.0, 7.0, "1") if day <= 90 else (None, 7.0, "1")
        assert dated.row("Account", account, SCORE, INTENT, "Phone") == kept, day
        assert (dated.row("Account", account, ENGAGED)[0] is None) == (day > 90)
    assert dated.row("Account", never, SCORE) == (5.0,)
    again = dated.run(engagement(), api_type=api_type)
    assert again.writes() == []


def test_days_are_counted_by_date_in_utc(dated: Lab) -> None:
    late = dated.create("Account", Name="late", **{SCORE: 1, ENGAGED: "2026-04-01T00:00:00Z"})
    gone = dated.create("Account", Name="gone", **{SCORE: 1, ENGAGED: "2026-03-31T23:59:59Z"})
    dated.run(engagement())
    assert dated.row("Account", late, SCORE) == (1.0,)
    assert dated.row("Account", gone, SCORE) == (None,)


def test_the_sweep_runs_when_the_input_is_empty(dated: Lab) -> None:
    account = dated.create("Account", Name="old", **{SCORE: 5, ENGAGED: ago(91)})
    run = dated.run("")
    assert run.code == 0, run.log
    assert dated.row("Account", account, SCORE, ENGAGED) == (None, None)


def test_a_row_whose_date_is_too_old_clears_instead_of_writing(dated: Lab) -> None:
    account = dated.create("Account", Name="a", **{SCORE: 5, ENGAGED: ago(100)})
    other = dated.create("Account", Name="b")
    rows = [{"account_id": a, "engagement_score": 9, "last_engaged_at": ago(95)} for a in (account, other)]
    run = dated.run(engagement(*rows))
    assert run.numbers("account_engagement") == {"received": 2, "written": 1, "unchanged": 1}
    assert dated.row("Account", account, SCORE, ENGAGED) == (None, None)
    assert dated.row("Account", other, SCORE, ENGAGED) == (None, None)


def test_a_fresh_row_saves_an_old_account(dated: Lab) -> None:
    account = dated.create("Account", Name="a", **{SCORE: 5, ENGAGED: ago(200)})
    run = dated.run(engagement({"account_id": account, "engagement_score": 9, "last_engaged_at": ago(1)}))
    assert run.report["streams"]["account_engagement"]["expired"] == 0
    assert dated.row("Account", account, SCORE) == (9.0,)


def test_the_window_can_be_moved_or_taken_away(dated: Lab) -> None:
    account = dated.create("Account", Name="a", **{SCORE: 5, ENGAGED: ago(200)})
    assert (
        dated.run(engagement(), engagement_window_days=0).report["streams"]["account_engagement"]["expired"]
        == 0
    )
    dated.run(engagement(), engagement_window_days=200)
    assert dated.row("Account", account, SCORE) == (5.0,)
    dated.run(engagement(), engagement_window_days=199)
    assert dated.row("Account", account, SCORE) == (None,)


def test_only_fields_the_policies_call_ours_are_cleared(dated: Lab) -> None:
    dated.field(f"Account.{NAMES.memory}", **LONG)
    fields: dict[str, Any] = {
        "engaged": ENGAGED,
        "score": {"field": SCORE, "overwrite": "tracked"},
        "site": {"field": "Site", "overwrite": "if_empty"},
        "phone": {"field": "Phone", "overwrite": "never"},
        "size": {"field": "NumberOfEmployees", "overwrite": "tracked"},
    }
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": [{"source": "id", "field": "Id"}],
            "fields": fields,
            "expire": {"source": "engaged", "after_days": 90},
        }
    ]
    account = dated.create("Account", Name="a", Phone="1", NumberOfEmployees=7)
    row = {"id": account, "engaged": ago(0), "score": 5, "site": "s", "phone": "2", "size": 9}
    assert dated.run(stream("rows", [row]), loads=loads).code == 0
    assert dated.row("Account", account, SCORE, "Site", "Phone", "NumberOfEmployees") == (5.0, "s", "1", 7)
    dated.org.clock.shift(timedelta(days=91))
    run = dated.run(stream("rows", [], **{name: {} for name in row}), loads=loads)
    assert run.report["streams"]["rows"]["expired"] == 1
    assert dated.row("Account", account, SCORE, ENGAGED, "Site", "Phone", "NumberOfEmployees") == (
        None,
        None,
        "s",
        "1",
        7,
    )
    assert dated.row("Account", account, NAMES.memory) == (None,)


def test_a_dry_run_plans_the_sweep_and_the_rows_that_escape_it(dated: Lab) -> None:
    old = dated.create("Account", Name="old", **{SCORE: 5, ENGAGED: ago(91)})
    saved = dated.create("Account", Name="saved", **{SCORE: 5, ENGAGED: ago(91)})
    run = dated.run(
        engagement({"account_id": saved, "engagement_score": 6, "last_engaged_at": ago(1)}), dry_run=True
    )
    assert run.code == 0, run.log
    assert run.report["streams"]["account_engagement"]["expired"] == 1
    assert run.writes() == []
    assert dated.row("Account", old, SCORE) == (5.0,)
