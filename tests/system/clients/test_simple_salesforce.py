"""simple-salesforce, the most used client in Python: every login, REST, Bulk 1.0 and 2.0, reports, metadata."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local_org import defaults
from support.clients import Client, python_client

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg

pytestmark = pytest.mark.clients
SCRIPT = "simple_salesforce_calls.py"
USER = {"username": defaults.ADMIN_USERNAME}
APP = {"consumer_key": defaults.CLIENT_ID, "consumer_secret": defaults.CLIENT_SECRET}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return python_client("simple-salesforce", tmp_path)


def session(org: RunningOrg) -> dict[str, str]:
    opened = org.org.sessions.open(org.org.admin.id, client_id=defaults.CLIENT_ID)
    return {"session_id": opened.token, "instance_url": org.url}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("password", {**USER, "password": defaults.PASSWORD, "security_token": defaults.SECURITY_TOKEN}),
        ("ipfilter", {**USER, "password": "local-orgTOKEN", "organizationId": defaults.ORG_ID}),
        ("password", {**USER, **APP, "password": "local-orgTOKEN"}),
        ("client-credentials", {**APP, "domain": "acme.my"}),
    ],
    ids=["soap", "soap-with-organization", "oauth-password", "client-credentials"],
)
def test_it_logs_in(client: Client, secure_org: RunningOrg, kind: str, options: dict[str, str]) -> None:
    told = client.trust(secure_org).call(SCRIPT, "login", **options)
    assert told["kind"] == kind
    assert told["instance"].endswith(".salesforce.com")
    assert (told["user"], told["sandbox"]) == (defaults.ADMIN_USERNAME, False)


def test_it_logs_in_with_a_signed_assertion(client: Client, secure_org: RunningOrg) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    options = {**USER, "consumer_key": defaults.CLIENT_ID, "privatekey": pem.decode()}
    client.trust(secure_org)
    assert client.call(SCRIPT, "refused", **options)["code"] == "invalid_grant"
    secure_org.org.apps.register_key(defaults.CLIENT_ID, public.decode())
    told = client.call(SCRIPT, "login", **options)
    assert (told["kind"], told["user"]) == ("jwt-bearer", defaults.ADMIN_USERNAME)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({**USER, "password": "wrong", "security_token": "x"}, "INVALID_LOGIN"),
        ({**USER, **APP, "password": "wrong"}, "invalid_grant"),
        ({**APP, "consumer_secret": "wrong", "domain": "acme.my"}, "invalid_client"),
    ],
    ids=["soap", "oauth-password", "client-credentials"],
)
def test_it_understands_why_a_login_fails(
    client: Client, secure_org: RunningOrg, options: dict[str, str], code: str
) -> None:
    refused = client.trust(secure_org).call(SCRIPT, "refused", **options)
    assert refused["code"] == code
    assert refused["message"]


@pytest.fixture
def contacts(client: Client, secure_org: RunningOrg) -> dict[str, str]:
    """A session of an org whose Contacts have an external id and a checkbox."""
    client.trust(secure_org)
    secure_org.org.create_custom_field(
        "Contact.Code__c", type="Text", length=20, externalId=True, unique=True
    )
    secure_org.org.create_custom_field("Contact.Agreed__c", type="Checkbox", defaultValue="false")
    return session(secure_org)


def test_it_writes_rows_and_understands_refusals(client: Client, contacts: dict[str, str]) -> None:
    told = client.call(SCRIPT, "rows", connection=contacts)
    assert told["created"]["success"] is True
    assert [told[step] for step in ("updated", "upserted", "inserted", "deleted")] == [204, 200, 201, 204]
    row = told["read"]
    assert [row[name] for name in ("Name", "Birthdate", "Phone", "Agreed__c", "Code__c")] == [
        "Ärla Søren", "2001-02-03", "1", False, "c/1",
    ]  # fmt: skip
    assert told["by_key"]
    assert told["created"]["id"] not in told["updated_list"]["ids"]
    assert len(told["updated_list"]["ids"]) == 1
    assert [row["id"] for row in told["deleted_list"]["deletedRecords"]] == [told["created"]["id"]]
    refusals = {
        name: (told[name][0], told[name][2][0]["errorCode"])
        for name in told
        if isinstance(told[name], list) and name != "usage"
    }
    assert refusals == {
        "gone": ("SalesforceResourceNotFound", "ENTITY_IS_DELETED"),
        "required": ("SalesforceMalformedRequest", "REQUIRED_FIELD_MISSING"),
        "malformed": ("SalesforceMalformedRequest", "MALFORMED_QUERY"),
        "expired": ("SalesforceExpiredSession", "INVALID_SESSION_ID"),
        "unknown": ("SalesforceResourceNotFound", "NOT_FOUND"),
    }
    used, allowed = told["usage"]
    assert 10 <= used < 20
    assert allowed == defaults.DAILY_API_REQUESTS


def test_it_describes_and_queries_page_by_page(client: Client, secure_org: RunningOrg) -> None:
    secure_org.org.behaviour.page_size = 200
    made = secure_org.org.dml.create_many(
        secure_org.org.admin, "Account", [{"Name": f"Account {n}"} for n in range(450)]
    )
    assert all(row.success for row in made)
    told = client.trust(secure_org).call(SCRIPT, "reading", connection=session(secure_org))
    assert told["objects"] == len(secure_org.org.schema)
    assert {"Id", "Name", "Industry", "SystemModstamp"} <= set(told["fields"])
    assert told["metadata"] == "001"
    assert told["page"] == [200, 450, False, 200]
    assert told["owner"]
    assert (told["all"], told["iterated"], told["quoted"]) == (450, 450, 1)
    assert told["limits"]["Max"] == defaults.DAILY_API_REQUESTS


def test_it_runs_bulk_1_jobs(client: Client, contacts: dict[str, str]) -> None:
    told = client.call(SCRIPT, "bulk1", connection=contacts)
    assert [row["success"] for row in told["insert"]] == [True] * 5 + [False]
    assert told["insert"][5]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert [(row["success"], row["created"]) for row in told["upsert"]] == [(True, False), (True, True)]
    assert [row["success"] for row in told["update"] + told["delete"]] == [True, True]
    rows = [{name: row[name] for name in row if name not in ("Id", "attributes")} for row in told["query"]]
    expected = [
        {"LastName": f"L{n}", "Code__c": f"c{n}", "Agreed__c": n % 2 == 0, "Birthdate": None}
        for n in range(5)
    ]
    assert [row | {"Birthdate": None} for row in rows[:5]] == expected
    assert rows[5]["LastName"] == "X"
    assert told["query_all"] == 6
    assert [row["LastName"] for row in told["auto"]] == ["Auto", "Two"]
    assert "INVALID_FIELD" in told["refused"]


def counted(processed: int, failed: int, job: dict[str, Any]) -> bool:
    return (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (processed, failed)


def test_it_runs_bulk_2_jobs(client: Client, contacts: dict[str, str]) -> None:
    told = client.call(SCRIPT, "bulk2", connection=contacts)
    assert counted(6, 1, told["insert"])
    results = told["records"]
    assert {row["Code__c"] for row in results["successfulRecords"]} == {f"c{n}" for n in range(5)}
    assert {row["sf__Created"] for row in results["successfulRecords"]} == {"true"}
    (failed,) = results["failedRecords"]
    assert failed["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert results["unprocessedRecords"] == []
    assert counted(2, 0, told["upsert"])
    assert counted(1, 0, told["update"])
    assert counted(1, 0, told["delete"])
    pages = [list(csv.DictReader(page.splitlines())) for page in told["query"]]
    assert [len(page) for page in pages] == [2, 2, 1]
    rows = [row for page in pages for row in page]
    assert [row["LastName"] for row in rows][:2] == ["L0", 'L "1", é']
    assert (rows[0]["FirstName"], rows[1]["Birthdate"], rows[-1]["FirstName"]) == ("F", "2000-02-29", "")
    assert len(told["query_all"][0].splitlines()) == 7
    assert [number for number, _ in told["download"]] == [4, 1]
    downloaded = [row for _, text in told["download"] for row in csv.DictReader(text.splitlines())]
    assert downloaded == rows
    assert (told["refused"][0], told["refused"][1][0]["errorCode"]) == (400, "INVALID_TYPE")


def test_it_runs_reports(client: Client, secure_demo: RunningOrg) -> None:
    told = client.trust(secure_demo).call(
        SCRIPT, "report", connection=session(secure_demo), name="Accounts With Engagement"
    )
    assert told["listed"]
    assert told["columns"][:2] == ["ACCOUNT_ID", "ACCOUNT.NAME"]
    assert told["rows"] > 10
    assert told["again"]
    assert told["all"]


def test_it_makes_fields_and_objects(client: Client, secure_org: RunningOrg) -> None:
    told = client.trust(secure_org).call(SCRIPT, "metadata", connection=session(secure_org))
    assert (told["read"], told["label"], told["object"], told["tooling"]) == (5, "Fit", "Things", "Score")
    assert told["tooling_made"]
    assert "DUPLICATE_DEVELOPER_NAME" in told["twice"]
    made = secure_org.org.schema.object("Account")
    assert {name for name in ("Score__c", "Tier__c", "Note__c") if name in made} == {"Score__c", "Tier__c"}
    assert secure_org.org.schema.object("Thing__c").label == "Thing"
