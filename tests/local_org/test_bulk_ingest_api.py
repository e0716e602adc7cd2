"""Bulk 2.0 ingest jobs: one upload, chunks of rows, three result files."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from local_org import defaults

if TYPE_CHECKING:
    import requests

    from local_org.testing import RunningOrg
    from support.rest import Rest

HEAD = [
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
]
DIALECT = ["lineEnding", "columnDelimiter"]
COUNTS = ["numberRecordsProcessed", "numberRecordsFailed"]
TIMES = ["retries", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"]


def make(rest: Rest, sobject: str = "Account", operation: str = "insert", **more: Any) -> dict[str, Any]:
    answer = rest.post("jobs/ingest", {"object": sobject, "operation": operation, **more})
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


def upload(rest: Rest, job: dict[str, Any], text: str, **headers: str) -> requests.Response:
    kind = {"Content-Type": "text/csv"} | headers
    return rest.put("/" + job["contentUrl"], data=text.encode(), headers=kind)


def close(rest: Rest, job: dict[str, Any]) -> requests.Response:
    return rest.patch(f"jobs/ingest/{job['id']}", {"state": "UploadComplete"})


def look(rest: Rest, job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rest.get(f"jobs/ingest/{job['id']}").json()
    return found


def run(
    rest: Rest, text: str, sobject: str = "Account", operation: str = "insert", **more: Any
) -> dict[str, Any]:
    """A job from create to end."""
    job = make(rest, sobject, operation, **more)
    assert upload(rest, job, text).status_code == 201
    assert close(rest, job).status_code == 200
    rest.running.org.jobs.wait(job["id"])
    return look(rest, job)


def result(rest: Rest, job: dict[str, Any], name: str) -> str:
    answer = rest.get(f"jobs/ingest/{job['id']}/{name}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv"
    return answer.content.decode()


def failures(rest: Rest, job: dict[str, Any]) -> list[str]:
    """The `sf__Error` texts."""
    rows = csv.DictReader(io.StringIO(result(rest, job, "failedResults")))
    return sorted(row["sf__Error"] for row in rows)


# --- the keys come and go with the state ------------------------------------------------------------


def test_the_keys_of_a_job_follow_its_state(org: RunningOrg, rest: Rest) -> None:
    org.org.jobs.hold()
    created = make(rest)
    assert list(created) == [*HEAD, "contentUrl", *DIALECT]
    assert created["contentUrl"] == f"services/data/v60.0/jobs/ingest/{created['id']}/batches"
    assert created["state"] == "Open"
    assert list(look(rest, created)) == [*HEAD, "jobType", "contentUrl", *DIALECT, *TIMES]
    stored = upload(rest, created, "Name\nA\n")
    assert (stored.status_code, stored.content) == (201, b"")
    assert list(look(rest, created)) == [*HEAD, "jobType", "contentUrl", *DIALECT, *COUNTS, *TIMES]
    closed = close(rest, created).json()
    assert list(closed) == HEAD
    assert closed["state"] == "UploadComplete"
    org.org.jobs.release()
    org.org.jobs.wait(created["id"])
    done = look(rest, created)
    assert list(done) == [*HEAD, "jobType", *DIALECT, *COUNTS, *TIMES]
    assert (done["state"], done["jobType"]) == ("JobComplete", "V2Ingest")
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (1, 0)


def test_upserts_name_their_key_after_the_state(rest: Rest) -> None:
    job = make(rest, "Contact", "upsert", externalIdFieldName="email")
    assert list(job)[6:8] == ["state", "externalIdFieldName"]
    assert job["externalIdFieldName"] == "Email"


# --- operations -------------------------------------------------------------------------------------


def test_inserted_rows_are_told_apart_by_their_values_not_their_place(rest: Rest) -> None:
    lines = "".join(f"A{n},{n}\n" for n in range(50))
    job = run(rest, "Name,NumberOfEmployees\n" + lines)
    header, *rows = csv.reader(io.StringIO(result(rest, job, "successfulResults")))
    assert header == ["sf__Id", "sf__Created", "Name", "NumberOfEmployees"]
    assert sorted(row[2] for row in rows) == sorted(f"A{n}" for n in range(50))
    assert [row[2] for row in rows] != [f"A{n}" for n in range(50)]
    stored = {row["Id"]: row["Name"] for row in rest.query("SELECT Id, Name FROM Account")}
    assert all(stored[row[0]] == row[2] for row in rows)
    assert {row[1] for row in rows} == {"true"}


def test_updates_leave_blanks_alone_and_clear_with_na(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A", Phone="1", Website="w.com", Industry="Energy")
    job = run(rest, f"Id,Phone,Website,Industry\n{record_id},,#N/A,Banking\n", operation="update")
    assert job["numberRecordsFailed"] == 0
    (row,) = rest.query("SELECT Phone, Website, Industry FROM Account")
    assert (row["Phone"], row["Website"], row["Industry"]) == ("1", None, "Banking")


def test_upserts_say_which_rows_are_new(rest: Rest) -> None:
    rest.create("Contact", LastName="A", Email="a@example.com")
    text = "Email,LastName\na@example.com,B\nb@example.com,C\n"
    job = run(rest, text, "Contact", "upsert", externalIdFieldName="Email")
    rows = csv.DictReader(io.StringIO(result(rest, job, "successfulResults")))
    assert {row["LastName"]: row["sf__Created"] for row in rows} == {"B": "false", "C": "true"}


def test_deletes_take_ids_alone(rest: Rest) -> None:
    ids = [rest.create("Account", Name=name) for name in "AB"]
    job = run(rest, "Id\n" + "".join(f"{i}\n" for i in ids), operation="delete")
    assert job["numberRecordsProcessed"] == 2
    assert rest.query("SELECT Id FROM Account") == []
    failed = run(rest, f"Id,Name\n{ids[0]},A\n", operation="delete")
    assert failed["state"] == "Failed"


def test_a_failed_delete_keeps_its_id(rest: Rest) -> None:
    job = run(rest, "Id\n001000000000000AAA\n", operation="delete")
    text = result(rest, job, "failedResults")
    assert text == (
        '"sf__Id","sf__Error",Id\n'
        '"001000000000000AAA","INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--","001000000000000AAA"\n'
    )


def test_hard_deletes_need_a_permission(org: RunningOrg, rest: Rest) -> None:
    reader = org.org.sessions.open(org.org.reader.id).token
    body = {"object": "Account", "operation": "hardDelete"}
    answer = rest.post("jobs/ingest", body, headers={"Authorization": f"Bearer {reader}"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "FEATURENOTENABLED")


def test_parents_are_found_by_external_id(rest: Rest) -> None:
    boss = rest.create("Contact", LastName="Boss", Email="boss@example.com")
    job = run(rest, "LastName,ReportsTo.Email\nA,boss@example.com\nB,\n", "Contact")
    assert job["numberRecordsFailed"] == 0
    found = {
        row["LastName"]: row["ReportsToId"] for row in rest.query("SELECT LastName, ReportsToId FROM Contact")
    }
    assert (found["A"], found["B"]) == (boss, None)


def test_polymorphic_parents_need_their_type(rest: Rest) -> None:
    lead = rest.create("Lead", LastName="L", Company="C", Email="l@example.com")
    job = run(rest, "Subject,Lead:Who.Email\nCall,l@example.com\n", "Task")
    assert job["numberRecordsFailed"] == 0, failures(rest, job)
    assert rest.query("SELECT WhoId FROM Task")[0]["WhoId"] == lead
    without = run(rest, "Subject,Who.Email\nCall,l@example.com\n", "Task")
    assert without["errorMessage"] == "InvalidBatch : Field name not found : Who.Email"
    needless = run(rest, "LastName,Contact:ReportsTo.Email\nA,x@example.com\n", "Contact")
    assert needless["state"] == "Failed"


def test_rows_are_refused_one_by_one(rest: Rest) -> None:
    text = "Name,NumberOfEmployees,Site\nA,1,\n,2,\nB,many,\n" + f"C,3,{'x' * 81}\n"
    job = run(rest, text)
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 4, 3)
    assert [message.partition(":")[0] for message in failures(rest, job)] == [
        "INVALID_FIELD",
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
    ]
    assert "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --" in failures(rest, job)
    assert [row["Name"] for row in rest.query("SELECT Name FROM Account")] == ["A"]


def test_a_row_of_another_width_fails_alone(rest: Rest) -> None:
    job = run(rest, "Name,Phone\nA,1\nB\nC,3\n")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 1)


def test_more_rows_than_a_chunk_holds(rest: Rest) -> None:
    job = run(rest, "Name\n" + "".join(f"A{n}\n" for n in range(450)))
    assert job["numberRecordsProcessed"] == 450
    assert rest.get("query", params={"q": "SELECT COUNT() FROM Account"}).json()["totalSize"] == 450


def test_assignment_rules_run_when_the_job_names_one(org: RunningOrg, rest: Rest) -> None:
    org.org.rules.assignments["Lead"] = org.org.reader.id
    run(rest, "LastName,Company\nA,C\n", "Lead")
    run(rest, "LastName,Company\nB,C\n", "Lead", assignmentRuleId="01Q000000000001AAA")
    owners = {row["LastName"]: row["OwnerId"] for row in rest.query("SELECT LastName, OwnerId FROM Lead")}
    assert owners == {"A": org.org.admin.id, "B": org.org.reader.id}


# --- dialects ---------------------------------------------------------------------------------------


def test_the_uploaded_header_comes_back_as_it_was(rest: Rest) -> None:
    job = run(rest, 'name,"Phone"\n"A, B",1\n')
    assert result(rest, job, "failedResults") == '"sf__Id","sf__Error",name,"Phone"\n'
    assert result(rest, job, "unprocessedrecords/") == 'name,"Phone"\n'
    good = result(rest, job, "successfulResults")
    assert good.startswith('"sf__Id","sf__Created",name,"Phone"\n"001')
    assert good.endswith('","true","A, B","1"\n')


def test_delimiter_and_line_ending_are_the_jobs(rest: Rest) -> None:
    job = run(rest, "Name|Phone\r\nA|1\r\n", columnDelimiter="PIPE", lineEnding="CRLF")
    good = result(rest, job, "successfulResults")
    assert good.startswith('"sf__Id"|"sf__Created"|Name|Phone\r\n')
    assert good.endswith('|"A"|"1"\r\n')


def test_line_feeds_inside_quotes_belong_to_the_value(rest: Rest) -> None:
    run(rest, 'Name,Description\nA,"one\r\ntwo"\n')
    assert rest.query("SELECT Description FROM Account")[0]["Description"] == "one\r\ntwo"


@pytest.mark.parametrize(
    ("ending", "text", "setting"),
    [("LF", "Name\r\nA\r\n", "LF"), ("CRLF", "Name\nA\n", "CRLF")],
    ids=["CRLF sent as LF", "LF sent as CRLF"],
)
def test_other_line_ends_than_announced_fail_the_job(
    rest: Rest, ending: str, text: str, setting: str
) -> None:
    job = run(rest, text, lineEnding=ending)
    assert job["state"] == "Failed"
    assert job["errorMessage"] == (
        f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {setting}"
    )


@pytest.mark.parametrize(
    ("header", "unknown"),
    [
        ("Name,StageName_x", "StageName_x"),
        ("\ufeffName", "\ufeffName"),
        ("Name,Owner.Nope", "Owner.Nope"),
        ("Name,BillingAddress", "BillingAddress"),
    ],
    ids=["unknown", "byte order mark", "unknown parent field", "compound"],
)
def test_an_unknown_header_fails_the_whole_job(rest: Rest, header: str, unknown: str) -> None:
    job = run(rest, f"{header}\nA,B\n")
    assert job["state"] == "Failed"
    assert job["errorMessage"] == f"InvalidBatch : Field name not found : {unknown}"
    assert list(job)[-1] == "errorMessage"
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (0, 0)
    assert rest.query("SELECT Id FROM Account") == []


@pytest.mark.parametrize("text", ["", "Name,name\nA,B\n"], ids=["empty", "column twice"])
def test_uploads_no_row_can_be_read_from(rest: Rest, text: str) -> None:
    job = run(rest, text)
    assert (job["state"], job["numberRecordsProcessed"]) == ("Failed", 0)


def test_bytes_that_are_no_utf8_fail_the_job(rest: Rest) -> None:
    job = make(rest)
    rest.put(
        "/" + job["contentUrl"],
        data="Name\nMünchen\n".encode("latin-1"),
        headers={"Content-Type": "text/csv"},
    )
    close(rest, job)
    rest.running.org.jobs.wait(job["id"])
    assert look(rest, job)["state"] == "Failed"


# --- order of calls ---------------------------------------------------------------------------------


def test_a_second_upload_is_refused(rest: Rest) -> None:
    job = make(rest)
    upload(rest, job, "Name\nA\n")
    answer = upload(rest, job, "Name\nB\n")
    assert answer.status_code == 400
    assert answer.json()[0]["message"].startswith(f"Found multiple contents for job: <{job['id']}>")


def test_a_closed_job_takes_no_upload_and_cannot_be_closed_again(org: RunningOrg, rest: Rest) -> None:
    org.org.jobs.hold()
    job = make(rest)
    upload(rest, job, "Name\nA\n")
    close(rest, job)
    for answer in (upload(rest, job, "Name\nB\n"), close(rest, job)):
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_an_upload_is_text_csv(rest: Rest) -> None:
    answer = upload(rest, make(rest), "Name\nA\n", **{"Content-Type": "application/json"})
    assert answer.status_code == 415


def test_a_job_closed_without_rows_fails(rest: Rest) -> None:
    job = make(rest)
    close(rest, job)
    rest.running.org.jobs.wait(job["id"])
    assert look(rest, job)["state"] == "Failed"


def test_aborting_an_open_job_leaves_every_row_unprocessed(rest: Rest) -> None:
    job = make(rest)
    text = 'Name,"Phone"\n"A",1\nB,2\n'
    upload(rest, job, text)
    answer = rest.patch(f"jobs/ingest/{job['id']}", {"state": "Aborted"})
    assert (answer.status_code, answer.json()["state"]) == (200, "Aborted")
    assert result(rest, job, "unprocessedRecords") == text
    assert rest.query("SELECT Id FROM Account") == []
    again = rest.patch(f"jobs/ingest/{job['id']}", {"state": "Aborted"})
    assert (again.status_code, again.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_results_wait_for_the_end_of_the_job(org: RunningOrg, rest: Rest) -> None:
    org.org.jobs.hold()
    job = make(rest)
    upload(rest, job, "Name\nA\n")
    close(rest, job)
    answer = rest.get(f"jobs/ingest/{job['id']}/successfulResults")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")


def test_a_deleted_job_is_gone(rest: Rest) -> None:
    job = run(rest, "Name\nA\n")
    assert rest.delete(f"jobs/ingest/{job['id']}").status_code == 204
    assert rest.get(f"jobs/ingest/{job['id']}").status_code == 404


def test_lists_of_jobs(rest: Rest) -> None:
    job = make(rest)
    answer = rest.get("jobs/ingest").json()
    assert [item["id"] for item in answer["records"]] == [job["id"]]
    assert list(answer["records"][0]) == [*HEAD, "jobType", "contentUrl", *DIALECT]
    assert rest.get(f"jobs/query/{job['id']}").status_code == 404


def test_a_multipart_request_makes_uploads_and_closes_at_once(rest: Rest) -> None:
    body = (
        '--B\r\nContent-Disposition: form-data; name="job"\r\nContent-Type: application/json\r\n\r\n'
        '{"object":"Account","operation":"insert","contentType":"CSV"}\r\n'
        '--B\r\nContent-Disposition: form-data; name="content"; filename="content"\r\nContent-Type: text/csv\r\n\r\n'
        "Name\nA\nB\n\r\n--B--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    answer = rest.send("POST", "jobs/ingest", data=body, headers=headers)
    assert (answer.status_code, answer.json()["state"]) == (200, "UploadComplete")
    rest.running.org.jobs.wait(answer.json()["id"])
    assert look(rest, answer.json())["numberRecordsProcessed"] == 2


def test_the_days_batches_can_run_out(org: RunningOrg, rest: Rest) -> None:
    org.org.limits.set_remaining(0, "DailyBulkApiBatches")
    job = run(rest, "Name\nA\n")
    assert job["numberRecordsProcessed"] == 0
    for name in ("successfulResults", "failedResults"):
        assert result(rest, job, name).count("\n") == 1
    assert result(rest, job, "unprocessedrecords") == "Name\n"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"object": "Account", "operation": "query"}, "INVALIDJOB"),
        ({"object": "Nope", "operation": "insert"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "upsert"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "upsert", "externalIdFieldName": "Title"}, "INVALIDJOB"),
    ],
    ids=["operation", "object", "no key", "key is no external id"],
)
def test_bodies_that_make_no_job(rest: Rest, body: dict[str, str], code: str) -> None:
    answer = rest.post("jobs/ingest", body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_values_are_read_as_csv_text(rest: Rest) -> None:
    text = "Name,StartDate,IsActive,BudgetedCost\nA,2001-02-03,YES,1.5E3\n"
    job = run(rest, text, "Campaign")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (1, 0), failures(rest, job)
    (row,) = rest.query("SELECT StartDate, IsActive, BudgetedCost FROM Campaign")
    assert (row["StartDate"], row["IsActive"], row["BudgetedCost"]) == ("2001-02-03", True, 1500.0)


def test_a_date_that_is_none_is_named_with_its_column(rest: Rest) -> None:
    job = run(rest, "LastName,Title,Department,Birthdate\nA,B,C,2003-04-98\n", "Contact")
    (message,) = failures(rest, job)
    assert message == (
        "INVALID_FIELD:Failed to deserialize field at col 3."
        " Due to, '2003-04-98' is not a valid value for the type xsd:date:Birthdate --"
    )


def test_the_user_of_the_job_governs(org: RunningOrg, rest: Rest) -> None:
    reader = org.org.users.require(defaults.READER_USERNAME)
    rest.http.headers["Authorization"] = f"Bearer {org.org.sessions.open(reader.id).token}"
    job = run(rest, "Name\nA\n")
    assert job["numberRecordsFailed"] == 1
