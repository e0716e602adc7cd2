"""API requests: how few a run needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import discover, insert, run_tap

if TYPE_CHECKING:
    from local_org.testing import RunningOrg


@pytest.mark.parametrize("concurrency", [1, 4])
def test_sixty_unchanged_objects_cost_less_than_a_request_each(
    org: RunningOrg, noon: datetime, config: dict[str, Any], concurrency: int
) -> None:
    settings = {**config, "objects": ["*"], "concurrency": concurrency}
    catalog = discover(settings)
    # Signing in is an entry in the login history, so that stream is never without news.
    names = [entry["tap_stream_id"] for entry in catalog["streams"] if entry.get("replication_key")]
    chosen = [name for name in names if name != "LoginHistory"][:60]
    assert len(chosen) == 60
    for entry in catalog["streams"]:
        root = next(item["metadata"] for item in entry["metadata"] if not item["breadcrumb"])
        root["selected"] = entry["tap_stream_id"] in chosen
    first = run_tap(settings, catalog=catalog)
    assert first.code == 0, first.log
    org.org.clock.set(noon + timedelta(hours=4))
    second = run_tap(settings, catalog=catalog, state=first.state)
    assert second.code == 0, second.log
    assert sum(second.summary["tags"]["rows"].values()) == 0
    requests = second.summary["tags"]["api_requests"]
    # Describes by 25, queries by 5, logs of deletions by 25.
    assert requests["describe"] == 3
    assert requests["query"] <= 12 + 3
    assert sum(count for kind, count in requests.items() if kind != "auth") <= 20


def test_a_query_refused_in_company_is_asked_alone_and_says_why(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    settings = {**config, "objects": ["Account", "Campaign", "Contact"]}
    insert(org, "Contact", [{"LastName": "L"}], at=noon - timedelta(days=1))
    catalog = discover(settings)
    org.faults.hide_object("Campaign", path="/composite")
    result = run_tap(settings, catalog=catalog)
    assert result.code == 1
    assert [line for line in result.errors if line.startswith("Campaign failed")]
    assert len(result.records["Contact"]) == 1


def test_first_pages_read_together_are_gone_on_from(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    state = {"bookmarks": {"Account": {"replication_key_value": "2026-05-01T00:00:00.000Z"}}}
    insert(org, "Account", [{"Name": f"{n:04}"} for n in range(2100)], at=noon - timedelta(days=1))
    insert(org, "Contact", [{"LastName": "L"}], at=noon - timedelta(days=1))
    result = run_tap({**config, "objects": ["Account", "Contact"]}, state=state)
    assert result.code == 0, result.log
    assert sorted(record["Name"] for record in result.records["Account"]) == [f"{n:04}" for n in range(2100)]
    assert len(result.records["Contact"]) == 1


def test_purged_rows_of_several_objects_are_found_together(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    settings = {**config, "objects": ["Account", "Contact", "Lead"]}
    insert(org, "Account", [{"Name": "a"}], at=noon - timedelta(days=1))
    insert(org, "Contact", [{"LastName": "c"}], at=noon - timedelta(days=1))
    first = run_tap(settings)
    org.org.clock.set(noon + timedelta(minutes=30))
    for name in ("Account", "Contact"):
        [[identifier]] = org.org.store.read().execute(f'SELECT "Id" FROM "{name}"').fetchall()
        assert org.org.dml.delete(org.org.admin, name, identifier).success
        assert org.org.dml.hard_delete(org.org.admin, name, identifier).success
    org.org.clock.set(noon + timedelta(hours=1))
    before = len(list(org.requests))
    second = run_tap(settings, state=first.state)
    assert [record["IsDeleted"] for record in second.records["Account"] + second.records["Contact"]] == [
        True
    ] * 2
    logs = [request for request in list(org.requests)[before:] if "/deleted" in request.path]
    assert not [request for request in logs if request.counted]
