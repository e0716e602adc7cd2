"""Bulk 2.0 query jobs: states, keys, result pages, refusals."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from local_org.testing import RunningOrg
    from support.rest import Rest

CREATED = [
    "id",
    "operation",
    "object",
    "createdById",
    "createdDate",
    "systemModstamp",
    "state",
    "concurrencyMode",
    "contentType",
    "apiVersion",
    "lineEnding",
    "columnDelimiter",
]
COUNTERS = ["numberRecordsProcessed", "retries", "totalProcessingTime"]


def make(rest: Rest, query: str = "SELECT Id, Name FROM Account", **more: Any) -> dict[str, Any]:
    answer = rest.post("jobs/query", {"operation": "query", "query": query, **more})
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


def finish(rest: Rest, job: dict[str, Any]) -> dict[str, Any]:
    rest.running.org.jobs.wait(job["id"])
    found: dict[str, Any] = rest.get(f"jobs/query/{job['id']}").json()
    return found


def results(rest: Rest, job: dict[str, Any], **params: Any) -> requests.Response:
    return rest.get(f"jobs/query/{job['id']}/results", params=params)


def rows(answer: requests.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode())))


def names(rest: Rest, count: int) -> None:
    item = rest.running.org.schema.object("Account")
    rest.running.org.store.bulk_insert(
        item,
        ["Name"],
        ((f"A{n}",) for n in range(count)),
        stamp="2026-01-31T12:00:00Z",
        user_id=rest.running.org.admin.id,
    )


# --- the life of a job ------------------------------------------------------------------------------


def test_the_answer_to_create_has_no_type_and_no_counters(rest: Rest) -> None:
    job = make(rest)
    assert list(job) == CREATED
    assert job["id"].startswith("750")
    assert job["state"] == "UploadComplete"
    assert job["apiVersion"] == 60.0
    assert job["createdDate"].endswith(".000+0000")
    assert (job["object"], job["lineEnding"], job["columnDelimiter"]) == ("Account", "LF", "COMMA")


def test_a_finished_job_has_type_and_counters(rest: Rest) -> None:
    names(rest, 3)
    job = finish(rest, make(rest))
    assert list(job) == [*CREATED[:10], "jobType", *CREATED[10:], *COUNTERS]
    assert (job["state"], job["jobType"], job["numberRecordsProcessed"]) == ("JobComplete", "V2Query", 3)


def test_a_quick_job_is_complete_at_the_first_look(rest: Rest) -> None:
    job = make(rest)
    assert rest.get(f"jobs/query/{job['id']}").json()["state"] == "JobComplete"


def test_polls_can_be_made_to_find_it_unfinished(org: RunningOrg, rest: Rest) -> None:
    org.org.behaviour.polls = 2
    job = make(rest)
    states = [rest.get(f"jobs/query/{job['id']}").json()["state"] for _ in range(3)]
    assert states == ["InProgress", "InProgress", "JobComplete"]


def test_held_jobs_wait_for_their_release(org: RunningOrg, rest: Rest) -> None:
    org.org.jobs.hold()
    job = make(rest)
    assert rest.get(f"jobs/query/{job['id']}").json()["state"] == "UploadComplete"
    refused = results(rest, job)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    org.org.jobs.release()
    assert finish(rest, job)["state"] == "JobComplete"


def test_a_waiting_job_can_be_aborted_and_a_finished_one_cannot(org: RunningOrg, rest: Rest) -> None:
    org.org.jobs.hold()
    job = make(rest)
    answer = rest.patch(f"jobs/query/{job['id']}", {"state": "Aborted"})
    assert (answer.status_code, answer.json()["state"]) == (200, "Aborted")
    org.org.jobs.release()
    assert rest.get(f"jobs/query/{job['id']}").json()["state"] == "Aborted"
    done = finish(rest, make(rest))
    refused = rest.patch(f"jobs/query/{done['id']}", {"state": "Aborted"})
    assert refused.status_code == 400
    assert refused.text == (
        '[{"errorCode":"INVALIDJOBSTATE","message":"Aborting already Completed Job not allowed"}]'
    )


def test_a_deleted_job_is_gone(rest: Rest) -> None:
    job = finish(rest, make(rest))
    assert rest.delete(f"jobs/query/{job['id']}").status_code == 204
    for path in ("", "/results"):
        answer = rest.get(f"jobs/query/{job['id']}{path}")
        assert answer.status_code == 404
        assert answer.json() == [
            {"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}
        ]


def test_jobs_vanish_after_seven_days(org: RunningOrg, rest: Rest) -> None:
    org.org.sessions.timeout = timedelta(days=30)
    job = finish(rest, make(rest))
    org.org.clock.shift(timedelta(days=7, seconds=1))
    assert rest.get(f"jobs/query/{job['id']}").status_code == 404


def test_lists_of_jobs_have_no_counters(rest: Rest) -> None:
    jobs = [make(rest)["id"] for _ in range(2)]
    answer = rest.get("jobs/query", params={"jobType": "V2Query", "isPkChunkingEnabled": "false"}).json()
    assert (answer["done"], answer["nextRecordsUrl"]) == (True, None)
    assert [item["id"] for item in answer["records"]] == jobs
    assert list(answer["records"][0]) == [*CREATED[:10], "jobType", *CREATED[10:]]
    assert rest.get("jobs/query", params={"jobType": "Classic"}).json()["records"] == []


# --- results ----------------------------------------------------------------------------------------


def test_results_quote_everything_and_end_with_a_line_feed(rest: Rest) -> None:
    account = rest.create(
        "Account", Name='Say "hi"', Description="two\r\nlines", AnnualRevenue=1.39e8, NumberOfEmployees=3
    )
    contact = rest.create("Contact", LastName="C")
    rest.create("Contact", LastName="D", AccountId=account)
    job = make(rest, "SELECT Id, Name, Phone, Description, AnnualRevenue, NumberOfEmployees FROM account")
    answer = results(rest, finish(rest, job))
    assert answer.headers["Content-Type"] == "text/csv"
    assert answer.headers["Sforce-NumberOfRecords"] == "1"
    assert answer.headers["Sforce-Locator"] == "null"
    assert answer.content.decode() == (
        '"Id","Name","Phone","Description","AnnualRevenue","NumberOfEmployees"\n'
        f'"{account}","Say ""hi""","","two\r\nlines","1.39E8","3"\n'
    )
    parents = results(
        rest, finish(rest, make(rest, "SELECT Id, Account.Name, IsDeleted FROM Contact ORDER BY LastName"))
    )
    header, first, second = rows(parents)
    assert header == ["Id", "Account.Name", "IsDeleted"]
    assert first == [contact, "", "false"]
    assert second[1] == 'Say "hi"'


def test_dates_end_with_z_in_bulk(rest: Rest) -> None:
    rest.create("Account", Name="A")
    (_, (stamp,)) = rows(results(rest, finish(rest, make(rest, "SELECT CreatedDate FROM Account"))))
    assert stamp.endswith(".000Z")


def test_no_rows_give_the_header_alone(rest: Rest) -> None:
    answer = results(rest, finish(rest, make(rest)))
    assert answer.text == '"Id","Name"\n'
    assert (answer.headers["Sforce-NumberOfRecords"], answer.headers["Sforce-Locator"]) == ("0", "null")


def test_locators_lead_through_all_pages_each_with_its_header(rest: Rest) -> None:
    names(rest, 25)
    job = finish(rest, make(rest, "SELECT Name FROM Account"))
    locator: str | None = None
    seen: list[str] = []
    pages: list[str | None] = []
    while locator != "null":
        params = {"maxRecords": 10} | ({"locator": locator} if locator else {})
        answer = results(rest, job, **params)
        header, *body = rows(answer)
        assert header == ["Name"]
        assert len(body) == int(answer.headers["Sforce-NumberOfRecords"])
        seen += [name for (name,) in body]
        pages.append(locator)
        locator = answer.headers["Sforce-Locator"]
    assert sorted(seen) == sorted(f"A{n}" for n in range(25))
    assert pages == [None, "MTA", "MjA"]
    again = results(rest, job, locator="MTA", maxRecords=10)
    assert [name for (name,) in rows(again)[1:]] == seen[10:20]


def test_the_server_picks_a_page_size_of_its_own(org: RunningOrg, rest: Rest) -> None:
    org.org.behaviour.bulk_page_rows = 7
    names(rest, 10)
    answer = results(rest, finish(rest, make(rest)))
    assert answer.headers["Sforce-NumberOfRecords"] == "7"


@pytest.mark.parametrize("locator", ["!!!", "OTk5", "bm9uc2Vuc2U"], ids=["no base64", "too far", "no number"])
def test_wrong_locators_are_refused(rest: Rest, locator: str) -> None:
    names(rest, 3)
    assert results(rest, finish(rest, make(rest)), locator=locator).status_code == 400


def test_result_pages_can_be_fetched_in_parallel(org: RunningOrg, rest: Rest) -> None:
    org.org.behaviour.bulk_page_rows = 2
    names(rest, 13)
    job = finish(rest, make(rest, "SELECT Name FROM Account"))
    first = rest.get(f"jobs/query/{job['id']}/resultPages").json()
    assert list(first) == ["resultPages", "nextRecordsUrl", "done"]
    assert (len(first["resultPages"]), first["done"]) == (5, False)
    second = rest.get(first["nextRecordsUrl"]).json()
    assert (len(second["resultPages"]), second["done"]) == (2, True)
    seen = []
    for page in first["resultPages"] + second["resultPages"]:
        seen += [name for (name,) in rows(rest.get(page["resultUrl"]))[1:]]
    assert sorted(seen) == sorted(f"A{n}" for n in range(13))
    assert rest.get(f"/services/data/v57.0/jobs/query/{job['id']}/resultPages").status_code == 404


def test_results_are_served_to_the_jobs_own_version_only(rest: Rest) -> None:
    job = finish(rest, make(rest))
    assert rest.get(f"/services/data/v61.0/jobs/query/{job['id']}/results").status_code == 409


@pytest.mark.parametrize(
    ("delimiter", "line_ending", "expected"),
    [
        ("TAB", "LF", '"Name"\t"Phone"\n"A"\t""\n'),
        ("SEMICOLON", "CRLF", '"Name";"Phone"\r\n"A";""\r\n'),
        ("BACKQUOTE", "LF", '"Name"`"Phone"\n"A"`""\n'),
        ("CARET", "LF", '"Name"^"Phone"\n"A"^""\n'),
        ("PIPE", "LF", '"Name"|"Phone"\n"A"|""\n'),
    ],
)
def test_results_speak_the_dialect_asked_for(
    rest: Rest, delimiter: str, line_ending: str, expected: str
) -> None:
    rest.create("Account", Name="A")
    query = "SELECT Name, Phone FROM Account"
    job = finish(rest, make(rest, query, columnDelimiter=delimiter, lineEnding=line_ending))
    assert results(rest, job).content.decode() == expected


def test_columns_were_sorted_by_name_before_version_50(rest: Rest) -> None:
    rest.version = "49.0"
    rest.create("Account", Name="A", Phone="1")
    job = finish(rest, make(rest, "SELECT Phone, Name FROM Account"))
    assert rows(results(rest, job)) == [["Name", "Phone"], ["A", "1"]]


def test_query_all_jobs_find_deleted_rows(rest: Rest) -> None:
    rest.delete(f"sobjects/Account/{rest.create('Account', Name='A')}")
    job = finish(rest, make(rest, "SELECT IsDeleted FROM Account", operation="queryAll"))
    assert job["operation"] == "queryAll"
    assert rows(results(rest, job)) == [["IsDeleted"], ["true"]]


@pytest.mark.parametrize(
    "headers",
    [{"Accept": "text/csv", "Content-Type": "application/json"}, {"Accept": "application/json"}],
    ids=["simple-salesforce", "json"],
)
def test_resources_answer_in_their_own_form_whatever_is_accepted(rest: Rest, headers: dict[str, str]) -> None:
    body = {"operation": "query", "query": "SELECT Id FROM Account"}
    job = rest.post("jobs/query", body, headers=headers).json()
    finish(rest, job)
    answer = rest.get(f"jobs/query/{job['id']}/results", headers=headers)
    assert answer.text == '"Id"\n'


def test_failed_results_of_a_query_job_are_a_header(rest: Rest) -> None:
    job = finish(rest, make(rest, "SELECT Id, Name, Phone FROM Account"))
    answer = rest.get(f"jobs/ingest/{job['id']}/failedResults/")
    assert answer.text == '"sf__Id","sf__Error","Id","Name","Phone"\n'


# --- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Bacon__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELEKT Id FROM Account", "MALFORMED_QUERY"),
        ("SELECT BillingAddress FROM Account", "FUNCTIONALITY_NOT_ENABLED"),
        ("SELECT Id FROM TaskStatus", "INVALIDENTITY"),
    ],
    ids=["field", "object", "syntax", "compound", "not in bulk"],
)
def test_queries_that_are_refused_at_once(rest: Rest, query: str, code: str) -> None:
    answer = rest.post("jobs/query", {"operation": "query", "query": query})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


@pytest.mark.parametrize(
    "body",
    [
        {"query": "SELECT Id FROM Account"},
        {"operation": "insert", "query": "SELECT Id FROM Account"},
        {"operation": "query"},
        {"operation": "query", "query": "SELECT Id FROM Account", "columnDelimiter": "DOT"},
        {"operation": "query", "query": "SELECT Id FROM Account", "lineEnding": "CR"},
        {"operation": "query", "query": "SELECT Id FROM Account", "contentType": "JSON"},
    ],
    ids=["no operation", "operation", "no query", "delimiter", "line ending", "content type"],
)
def test_bodies_that_make_no_job(rest: Rest, body: dict[str, str]) -> None:
    answer = rest.post("jobs/query", body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOB")


def test_the_days_jobs_can_run_out(org: RunningOrg, rest: Rest) -> None:
    org.org.limits.set_remaining(0, "DailyBulkV2QueryJobs")
    answer = rest.post("jobs/query", {"operation": "query", "query": "SELECT Id FROM Account"})
    assert answer.status_code == 400
    assert answer.json() == [
        {
            "errorCode": "LIMIT_EXCEEDED",
            "message": "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10000).",
        }
    ]
