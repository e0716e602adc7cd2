"""Rows that were deleted: in the recycle bin, purged, restored, merged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import insert, run_tap

if TYPE_CHECKING:
    from local_org.testing import RunningOrg


@pytest.fixture
def ids(org: RunningOrg, noon: datetime) -> dict[str, str]:
    """Three Accounts, by name."""
    insert(org, "Account", [{"Name": name} for name in "abc"], at=noon - timedelta(days=1))
    return dict(org.org.store.read().execute('SELECT "Name", "Id" FROM "Account"').fetchall())


@pytest.fixture
def later(org: RunningOrg, noon: datetime) -> datetime:
    """An hour after the first run: set with `_at`."""
    return noon + timedelta(hours=1)


def _at(org: RunningOrg, moment: datetime) -> None:
    org.org.clock.set(moment)


def _by_id(result: Any) -> dict[str, dict[str, Any]]:
    return {record["Id"]: record for record in result.records["Account"]}


@pytest.mark.parametrize("api", ["REST", "BULK2"])
def test_a_row_in_the_recycle_bin_comes_whole_with_is_deleted(
    org: RunningOrg, noon: datetime, later: datetime, ids: dict[str, str], config: dict[str, Any], api: str
) -> None:
    settings = {**config, "api_type": api}
    first = run_tap(settings)
    _at(org, noon + timedelta(minutes=30))
    assert org.org.dml.delete(org.org.admin, "Account", ids["a"]).success
    _at(org, later)
    second = run_tap(settings, state=first.state)
    assert set(_by_id(second)) == {ids["a"]}
    record = _by_id(second)[ids["a"]]
    assert record["IsDeleted"] is True
    assert record["Name"] == "a"
    assert len(second.records["Account"]) == 1, (
        "the log of deletions names it too, and it must not come twice"
    )


def test_a_purged_row_comes_as_key_flag_and_moment(
    org: RunningOrg, noon: datetime, later: datetime, ids: dict[str, str], config: dict[str, Any]
) -> None:
    first = run_tap(config)
    _at(org, noon + timedelta(minutes=30))
    assert org.org.dml.delete(org.org.admin, "Account", ids["b"]).success
    assert org.org.dml.hard_delete(org.org.admin, "Account", ids["b"]).success
    _at(org, later)
    second = run_tap(config, state=first.state)
    assert second.code == 0, second.log
    assert second.records["Account"] == [
        {"Id": ids["b"], "IsDeleted": True, "SystemModstamp": "2026-05-20T12:30:00.000Z"}
    ]
    _at(org, later + timedelta(hours=1))
    third = run_tap(config, state=second.state)
    assert third.records["Account"] == [], "told once"


def test_a_restored_row_is_alive_again_and_not_reported_as_purged(
    org: RunningOrg, noon: datetime, later: datetime, ids: dict[str, str], config: dict[str, Any]
) -> None:
    first = run_tap(config)
    _at(org, noon + timedelta(minutes=30))
    assert org.org.dml.delete(org.org.admin, "Account", ids["c"]).success
    _at(org, noon + timedelta(minutes=40))
    assert org.org.dml.undelete(org.org.admin, ids["c"]).success
    _at(org, later)
    second = run_tap(config, state=first.state)
    assert [record["IsDeleted"] for record in second.records["Account"]] == [False]


def test_the_loser_of_a_merge_comes_as_deleted(
    org: RunningOrg, noon: datetime, later: datetime, ids: dict[str, str], config: dict[str, Any]
) -> None:
    first = run_tap(config)
    _at(org, noon + timedelta(minutes=30))
    merged = org.org.dml.merge(org.org.admin, "Account", ids["a"], [ids["b"]])
    assert merged.success, merged.errors
    _at(org, later)
    found = _by_id(run_tap(config, state=first.state))
    assert found[ids["b"]]["IsDeleted"] is True
    assert found[ids["b"]]["MasterRecordId"] == ids["a"]
    assert found[ids["a"]]["IsDeleted"] is False


def test_the_first_run_does_not_ask_for_deletions(
    org: RunningOrg, ids: dict[str, str], config: dict[str, Any]
) -> None:
    run_tap(config)
    assert not [request for request in org.requests if request.path.endswith("/deleted")]


def test_without_include_deleted_nothing_of_it_is_read(
    org: RunningOrg, noon: datetime, later: datetime, ids: dict[str, str], config: dict[str, Any]
) -> None:
    settings = {**config, "include_deleted": False}
    first = run_tap(settings)
    _at(org, noon + timedelta(minutes=30))
    assert org.org.dml.delete(org.org.admin, "Account", ids["a"]).success
    _at(org, later)
    second = run_tap(settings, state=first.state)
    assert second.records["Account"] == []
    assert not [r for r in org.requests if "queryAll" in r.path or r.path.endswith("/deleted")]


@pytest.mark.parametrize("activate", [True, False])
def test_after_a_gap_in_the_log_of_deletions_all_rows_come_again(
    org: RunningOrg, noon: datetime, ids: dict[str, str], config: dict[str, Any], *, activate: bool
) -> None:
    settings = {**config, "emit_activate_version_messages": activate}
    first = run_tap(settings)
    _at(org, noon + timedelta(hours=1))
    assert org.org.dml.delete(org.org.admin, "Account", ids["b"]).success
    assert org.org.dml.hard_delete(org.org.admin, "Account", ids["b"]).success
    _at(org, noon + timedelta(days=20))
    second = run_tap(settings, state=first.state)
    assert second.code == 0, second.log
    assert any("remembers deletions for 15 days" in line for line in second.warnings)
    assert {record["Name"] for record in second.records["Account"]} == {"a", "c"}
    kinds = [message["type"] for message in second.messages]
    assert ("ACTIVATE_VERSION" in kinds) is activate
    if activate:
        assert kinds.index("ACTIVATE_VERSION") > max(at for at, kind in enumerate(kinds) if kind == "RECORD")
        [version] = {m["version"] for m in second.messages if m["type"] in ("RECORD", "ACTIVATE_VERSION")}
        assert version > 0
    _at(org, noon + timedelta(days=20, hours=1))
    assert run_tap(settings, state=second.state).records["Account"] == [], "once"


def test_old_state_of_another_tap_does_not_bring_all_rows_again(
    org: RunningOrg, noon: datetime, ids: dict[str, str], config: dict[str, Any]
) -> None:
    state = {"bookmarks": {"Account": {"SystemModstamp": "2026-03-01T00:00:00.000000Z"}}}
    _at(org, noon + timedelta(days=1))
    assert len(run_tap(config, state=state).records["Account"]) == 3


def test_an_object_without_a_log_of_deletions_is_not_asked_for_it(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    settings = {**config, "objects": ["RecordType"]}
    first = run_tap(settings)
    _at(org, noon + timedelta(hours=1))
    second = run_tap(settings, state=first.state)
    assert second.code == 0, second.log
