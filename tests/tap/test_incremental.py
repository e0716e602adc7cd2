"""Runs after runs: what is read again, what is not, and that nothing falls between two of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import pytest
from tap.running import discover, insert, run_tap

from local_org.clock import stored

if TYPE_CHECKING:
    from local_org.testing import RunningOrg


def _names(result: Any) -> list[str]:
    return sorted(record["Name"] for record in result.records["Account"])


def _queries(org: RunningOrg) -> list[str]:
    return [unquote_plus(request.query) for request in org.requests if "/query" in request.path]


@pytest.fixture(params=["REST", "BULK2"])
def api(request: pytest.FixtureRequest) -> str:
    """Each of the two ways to read."""
    return str(request.param)


def test_a_second_run_brings_only_what_changed(
    org: RunningOrg, noon: datetime, config: dict[str, Any], api: str
) -> None:
    settings = {**config, "api_type": api}
    insert(org, "Account", [{"Name": f"old {n}"} for n in range(3)], at=noon - timedelta(days=1))
    first = run_tap(settings)
    assert _names(first) == ["old 0", "old 1", "old 2"]
    insert(org, "Account", [{"Name": "new"}], at=noon + timedelta(minutes=30))
    org.org.clock.set(noon + timedelta(hours=1))
    second = run_tap(settings, state=first.state)
    assert _names(second) == ["new"]
    assert first.bookmark("Account")["replication_key_value"] == "2026-05-20T12:00:00.000Z"
    assert second.bookmark("Account")["replication_key_value"] == "2026-05-20T13:00:00.000Z"


def test_the_window_has_a_fixed_end_and_begins_at_the_bookmark_less_the_lookback(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    state = {"bookmarks": {"Account": {"replication_key_value": "2026-05-20T09:00:00.000Z"}}}
    run_tap({**config, "lookback_window": 1800}, state=state)
    [query] = [query for query in _queries(org) if "FROM Account" in query]
    assert "SystemModstamp >= 2026-05-20T08:30:00.000Z" in query
    assert "SystemModstamp < 2026-05-20T12:00:00.000Z" in query
    assert "ORDER BY" not in query


def test_rows_at_the_bookmark_are_read_and_rows_at_the_upper_bound_wait(
    org: RunningOrg, noon: datetime, config: dict[str, Any], api: str
) -> None:
    settings = {**config, "api_type": api, "lookback_window": 0}
    bound = noon  # the second that is running can still gain rows
    insert(org, "Account", [{"Name": f"at the bound {n}"} for n in range(5)], at=bound)
    insert(org, "Account", [{"Name": f"before {n}"} for n in range(5)], at=bound - timedelta(seconds=1))
    first = run_tap(settings)
    assert _names(first) == [f"before {n}" for n in range(5)]
    org.org.clock.set(noon + timedelta(hours=1))
    assert _names(run_tap(settings, state=first.state)) == [f"at the bound {n}" for n in range(5)]


def test_a_row_committed_late_is_caught_by_the_lookback(
    org: RunningOrg, noon: datetime, config: dict[str, Any], api: str
) -> None:
    insert(org, "Account", [{"Name": "on time"}], at=noon - timedelta(hours=1))
    # Becomes visible after the query, stamped a good while before its upper bound.
    asked = {"REST": "/queryAll", "BULK2": "/results"}[api]
    org.faults.late_commit("Account", {"Name": "late"}, modified=noon - timedelta(minutes=5), path=asked)
    settings = {**config, "api_type": api}
    first = run_tap(settings)
    assert _names(first) == ["on time"]
    org.org.clock.set(noon + timedelta(hours=1))
    assert _names(run_tap(settings, state=first.state)) == ["late"]


def test_a_row_that_changes_while_it_is_read_comes_again(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": f"{n:04}"} for n in range(2500)], at=noon - timedelta(hours=1))
    [[first_id]] = (
        org.org.store.read().execute('SELECT "Id" FROM "Account" WHERE "Name" = ?', ("0000",)).fetchall()
    )
    org.faults.change_row("Account", first_id, {"Name": "changed"}, path="/queryAll")
    first = run_tap({**config, "api_type": "REST"})
    assert first.code == 0, first.log
    org.org.clock.set(noon + timedelta(hours=1))
    assert "changed" in _names(run_tap({**config, "api_type": "REST"}, state=first.state))


def test_start_date_bounds_the_first_run(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    insert(org, "Account", [{"Name": "before"}], at=datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC))
    insert(org, "Account", [{"Name": "after"}], at=datetime(2026, 1, 1, tzinfo=UTC))
    assert _names(run_tap({**config, "start_date": "2026-01-01"})) == ["after"]


@pytest.mark.parametrize(
    "bookmark",
    [
        {"SystemModstamp": "2026-05-19T12:00:00.000000Z"},
        {"SystemModstamp": "2026-05-19T12:00:00.000000Z", "JobID": "750", "BatchIDs": ["751"], "version": 1},
        {"replication_key": "SystemModstamp", "replication_key_value": "2026-05-19T12:00:00+00:00"},
    ],
    ids=["older_tap", "older_tap_in_a_job", "sdk_tap"],
)
def test_state_of_another_tap_is_continued(
    org: RunningOrg, noon: datetime, config: dict[str, Any], bookmark: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": "known"}], at=datetime(2026, 5, 1, tzinfo=UTC))
    insert(org, "Account", [{"Name": "new"}], at=datetime(2026, 5, 20, tzinfo=UTC))
    state = {"current_stream": "Account", "bookmarks": {"Account": bookmark}}
    result = run_tap(config, state=state)
    assert _names(result) == ["new"]
    assert set(result.bookmark("Account")) == {
        "replication_key",
        "replication_key_value",
        "high",
        "deleted_to",
    }


def test_a_catalog_without_a_replication_key_stays_incremental(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": "known"}], at=datetime(2026, 5, 1, tzinfo=UTC))
    catalog = discover(config)
    [entry] = catalog["streams"]
    for name in ("replication_key", "replication_method"):
        del entry[name]
    for item in entry["metadata"]:
        item["metadata"].pop("replication-key", None)
        item["metadata"].pop("valid-replication-keys", None)
    state = {"bookmarks": {"Account": {"replication_key_value": "2026-05-19T12:00:00.000Z"}}}
    result = run_tap(config, catalog=catalog, state=state)
    assert _names(result) == []
    assert result.bookmark("Account")["replication_key"] == "SystemModstamp"


def test_full_table_is_read_whole_every_time(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    insert(org, "Account", [{"Name": "known"}], at=datetime(2026, 5, 1, tzinfo=UTC))
    catalog = discover(config)
    catalog["streams"][0]["replication_method"] = "FULL_TABLE"
    first = run_tap(config, catalog=catalog)
    again = run_tap(config, catalog=catalog, state=first.state)
    assert _names(first) == _names(again) == ["known"]


def test_versions_of_full_tables_are_activated_after_their_last_row(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": "known"}], at=datetime(2026, 5, 1, tzinfo=UTC))
    catalog = discover(config)
    catalog["streams"][0]["replication_method"] = "FULL_TABLE"
    settings = {**config, "emit_activate_version_messages": True}
    messages = [m for m in run_tap(settings, catalog=catalog).messages if m["type"] != "STATE"]
    assert [message["type"] for message in messages] == ["SCHEMA", "RECORD", "ACTIVATE_VERSION"]
    assert messages[1]["version"] == messages[2]["version"]
    slow = {**settings, "stream_maps": {"Account": {"Name": "Name"}}}
    again = [m for m in run_tap(slow, catalog=catalog).messages if m["type"] != "STATE"]
    assert [message["type"] for message in again] == ["SCHEMA", "RECORD", "ACTIVATE_VERSION"]
    assert again[1]["version"] == again[2]["version"]


def test_another_timestamp_can_be_chosen_as_replication_key(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    row = {"Name": "touched by the system", "SystemModstamp": stored(noon - timedelta(minutes=5))}
    insert(org, "Account", [row], at=noon - timedelta(days=9))
    catalog = discover(config)
    catalog["streams"][0]["replication_key"] = "LastModifiedDate"
    state = {"bookmarks": {"Account": {"replication_key_value": "2026-05-19T12:00:00.000Z"}}}
    assert _names(run_tap(config, catalog=catalog, state=state)) == []


def test_something_that_is_no_timestamp_is_refused_as_replication_key(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    catalog = discover(config)
    catalog["streams"][0]["replication_key"] = "Name"
    result = run_tap(config, catalog=catalog)
    assert result.code == 0
    assert any("Name cannot be a replication key" in line for line in result.warnings)
    assert result.bookmark("Account")["replication_key"] == "SystemModstamp"


def test_an_unchanged_object_costs_one_query(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    insert(org, "Account", [{"Name": "known"}], at=noon - timedelta(days=1))
    catalog = discover(config)
    first = run_tap(config, catalog=catalog)
    org.org.clock.set(noon + timedelta(hours=4))
    second = run_tap(config, catalog=catalog, state=first.state)
    assert second.records["Account"] == []
    # One describe of 25 objects, one query, one look at the log of deletions.
    assert second.summary["tags"]["api_requests"] == {"auth": 1, "describe": 1, "query": 2}


def test_state_comes_after_the_rows_it_covers(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(
        org,
        "Account",
        [{"Name": f"{n:03}", "SystemModstamp": stored(noon - timedelta(hours=400 - n))} for n in range(300)],
        at=noon - timedelta(days=20),
    )
    result = run_tap({**config, "api_type": "BULK2", "window_rows": 40, "lookback_window": 0})
    assert result.code == 0, result.log
    assert len(result.states) >= 7
    seen: set[str] = set()
    for message in result.messages:
        if message["type"] == "RECORD":
            seen.add(message["record"]["Name"])
        elif message["type"] == "STATE":
            bookmark = message["value"]["bookmarks"]["Account"].get("replication_key_value", "")
            due = {
                f"{n:03}"
                for n in range(300)
                if stored(noon - timedelta(hours=400 - n)) < bookmark.replace(".000Z", "Z")
            }
            assert due <= seen
    assert len(seen) == 300
    assert len(result.records["Account"]) == 300


def test_shards_are_disjoint_and_together_complete(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    rows = [{"Name": f"{n}", "SystemModstamp": stored(noon - timedelta(days=9 * n))} for n in range(1, 40)]
    insert(org, "Account", rows, at=noon - timedelta(days=400))
    parts = [_names(run_tap({**config, "shard": f"{n}/3"})) for n in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == sorted(row["Name"] for row in rows)
    assert all(parts)
