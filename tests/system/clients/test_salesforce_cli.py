"""The Salesforce CLI: logins, queries by REST and Bulk, loading files, describes."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local_org import defaults
from support.clients import Client, node_client

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg

# Every command takes about two seconds to start. One worker, so that the CLI is not installed twice.
pytestmark = [pytest.mark.clients, pytest.mark.long]


@pytest.fixture
def cli(tmp_path: Path) -> Client:
    made = node_client("sf", tmp_path, entry="@salesforce/cli/bin/run.js")
    quiet = (
        "SF_DISABLE_TELEMETRY",
        "SF_SKIP_NEW_VERSION_CHECK",
        "SF_AUTOUPDATE_DISABLE",
        "SF_DISABLE_LOG_FILE",
    )
    made.environment |= dict.fromkeys((*quiet, "SF_USE_GENERIC_UNIX_KEYCHAIN"), "true")
    return made


def sf(cli: Client, *arguments: str | Path) -> Any:
    """The result of a command that must succeed."""
    return json.loads(cli.run(*arguments, "--json").require_success().out)["result"]


@pytest.fixture
def logged_in(cli: Client, org: RunningOrg) -> Client:
    """The CLI with a plain access token of an org whose Contacts have an external id."""
    org.org.create_custom_field("Contact.Code__c", type="Text", length=20, externalId=True, unique=True)
    cli.environment["SF_ACCESS_TOKEN"] = org.org.sessions.open(
        org.org.admin.id, client_id="PlatformCLI"
    ).token
    told = sf(cli, "org", "login", "access-token", "--instance-url", org.url, "--set-default", "--no-prompt")
    assert (told["username"], told["orgId"]) == (defaults.ADMIN_USERNAME, defaults.ORG_ID)
    assert (told["name"], told["isSandbox"]) == (defaults.ORG_NAME, False)
    del cli.environment["SF_ACCESS_TOKEN"]
    return cli


def test_it_logs_in_with_a_key_over_https(cli: Client, secure_org: RunningOrg) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = cli.home / "key.pem"
    path.write_bytes(secret)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    secure_org.org.apps.register_key(defaults.CLIENT_ID, public.decode())
    cli.trust(secure_org)
    user = ("--username", defaults.ADMIN_USERNAME, "--client-id", defaults.CLIENT_ID)
    told = sf(cli, "org", "login", "jwt", *user, "--jwt-key-file", path, "--instance-url", secure_org.url)
    assert (told["orgId"], told["instanceApiVersion"]) == (defaults.ORG_ID, defaults.NEWEST_API_VERSION)
    shown = sf(cli, "org", "display", "--target-org", defaults.ADMIN_USERNAME)
    assert (shown["connectedStatus"], shown["id"]) == ("Connected", defaults.ORG_ID)
    secure_org.org.sessions.expire_all()
    found = sf(
        cli, "data", "query", "--query", "SELECT Id FROM User", "--target-org", defaults.ADMIN_USERNAME
    )
    assert found["totalSize"] >= 1


def test_it_writes_a_record_and_queries(logged_in: Client, org: RunningOrg) -> None:
    account = org.org.dml.create(org.org.admin, "Account", {"Name": "Ącme"})
    values = f"LastName='O Hara' Code__c=k1 AccountId={account.id}"
    made = sf(logged_in, "data", "create", "record", "--sobject", "Contact", "--values", values)
    assert made["success"]
    soql = "SELECT Id, LastName, Account.Name FROM Contact"
    found = sf(logged_in, "data", "query", "--query", soql)
    assert [(row["Id"], row["Account"]["Name"]) for row in found["records"]] == [(made["id"], "Ącme")]
    shown = logged_in.run("data", "query", "--query", soql, "--result-format", "csv").require_success().out
    assert list(csv.DictReader(shown.splitlines())) == [
        {"Id": made["id"], "LastName": "O Hara", "Account.Name": "Ącme"}
    ]
    changed = ("--sobject", "Contact", "--where", "Code__c=k1")
    sf(logged_in, "data", "update", "record", *changed, "--values", "Phone=1")
    assert sf(logged_in, "data", "get", "record", *changed)["Phone"] == "1"
    sf(logged_in, "data", "delete", "record", *changed)
    table = logged_in.run("data", "query", "--query", "SELECT COUNT(Id) FROM Contact").require_success().out
    assert "Total number of records retrieved: 1." in table
    wrong = json.loads(logged_in.run("data", "query", "--query", "SELECT Nope FROM Contact", "--json").out)
    assert wrong["name"] == "INVALID_FIELD"


def test_it_loads_and_exports_in_bulk(logged_in: Client, org: RunningOrg) -> None:
    cli, target = logged_in, ("--sobject", "Contact", "--wait", "2")

    def file(name: str, text: str) -> Path:
        path = cli.home / name
        path.write_text(text, encoding="utf-8")
        return path

    new = file("new.csv", 'LastName,Code__c\nŻółw,c1\n"O, Hara",c2\n')
    loaded = sf(cli, "data", "import", "bulk", "--file", new, *target)
    assert (loaded["successfulRecords"], loaded["failedRecords"]) == (2, 0)
    changes = file("changes.csv", "Code__c,FirstName,LastName\nc1,F,One\nc3,G,Three\n")
    told = sf(cli, "data", "upsert", "bulk", "--file", changes, "--external-id", "Code__c", *target)
    created = {row["Code__c"]: row["sf__Created"] for row in told["records"]["successfulResults"]}
    assert created == {"c1": "false", "c3": "true"}
    soql = "SELECT Id, LastName, FirstName FROM Contact ORDER BY LastName"
    output = cli.home / "out.csv"
    exported = sf(cli, "data", "export", "bulk", "--query", soql, "--output-file", output, "--wait", "2")
    rows = list(csv.DictReader(output.read_text(encoding="utf-8").splitlines()))
    assert exported["totalSize"] == len(rows) == 3
    assert [(row["LastName"], row["FirstName"]) for row in rows] == [
        ("O, Hara", ""),
        ("One", "F"),
        ("Three", "G"),
    ]
    old = file("old.csv", f"Id\n{rows[0]['Id']}\n")
    sf(cli, "data", "delete", "bulk", "--file", old, *target)
    assert org.org.store.read().execute("SELECT count(*) FROM Contact WHERE IsDeleted = 0").fetchone() == (2,)


def test_it_describes_and_carries_trees(logged_in: Client, org: RunningOrg) -> None:
    described = sf(logged_in, "sobject", "describe", "--sobject", "Contact")
    assert described["keyPrefix"] == "003"
    assert {"Code__c", "LastName"} <= {field["name"] for field in described["fields"]}
    assert set(sf(logged_in, "sobject", "list", "--sobject", "all")) == {item.name for item in org.org.schema}
    limits = {item["name"]: item["max"] for item in sf(logged_in, "org", "list", "limits")}
    assert limits["DailyApiRequests"] == defaults.DAILY_API_REQUESTS
    account = org.org.dml.create(org.org.admin, "Account", {"Name": "A"})
    org.org.dml.create(org.org.admin, "Contact", {"LastName": "L", "AccountId": account.id})
    soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account"
    sf(logged_in, "data", "export", "tree", "--query", soql)
    (tree,) = logged_in.home.glob("*Account*.json")
    assert [row["type"] for row in sf(logged_in, "data", "import", "tree", "--files", tree)] == [
        "Account",
        "Contact",
    ]
    above = org.org.store.read().execute("SELECT count(DISTINCT AccountId), count(*) FROM Contact").fetchone()
    assert above == (2, 2)
