"""What goes wrong on the way: locks, lost answers, ended sessions, broken jobs, full quota, rules that say no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import TEXT, HastyTarget, stream

from local_org.rules import DuplicateRule, ValidationRule

if TYPE_CHECKING:
    from target.lab import Lab, Run

BY_ID = [{"source": "id", "field": "Id"}]
UPDATE = [{"stream": "rows", "object": "Account", "match": BY_ID, "fields": {"text": "Site"}}]
UPSERT = [
    {
        "stream": "rows",
        "object": "Account",
        "operation": "upsert",
        "match": [{"source": "ext", "field": "Ext__c"}],
        "fields": {"name": "Name", "text": "Site"},
    }
]
PATHS = pytest.mark.parametrize("api_type", ["REST", "BULK2"])


def accounts(lab: Lab, count: int, **values: Any) -> list[str]:
    return [lab.create("Account", Name=f"A{n}", **values) for n in range(count)]


def update(lab: Lab, ids: list[str], text: str = "x", **settings: Any) -> Run:
    return lab.run(stream("rows", [{"id": i, "text": text} for i in ids], state=1), loads=UPDATE, **settings)


def sites(lab: Lab) -> list[str | None]:
    return [row["Site"] for row in lab.rows("SELECT Site FROM Account ORDER BY Name")]


# Locks


@PATHS
def test_only_locked_rows_are_sent_again_and_nothing_is_made_twice(lab: Lab, api_type: str) -> None:
    ids = accounts(lab, 5)
    lab.running.faults.lock(ids[1], 1)
    lab.running.faults.lock(ids[3], 3)
    run = update(lab, ids, api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 5, "written": 5}
    assert sites(lab) == ["x"] * 5
    assert lab.count("Account") == 5
    assert len([line for line in run.requests if line.startswith("PATCH") and "composite" in line]) == (
        4 if api_type == "REST" else 3
    )
    assert HastyTarget.naps


@PATHS
def test_a_row_locked_for_good_is_rejected_as_retryable_and_the_others_are_written(
    lab: Lab, api_type: str
) -> None:
    ids = accounts(lab, 3)
    lab.running.faults.lock(ids[1], None)
    run = update(lab, ids, api_type=api_type)
    assert run.code == 1
    assert run.numbers("rows") == {"received": 3, "written": 2, "rejected": 1}
    assert run.rejects[0]["code"] == "UNABLE_TO_LOCK_ROW"
    assert run.rejects[0]["retryable"] is True
    assert run.states == [1]
    lab.org.locks.clear()
    again = update(lab, ids[:1])
    assert again.report["streams"]["rows"]["retried"]["written"] == 1
    assert again.rejects == []
    assert sites(lab) == ["x"] * 3


def test_locked_children_are_retried_parent_by_parent(lab: Lab) -> None:
    parent = lab.create("Account", Name="P")
    contacts = [lab.create("Contact", LastName=f"C{n}", AccountId=parent) for n in range(4)]
    lab.running.faults.lock(parent, 6)
    loads = [{"stream": "rows", "object": "Contact", "match": BY_ID, "fields": {"text": "Title"}}]
    run = lab.run(stream("rows", [{"id": i, "text": "x"} for i in contacts]), loads=loads)
    assert run.numbers("rows") == {"received": 4, "written": 4}


# Lost answers


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_an_update_is_looked_into_before_anything_is_repeated(lab: Lab, when: Any) -> None:
    ids = accounts(lab, 3)
    lab.running.faults.reset(when, method="PATCH", path="/composite/sobjects")
    run = update(lab, ids)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert sites(lab) == ["x"] * 3
    patches = [n for n, line in enumerate(run.requests) if line.startswith("PATCH")]
    assert len(patches) == (2 if when == "before" else 1)
    assert "POST" in run.requests[patches[0] + 1]
    assert run.requests[patches[0] + 1].endswith("/composite/sobjects/Account")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_an_upsert_makes_no_record_twice(lab: Lab, when: Any) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    rows = [{"ext": f"k{n}", "name": f"N{n}", "text": "x"} for n in range(3)]
    lab.running.faults.reset(when, method="PATCH", path="/composite/sobjects/Account/Ext__c")
    run = lab.run(stream("rows", rows), loads=UPSERT)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert lab.count("Account") == 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_a_delete_is_looked_into(lab: Lab, when: Any) -> None:
    ids = accounts(lab, 3)
    lab.running.faults.reset(when, method="DELETE", path="/composite/sobjects")
    loads = [{"stream": "rows", "object": "Account", "operation": "delete", "match": BY_ID}]
    run = lab.run(stream("rows", [{"id": i} for i in ids]), loads=loads)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert lab.count("Account") == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_to_an_insert_without_a_key_is_never_repeated(lab: Lab, when: Any) -> None:
    lab.running.faults.reset(when, method="POST", path="/composite/sobjects$")
    loads = [{"stream": "rows", "object": "Account", "operation": "insert", "fields": {"name": "Name"}}]
    run = lab.run(stream("rows", [{"name": "N"}], state=1), loads=loads)
    assert run.code == 1
    assert run.rejects[0]["code"] == "OUTCOME_UNKNOWN"
    assert lab.count("Account") == (1 if when == "after" else 0)


@pytest.mark.parametrize(
    "path", ["/jobs/ingest$", "/batches", "/jobs/ingest/[^/]+$", "/successfulResults", "/failedResults"]
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_anywhere_in_a_bulk_job_leaves_the_same_org(lab: Lab, path: str, when: Any) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    lab.create("Account", Name="old", Ext__c="k0")
    rows = [{"ext": f"k{n}", "name": f"N{n}", "text": "x"} for n in range(4)]
    lab.running.faults.reset(when, path=path)
    run = lab.run(stream("rows", rows), loads=UPSERT, api_type="BULK2")
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 4, "written": 4}
    assert lab.count("Account") == 4
    assert sites(lab) == ["x"] * 4


def test_a_broken_connection_that_stays_broken_ends_the_run_with_the_last_good_state(lab: Lab) -> None:
    ids = accounts(lab, 3)
    messages = stream("rows", [{"id": ids[0], "text": "x"}], state={"at": 1})
    messages += stream("rows", [{"id": ids[1], "text": "x"}], state={"at": 2})[1:]
    lab.running.faults.reset("before", method="PATCH", path="/composite/sobjects", skip=1, times=None)
    run = lab.run(messages, loads=UPDATE, batch_size_rows=1)
    assert run.code == 1
    assert run.states == [{"at": 1}]
    assert sites(lab) == ["x", None, None]
    lab.running.faults.clear()
    again = lab.run(messages, loads=UPDATE)
    assert again.states == [{"at": 2}]
    assert sites(lab) == ["x", "x", None]


# Sessions, quota, front end


@PATHS
def test_an_ended_session_is_renewed_without_a_trace(lab: Lab, api_type: str) -> None:
    ids = accounts(lab, 3)
    lab.running.faults.expire_session(path="/composite/sobjects" if api_type == "REST" else "/batches")
    run = update(lab, ids, api_type=api_type)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert run.report["api_requests"]["auth"] == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_waited_for(lab: Lab, status: int) -> None:
    ids = accounts(lab, 2)
    lab.running.faults.status(status, method="PATCH", times=3)
    run = update(lab, ids)
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 2, "written": 2}


def test_the_orgs_quota_ends_the_run_with_2_and_a_good_state(lab: Lab) -> None:
    ids = accounts(lab, 4)
    messages = stream("rows", [{"id": ids[0], "text": "x"}], state={"at": 1})
    messages += stream("rows", [{"id": i, "text": "x"} for i in ids[1:]], state={"at": 4})[1:]
    lab.running.faults.quota(5)
    run = lab.run(messages, loads=UPDATE, batch_size_rows=1, quota_percent_total=100)
    assert run.code == 2
    assert run.states == [{"at": 1}]
    assert run.report["exit_code"] == 2
    assert "API" in run.log


def test_our_own_share_of_the_quota_ends_the_run_with_2_before_it_is_used(lab: Lab) -> None:
    ids = accounts(lab, 2)
    lab.running.faults.quota(1_000)
    run = update(lab, ids, quota_percent_total=80)
    assert run.code == 2
    assert "quota_percent_total" in run.log
    assert run.writes() == []


# Bulk jobs that end badly


@pytest.mark.parametrize("outcome", ["Failed", "Aborted"])
@pytest.mark.parametrize("after_rows", [0, 2])
def test_what_a_broken_job_left_undone_is_found_out_and_done(lab: Lab, outcome: Any, after_rows: int) -> None:
    ids = accounts(lab, 5)
    lab.running.faults.job(outcome, after_rows=after_rows, job_kind="ingest")
    run = update(lab, ids, api_type="BULK2")
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 5, "written": 5}
    assert sites(lab) == ["x"] * 5


def test_an_object_bulk_refuses_is_written_by_collections(lab: Lab) -> None:
    ids = accounts(lab, 3)
    lab.running.faults.status(
        400,
        "INVALIDENTITY",
        "Entity 'Account' is not supported by the Bulk API.",
        method="POST",
        path="/jobs/ingest",
    )
    run = update(lab, ids, api_type="BULK2")
    assert run.code == 0, run.log
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert run.report["api_requests"]["write"] == 1


# Rules and races


@PATHS
def test_a_validation_rule_rejects_its_row_and_leaves_the_others(lab: Lab, api_type: str) -> None:
    ids = accounts(lab, 3)
    lab.org.rules.validations.append(
        ValidationRule("Account", "No_bad", ":Site = 'bad'", "Not: that, --please--", "Site")
    )
    rows = [{"id": ids[0], "text": "ok"}, {"id": ids[1], "text": "bad"}, {"id": ids[2], "text": "ok"}]
    run = lab.run(stream("rows", rows, state=1), loads=UPDATE, api_type=api_type)
    assert run.code == 1
    assert run.numbers("rows") == {"received": 3, "written": 2, "rejected": 1}
    assert run.states == [1]
    [reject] = run.rejects
    assert (reject["code"], reject["field"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Site")
    assert "Not: that, --please--" in reject["message"]
    assert sites(lab) == ["ok", None, "ok"]


@PATHS
def test_rows_of_one_record_refused_together_are_tried_one_by_one(lab: Lab, api_type: str) -> None:
    [account] = accounts(lab, 1)
    lab.org.rules.validations.append(ValidationRule("Account", "No_bad", ":Site = 'bad'", "No."))
    loads = [{**UPDATE[0], "fields": {"text": "Site", "phone": "Phone"}}]
    rows = [{"id": account, "phone": "1"}, {"id": account, "text": "bad"}, {"id": account, "phone": "2"}]
    run = lab.run(stream("rows", rows), loads=loads, api_type=api_type, max_reject_percent=50)
    assert run.numbers("rows") == {"received": 3, "written": 2, "rejected": 1}
    assert lab.row("Account", account, "Site", "Phone") == (None, "2")
    assert run.rejects[0]["record"]["text"] == "bad"


def test_a_duplicate_rule_that_alerts_can_be_overruled(lab: Lab) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    lab.create("Account", Name="Twin")
    lab.org.rules.duplicates.append(DuplicateRule("Account", "Same_name", ("Name",)))
    rows = [{"ext": "1", "name": "Twin", "text": "x"}]
    run = lab.run(stream("rows", rows), loads=UPSERT)
    assert run.rejects[0]["code"] == "DUPLICATES_DETECTED"
    run = lab.run(stream("rows", rows), loads=UPSERT, allow_duplicates=True, api_type="BULK2")
    assert run.code == 0, run.log
    assert lab.count("Account") == 2
    assert "bulk_job" not in run.report["api_requests"]


def test_a_record_made_by_somebody_else_in_between_is_updated_not_doubled(lab: Lab) -> None:
    lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    rows = [{"ext": "1", "name": "Ours", "text": "x"}]
    theirs = {"Name": "Theirs", "Ext__c": "1"}
    lab.running.faults.late_commit("Account", theirs, modified=lab.org.now(), path="/query")
    run = lab.run(stream("rows", rows), loads=UPSERT)
    assert run.code == 0, run.log
    assert lab.rows("SELECT Name FROM Account") == [{"Name": "Ours"}]


@PATHS
def test_a_record_deleted_in_between_is_rejected_not_made_again(lab: Lab, api_type: str) -> None:
    ids = accounts(lab, 2)
    lab.running.faults.delete_row("Account", ids[0], method="POST", path="/composite/sobjects/Account$")
    run = update(lab, ids, api_type=api_type, max_reject_percent=50)
    assert run.numbers("rows") == {"received": 2, "written": 1, "rejected": 1}
    assert run.rejects[0]["code"] == "ENTITY_IS_DELETED"
    assert lab.count("Account") == 1


def test_a_permission_taken_away_in_between_stops_the_run(lab: Lab) -> None:
    lab.field("Account.Text__c", **TEXT)
    ids = accounts(lab, 2)
    lab.running.faults.hide_field("Account", "Text__c", method="POST", path="/composite/sobjects/Account$")
    loads = [{**UPDATE[0], "fields": {"text": "Text__c"}}]
    run = lab.run(stream("rows", [{"id": i, "text": "x"} for i in ids], state=1), loads=loads)
    assert run.code == 1
    assert "Text__c" in run.log
    assert run.states == []


def test_one_unreadable_record_does_not_take_its_whole_request_along(lab: Lab) -> None:
    lab.field("Account.When__c", type="Date")
    ids = accounts(lab, 5)
    loads = [{**UPDATE[0], "fields": {"when": "When__c"}}]
    # Salesforce knows no year before 1700; the request as a whole is refused for it.
    rows = [{"id": i, "when": "2026-01-01"} for i in ids]
    rows[3]["when"] = "0001-01-01"
    run = lab.run(stream("rows", rows), loads=loads, max_reject_percent=50)
    assert run.numbers("rows") == {"received": 5, "written": 4, "rejected": 1}
