from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org import describe

if TYPE_CHECKING:
    from local_org.org import Org
    from local_org.security import User

FIELD_KEYS = 57
OBJECT_KEYS = 45


def full(org: Org, user: User, name: str) -> dict[str, Any]:
    return describe.sobject(org, user, org.schema.object(name), "60.0", "http://127.0.0.1:8765")


def fields(org: Org, user: User, name: str) -> dict[str, dict[str, Any]]:
    return {f["name"]: f for f in full(org, user, name)["fields"]}


def test_every_object_and_field_has_the_same_keys_in_order(org: Org, admin: User) -> None:
    for item in org.schema:
        made = full(org, admin, item.name)
        assert len(made) == OBJECT_KEYS, item.name
        assert list(made) == sorted(made)
        for field in made["fields"]:
            assert len(field) == FIELD_KEYS, (item.name, field["name"])
            assert list(field) == sorted(field)


def test_the_global_describe_lists_what_a_user_sees(org: Org, admin: User) -> None:
    org.customiser.create_object(
        "Secret__c",
        {
            "label": "Secret",
            "pluralLabel": "Secrets",
            "nameField": {"type": "Text", "label": "Name"},
            "deploymentStatus": "Deployed",
            "sharingModel": "ReadWrite",
        },
    )
    made = describe.global_describe(org, admin, "60.0")
    names = [entry["name"] for entry in made["sobjects"]]
    assert (made["encoding"], made["maxBatchSize"]) == ("UTF-8", 200)
    assert names == sorted(names)
    assert "Account" in names
    assert "Secret__c" not in names
    org.grant("Secret__c", admin)
    assert "Secret__c" in [e["name"] for e in describe.global_describe(org, admin, "60.0")["sobjects"]]


def test_an_entry_has_the_urls_and_flags_of_a_real_one(org: Org, admin: User) -> None:
    entry = describe.summary(org, admin, org.schema.object("Account"), "52.0")
    assert entry["keyPrefix"] == "001"
    assert entry["labelPlural"] == "Accounts"
    assert [
        entry[flag] for flag in ("mergeable", "replicateable", "undeletable", "deepCloneable", "custom")
    ] == [
        True,
        True,
        True,
        False,
        False,
    ]
    base = "/services/data/v52.0/sobjects/Account"
    assert entry["urls"]["rowTemplate"] == f"{base}/{{ID}}"
    assert entry["urls"]["describe"] == f"{base}/describe"
    assert entry["urls"]["layouts"] == f"{base}/describe/layouts"
    history = describe.summary(org, admin, org.schema.object("AccountHistory"), "52.0")
    assert (history["associateEntityType"], history["associateParentEntity"]) == ("History", "Account")
    assert set(history["urls"]) == {"sobject", "describe", "rowTemplate"}


@pytest.mark.parametrize(
    ("sobject", "field", "expected"),
    [
        pytest.param(
            "Account",
            "Name",
            {
                "type": "string",
                "length": 255,
                "byteLength": 765,
                "nillable": False,
                "nameField": True,
                "idLookup": False,
                "permissionable": False,
                "soapType": "xsd:string",
                "extraTypeInfo": "switchablepersonname",
            },
            id="account name",
        ),
        pytest.param(
            "Account",
            "Id",
            {
                "type": "id",
                "length": 18,
                "byteLength": 18,
                "idLookup": True,
                "createable": False,
                "soapType": "tns:ID",
            },
            id="id",
        ),
        pytest.param(
            "Account",
            "BillingAddress",
            {
                "type": "address",
                "queryByDistance": True,
                "filterable": True,
                "sortable": False,
                "createable": False,
                "soapType": "urn:address",
            },
            id="address",
        ),
        pytest.param(
            "Account",
            "AnnualRevenue",
            {"type": "currency", "precision": 18, "scale": 0, "groupable": False, "soapType": "xsd:double"},
            id="currency",
        ),
        pytest.param(
            "Account",
            "Description",
            {
                "type": "textarea",
                "length": 32_000,
                "filterable": False,
                "sortable": False,
                "aggregatable": False,
            },
            id="long text",
        ),
        pytest.param(
            "Account",
            "IsDeleted",
            {
                "type": "boolean",
                "nillable": False,
                "defaultValue": False,
                "aggregatable": False,
                "groupable": True,
            },
            id="boolean",
        ),
        pytest.param(
            "Account",
            "NumberOfEmployees",
            {"type": "int", "digits": 8, "precision": 0, "soapType": "xsd:int"},
            id="integer",
        ),
        pytest.param(
            "Opportunity",
            "Probability",
            {"type": "percent", "precision": 3, "groupable": False, "defaultedOnCreate": True},
            id="percent",
        ),
        pytest.param(
            "Contact",
            "Name",
            {
                "createable": False,
                "updateable": False,
                "nameField": True,
                "length": 121,
                "extraTypeInfo": "personname",
            },
            id="composed name",
        ),
        pytest.param("Contact", "FirstName", {"compoundFieldName": "Name"}, id="part of a name"),
        pytest.param("Contact", "Email", {"type": "email", "length": 80, "idLookup": True}, id="e-mail"),
        pytest.param(
            "Task",
            "WhoId",
            {"polymorphicForeignKey": True, "namePointing": True, "referenceTo": ["Contact", "Lead"]},
            id="polymorphic",
        ),
        pytest.param(
            "Event", "OwnerId", {"referenceTo": ["Calendar", "User"], "relationshipName": "Owner"}, id="owner"
        ),
        pytest.param("Case", "CaseNumber", {"autoNumber": True, "createable": False}, id="auto number"),
    ],
)
def test_a_standard_field_is_described_as_real_orgs_do(
    org: Org, admin: User, sobject: str, field: str, expected: dict[str, Any]
) -> None:
    made = fields(org, admin, sobject)[field]
    assert {key: made[key] for key in expected} == expected


def test_booleans_are_never_nillable(org: Org, admin: User) -> None:
    for item in org.schema:
        for name, field in fields(org, admin, item.name).items():
            if field["type"] == "boolean":
                assert not field["nillable"], (item.name, name)


def test_picklists_show_their_active_values(org: Org, admin: User) -> None:
    stages = fields(org, admin, "Opportunity")["StageName"]["picklistValues"]
    assert stages[0] == {
        "active": True,
        "defaultValue": False,
        "label": "Prospecting",
        "validFor": None,
        "value": "Prospecting",
    }
    statuses = fields(org, admin, "Lead")["Status"]
    assert [v["value"] for v in statuses["picklistValues"] if v["defaultValue"]] == ["Open - Not Contacted"]


def test_children_are_seen_from_the_parent(org: Org, admin: User) -> None:
    children = {(c["childSObject"], c["field"]): c for c in full(org, admin, "Account")["childRelationships"]}
    contacts = children["Contact", "AccountId"]
    assert (contacts["relationshipName"], contacts["cascadeDelete"], contacts["restrictedDelete"]) == (
        "Contacts",
        True,
        False,
    )
    assert children["Task", "WhatId"]["relationshipName"] == "Tasks"
    assert children["Account", "MasterRecordId"]["relationshipName"] is None


def test_record_types_are_listed_before_the_master(org: Org, admin: User) -> None:
    (master,) = full(org, admin, "Account")["recordTypeInfos"]
    assert (master["recordTypeId"], master["master"], master["name"]) == (
        "012000000000000AAA",
        True,
        "Master",
    )
    row = {"Name": "Partner", "DeveloperName": "Partner", "SobjectType": "Account"}
    assert org.dml.create(admin, "RecordType", row).success
    infos = full(org, admin, "Account")["recordTypeInfos"]
    assert [info["developerName"] for info in infos] == ["Partner", "Master"]
    layout = "/services/data/v60.0/sobjects/Account/describe/layouts/"
    assert infos[0]["urls"] == {"layout": layout + infos[0]["recordTypeId"]}
    assert full(org, admin, "AccountHistory")["recordTypeInfos"] == []


def test_a_reader_sees_everything_read_only(org: Org) -> None:
    made = full(org, org.reader, "Account")
    assert [made[flag] for flag in ("createable", "updateable", "deletable", "queryable")] == [
        False,
        False,
        False,
        True,
    ]
    assert not any(field["createable"] or field["updateable"] for field in made["fields"])


def test_a_field_that_may_only_be_read_says_so_and_a_hidden_one_is_absent(org: Org, admin: User) -> None:
    org.grant("Account.Phone", admin, edit=False)
    org.grant("Account.BillingAddress", admin, read=False)
    made = fields(org, admin, "Account")
    assert (made["Phone"]["createable"], made["Phone"]["updateable"]) == (False, False)
    assert made["Fax"]["updateable"]
    assert not [name for name in made if name.startswith("Billing")]


def test_urls_lead_to_the_orgs_pages(org: Org, admin: User) -> None:
    urls = full(org, admin, "Account")["urls"]
    assert urls["uiDetailTemplate"] == "http://127.0.0.1:8765/{ID}"
    assert urls["uiNewRecord"] == "http://127.0.0.1:8765/001/e"


def test_change_events_are_listed_but_not_queryable(org: Org, admin: User) -> None:
    event = full(org, admin, "AccountChangeEvent")
    assert (event["associateEntityType"], event["associateParentEntity"]) == ("ChangeEvent", "Account")
    assert [event[flag] for flag in ("queryable", "createable", "retrieveable", "triggerable")] == [
        False,
        False,
        True,
        True,
    ]
    assert event["keyPrefix"] is None
    assert [field["name"] for field in event["fields"]][:4] == ["Id", "ReplayId", "ChangeEventHeader", "Name"]
