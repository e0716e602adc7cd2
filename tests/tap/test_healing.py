"""What goes wrong on the way and is put right, and what fails alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import discover, insert, run_tap

from local_org.clock import stored

if TYPE_CHECKING:
    from local_org.testing import RunningOrg


@pytest.fixture(params=["REST", "BULK2"])
def api(request: pytest.FixtureRequest) -> str:
    """Each of the two ways to read."""
    return str(request.param)


@pytest.fixture
def accounts(org: RunningOrg, noon: datetime) -> set[str]:
    """Forty Accounts over forty days."""
    names = [f"{number:02}" for number in range(40)]
    rows = [{"Name": name, "SystemModstamp": stored(noon - timedelta(days=int(name) + 1))} for name in names]
    insert(org, "Account", rows, at=noon - timedelta(days=50))
    return set(names)


def _names(result: Any) -> list[str]:
    return [record["Name"] for record in result.records["Account"]]


def _custom_field(org: RunningOrg, name: str) -> None:
    org.org.customiser.create_field(f"Account.{name}", {"type": "Text", "label": name, "length": 20})
    org.org.grant(f"Account.{name}", org.org.admin)


@pytest.mark.parametrize("how", ["remove_field", "hide_field"])
def test_a_field_that_vanishes_after_discovery_is_null_and_warned_of_once(
    org: RunningOrg, accounts: set[str], config: dict[str, Any], api: str, how: str
) -> None:
    _custom_field(org, "Gone__c")
    _custom_field(org, "Kept__c")
    getattr(org.faults, how)("Account", "Gone__c", path="/composite")
    result = run_tap({**config, "api_type": api})
    assert result.code == 0, result.log
    assert set(_names(result)) == accounts
    assert {record["Gone__c"] for record in result.records["Account"]} == {None}
    assert len([line for line in result.warnings if "Gone__c" in line]) == 1


def test_a_required_field_that_vanishes_makes_the_schema_allow_null_before_its_rows(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    org.org.customiser.create_field(
        "Account.Flag__c", {"type": "Checkbox", "label": "F", "defaultValue": "false"}
    )
    org.org.grant("Account.Flag__c", org.org.admin)
    org.faults.remove_field("Account", "Flag__c", path="/composite")
    result = run_tap(config)
    kinds = [m["type"] for m in result.messages if m["type"] in ("SCHEMA", "RECORD")]
    assert kinds[:3] == ["SCHEMA", "SCHEMA", "RECORD"]
    assert result.schemas["Account"]["schema"]["properties"]["Flag__c"]["type"] == ["boolean", "null"]
    assert result.records["Account"][0]["Flag__c"] is None


def test_a_catalog_field_that_is_gone_is_null_and_a_new_one_is_mentioned(
    org: RunningOrg, accounts: set[str], config: dict[str, Any], api: str
) -> None:
    _custom_field(org, "Gone__c")
    catalog = discover(config)
    org.org.customiser.delete_field("Account.Gone__c")
    _custom_field(org, "New__c")
    result = run_tap({**config, "api_type": api}, catalog=catalog)
    assert result.code == 0, result.log
    assert {record["Gone__c"] for record in result.records["Account"]} == {None}
    assert "New__c" not in result.records["Account"][0]
    assert any("Gone__c" in line for line in result.warnings)
    assert any("New__c" in line and "refresh the catalog" in line for line in result.warnings)


def test_an_object_that_cannot_be_read_fails_alone_and_the_exit_code_says_so(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    settings = {**config, "objects": ["Account", "Case", "Contact"]}
    insert(org, "Contact", [{"LastName": "L"}], at=datetime.fromisoformat("2026-05-01T00:00:00Z"))
    catalog = discover(settings)
    org.faults.hide_object("Case", path="/composite")
    result = run_tap(settings, catalog=catalog)
    assert result.code == 1
    assert set(_names(result)) == accounts
    assert len(result.records["Contact"]) == 1
    assert "Case failed" in " ".join(result.errors)
    assert "Traceback" not in result.log
    assert result.summary["tags"]["failed"] == ["Case"]
    assert {"Account", "Contact"} <= {name for name, state in result.state["bookmarks"].items() if state}


def test_a_catalog_object_that_is_gone_fails_alone(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    catalog = discover({**config, "objects": ["Account", "Case"]})
    org.faults.hide_object("Case", path="/oauth2/token")
    result = run_tap(config, catalog=catalog)
    assert result.code == 1
    assert set(_names(result)) == accounts
    assert any(line.startswith("Case failed: Case is selected in the catalog") for line in result.errors)


def test_a_query_that_times_out_is_read_in_halves(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    org.faults.status(
        400, "QUERY_TIMEOUT", "Your query request was running for too long.", path="/queryAll", times=3
    )
    result = run_tap({**config, "api_type": "REST"})
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)
    assert len([line for line in result.warnings if "in halves" in line]) == 3


def test_more_related_records_than_a_user_may_see_at_once_are_read_in_halves(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    words = "exceeded 100000 distinct who/what's"
    org.faults.status(400, "OPERATION_TOO_LARGE", words, path="/queryAll", times=2)
    result = run_tap({**config, "api_type": "REST"})
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)


def test_a_bulk_job_that_times_out_is_read_in_halves(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    org.faults.job("Failed", "InternalServerError : Retried more than 15 times", times=2)
    result = run_tap({**config, "api_type": "BULK2"})
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)
    assert len(result.states) >= 2, "halves are windows of their own"


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_where_time_cannot_be_cut_finer_ids_are(
    org: RunningOrg, noon: datetime, config: dict[str, Any], method: str
) -> None:
    insert(org, "Account", [{"Name": f"{n:03}"} for n in range(200)], at=noon - timedelta(seconds=1))
    words = "Your query request was running for too long."
    org.faults.status(400, "QUERY_TIMEOUT", words, path="/queryAll", times=7)
    catalog = discover(config)
    catalog["streams"][0]["replication_method"] = method
    state = {"bookmarks": {"Account": {"replication_key_value": stored(noon - timedelta(seconds=1))}}}
    result = run_tap({**config, "lookback_window": 0, "api_type": "REST"}, catalog=catalog, state=state)
    assert result.code == 0, result.log
    assert sorted(_names(result)) == [f"{n:03}" for n in range(200)]
    if method == "INCREMENTAL":
        moves = [s["bookmarks"]["Account"]["replication_key_value"] for s in result.states]
        assert set(moves) == {"2026-05-20T11:59:59Z", "2026-05-20T12:00:00.000Z"}
        assert [message["type"] for message in result.messages][-1] == "STATE"


def test_a_query_that_times_out_however_small_fails_the_stream(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    words = "Your query request was running for too long."
    org.faults.status(400, "QUERY_TIMEOUT", words, path="/queryAll", times=None)
    state = {
        "bookmarks": {"Account": {"replication_key_value": stored(org.org.now() - timedelta(seconds=4))}}
    }
    result = run_tap({**config, "lookback_window": 0, "api_type": "REST"}, state=state)
    assert result.code == 1
    assert "QUERY_TIMEOUT" in result.errors[0]


def test_what_bulk_refuses_is_read_by_rest(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    org.faults.status(
        400,
        "INVALIDENTITY",
        "Entity 'Account' is not supported by the Bulk API.",
        method="POST",
        path="/jobs/query",
    )
    result = run_tap({**config, "api_type": "BULK2"})
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)
    assert any("reading by REST" in line for line in result.warnings)


def test_when_the_days_bulk_jobs_are_used_up_the_rest_of_the_run_goes_by_rest(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    words = "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10021)."
    org.faults.status(400, "LIMIT_EXCEEDED", words, method="POST", path="/jobs/query", times=None)
    settings = {**config, "objects": ["Account", "Contact", "Lead"], "api_type": "BULK2", "concurrency": 1}
    insert(org, "Contact", [{"LastName": "c"}], at=datetime.fromisoformat("2026-05-01T00:00:00Z"))
    insert(org, "Lead", [{"LastName": "l"}], at=datetime.fromisoformat("2026-05-01T00:00:00Z"))
    result = run_tap(settings)
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)
    assert len(result.records["Contact"]) == len(result.records["Lead"]) == 1
    assert result.summary["tags"]["api_requests"]["bulk_job"] == 1, "asked once, not once a stream"


def test_a_new_field_is_there_in_the_next_run(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    first = run_tap(config)
    _custom_field(org, "New__c")
    second = run_tap(config, state=first.state)
    assert "New__c" not in first.schemas["Account"]["schema"]["properties"]
    assert second.schemas["Account"]["schema"]["properties"]["New__c"]["type"] == ["string", "null"]


def test_an_object_too_wide_for_a_url_is_read_by_rest_all_the_same(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    names = [f"A_field_with_a_rather_long_name_{number:03}__c" for number in range(400)]
    for name in names:
        _custom_field(org, name)
    result = run_tap({**config, "api_type": "REST"})
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)
    assert set(names) <= set(result.records["Account"][0])


@pytest.mark.parametrize("outcome", ["Failed", "Aborted"])
def test_a_job_that_ends_badly_fails_the_stream_with_salesforces_words(
    org: RunningOrg, accounts: set[str], config: dict[str, Any], outcome: Any
) -> None:
    org.faults.job(outcome, "ClientInputError : something odd")
    result = run_tap({**config, "api_type": "BULK2"})
    assert result.code == 1
    assert "something odd" in result.errors[0] or outcome == "Aborted"
    assert "Account" in result.errors[0]
    assert "replication_key_value" not in result.state["bookmarks"].get("Account", {})


@pytest.mark.parametrize("whole_length", [False, True], ids=["short_body", "connection_lost"])
def test_a_truncated_page_is_fetched_again_and_no_row_comes_twice(
    org: RunningOrg, accounts: set[str], config: dict[str, Any], api: str, *, whole_length: bool
) -> None:
    path = {"REST": "/queryAll", "BULK2": "/results"}[api]
    org.faults.truncate(9000, whole_length=whole_length, path=path, times=1)
    result = run_tap({**config, "api_type": api})
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)


def test_a_session_that_expires_in_the_middle_is_renewed_once(
    org: RunningOrg, accounts: set[str], config: dict[str, Any], api: str
) -> None:
    path = {"REST": "/queryAll", "BULK2": "/results"}[api]
    org.faults.expire_session(path=path, times=1)
    result = run_tap({**config, "api_type": api})
    assert result.code == 0, result.log
    assert sorted(_names(result)) == sorted(accounts)
    assert result.summary["tags"]["api_requests"]["auth"] == 2


def test_many_pages_by_rest_are_complete_and_in_one_window(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": f"{n:05}"} for n in range(2001)], at=noon - timedelta(days=1))
    result = run_tap({**config, "api_type": "REST"})
    assert sorted(_names(result)) == [f"{n:05}" for n in range(2001)]
    assert result.summary["tags"]["api_requests"]["query"] > 2
    assert len([state for state in result.states if state["bookmarks"]["Account"]]) <= 2


def test_auto_reads_a_little_by_rest_and_much_by_bulk(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    little = run_tap({**config, "bulk_threshold_rows": 40})
    assert "bulk_job" not in little.summary["tags"]["api_requests"]
    much = run_tap({**config, "bulk_threshold_rows": 39})
    assert much.summary["tags"]["api_requests"]["bulk_job"] == 2
    assert sorted(_names(little)) == sorted(_names(much)) == sorted(accounts)


def test_auto_turns_to_bulk_when_a_delta_proves_big(
    org: RunningOrg, accounts: set[str], config: dict[str, Any]
) -> None:
    state = {"bookmarks": {"Account": {"replication_key_value": "2026-04-01T00:00:00.000Z"}}}
    result = run_tap({**config, "bulk_threshold_rows": 10}, state=state)
    assert sorted(_names(result)) == sorted(accounts)
    assert result.summary["tags"]["api_requests"]["bulk_job"] == 2
