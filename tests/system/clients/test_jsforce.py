"""jsforce, the client below much of what JavaScript does with Salesforce, the Salesforce CLI included."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local_org import defaults
from support.clients import Client, node_client

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg

pytestmark = pytest.mark.clients
SCRIPT = "jsforce_calls.cjs"
PASSWORD = defaults.PASSWORD + defaults.SECURITY_TOKEN


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return node_client("jsforce", tmp_path)


def session(org: RunningOrg) -> dict[str, str]:
    opened = org.org.sessions.open(org.org.admin.id, client_id=defaults.CLIENT_ID)
    return {"url": org.url, "token": opened.token}


@pytest.fixture
def contacts(org: RunningOrg) -> dict[str, str]:
    """A session of an org whose Contacts have an external id."""
    org.org.create_custom_field("Contact.Code__c", type="Text", length=20, externalId=True, unique=True)
    return session(org)


def assertion(org: RunningOrg) -> str:
    """A signed claim to be the administrator, and a key the org knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    org.org.apps.register_key(defaults.CLIENT_ID, public.decode())
    claims = {
        "iss": defaults.CLIENT_ID,
        "sub": defaults.ADMIN_USERNAME,
        "aud": org.url,
        "exp": int(time.time()) + 120,
    }
    return jwt.encode(claims, key, algorithm="RS256")


def test_it_logs_in_by_soap_and_out(client: Client, org: RunningOrg) -> None:
    told = client.call(SCRIPT, "soap", url=org.url, username=defaults.ADMIN_USERNAME, password=PASSWORD)
    assert told["user"]["organizationId"] == defaults.ORG_ID
    assert told["identity"] == defaults.ADMIN_USERNAME
    assert told["wrong"][1].startswith("INVALID_LOGIN: ")
    assert told["after"][0] == "INVALID_SESSION_ID"


def test_it_logs_in_by_oauth_and_refreshes(client: Client, org: RunningOrg) -> None:
    told = client.call(
        SCRIPT,
        "oauth",
        url=org.url,
        username=defaults.ADMIN_USERNAME,
        password=PASSWORD,
        clientId=defaults.CLIENT_ID,
        clientSecret=defaults.CLIENT_SECRET,
        refreshToken=defaults.REFRESH_TOKEN,
        assertion=assertion(org),
    )
    assert {told[flow] for flow in ("password", "app", "jwt")} == {defaults.ADMIN_USERNAME}
    assert told["refreshed"] == [True, 1]
    assert told["wrong"][0] == "invalid_grant"


def test_it_works_over_https(client: Client, secure_org: RunningOrg) -> None:
    client.trust(secure_org)
    told = client.call(
        SCRIPT, "soap", url=secure_org.url, username=defaults.ADMIN_USERNAME, password=PASSWORD
    )
    assert told["identity"] == defaults.ADMIN_USERNAME


def test_it_reads_and_describes(client: Client, org: RunningOrg) -> None:
    org.org.behaviour.page_size = 200
    admin = org.org.admin
    made = org.org.dml.create_many(admin, "Account", [{"Name": f"Account {n:03}"} for n in range(450)])
    for name in ("C1", "C2", "D"):
        org.org.dml.create(admin, "Contact", {"LastName": name, "AccountId": made[0].id})
    told = client.call(SCRIPT, "reading", connection=session(org))
    assert (told["first"], told["more"], told["all"]) == ([200, 450, False], 200, [450, True])
    assert told["row"]["Owner"]["Name"]
    assert {row["LastName"] for row in told["row"]["Contacts"]["records"]} == {"C1", "C2", "D"}
    assert [(row["LastName"], row["Account"]["Name"]) for row in told["found"]] == [
        ("C1", "Account 000"),
        ("C2", "Account 000"),
    ]
    assert (told["count"], told["recent"]) == (450, 450)
    assert told["described"][:2] == ["Account", "001"]
    assert told["global"] == len(org.org.schema)
    assert told["limits"]["Max"] == told["usage"]["limit"] == defaults.DAILY_API_REQUESTS
    assert told["versions"] == [defaults.NEWEST_API_VERSION]
    assert (told["malformed"][0], told["unknown"][0]) == ("MALFORMED_QUERY", "NOT_FOUND")


def results(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Success and, where it was told, whether the row is new."""
    return [(row["success"], row["created"]) if "created" in row else (row["success"],) for row in rows]


def test_it_writes_rows(client: Client, contacts: dict[str, str]) -> None:
    told = client.call(SCRIPT, "rows", connection=contacts)
    assert results([told["made"], *told["many"], told["updated"]]) == [
        (True,),
        (True,),
        (False,),
        (True,),
        (True,),
    ]
    assert told["many"][1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert results([told["upserted"], *told["both"]]) == [(True, False), (True, False), (True, True)]
    assert results(told["deleted"]) == [(True,), (False,)]
    assert [told["read"][name] for name in ("FirstName", "Birthdate", "Code__c")] == [
        "Hans",
        "1777-08-14",
        "a/b c",
    ]
    assert told["several"] == ["Ørsted", "One"]
    assert [row["errors"][0]["statusCode"] for row in told["rolledBack"]] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert (told["gone"][0], told["required"][0]) == ("ENTITY_IS_DELETED", "REQUIRED_FIELD_MISSING")
    assert told["names"] == ["Three", "Two", "Ørsted"]


def test_it_runs_bulk_1_jobs(client: Client, contacts: dict[str, str]) -> None:
    told = client.call(SCRIPT, "bulk1", connection=contacts)
    assert results(told["inserted"]) == [(True, True), (False, False), (True, True)]
    assert told["inserted"][1]["errors"][0].startswith("REQUIRED_FIELD_MISSING:")
    assert results(told["upserted"]) == [(True, False), (True, True)]
    assert results(told["updated"] + told["deleted"]) == [(True, False), (True, False)]
    rows = [{name: row[name] for name in row if name != "Id"} for row in told["queried"]]
    assert rows == [
        {"LastName": "One", "FirstName": "F"},
        {"LastName": "Three", "FirstName": ""},
        {"LastName": "Two", "FirstName": ""},
    ]
    assert "INVALID_FIELD" in told["refused"][1]


def test_it_runs_bulk_2_jobs(client: Client, contacts: dict[str, str]) -> None:
    told = client.call(SCRIPT, "bulk2", connection=contacts)
    inserted = told["inserted"]
    assert {row["LastName"] for row in inserted["successfulResults"]} == {'Ä, "1"', "Two"}
    assert inserted["failedResults"][0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert inserted["unprocessedRecords"] == []
    created = {row["Code__c"]: row["sf__Created"] for row in told["upserted"]["successfulResults"]}
    assert created == {"1": "false", "3": "true"}
    assert (told["checked"]["state"], told["checked"]["numberRecordsProcessed"]) == ("JobComplete", 1)
    assert len(told["deleted"]) == 1
    assert [(row["LastName"], row["FirstName"]) for row in told["queried"]] == [("One", "F"), ("Three", "")]
    assert told["everything"] == ["false", "false", "true"]
    assert told["aborted"] == "Aborted"
    assert told["refused"][0] == "INVALID_FIELD"
    assert told["none"] == []


def test_it_runs_reports(client: Client, secure_demo: RunningOrg) -> None:
    client.trust(secure_demo)
    told = client.call(SCRIPT, "report", connection=session(secure_demo), name="Accounts With Engagement")
    assert told["listed"]
    assert (told["format"], told["instances"]) == ("TABULAR", 1)
    assert told["rows"] == told["later"] > told["narrowed"] > 0


def test_it_makes_fields_objects_and_permission_sets(client: Client, org: RunningOrg) -> None:
    told = client.call(SCRIPT, "metadata", connection=session(org))
    assert [row["success"] for row in told["made"]] == [True, False]
    assert {name: told["read"][name] for name in ("fullName", "type", "precision", "scale")} == {
        "fullName": "Account.Score__c", "type": "Number", "precision": 5, "scale": 2,
    }  # fmt: skip
    assert [told[step]["success"] for step in ("updated", "upserted", "object", "grant")] == [True] * 4
    assert told["upserted"]["created"]
    assert told["twice"]["errors"][0]["statusCode"] == "DUPLICATE_DEVELOPER_NAME"
    assert told["tooling"]["DeveloperName"] == "Score"
    assert told["byTooling"]["success"]
    assert org.org.schema.object("Account")["Score__c"].label == "Fit"
    assert "Note__c" not in org.org.schema.object("Account")
