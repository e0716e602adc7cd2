"""salesforce-bulk, an old client of Bulk API 1.0 that speaks XML about jobs and parses answers by their exact type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_org import defaults
from support.clients import Client, python_client

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg

pytestmark = pytest.mark.clients
SCRIPT = "salesforce_bulk_calls.py"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return python_client("salesforce-bulk", tmp_path)


@pytest.fixture
def session(org: RunningOrg) -> dict[str, str]:
    org.org.create_custom_field("Contact.Code__c", type="Text", length=20, externalId=True, unique=True)
    opened = org.org.sessions.open(org.org.admin.id, client_id=defaults.CLIENT_ID)
    return {"sessionId": opened.token, "host": org.url}


@pytest.mark.parametrize("kind", ["CSV", "JSON"])
def test_it_loads_rows(client: Client, org: RunningOrg, session: dict[str, str], kind: str) -> None:
    told = client.call(SCRIPT, "load", connection=session, kind=kind, external_id="Code__c")
    assert [row[1:3] for row in told["insert"]] == [["true", "true"]] * 3
    assert [row[1:3] for row in told["upsert"]] == [["true", "false"], ["true", "true"]]
    assert told["upsert"][0][0] == told["insert"][0][0]
    assert [row[1] for row in told["update"]] == ["true", "false"]
    assert "INVALID_CROSS_REFERENCE_KEY" in str(told["update"][1][3])
    assert told["delete"] == [[told["insert"][1][0], "true", "false", "" if kind == "CSV" else []]]
    assert (told["state"], told["batches"]) == ("Closed", ["Completed"])
    names = {
        row[0] for row in org.org.store.read().execute("SELECT LastName FROM Contact WHERE IsDeleted = 0")
    }
    assert names == {'"Up", c0', "Łastname 2", '"Up", new'}


@pytest.mark.parametrize("kind", ["CSV", "JSON", "XML"])
def test_it_queries(client: Client, org: RunningOrg, session: dict[str, str], kind: str) -> None:
    admin = org.org.admin
    org.org.dml.create(admin, "Contact", {"LastName": "Ż, ś", "Code__c": "c1", "Birthdate": "2001-02-03"})
    org.org.dml.create(admin, "Contact", {"LastName": "B"})
    soql = "SELECT LastName, Code__c, Birthdate FROM Contact ORDER BY LastName DESC"
    told = client.call(SCRIPT, "query", connection=session, kind=kind, soql=soql)
    assert told["request"] == soql
    if kind == "XML":
        assert "<LastName>Ż, ś</LastName>" in told["text"]
        return
    empty = "" if kind == "CSV" else None
    assert told["rows"][0]["LastName"] == "Ż, ś"
    assert told["rows"][1] == {"LastName": "B", "Code__c": empty, "Birthdate": empty}


def test_it_is_told_why_a_query_fails(client: Client, session: dict[str, str]) -> None:
    told = client.call(SCRIPT, "query", connection=session, kind="CSV", soql="SELECT Nope FROM Contact")
    assert "INVALID_FIELD" in told["failed"]


def test_it_cuts_queries_by_primary_key_and_gives_jobs_up(
    client: Client, org: RunningOrg, session: dict[str, str]
) -> None:
    made = org.org.dml.create_many(org.org.admin, "Contact", [{"LastName": str(n)} for n in range(250)])
    told = client.call(SCRIPT, "chunked", connection=session)
    assert told["first"] == "NotProcessed"
    assert told["chunks"] >= 3
    assert sorted(told["rows"]) == sorted(str(row.id) for row in made)
    assert told["aborted"] == "Aborted"
    assert "[400]" in told["refused"]
