"""sObject Collections: up to 200 rows in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org.rules import DuplicateRule

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

ROLLED_BACK = {
    "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
    "fields": [],
}
NO_LAST_NAME = {
    "statusCode": "REQUIRED_FIELD_MISSING",
    "message": "Required fields are missing: [LastName]",
    "fields": ["LastName"],
}
NOBODY = "003000000000000AAA"


def record(sobject: str, **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": sobject}, **values}


def collection(*records: dict[str, Any], all_or_none: bool = False) -> dict[str, Any]:
    return {"allOrNone": all_or_none, "records": list(records)}


def names(rest: Rest, sobject: str = "Account") -> list[str]:
    return sorted(row["Name"] for row in rest.query(f"SELECT Name FROM {sobject}"))


def test_created_rows_come_in_order_with_their_ids(rest: Rest) -> None:
    answer = rest.post("composite/sobjects", collection(*(record("Account", Name=f"A{n}") for n in range(3))))
    assert answer.status_code == 200
    assert [list(row) for row in answer.json()] == [["id", "success", "errors"]] * 3
    ids = [row["id"] for row in answer.json()]
    rows = {row["Id"]: row["Name"] for row in rest.query("SELECT Id, Name FROM Account")}
    assert [rows[record_id] for record_id in ids] == ["A0", "A1", "A2"]


def test_a_refused_row_has_a_status_code_and_no_id_in_a_200(rest: Rest) -> None:
    answer = rest.post("composite/sobjects", collection(record("Contact"), record("Contact", LastName="B")))
    assert answer.status_code == 200
    refused, made = answer.json()
    assert refused == {"success": False, "errors": [NO_LAST_NAME]}
    assert made["success"] is True


def test_all_or_none_rolls_the_good_rows_back(rest: Rest) -> None:
    body = collection(record("Contact"), record("Contact", LastName="B"), all_or_none=True)
    assert rest.post("composite/sobjects", body).json() == [
        {"success": False, "errors": [NO_LAST_NAME]},
        {"success": False, "errors": [ROLLED_BACK]},
    ]
    assert rest.query("SELECT Id FROM Contact") == []


def test_no_records_and_too_many_records_are_refused_whole(rest: Rest) -> None:
    none = rest.post("composite/sobjects", collection())
    assert none.status_code == 400
    assert none.json() == [
        {"message": "At least 1 record is required", "errorCode": "REQUIRED_FIELD_MISSING"}
    ]
    many = rest.post("composite/sobjects", collection(*[record("Account", Name="A")] * 201))
    assert many.status_code == 400
    assert many.json() == [
        {
            "message": "record limit reached. cannot submit more than 200 records into this call",
            "errorCode": "EXCEEDED_ID_LIMIT",
        }
    ]
    assert names(rest) == []


def test_records_in_more_than_ten_runs_of_a_type_are_refused(rest: Rest) -> None:
    def alternating(runs: int) -> dict[str, Any]:
        kinds = (record("Account", Name="A"), record("Contact", LastName="C"))
        return collection(*(kinds[n % 2] for n in range(runs)))

    assert all(row["success"] for row in rest.post("composite/sobjects", alternating(10)).json())
    refused = rest.post("composite/sobjects", alternating(11))
    assert refused.status_code == 400
    assert refused.json()[0]["message"] == "Cannot have more than 10 chunks in a single operation"


def test_setup_objects_and_others_do_not_mix(rest: Rest) -> None:
    answer = rest.post(
        "composite/sobjects",
        collection(record("Account", Name="A"), record("PermissionSet", Name="P", Label="P")),
    ).json()
    assert [row["success"] for row in answer] == [True, False]
    assert answer[1]["errors"][0]["statusCode"] == "MIXED_DML_OPERATION"


def test_updates_need_an_id_in_any_spelling(rest: Rest) -> None:
    first, second = (rest.create("Contact", LastName=name) for name in "AB")
    answer = rest.patch(
        "composite/sobjects",
        collection(
            record("Contact", id=first, LastName="C"),
            record("Contact", Id=second, LastName="D"),
            record("Contact", LastName="E"),
            record("Contact", Id=NOBODY, LastName="F"),
        ),
    ).json()
    assert [row["success"] for row in answer] == [True, True, False, False]
    assert answer[2] == {
        "success": False,
        "errors": [
            {
                "statusCode": "MISSING_ARGUMENT",
                "message": "Id not specified in an update call",
                "fields": [],
            }
        ],
    }
    assert answer[3]["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert sorted(row["LastName"] for row in rest.query("SELECT LastName FROM Contact")) == ["C", "D"]


def test_upserts_say_whether_the_row_is_new_after_the_errors(rest: Rest) -> None:
    rest.create("Contact", LastName="A", Email="a@example.com")
    rows = [record("Contact", LastName=n, Email=f"{n}@example.com".lower()) for n in "AB"]
    answer = rest.patch("composite/sobjects/Contact/Email", collection(*rows)).json()
    assert [list(row) for row in answer] == [["id", "success", "errors", "created"]] * 2
    assert [row["created"] for row in answer] == [False, True]


def test_upserts_by_id_insert_rows_without_one(rest: Rest) -> None:
    known = rest.create("Contact", LastName="A")
    rows = [record("Contact", Id=None, LastName="B"), record("Contact", Id=known, LastName="C")]
    answer = rest.patch("composite/sobjects/Contact/Id", collection(*rows)).json()
    assert [row["created"] for row in answer] == [True, False]


def test_the_same_external_id_twice_fails_both_rows(rest: Rest) -> None:
    rows = [record("Contact", LastName=n, Email="a@example.com") for n in "AB"]
    answer = rest.patch("composite/sobjects/Contact/Email", collection(*rows)).json()
    assert [row["errors"][0]["statusCode"] for row in answer] == ["DUPLICATE_VALUE"] * 2
    assert answer[0]["errors"][0]["message"] == "Duplicate external id specified: a@example.com"
    assert rest.query("SELECT Id FROM Contact") == []


def test_an_ambiguous_external_id_fails_its_row(rest: Rest) -> None:
    for name in "AB":
        rest.create("Contact", LastName=name, Email="a@example.com")
    rows = [record("Contact", LastName="C", Email="a@example.com")]
    (answer,) = rest.patch("composite/sobjects/Contact/Email", collection(*rows)).json()
    assert answer["errors"][0]["statusCode"] == "DUPLICATE_EXTERNAL_ID"
    assert set(answer["errors"][0]) == {"statusCode", "message", "fields"}


def test_deletes_are_answered_row_by_row(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    bad = "001RM000003oLrB000"
    answer = rest.delete("composite/sobjects", params={"ids": f"{record_id},{bad}"})
    assert answer.status_code == 200
    assert answer.json()[0] == {"id": record_id, "success": True, "errors": []}
    assert answer.json()[1]["errors"] == [
        {"statusCode": "MALFORMED_ID", "message": f"malformed id {bad}", "fields": []}
    ]
    assert names(rest) == []


def test_rolled_back_deletes_keep_their_id_and_the_failing_one_has_none(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    ids = f"{record_id},001000000000000AAA"
    answer = rest.delete("composite/sobjects", params={"ids": ids, "allOrNone": "true"}).json()
    assert answer == [
        {"id": record_id, "success": False, "errors": [ROLLED_BACK]},
        {
            "success": False,
            "errors": [
                {
                    "statusCode": "INVALID_CROSS_REFERENCE_KEY",
                    "message": "invalid cross reference id",
                    "fields": [],
                }
            ],
        },
    ]
    assert names(rest) == ["A"]


@pytest.mark.parametrize("form", ["url", "body"])
def test_retrieving_keeps_order_and_count_with_null_for_missing_rows(rest: Rest, form: str) -> None:
    first, second = (rest.create("Contact", LastName=name) for name in "AB")
    ids = [second, NOBODY, first[:15], "nonsense"]
    if form == "url":
        query = {"ids": ",".join(ids), "fields": "Id,LastName"}
        answer = rest.get("composite/sobjects/Contact", params=query)
    else:
        answer = rest.post("composite/sobjects/Contact", {"ids": ids, "fields": ["Id", "LastName"]})
    assert answer.status_code == 200
    found = [row and row["LastName"] for row in answer.json()]
    assert found == ["B", None, "A", None]


def test_retrieving_an_unknown_field_fails_the_whole_request(rest: Rest) -> None:
    body = {"ids": [rest.create("Contact", LastName="A")], "fields": ["LastName", "Nope"]}
    answer = rest.post("composite/sobjects/Contact", body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_up_to_2000_rows_are_retrieved_by_post(rest: Rest) -> None:
    answer = rest.post("composite/sobjects/Contact", {"ids": [NOBODY] * 2000, "fields": ["Id"]})
    assert answer.json() == [None] * 2000
    more = rest.post("composite/sobjects/Contact", {"ids": [NOBODY] * 2001, "fields": ["Id"]})
    assert (more.status_code, more.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


def test_auto_assign_is_on_unless_the_header_says_otherwise(org: RunningOrg, rest: Rest) -> None:
    org.org.rules.assignments["Lead"] = org.org.reader.id
    lead = collection(record("Lead", LastName="L", Company="C"))
    rest.post("composite/sobjects", lead, headers={"Sforce-Auto-Assign": "FALSE"})
    rest.post("composite/sobjects", lead)
    owners = [row["OwnerId"] for row in rest.query("SELECT OwnerId FROM Lead ORDER BY Id")]
    assert owners == [org.org.admin.id, org.org.reader.id]


def test_duplicate_rules_can_be_told_to_save(org: RunningOrg, rest: Rest) -> None:
    org.org.rules.duplicates.append(DuplicateRule("Account", "Same_Name", ("Name",)))
    account = collection(record("Account", Name="A"))
    rest.post("composite/sobjects", account)
    (refused,) = rest.post("composite/sobjects", account).json()
    assert refused["errors"][0]["statusCode"] == "DUPLICATES_DETECTED"
    assert refused["errors"][0]["duplicateResut"]["duplicateRule"] == "Same_Name"
    allow = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false"}
    (saved,) = rest.post("composite/sobjects", account, headers=allow).json()
    assert saved["success"] is True
