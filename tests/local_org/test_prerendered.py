"""The mode for measuring clients: what was asked before is answered with the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

SOQL = "SELECT Id, Name FROM Account"


@pytest.fixture(autouse=True)
def _measured(org: RunningOrg, rest: Rest) -> None:
    org.org.behaviour.prerendered = True
    for number in range(450):
        assert org.org.dml.create(org.org.admin, "Account", {"Name": f"{number:04} É"}).success
    org.requests.clear()


def add_one(org: RunningOrg) -> None:
    assert org.org.dml.create(org.org.admin, "Account", {"Name": "late"}).success


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_pages_of_a_query_are_rendered_once(org: RunningOrg, rest: Rest, encoding: str) -> None:
    headers = {"Sforce-Query-Options": "batchSize=200", "Accept-Encoding": encoding}
    first = rest.get("query", params={"q": SOQL}, headers=headers)
    following = rest.get(first.json()["nextRecordsUrl"], headers=headers)
    add_one(org)
    again = rest.get("query", params={"q": SOQL}, headers=headers)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert rest.get(again.json()["nextRecordsUrl"], headers=headers).content == following.content
    assert [len(first.json()["records"]), len(following.json()["records"])] == [200, 200]
    assert first.headers.get("Content-Encoding") == ("gzip" if encoding == "gzip" else None)


def test_the_same_bulk_query_is_the_same_job_and_outlives_its_deletion(org: RunningOrg, rest: Rest) -> None:
    body = {"operation": "query", "query": SOQL}
    job = rest.post("jobs/query", body).json()
    org.org.jobs.wait(job["id"])
    page = rest.get(f"jobs/query/{job['id']}/results", params={"maxRecords": "300"})
    assert rest.delete(f"jobs/query/{job['id']}").status_code == 204
    add_one(org)
    again = rest.post("jobs/query", body).json()
    assert again == job
    second = rest.get(f"jobs/query/{job['id']}/results", params={"maxRecords": "300"})
    assert second.content == page.content
    assert second.headers["Sforce-Locator"] == page.headers["Sforce-Locator"] != "null"
    other = rest.post("jobs/query", body | {"operation": "queryAll"}).json()
    assert other["id"] != job["id"]


def test_refusals_and_everything_else_are_not_kept(org: RunningOrg, rest: Rest) -> None:
    assert rest.get("query", params={"q": "SELECT Nope FROM Account"}).status_code == 400
    before = rest.get("limits").json()
    rest.get("query", params={"q": "SELECT COUNT() FROM Account"})
    after = rest.get("limits").json()
    assert before["DailyApiRequests"]["Remaining"] > after["DailyApiRequests"]["Remaining"]
