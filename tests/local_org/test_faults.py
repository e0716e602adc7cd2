"""Faults: each goes wrong in the way it says, as often as it says, for the requests it says."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

QUERY = {"q": "SELECT Id FROM Account"}


# --- matching ---------------------------------------------------------------------------------------


def test_a_fault_strikes_as_often_as_told_and_leaves_the_list(org: RunningOrg, rest: Rest) -> None:
    fault = org.faults.status(503, times=2)
    assert [rest.get("limits").status_code for _ in range(3)] == [503, 503, 200]
    assert fault.struck == 2
    assert len(org.faults) == 0


def test_a_fault_can_let_some_requests_pass_first(org: RunningOrg, rest: Rest) -> None:
    org.faults.status(503, skip=2)
    assert [rest.get("limits").status_code for _ in range(4)] == [200, 200, 503, 200]


def test_a_fault_concerns_the_method_and_path_it_names(org: RunningOrg, rest: Rest) -> None:
    org.faults.status(503, method="POST PATCH", path=r"/sobjects/Account", times=None)
    assert rest.get("sobjects/Account").status_code == 200
    assert rest.post("sobjects/Contact", {"LastName": "A"}).status_code == 201
    assert rest.post("sobjects/Account", {"Name": "A"}).status_code == 503
    org.faults.clear()
    assert rest.post("sobjects/Account", {"Name": "A"}).status_code == 201


def test_the_path_is_searched_in_the_query_string_too(org: RunningOrg, rest: Rest) -> None:
    org.faults.status(503, path="FROM.Contact")
    assert rest.get("query", params=QUERY).status_code == 200
    assert rest.get("query", params={"q": "SELECT Id FROM Contact"}).status_code == 503


def test_a_fault_can_be_taken_back(org: RunningOrg, rest: Rest) -> None:
    fault = org.faults.status(503, times=None)
    org.faults.remove(fault)
    assert rest.get("limits").status_code == 200


# --- network ----------------------------------------------------------------------------------------


def test_latency_delays_the_answer(org: RunningOrg, rest: Rest) -> None:
    org.faults.latency(0.2)
    began = time.monotonic()
    assert rest.get("limits").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_chosen_status_keeps_salesforces_shape(org: RunningOrg, rest: Rest) -> None:
    org.faults.status(500)
    org.faults.status(400, "QUERY_TIMEOUT", "Your query request was running for too long.", skip=1)
    first, second = rest.get("limits"), rest.get("limits")
    assert (first.status_code, first.json()[0]["errorCode"]) == (500, "UNKNOWN_EXCEPTION")
    assert second.json() == [
        {"message": "Your query request was running for too long.", "errorCode": "QUERY_TIMEOUT"}
    ]


def test_throttling_says_when_to_come_back(org: RunningOrg, rest: Rest) -> None:
    org.faults.status(429, retry_after=7)
    answer = rest.get("limits")
    assert (answer.status_code, answer.headers["Retry-After"], answer.content) == (429, "7", b"")


def test_a_front_end_may_answer_in_html(org: RunningOrg, rest: Rest) -> None:
    org.faults.status(503, body="<h1>Maintenance</h1>")
    answer = rest.get("limits")
    assert (answer.status_code, answer.text) == (503, "<h1>Maintenance</h1>")
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("when", "rows"), [("before", 0), ("after", 1)])
def test_a_connection_is_reset_before_or_after_the_effect(
    org: RunningOrg, rest: Rest, when: Any, rows: int
) -> None:
    org.faults.reset(when, method="POST")
    with pytest.raises(requests.exceptions.ConnectionError):
        rest.post("sobjects/Account", {"Name": "A"})
    assert len(rest.query("SELECT Id FROM Account")) == rows
    assert org.requests.matching("/sobjects/Account")[0].status == 0


def test_a_refusal_after_the_effect_lies(org: RunningOrg, rest: Rest) -> None:
    org.faults.status(503, when="after", method="POST")
    assert rest.post("sobjects/Account", {"Name": "A"}).status_code == 503
    assert len(rest.query("SELECT Id FROM Account")) == 1


@pytest.mark.parametrize("whole_length", [True, False], ids=["content-length", "chunked"])
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_body_can_be_cut(org: RunningOrg, rest: Rest, encoding: str, *, whole_length: bool) -> None:
    org.faults.truncate(300, whole_length=whole_length, path="/sobjects$")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        rest.get("sobjects", headers={"Accept-Encoding": encoding})
    assert rest.get("sobjects").status_code == 200


def test_a_streamed_csv_can_be_cut(org: RunningOrg, rest: Rest) -> None:
    rest.create("Account", Name="A")
    job = rest.post("jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"}).json()
    org.org.jobs.wait(job["id"])
    org.faults.truncate(10, path="/results")
    path = f"jobs/query/{job['id']}/results"
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        rest.get(path)
    assert rest.get(path).text.count("\n") == 2


# --- sessions, quota, locks -------------------------------------------------------------------------


def test_a_session_expires_under_the_next_request(org: RunningOrg, rest: Rest) -> None:
    org.faults.expire_session()
    answer = rest.get("limits")
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert rest.get("limits").status_code == 401


def test_all_sessions_expire_together(org: RunningOrg, rest: Rest) -> None:
    other = org.org.sessions.open(org.org.reader.id).token
    assert org.faults.expire_all_sessions() == 2
    for token in (rest.token, other):
        answer = rest.get("limits", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


def test_a_locked_row_refuses_so_many_writes(org: RunningOrg, rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    org.faults.lock(account, times=2)
    answers = [rest.patch(f"sobjects/Account/{account}", {"Name": "B"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [400, 400, 204]
    assert answers[0].json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"


def test_a_locked_parent_spoils_its_children(org: RunningOrg, rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    org.faults.lock(account)
    child = {"LastName": "C", "AccountId": account}
    assert rest.post("sobjects/Contact", child).json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    assert rest.post("sobjects/Contact", child).status_code == 201


# --- jobs -------------------------------------------------------------------------------------------


def query_job(rest: Rest, sobject: str = "Account") -> str:
    body = {"operation": "query", "query": f"SELECT Id FROM {sobject}"}
    return str(rest.post("jobs/query", body).json()["id"])


def test_a_query_job_fails_with_its_message(org: RunningOrg, rest: Rest) -> None:
    org.faults.job("Failed", "InternalServerError : Retried more than 15 times", sobject="account")
    other, job, healthy = query_job(rest, "Contact"), query_job(rest), query_job(rest)
    for job_id in (other, job, healthy):
        org.org.jobs.wait(job_id)
    found = rest.get(f"jobs/query/{job}").json()
    assert found["state"] == "Failed"
    assert found["errorMessage"] == "InternalServerError : Retried more than 15 times"
    assert rest.get(f"jobs/query/{job}/results").status_code == 400
    for job_id in (other, healthy):
        assert rest.get(f"jobs/query/{job_id}").json()["state"] == "JobComplete"


def test_an_ingest_job_stops_after_some_rows(org: RunningOrg, rest: Rest) -> None:
    org.faults.job("Failed", "InternalServerError", job_kind="ingest", after_rows=2)
    job = rest.post("jobs/ingest", {"object": "Account", "operation": "insert"}).json()
    rest.put("/" + job["contentUrl"], data="Name\nA\nB\nC\n", headers={"Content-Type": "text/csv"})
    rest.patch(f"jobs/ingest/{job['id']}", {"state": "UploadComplete"})
    org.org.jobs.wait(job["id"])
    found = rest.get(f"jobs/ingest/{job['id']}").json()
    assert (found["state"], found["numberRecordsProcessed"]) == ("Failed", 2)
    assert rest.get(f"jobs/ingest/{job['id']}/unprocessedrecords").text == "Name\nC\n"
    assert len(rest.query("SELECT Id FROM Account")) == 2


def test_a_stuck_job_stays_in_progress_until_it_is_aborted(org: RunningOrg, rest: Rest) -> None:
    org.org.behaviour.patience = 0.05
    org.faults.job("Stuck")
    job = query_job(rest)
    while rest.get(f"jobs/query/{job}").json()["state"] == "UploadComplete":
        pass
    assert rest.get(f"jobs/query/{job}").json()["state"] == "InProgress"
    refused = rest.delete(f"jobs/query/{job}")
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert rest.patch(f"jobs/query/{job}", {"state": "Aborted"}).json()["state"] == "Aborted"


# --- the data under a reader's hands ----------------------------------------------------------------


def test_a_row_changes_between_two_pages(org: RunningOrg, rest: Rest) -> None:
    account = rest.create("Account", Name="Before")
    org.faults.change_row("Account", account, {"Name": "After"}, path="/query")
    seen = [rest.query("SELECT Name FROM Account")[0]["Name"] for _ in range(2)]
    assert seen == ["Before", "After"]


def test_a_row_is_deleted_between_two_pages(org: RunningOrg, rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    org.faults.delete_row("Account", account, path="/query")
    assert [len(rest.query("SELECT Id FROM Account")) for _ in range(2)] == [1, 0]


def test_a_late_commit_shows_a_row_with_a_stamp_of_the_past(org: RunningOrg, rest: Rest) -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    org.faults.late_commit("Account", {"Name": "Late"}, modified=moment, path="/query")
    text = "SELECT Name, SystemModstamp, CreatedDate FROM Account"
    assert rest.query(text) == []
    (row,) = rest.query(text)
    assert row["SystemModstamp"] == row["CreatedDate"] == "2026-01-31T12:00:00.000+0000"


def test_a_late_commit_can_change_a_row_that_was_there(org: RunningOrg, rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    before = rest.query("SELECT CreatedDate FROM Account")[0]["CreatedDate"]
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    org.faults.late_commit("Account", {"Name": "B"}, record_id=account, modified=moment, path="/limits")
    rest.get("limits")
    (row,) = rest.query("SELECT Name, SystemModstamp, CreatedDate FROM Account")
    assert (row["Name"], row["SystemModstamp"]) == ("B", "2026-01-31T12:00:00.000+0000")
    assert row["CreatedDate"] == before


@pytest.mark.parametrize("how", ["removed", "hidden"])
def test_a_field_disappears_while_somebody_reads_it(org: RunningOrg, rest: Rest, how: str) -> None:
    org.org.create_custom_field("Account.Score__c", type="Number", precision=5, scale=0)
    if how == "removed":
        org.faults.remove_field("Account", "Score__c", path="/query")
    else:
        org.faults.hide_field("Account", "Score__c", path="/query")
    query = {"q": "SELECT Score__c FROM Account"}
    assert rest.get("query", params=query).status_code == 200
    answer = rest.get("query", params=query)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_an_object_disappears_while_somebody_reads_it(org: RunningOrg, rest: Rest) -> None:
    org.faults.hide_object("Account", path="/query")
    assert rest.get("query", params=QUERY).status_code == 200
    answer = rest.get("query", params=QUERY)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")


def test_a_page_can_end_a_cursor(org: RunningOrg, rest: Rest) -> None:
    item = org.org.schema.object("Account")
    rows = ((f"A{n}",) for n in range(2500))
    org.org.store.bulk_insert(item, ["Name"], rows, stamp="2026-01-31T12:00:00Z", user_id=org.org.admin.id)
    following = rest.get("query", params=QUERY).json()["nextRecordsUrl"]
    assert org.org.cursors.expire_all() == 1
    assert rest.get(following).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
