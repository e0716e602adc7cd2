"""Bulk API 1.0 as the clients that still use it speak it."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml; charset=UTF-8"}


class Bulk1:
    """Requests below `/services/async/60.0/`."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"X-SFDC-Session": self.rest.token} | options.pop("headers", {})
        url = f"{self.rest.running.url}/services/async/60.0/{path}"
        return requests.request(method, url, headers=headers, timeout=10, **options)

    def job(self, operation: str, sobject: str = "Account", kind: str = "CSV", **headers: str) -> str:
        body = {"operation": operation, "object": sobject, "contentType": kind}
        if operation == "upsert":
            body["externalIdFieldName"] = "Email"
        answer = self.send("POST", "job", json=body, headers=JSON | headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def batch(self, job: str, body: str, kind: str = "text/csv") -> str:
        answer = self.send("POST", f"job/{job}/batch", data=body.encode(), headers={"Content-Type": kind})
        assert answer.status_code == 201, answer.text
        found = re.search(r'(?:<id>|"id":")(751\w{15})', answer.text)
        assert found is not None
        return found[1]

    def result(self, job: str, batch: str) -> requests.Response:
        listed = self.send("GET", f"job/{job}/batch/{batch}/result").text
        found = re.search(r"752\w{12}\b", listed)
        assert found is not None, listed
        return self.send("GET", f"job/{job}/batch/{batch}/result/{found[0]}")


@pytest.fixture
def bulk(rest: Rest) -> Bulk1:
    return Bulk1(rest)


def test_a_json_job_of_csv_rows_has_its_batches_in_xml(bulk: Bulk1) -> None:
    bulk.rest.create("Account", Name="A")
    job = bulk.job("query")
    batch = bulk.batch(job, "SELECT Id, Name, Phone FROM Account")
    state = bulk.send("GET", f"job/{job}/batch/{batch}", headers=JSON)
    assert state.headers["Content-Type"] == "application/xml"
    assert "<state>Completed</state>" in state.text
    assert "<stateMessage>" not in state.text
    listed = bulk.send("GET", f"job/{job}/batch/{batch}/result")
    assert re.search(
        r"<result-list\s+xmlns=.*<result>752\w{12}</result></result-list>", listed.text, re.DOTALL
    )
    rows = bulk.result(job, batch)
    assert rows.headers["Content-Type"] == "text/csv"
    assert next(csv.reader(io.StringIO(rows.text))) == ["Id", "Name", "Phone"]
    assert rows.text.endswith('"A",""\n')


def test_json_about_batches_has_no_charset_in_its_type(bulk: Bulk1) -> None:
    job = bulk.job("query", kind="JSON")
    made = bulk.send("POST", f"job/{job}/batch", data="SELECT Id FROM Account", headers=JSON)
    batch = made.json()["id"]
    assert made.headers["Location"] == f"/services/async/60.0/job/{job}/batch/{batch}"
    result = bulk.send("GET", f"job/{job}/batch/{batch}/result")
    loading = bulk.job("insert", kind="JSON")
    loaded = bulk.send("POST", f"job/{loading}/batch", data='[{"Name": "A"}]', headers=JSON)
    answers = [
        made,
        bulk.send("GET", f"job/{job}/batch"),
        bulk.send("GET", f"job/{job}/batch/{batch}"),
        result,
        bulk.send("GET", f"job/{job}/batch/{batch}/result/{result.json()[0]}"),
        bulk.send("GET", f"job/{loading}/batch/{loaded.json()['id']}/result"),
    ]
    assert [answer.headers["Content-Type"] for answer in answers] == ["application/json"] * 6


def test_an_xml_job_is_answered_in_xml(bulk: Bulk1) -> None:
    body = (
        '<?xml version="1.0"?><jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
        "<operation>query</operation><object>Account</object><contentType>CSV</contentType></jobInfo>"
    )
    answer = bulk.send("POST", "job", data=body, headers=XML)
    assert answer.status_code == 201
    names = re.findall(r"<(\w+)>", answer.text)
    assert names[:8] == [
        "id",
        "operation",
        "object",
        "createdById",
        "createdDate",
        "systemModstamp",
        "state",
        "concurrencyMode",
    ]
    assert "<apiVersion>60.0</apiVersion>" in answer.text
    assert re.search(r"<createdDate>[\d:T-]+\.000Z</createdDate>", answer.text)


def test_json_rows_carry_moments_in_milliseconds(bulk: Bulk1) -> None:
    account = bulk.rest.create("Account", Name="A")
    bulk.rest.create("Contact", LastName="C", AccountId=account, Birthdate="2001-02-03")
    job = bulk.job("query", "Contact", "JSON")
    body = "SELECT Id, LastName, Birthdate, CreatedDate, Account.Name FROM Contact"
    batch = bulk.batch(job, body, "application/json")
    assert bulk.send("GET", f"job/{job}/batch/{batch}").json()["state"] == "Completed"
    (row,) = bulk.result(job, batch).json()
    assert row["Birthdate"] == int(datetime(2001, 2, 3, tzinfo=UTC).timestamp() * 1000)
    assert isinstance(row["CreatedDate"], int)
    assert row["Account"]["Name"] == "A"


def test_no_rows_are_a_sentence(bulk: Bulk1) -> None:
    job = bulk.job("query")
    assert (
        bulk.result(job, bulk.batch(job, "SELECT Id FROM Account")).text == "Records not found for this query"
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT Nope FROM Account", "INVALID_FIELD: "),
        (
            "SELECT Id FROM Contact",
            "INVALID_TYPE_FOR_OPERATION: The root entity of the requested query (Contact)",
        ),
    ],
    ids=["field", "other object"],
)
def test_a_refused_query_fails_its_batch(bulk: Bulk1, query: str, message: str) -> None:
    job = bulk.job("query")
    batch = bulk.batch(job, query)
    text = bulk.send("GET", f"job/{job}/batch/{batch}").text
    assert "<state>Failed</state>" in text
    assert f"<stateMessage>InvalidBatch : Failed to process query: {message}" in text


def test_pk_chunking_makes_further_batches_that_together_have_every_row_once(
    org: RunningOrg, bulk: Bulk1
) -> None:
    item = org.org.schema.object("Account")
    rows = ((f"A{n}",) for n in range(25))
    org.org.store.bulk_insert(item, ["Name"], rows, stamp="2026-01-31T12:00:00Z", user_id=org.org.admin.id)
    job = bulk.job("query", **{"Sforce-Enable-PKChunking": "chunkSize=10"})
    original = bulk.batch(job, "SELECT Name FROM Account WHERE Name > 'A3' OR Name < 'A2'")
    text = bulk.send("GET", f"job/{job}/batch").text
    states = dict(re.findall(r"<id>(\w+)</id>.*?<state>(\w+)</state>", text, re.DOTALL))
    assert states.pop(original) == "NotProcessed"
    assert list(states.values()) == ["Completed"] * 3
    seen = []
    for batch in states:
        seen += [row["Name"] for row in csv.DictReader(io.StringIO(bulk.result(job, batch).text))]
    assert sorted(seen) == sorted(name for name in (f"A{n}" for n in range(25)) if name > "A3" or name < "A2")


def test_csv_rows_are_written_and_answered_in_their_order(bulk: Bulk1) -> None:
    job = bulk.job("insert", "Contact")
    batch = bulk.batch(job, "LastName,Email\nA,a@example.com\n,b@example.com\nC,c@example.com\n")
    answer = bulk.send("GET", f"job/{job}/batch/{batch}/result")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.text.startswith('"Id","Success","Created","Error"\n')
    assert [row["Success"] for row in rows] == ["true", "false", "true"]
    assert rows[1]["Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    closed = bulk.send("POST", f"job/{job}", json={"state": "Closed"}, headers=JSON).json()
    assert (closed["state"], closed["numberRecordsProcessed"], closed["numberRecordsFailed"]) == (
        "Closed",
        3,
        1,
    )
    refused = bulk.send("POST", f"job/{job}/batch", data="LastName\nD\n", headers=JSON)
    assert refused.json()["exceptionCode"] == "InvalidJobState"


def test_json_rows_are_upserted_and_deleted(bulk: Bulk1) -> None:
    bulk.rest.create("Contact", LastName="A", Email="a@example.com")
    job = bulk.job("upsert", "Contact", "JSON")
    rows = '[{"Email":"a@example.com","LastName":"B"},{"Email":"b@example.com","LastName":null}]'
    batch = bulk.batch(job, rows, "application/json")
    first, second = bulk.send("GET", f"job/{job}/batch/{batch}/result").json()
    assert (first["success"], first["created"], first["errors"]) == (True, False, [])
    assert (second["success"], second["id"]) == (False, None)
    assert second["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    gone = bulk.job("delete", "Contact", "JSON")
    deleted = bulk.batch(gone, json.dumps([{"Id": first["id"]}]), "application/json")
    bulk.send("GET", f"job/{gone}/batch/{deleted}")
    assert bulk.rest.query("SELECT Id FROM Contact") == []


def test_xml_rows_are_inserted(bulk: Bulk1) -> None:
    body = (
        '<sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<sObject><Name>A &amp; B</Name><Phone xsi:nil="true"/></sObject></sObjects>'
    )
    job = bulk.job("insert", kind="XML")
    batch = bulk.batch(job, body, "application/xml")
    answer = bulk.send("GET", f"job/{job}/batch/{batch}/result")
    assert "<success>true</success>" in answer.text
    assert [row["Name"] for row in bulk.rest.query("SELECT Name FROM Account")] == ["A & B"]


def test_errors_are_objects_of_the_requests_kind(bulk: Bulk1) -> None:
    missing = bulk.send("GET", "job/750000000000000AAA", headers=JSON)
    assert (missing.status_code, missing.headers["Content-Type"]) == (400, "application/json")
    assert missing.json()["exceptionCode"] == "InvalidJob"
    as_xml = bulk.send("GET", "job/750000000000000AAA", headers=XML)
    assert "<exceptionCode>InvalidJob</exceptionCode>" in as_xml.text
    session = bulk.send("GET", "job/x", headers=JSON | {"X-SFDC-Session": "nope"})
    assert session.status_code == 401
    assert session.json() == {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}
    version = bulk.rest.send("GET", "/services/async/12.0/job/x", headers=JSON)
    assert version.json()["exceptionCode"] == "InvalidVersion"


def test_a_new_job_has_an_empty_list_of_batches(bulk: Bulk1) -> None:
    text = bulk.send("GET", f"job/{bulk.job('query')}/batch").text
    assert re.fullmatch(r'<\?xml[^>]*\?><batchInfoList\s+xmlns="[^"]+" />', text)
