"""What the tests let simple-salesforce do. Runs in its environment."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from answer import main
from simple_salesforce import Salesforce, SalesforceLogin, format_soql
from simple_salesforce.exceptions import SalesforceError


def logged_in(**options: Any) -> Salesforce:
    return Salesforce(version="62.0", **options)


def login(**options: Any) -> dict[str, Any]:
    """Log in by whatever flow the options make, and tell who that is."""
    sf = logged_in(**options)
    return {
        "kind": sf.auth_type,
        "instance": sf.sf_instance,
        "user": sf.oauth2("userinfo")["preferred_username"],
        "sandbox": sf.is_sandbox(),
    }


def refused(**options: Any) -> dict[str, Any]:
    """Why a login is refused."""
    try:
        SalesforceLogin(sf_version="62.0", **options)
    except SalesforceError as error:
        return {"code": error.code, "message": error.message}
    return {}


def rows(connection: dict[str, str]) -> dict[str, Any]:
    """Create, read, update, upsert and delete a row."""
    sf = logged_in(**connection)
    made = sf.Contact.create({"LastName": "Søren", "Email": "s@example.com", "Code__c": "c/1"})
    told: dict[str, Any] = {"created": made}
    told["updated"] = sf.Contact.update(made["id"], {"FirstName": "Ärla", "Birthdate": "2001-02-03"})
    told["upserted"] = sf.Contact.upsert("Code__c/c%2F1", {"Phone": "1"})
    told["inserted"] = sf.Contact.upsert("Code__c/new", {"LastName": "New"})
    told["read"] = sf.Contact.get(made["id"])
    told["by_key"] = sf.Contact.get_by_custom_id("Code__c", "c/1")["Id"] == made["id"]
    told["deleted"] = sf.Contact.delete(made["id"])
    told["updated_list"] = sf.Contact.updated(*window(sf))
    told["deleted_list"] = sf.Contact.deleted(*window(sf))
    refusals: dict[str, Any] = {
        "gone": lambda: sf.Contact.get(made["id"]),
        "required": lambda: sf.Contact.create({"FirstName": "No"}),
        "malformed": lambda: sf.query("SELECT FROM Contact"),
        "expired": lambda: logged_in(**connection | {"session_id": "00D!no"}).limits(),
        "unknown": sf.Nothing__x.describe,
    }
    for name, call in refusals.items():
        try:
            call()
        except SalesforceError as error:
            told[name] = [type(error).__name__, error.status, error.content]
    told["usage"] = list(sf.api_usage["api-usage"])
    return told


def window(sf: Salesforce) -> tuple[Any, Any]:
    seen = sf.query("SELECT MAX(SystemModstamp) t FROM Contact")["records"][0]["t"]
    moment = datetime.strptime(seen, "%Y-%m-%dT%H:%M:%S.%f%z")
    return moment - timedelta(minutes=5), moment + timedelta(minutes=5)


def reading(connection: dict[str, str]) -> dict[str, Any]:
    """Describe and query, over several pages."""
    sf = logged_in(**connection)
    described = sf.Account.describe()
    pages = sf.query("SELECT Id, Name, Owner.Name FROM Account ORDER BY Name")
    more = sf.query_more(pages["nextRecordsUrl"], identifier_is_url=True)
    quoted = format_soql("SELECT Id FROM Account WHERE Name IN {}", ["O'Hara", "Account 1"])
    return {
        "objects": len(sf.describe()["sobjects"]),
        "fields": [field["name"] for field in described["fields"]],
        "metadata": sf.Account.metadata()["objectDescribe"]["keyPrefix"],
        "page": [len(pages["records"]), pages["totalSize"], pages["done"], len(more["records"])],
        "owner": pages["records"][0]["Owner"]["Name"],
        "all": len(sf.query_all("SELECT Id FROM Account")["records"]),
        "iterated": sum(1 for _ in sf.query_all_iter("SELECT Id FROM Account", include_deleted=True)),
        "quoted": sf.query(quoted)["totalSize"],
        "limits": sf.limits()["DailyApiRequests"],
    }


def bulk1(connection: dict[str, str]) -> dict[str, Any]:
    """Bulk API 1.0 with JSON batches."""
    sf = logged_in(**connection)
    contacts = sf.bulk.Contact
    rows = [{"LastName": f"L{n}", "Code__c": f"c{n}", "Agreed__c": n % 2 == 0} for n in range(5)]
    told: dict[str, Any] = {"insert": contacts.insert([*rows, {"FirstName": "No"}], batch_size=4)}
    told["upsert"] = contacts.upsert(
        [{"Code__c": "c0", "FirstName": "F"}, {"Code__c": "x", "LastName": "X"}], "Code__c"
    )
    told["update"] = contacts.update(
        [{"Id": told["insert"][1]["id"], "Birthdate": "2000-02-29", "Email": None}]
    )
    told["query"] = contacts.query(
        "SELECT Id, LastName, Code__c, Agreed__c, Birthdate FROM Contact ORDER BY LastName"
    )
    told["delete"] = contacts.delete([{"Id": told["insert"][2]["id"]}])
    told["query_all"] = len(contacts.query_all("SELECT Id FROM Contact"))
    told["auto"] = contacts.insert(
        [{"LastName": "Auto"}, {"LastName": "Two"}], batch_size="auto", include_detailed_results=True
    )
    try:
        contacts.query("SELECT Nope FROM Contact")
    except SalesforceError as error:
        told["refused"] = error.content
    return told


def bulk2(connection: dict[str, str]) -> dict[str, Any]:
    """Bulk API 2.0."""
    sf = logged_in(**connection)
    contacts = sf.bulk2.Contact
    rows = [{"LastName": f'L "{n}", é', "Code__c": f"c{n}"} for n in range(5)]
    (inserted,) = contacts.insert(records=[*rows, {"LastName": "", "Code__c": "bad"}], wait=1)
    told: dict[str, Any] = {
        "insert": inserted,
        "records": contacts.get_all_ingest_records(inserted["job_id"]),
    }
    keyed = [
        {"Code__c": "c0", "FirstName": "F", "LastName": "L0"},
        {"Code__c": "x", "LastName": "X", "FirstName": "#N/A"},
    ]
    (told["upsert"],) = contacts.upsert(records=keyed, external_id_field="Code__c", wait=1)
    ids = [row["sf__Id"] for row in told["records"]["successfulRecords"]]
    (told["update"],) = contacts.update(records=[{"Id": ids[1], "Birthdate": "2000-02-29"}], wait=1)
    (told["delete"],) = contacts.delete(records=[{"Id": ids[2]}], wait=1)
    soql = "SELECT Id, LastName, FirstName, Birthdate FROM Contact ORDER BY Code__c"
    told["query"] = list(contacts.query(soql, max_records=2, wait=1))
    told["query_all"] = list(contacts.query_all("SELECT Id FROM Contact", wait=1))
    with tempfile.TemporaryDirectory(dir=os.environ["HOME"]) as folder:
        files = contacts.download(soql, path=folder, max_records=4, wait=1)
        told["download"] = [
            (file["number_of_records"], Path(file["file"]).read_text(encoding="utf-8")) for file in files
        ]
    try:
        list(contacts.query("SELECT Id FROM Nope", wait=1))
    except SalesforceError as error:
        told["refused"] = [error.status, error.content]
    return told


def report(connection: dict[str, str], name: str) -> dict[str, Any]:
    """Find, describe and run a report through the generic call."""
    sf = logged_in(**connection)
    found = sf.query(format_soql("SELECT Id FROM Report WHERE Name = {}", name))["records"][0]["Id"]
    listed = sf.restful("analytics/reports")
    description = sf.restful(f"analytics/reports/{found}/describe")
    run = sf.restful(f"analytics/reports/{found}", params={"includeDetails": "true"})
    again = sf.restful(
        f"analytics/reports/{found}", method="POST", json={"reportMetadata": description["reportMetadata"]}
    )
    return {
        "listed": found in [item["id"] for item in listed],
        "columns": description["reportMetadata"]["detailColumns"],
        "rows": len(run["factMap"]["T!T"]["rows"]),
        "again": again["factMap"]["T!T"]["aggregates"] == run["factMap"]["T!T"]["aggregates"],
        "all": run["allData"],
    }


def metadata(connection: dict[str, str]) -> dict[str, Any]:
    """A custom field and a custom object through the Metadata API's own WSDL, and the Tooling API."""
    sf = logged_in(**connection)
    api = sf.mdapi
    text = api.CustomField(fullName="Account.Score__c", label="Score", type="Number", precision=5, scale=2)
    api.CustomField.create([text])
    told: dict[str, Any] = {"read": api.CustomField.read(["Account.Score__c"]).precision}
    changed = api.CustomField.read(["Account.Score__c"])
    changed.label = "Fit"
    api.CustomField.update([changed])
    api.CustomField.upsert(
        [api.CustomField(fullName="Account.Note__c", label="Note", type="Text", length=20)]
    )
    told["label"] = api.CustomField.read(["Account.Score__c"]).label
    thing = api.CustomObject(
        fullName="Thing__c",
        label="Thing",
        pluralLabel="Things",
        nameField=api.CustomField(type=sf.mdapi.FieldType("Text"), label="Name"),
        deploymentStatus=api.DeploymentStatus("Deployed"),
        sharingModel=api.SharingModel("ReadWrite"),
    )
    api.CustomObject.create([thing])
    told["object"] = api.CustomObject.read(["Thing__c"]).pluralLabel
    soql = "SELECT Id, DeveloperName FROM CustomField WHERE DeveloperName = 'Score'"
    (found,) = sf.toolingexecute("query", params={"q": soql})["records"]
    told["tooling"] = found["DeveloperName"]
    made = sf.toolingexecute(
        "sobjects/CustomField",
        method="POST",
        data={"FullName": "Account.Tier__c", "Metadata": {"type": "Text", "label": "Tier", "length": 3}},
    )
    told["tooling_made"] = made["success"]
    api.CustomField.delete(["Account.Note__c"])
    try:
        api.CustomField.create([text])
    except Exception as error:  # noqa: BLE001 - that is what it raises
        told["twice"] = str(error)
    return told


if __name__ == "__main__":
    main(login, refused, rows, reading, bulk1, bulk2, report, metadata)
