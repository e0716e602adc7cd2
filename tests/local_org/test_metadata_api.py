"""Making fields, objects and rights: Tooling REST and Metadata SOAP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import requests

from local_org import defaults

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

CODE = {"label": "Customer Code", "type": "Text", "length": 30, "externalId": True, "unique": True}


def make_field(rest: Rest, full_name: str = "Account.Customer_Code__c", **metadata: Any) -> requests.Response:
    return rest.post("tooling/sobjects/CustomField", {"FullName": full_name, "Metadata": metadata or CODE})


# --- Tooling ----------------------------------------------------------------------------------------


def test_a_new_field_is_hidden_until_it_is_granted(org: RunningOrg, rest: Rest) -> None:
    answer = make_field(rest)
    assert answer.status_code == 201
    body = answer.json()
    assert body == {"id": body["id"], "success": True, "errors": [], "warnings": [], "infos": []}
    assert body["id"].startswith("00N")
    query = {"q": "SELECT Customer_Code__c FROM Account"}
    assert rest.get("query", params=query).json()[0]["errorCode"] == "INVALID_FIELD"
    row = {"Name": "A", "Customer_Code__c": "5"}
    assert rest.post("sobjects/Account", row).json()[0]["errorCode"] == "INVALID_FIELD"
    grant = {
        "ParentId": org.org.security.permission_sets(org.org.admin)[0],
        "SobjectType": "Account",
        "Field": "Account.Customer_Code__c",
        "PermissionsRead": True,
        "PermissionsEdit": True,
    }
    assert rest.post("sobjects/FieldPermissions", grant).status_code == 201
    assert rest.post("sobjects/Account", row).status_code == 201
    assert rest.query(query["q"])[0]["Customer_Code__c"] == "5"
    described = {field["name"]: field for field in rest.get("sobjects/Account/describe").json()["fields"]}
    field = described["Customer_Code__c"]
    assert (field["type"], field["length"], field["externalId"], field["unique"]) == (
        "string",
        30,
        True,
        True,
    )


def test_a_field_reads_back_with_every_attribute(rest: Rest) -> None:
    field_id = make_field(rest).json()["id"]
    row = rest.get(f"tooling/sobjects/CustomField/{field_id}").json()
    assert (row["TableEnumOrId"], row["DeveloperName"]) == ("Account", "Customer_Code")
    assert row["FullName"] == "Account.Customer_Code__c"
    assert row["Metadata"]["length"] == 30
    assert row["Metadata"]["formula"] is None
    assert row["attributes"]["url"] == f"/services/data/v60.0/tooling/sobjects/CustomField/{field_id}"


def test_fields_are_queried_in_the_tooling_envelope(rest: Rest) -> None:
    field_id = make_field(rest).json()["id"]
    make_field(rest, "Account.Other__c")
    text = (
        "SELECT Id, DeveloperName, TableEnumOrId, Metadata FROM CustomField"
        " WHERE TableEnumOrId = 'Account' AND DeveloperName = 'Customer_Code'"
    )
    answer = rest.get("tooling/query", params={"q": text}).json()
    assert list(answer) == ["size", "totalSize", "done", "queryLocator", "entityTypeName", "records"]
    assert (answer["size"], answer["entityTypeName"]) == (1, "CustomField")
    assert answer["records"][0]["Id"] == field_id
    assert answer["records"][0]["Metadata"]["label"] == "Customer Code"
    assert answer["records"][0]["attributes"]["url"].startswith("/services/data/v60.0/tooling/sobjects/")


def test_metadata_of_several_rows_is_refused(rest: Rest) -> None:
    make_field(rest)
    make_field(rest, "Account.Other__c")
    answer = rest.get("tooling/query", params={"q": "SELECT Id, FullName FROM CustomField"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")
    assert "no more than one row" in answer.json()[0]["message"]


def test_entities_and_their_fields_can_be_looked_up(rest: Rest) -> None:
    make_field(rest)
    entity = "SELECT DurableId, QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Account'"
    (row,) = rest.get("tooling/query", params={"q": entity}).json()["records"]
    assert (row["DurableId"], row["QualifiedApiName"]) == ("Account", "Account")
    fields = (
        "SELECT QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Account'"
    )
    names = {r["QualifiedApiName"] for r in rest.get("tooling/query", params={"q": fields}).json()["records"]}
    assert "Website" in names
    assert "Customer_Code__c" not in names


def test_data_can_be_queried_through_tooling_too(rest: Rest) -> None:
    answer = rest.get("tooling/query", params={"q": "SELECT Username FROM User ORDER BY Username"}).json()
    assert answer["records"][0]["Username"] == defaults.ADMIN_USERNAME


def test_a_field_is_changed_by_its_whole_metadata_and_deleted(rest: Rest) -> None:
    field_id = make_field(rest).json()["id"]
    path = f"tooling/sobjects/CustomField/{field_id}"
    assert rest.patch(path, {"Metadata": CODE | {"length": 40}}).status_code == 204
    assert rest.get(path).json()["Metadata"]["length"] == 40
    assert rest.delete(path).status_code == 204
    assert rest.get(path).status_code == 404


@pytest.mark.parametrize(
    ("metadata", "code", "message"),
    [
        (
            {"label": "X", "type": "Checkbox", "defaultValue": "false", "required": False},
            "FIELD_INTEGRITY_EXCEPTION",
            "Can not specify 'required' for a CustomField of type Checkbox",
        ),
        ({"label": "X", "type": "Text", "length": "long"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", None),
        ({"label": "X", "type": "Nothing"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", None),
    ],
    ids=["contradiction", "no number", "unknown type"],
)
def test_wrong_metadata_is_refused(
    rest: Rest, metadata: dict[str, Any], code: str, message: str | None
) -> None:
    answer = make_field(rest, "Account.X__c", **metadata)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert message in {None, answer.json()[0]["message"]}


def test_a_name_that_is_taken_is_a_duplicate(rest: Rest) -> None:
    make_field(rest)
    answer = make_field(rest)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "DUPLICATE_DEVELOPER_NAME")


def test_metadata_must_be_an_object(rest: Rest) -> None:
    body = {"FullName": "Account.X__c", "Metadata": "text"}
    answer = rest.post("tooling/sobjects/CustomField", body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert "complexvalue from VALUE_STRING" in answer.json()[0]["message"]


def test_objects_cannot_be_made_through_tooling(rest: Rest) -> None:
    answer = rest.post("tooling/sobjects/CustomObject", {"FullName": "X__c", "Metadata": {}})
    assert answer.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_the_orgs_own_shortcut_is_not_open_to_clients(org: RunningOrg, rest: Rest) -> None:
    make_field(rest, "Account.X__c", label="X", type="Number", precision=3, scale=0, formula="1 + 1", sql="7")
    org.org.grant("Account.X__c", org.org.admin, edit=False)
    rest.create("Account", Name="A")
    assert rest.query("SELECT X__c FROM Account")[0]["X__c"] == 2


# --- Metadata SOAP ----------------------------------------------------------------------------------

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


def soap(rest: Rest, body: str, *, all_or_none: bool = False, token: str | None = None) -> requests.Response:
    text = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
        f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Header xmlns="{NAMESPACE}">'
        f"<AllOrNoneHeader><allOrNone>{str(all_or_none).lower()}</allOrNone></AllOrNoneHeader>"
        f"<SessionHeader><sessionId>{token or rest.token}</sessionId></SessionHeader></s:Header>"
        f'<s:Body xmlns="{NAMESPACE}">{body}</s:Body></s:Envelope>'
    )
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    return requests.post(
        f"{rest.running.url}/services/Soap/m/60.0", data=text.encode(), headers=headers, timeout=10
    )


def results(answer: requests.Response) -> list[dict[str, str]]:
    """The `result` elements, their leaves by name."""
    assert answer.status_code == 200, answer.text
    tree = ET.fromstring(re.sub(r'\sxmlns="[^"]+"', "", answer.text))
    return [
        {leaf.tag: leaf.text or "" for leaf in result.iter() if not len(leaf)}
        for result in tree.iter("result")
    ]


def field_xml(name: str, kind: str, **more: Any) -> str:
    leaves = "".join(f"<{key}>{value}</{key}>" for key, value in more.items())
    return (
        f'<metadata xsi:type="CustomField"><fullName>{name}</fullName><label>{name.partition(".")[2][:-3]}</label>'
        f"<type>{kind}</type>{leaves}</metadata>"
    )


OBJECT = (
    '<metadata xsi:type="CustomObject"><fullName>Invoice__c</fullName><label>Invoice</label>'
    "<pluralLabel>Invoices</pluralLabel><nameField><label>Invoice Number</label><type>AutoNumber</type>"
    "<displayFormat>INV-{0000}</displayFormat></nameField><deploymentStatus>Deployed</deploymentStatus>"
    "<sharingModel>ReadWrite</sharingModel></metadata>"
)


def permission_set(*grants: str) -> str:
    return (
        '<metadata xsi:type="PermissionSet"><fullName>Integration</fullName><label>Integration</label>'
        + "".join(grants)
        + "</metadata>"
    )


def grant_field(name: str, *, edit: bool = True) -> str:
    return (
        f"<fieldPermissions><field>{name}</field><readable>true</readable>"
        f"<editable>{str(edit).lower()}</editable></fieldPermissions>"
    )


def test_an_object_its_fields_and_its_rights_are_made_and_used(org: RunningOrg, rest: Rest) -> None:
    assert results(soap(rest, f"<createMetadata>{OBJECT}</createMetadata>")) == [
        {"fullName": "Invoice__c", "success": "true"}
    ]
    assert rest.get("sobjects/Invoice__c/describe").status_code == 404
    fields = field_xml("Invoice__c.Total__c", "Number", precision=9, scale=2) + field_xml(
        "Invoice__c.Key__c", "Text", length=20, externalId="true", unique="true"
    )
    made = results(soap(rest, f"<upsertMetadata>{fields}</upsertMetadata>"))
    assert [(item["created"], item["success"]) for item in made] == [("true", "true")] * 2
    again = results(soap(rest, f"<upsertMetadata>{fields}</upsertMetadata>"))
    assert [item["created"] for item in again] == ["false", "false"]
    rights = permission_set(
        "<objectPermissions><object>Invoice__c</object><allowRead>true</allowRead><allowCreate>true</allowCreate>"
        "<allowEdit>true</allowEdit><allowDelete>true</allowDelete></objectPermissions>",
        grant_field("Invoice__c.Total__c"),
        grant_field("Invoice__c.Key__c"),
    )
    (granted,) = results(soap(rest, f"<upsertMetadata>{rights}</upsertMetadata>"))
    assert granted["success"] == "true", granted
    (row,) = rest.query("SELECT Id FROM PermissionSet WHERE Name = 'Integration'")
    assignment = {"AssigneeId": org.org.admin.id, "PermissionSetId": row["Id"]}
    assert rest.post("sobjects/PermissionSetAssignment", assignment).status_code == 201
    assert rest.patch("sobjects/Invoice__c/Key__c/k1", {"Total__c": 9.5}).status_code == 201
    (invoice,) = rest.query("SELECT Name, Total__c FROM Invoice__c")
    assert (invoice["Name"], invoice["Total__c"]) == ("INV-0001", 9.5)


def test_an_item_that_failed_is_a_200_with_success_false(rest: Rest) -> None:
    bad = field_xml("Account.Ready__c", "Checkbox", required="false", defaultValue="false")
    (item,) = results(soap(rest, f"<upsertMetadata>{bad}</upsertMetadata>"))
    assert item["success"] == "false"
    assert item["statusCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert item["message"] == "Can not specify 'required' for a CustomField of type Checkbox"


@pytest.mark.parametrize("all_or_none", [False, True])
def test_all_or_none_decides_about_the_good_items(rest: Rest, *, all_or_none: bool) -> None:
    items = field_xml("Account.Good__c", "Date") + field_xml("Account.Bad__c", "Text")
    body = f"<createMetadata>{items}</createMetadata>"
    found = results(soap(rest, body, all_or_none=all_or_none))
    assert [item["success"] for item in found] == [str(not all_or_none).lower(), "false"]
    assert ("Good__c" in rest.running.org.schema.object("Account")) is not all_or_none


def test_a_field_is_deleted_once(rest: Rest) -> None:
    make_field(rest)
    body = "<deleteMetadata><type>CustomField</type><fullNames>Account.Customer_Code__c</fullNames></deleteMetadata>"
    assert results(soap(rest, body))[0]["success"] == "true"
    (again,) = results(soap(rest, body))
    assert again["message"] == "This custom field does not exist or is not accessible"
    assert again["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"


def test_metadata_reads_back_typed_and_missing_ones_are_nil(rest: Rest) -> None:
    make_field(rest)
    names = "<fullNames>Account.Customer_Code__c</fullNames><fullNames>Account.Nope__c</fullNames>"
    answer = soap(rest, f"<readMetadata><type>CustomField</type>{names}</readMetadata>")
    assert '<records xsi:type="CustomField"><fullName>Account.Customer_Code__c</fullName>' in answer.text
    assert "<externalId>true</externalId>" in answer.text
    assert '<records xsi:nil="true"/>' in answer.text


def test_a_permission_set_that_is_sent_again_replaces_what_was_granted(rest: Rest) -> None:
    make_field(rest)
    make_field(rest, "Account.Other__c", label="Other", type="Date")
    both = permission_set(
        grant_field("Account.Customer_Code__c"), grant_field("Account.Other__c", edit=False)
    )
    assert results(soap(rest, f"<upsertMetadata>{both}</upsertMetadata>"))[0]["created"] == "true"
    one = permission_set(grant_field("Account.Other__c"))
    assert results(soap(rest, f"<upsertMetadata>{one}</upsertMetadata>"))[0]["created"] == "false"
    read = "<readMetadata><type>PermissionSet</type><fullNames>Integration</fullNames></readMetadata>"
    answer = soap(rest, read).text
    assert re.findall(r"<fieldPermissions><editable>(\w+)</editable><field>([^<]+)<", answer) == [
        ("true", "Account.Other__c")
    ]


def test_a_field_can_be_put_on_a_page_layout(rest: Rest) -> None:
    make_field(rest)
    name = "Account-Account Layout"
    read = f"<readMetadata><type>Layout</type><fullNames>{name}</fullNames></readMetadata>"
    text = soap(rest, read).text
    record = text.partition('<records xsi:type="Layout">')[2].partition("</records>")[0]
    assert "<field>Website</field>" in record
    item = "<layoutItems><behavior>Edit</behavior><field>Customer_Code__c</field></layoutItems>"
    changed = record.replace("</layoutColumns>", item + "</layoutColumns>", 1)
    update = f'<updateMetadata><metadata xsi:type="Layout">{changed}</metadata></updateMetadata>'
    assert results(soap(rest, update))[0]["success"] == "true"
    assert "<field>Customer_Code__c</field>" in soap(rest, read).text
    wrong = update.replace("<field>Customer_Code__c</field>", "<field>Nope__c</field>")
    assert results(soap(rest, wrong))[0]["success"] == "false"


def test_components_are_listed_by_type(rest: Rest) -> None:
    make_field(rest)
    body = "<listMetadata><queries><type>CustomField</type></queries><asOfVersion>60.0</asOfVersion></listMetadata>"
    (item,) = results(soap(rest, body))
    assert (item["fullName"], item["type"]) == ("Account.Customer_Code__c", "CustomField")
    assert item["createdDate"].endswith("Z")


@pytest.mark.parametrize(
    ("token", "body", "code"),
    [
        ("nope", "<describeMetadata/>", "sf:INVALID_SESSION_ID"),
        (None, "<deploy/>", "sf:INVALID_OPERATION"),
        (None, "<deleteMetadata><type>Nope</type></deleteMetadata>", "sf:INVALID_TYPE"),
        (
            None,
            f"<createMetadata>{field_xml('Account.A__c', 'Date') * 11}</createMetadata>",
            "sf:EXCEEDED_ID_LIMIT",
        ),
    ],
    ids=["session", "operation", "type", "eleven items"],
)
def test_calls_that_cannot_be_carried_out_are_faults(
    rest: Rest, token: str | None, body: str, code: str
) -> None:
    answer = soap(rest, body, token=token)
    assert answer.status_code == 500
    assert f"<faultcode>{code}</faultcode>" in answer.text


def test_only_who_may_modify_all_data_may_change_metadata(org: RunningOrg, rest: Rest) -> None:
    reader = org.org.sessions.open(org.org.reader.id).token
    assert soap(rest, "<describeMetadata/>", token=reader).status_code == 500
    answer = rest.post(
        "tooling/sobjects/CustomField",
        {"FullName": "Account.X__c", "Metadata": CODE},
        headers={"Authorization": f"Bearer {reader}"},
    )
    assert answer.status_code == 403


def test_entities_in_xml_are_not_expanded(rest: Rest) -> None:
    text = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    answer = requests.post(f"{rest.running.url}/services/Soap/m/60.0", data=text, timeout=10)
    assert answer.status_code == 500
    assert "DOCTYPE is not allowed" in answer.text
