"""Single rows over REST: statuses, bodies and headers as recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local_org import defaults

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

NOT_FOUND = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
NOBODY = "001000000000000AAA"


def test_create_answers_201_with_a_relative_location(rest: Rest) -> None:
    answer = rest.post("sobjects/Account/", {"name": "A"})
    record_id = answer.json()["id"]
    assert answer.status_code == 201
    assert answer.text == f'{{"id":"{record_id}","success":true,"errors":[]}}'
    assert answer.headers["Location"] == f"/services/data/v60.0/sobjects/Account/{record_id}"
    assert len(record_id) == 18


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"FavoritePet__c": "Dog", "Name": "A"},
            {
                "message": "No such column 'FavoritePet__c' on sobject of type Account",
                "errorCode": "INVALID_FIELD",
            },
        ),
        (
            {"Rating": "Hot"},
            {
                "message": "Required fields are missing: [Name]",
                "errorCode": "REQUIRED_FIELD_MISSING",
                "fields": ["Name"],
            },
        ),
        (
            {"Name": "A", "SystemModstamp": "2020-01-01T00:00:00Z"},
            {
                "message": "Unable to create/update fields: SystemModstamp. Please check the security settings of"
                " this field and verify that it is read/write for your profile or permission set.",
                "errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
                "fields": ["SystemModstamp"],
            },
        ),
    ],
    ids=["unknown field", "missing field", "read-only field"],
)
def test_refused_rows_have_their_error_in_a_list(
    rest: Rest, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = rest.post("sobjects/Account", body)
    assert answer.status_code == 400
    assert answer.json() == [expected]
    assert list(answer.json()[0]) == list(expected)


def test_a_body_that_is_no_json_is_a_parser_error(rest: Rest) -> None:
    answer = rest.send("POST", "sobjects/Account", data="{name: 1}")
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "JSON_PARSER_ERROR"
    assert "line:1, column:2" in answer.json()[0]["message"]


def test_an_unknown_object_is_404(rest: Rest) -> None:
    answer = rest.post("sobjects/PlayingCard__c", {"Name": "Ace"})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_an_object_the_user_may_not_see_looks_missing(org: RunningOrg, rest: Rest) -> None:
    with org.org.store.write() as connection:
        connection.execute("""DELETE FROM "ObjectPermissions" WHERE "SobjectType" = 'Campaign'""")
    org.org.security.changed()
    assert rest.get("sobjects/Campaign/describe").json() == NOT_FOUND


def test_a_row_is_read_with_all_its_fields(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A", AnnualRevenue=1.39e8, BillingCity="Rome")
    answer = rest.get(f"sobjects/account/{record_id[:15]}")
    record = answer.json()
    assert record["attributes"] == {
        "type": "Account",
        "url": f"/services/data/v60.0/sobjects/Account/{record_id}",
    }
    assert record["BillingAddress"]["city"] == "Rome"
    assert record["Website"] is None
    assert '"AnnualRevenue":1.39E8' in answer.text
    assert list(record)[:3] == ["attributes", "Id", "IsDeleted"]


def test_fields_narrow_a_row_down(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    record = rest.get(f"sobjects/Account/{record_id}", params={"fields": "name,Owner.Username"}).json()
    assert set(record) == {"attributes", "Name", "Owner", "Id"}
    assert record["Owner"]["Username"] == defaults.ADMIN_USERNAME


def test_an_unknown_name_among_fields_is_invalid(rest: Rest) -> None:
    answer = rest.get(f"sobjects/Account/{rest.create('Account', Name='A')}", params={"fields": "Nope"})
    message = "No such column 'Nope' on sobject of type Account"
    assert (answer.status_code, answer.json()) == (400, [{"message": message, "errorCode": "INVALID_FIELD"}])


def test_update_answers_204_without_content_type(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    answer = rest.patch(f"sobjects/Account/{record_id}", {"Name": "B"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert "Sforce-Limit-Info" in answer.headers
    assert rest.query("SELECT Name FROM Account")[0]["Name"] == "B"


def test_post_with_the_method_in_the_query_is_a_patch(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    assert rest.post(f"sobjects/Account/{record_id}?_HttpMethod=PATCH", {"Name": "B"}).status_code == 204
    assert rest.query("SELECT Name FROM Account")[0]["Name"] == "B"


@pytest.mark.parametrize(
    ("record_id", "status", "code"),
    [
        (NOBODY, 404, "INVALID_CROSS_REFERENCE_KEY"),
        ("003000000000000AAA", 400, "MALFORMED_ID"),
        ("0010000000000000B1", 400, "MALFORMED_ID"),
        ("rid", 404, "NOT_FOUND"),
    ],
    ids=["nobody", "other object", "bad checksum", "no id"],
)
def test_updates_of_rows_that_are_not_there(rest: Rest, record_id: str, status: int, code: str) -> None:
    answer = rest.patch(f"sobjects/Account/{record_id}", {"Name": "B"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_a_path_that_is_no_id_is_taken_for_an_external_id_field(rest: Rest) -> None:
    answer = rest.delete("sobjects/Account/rid")
    assert answer.status_code == 404
    assert answer.json() == [
        {
            "message": "Provided external ID field does not exist or is not accessible: rid",
            "errorCode": "NOT_FOUND",
        }
    ]


def test_deleting_twice_is_404_entity_is_deleted(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    assert rest.delete(f"sobjects/Account/{record_id}").status_code == 204
    again = rest.delete(f"sobjects/Account/{record_id}")
    assert again.status_code == 404
    assert again.text == '[{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]'


def test_reading_a_deleted_row_is_404(rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    rest.delete(f"sobjects/Account/{record_id}")
    answer = rest.get(f"sobjects/Account/{record_id}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_reading_a_row_that_never_was_is_404(rest: Rest) -> None:
    answer = rest.get(f"sobjects/Account/{NOBODY}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


# --- external ids -----------------------------------------------------------------------------------


def test_upsert_inserts_with_201_and_updates_with_200(rest: Rest) -> None:
    path = "sobjects/Contact/Email/ann@example.com"
    first = rest.patch(path, {"LastName": "A"})
    record_id = first.json()["id"]
    assert first.status_code == 201
    assert first.text == f'{{"id":"{record_id}","success":true,"errors":[],"created":true}}'
    second = rest.patch(path, {"LastName": "B"})
    assert second.status_code == 200
    assert second.json() == {"id": record_id, "success": True, "errors": [], "created": False}
    assert [row["LastName"] for row in rest.query("SELECT LastName FROM Contact")] == ["B"]


def test_upsert_before_version_46_tells_by_the_status_alone(rest: Rest) -> None:
    path = "/services/data/v45.0/sobjects/Contact/Email/ann@example.com"
    first = rest.patch(path, {"LastName": "A"})
    assert (first.status_code, "created" in first.json()) == (201, False)
    assert rest.patch(path, {"LastName": "B"}).status_code == 204


def test_upsert_refuses_its_key_in_the_body(rest: Rest) -> None:
    answer = rest.patch("sobjects/Contact/Email/a@example.com", {"LastName": "A", "Email": "a@example.com"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_update_only_never_creates(rest: Rest) -> None:
    path = "sobjects/Contact/Email/ann@example.com?updateOnly=true"
    answer = rest.patch(path, {"LastName": "A"})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert rest.query("SELECT Id FROM Contact") == []
    rest.create("Contact", LastName="A", Email="ann@example.com")
    assert rest.patch(path, {"LastName": "B"}).status_code == 200


def test_several_rows_with_the_key_answer_300_with_their_addresses(rest: Rest) -> None:
    made = {rest.create("Contact", LastName=name, Email="ann@example.com") for name in "AB"}
    for answer in (
        rest.patch("sobjects/Contact/Email/ann@example.com", {"LastName": "C"}),
        rest.get("sobjects/Contact/Email/ann@example.com"),
    ):
        assert answer.status_code == 300
        expected = {f"/services/data/v60.0/sobjects/Contact/{record_id}" for record_id in made}
        assert set(answer.json()) == expected
    assert {row["LastName"] for row in rest.query("SELECT LastName FROM Contact")} == {"A", "B"}


def test_an_unknown_external_id_field_is_404(rest: Rest) -> None:
    answer = rest.patch("sobjects/Account/Namez/x", {"Name": "A"})
    message = "Provided external ID field does not exist or is not accessible: Namez"
    assert (answer.status_code, answer.json()) == (404, [{"message": message, "errorCode": "NOT_FOUND"}])


def test_rows_are_read_and_deleted_by_external_id(rest: Rest) -> None:
    record_id = rest.create("Contact", LastName="A", Email="a+b@example.com")
    path = "sobjects/Contact/Email/a%2Bb%40example.com"
    assert rest.get(path).json()["Id"] == record_id
    assert rest.delete(path).status_code == 204
    assert rest.get(path).json() == NOT_FOUND


def test_post_to_id_inserts(rest: Rest) -> None:
    assert rest.post("sobjects/Account/Id", {"Name": "A"}).status_code == 201


def test_relationships_can_be_followed(rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    contact = rest.create("Contact", LastName="C", AccountId=account)
    children = rest.get(f"sobjects/Account/{account}/Contacts").json()
    assert [row["Id"] for row in children["records"]] == [contact]
    assert rest.get(f"sobjects/Contact/{contact}/Account").json()["Id"] == account
    assert rest.get(f"sobjects/Contact/{contact}/Nothing").json() == NOT_FOUND


# --- conditions -------------------------------------------------------------------------------------


def test_account_rows_answer_304_to_whoever_has_them(org: RunningOrg, rest: Rest) -> None:
    record_id = rest.create("Account", Name="A")
    path = f"sobjects/Account/{record_id}"
    first = rest.get(path)
    headers = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert rest.get(path, headers=headers).status_code == 304
    assert rest.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    org.org.clock.shift(timedelta(seconds=5))
    rest.patch(path, {"Name": "B"})
    assert rest.get(path, headers=headers).status_code == 200


def test_account_rows_changed_meanwhile_are_not_overwritten(org: RunningOrg, rest: Rest) -> None:
    path = f"sobjects/Account/{rest.create('Account', Name='A')}"
    before = rest.get(path).headers
    org.org.clock.shift(timedelta(seconds=5))
    assert rest.patch(path, {"Name": "B"}, headers={"If-Match": before["ETag"]}).status_code == 204
    for condition in ({"If-Match": before["ETag"]}, {"If-Unmodified-Since": before["Last-Modified"]}):
        assert rest.patch(path, {"Name": "C"}, headers=condition).status_code == 412
    assert rest.query("SELECT Name FROM Account")[0]["Name"] == "B"


# --- updated and deleted ----------------------------------------------------------------------------


def span(org: RunningOrg, start: timedelta, end: timedelta) -> dict[str, str]:
    now = org.org.clock.now()
    return {
        name: (now + by).strftime("%Y-%m-%dT%H:%M:%S+00:00") for name, by in (("start", start), ("end", end))
    }


def test_updated_and_deleted_rows_of_a_span(org: RunningOrg, rest: Rest) -> None:
    kept, gone = (rest.create("Account", Name=name) for name in "AB")
    rest.delete(f"sobjects/Account/{gone}")
    around = span(org, timedelta(hours=-1), timedelta(minutes=5))
    updated = rest.get("sobjects/Account/updated/", params=around).json()
    assert updated["ids"] == [kept]
    assert updated["latestDateCovered"].endswith(".000+0000")
    deleted = rest.get("sobjects/Account/deleted/", params=around).json()
    assert [row["id"] for row in deleted["deletedRecords"]] == [gone]
    assert set(deleted) == {"deletedRecords", "earliestDateAvailable", "latestDateCovered"}


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        ("updated", timedelta(hours=1), timedelta()),
        ("updated", timedelta(days=-31), timedelta()),
        ("deleted", timedelta(days=-16), timedelta()),
        ("deleted", timedelta(seconds=-30), timedelta()),
    ],
    ids=["backwards", "31 days ago", "16 days ago", "under a minute"],
)
def test_spans_that_are_refused(
    org: RunningOrg, rest: Rest, kind: str, start: timedelta, end: timedelta
) -> None:
    org.org.clock.set(org.org.clock.now().replace(second=40))
    answer = rest.get(f"sobjects/Account/{kind}", params=span(org, start, end))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


# --- describe ---------------------------------------------------------------------------------------


def test_the_global_describe_lists_objects(rest: Rest) -> None:
    answer = rest.get("sobjects").json()
    assert list(answer) == ["encoding", "maxBatchSize", "sobjects"]
    assert (answer["encoding"], answer["maxBatchSize"]) == ("UTF-8", 200)
    account = next(item for item in answer["sobjects"] if item["name"] == "Account")
    assert account["urls"]["describe"] == "/services/data/v60.0/sobjects/Account/describe"


def test_an_object_is_described_in_short_and_in_full(rest: Rest) -> None:
    short = rest.get("sobjects/account").json()
    assert short["objectDescribe"]["name"] == "Account"
    assert short["recentItems"] == []
    full = rest.get("sobjects/account/describe/").json()
    assert all(len(field) == 57 for field in full["fields"])


@pytest.mark.parametrize("path", ["sobjects", "sobjects/Account/describe"])
def test_describes_answer_304_until_something_changes(org: RunningOrg, rest: Rest, path: str) -> None:
    first = rest.get(path)
    headers = {"If-Modified-Since": first.headers["Last-Modified"]}
    again = rest.get(path, headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Last-Modified"] == first.headers["Last-Modified"]
    org.org.security.changed()
    assert rest.get(path, headers=headers).status_code == 200


# --- limits -----------------------------------------------------------------------------------------


def test_limits_have_maximum_and_remaining(rest: Rest) -> None:
    limits = rest.get("limits/").json()
    assert limits["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_999}
    assert limits["DailyBulkApiBatches"]["Max"] == 15_000


def test_record_counts_leave_out_what_has_no_rows(rest: Rest) -> None:
    rest.create("Account", Name="A")
    answer = rest.get("limits/recordCount", params={"sObjects": "Account,Contact,Nope"})
    assert answer.json() == {"sObjects": [{"count": 1, "name": "Account"}]}


def test_requests_beyond_the_days_allowance_are_403(org: RunningOrg, rest: Rest) -> None:
    org.faults.quota(remaining=1)
    assert rest.get("limits").status_code == 200
    answer = rest.get("limits")
    assert answer.status_code == 403
    assert answer.text == '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=100000/100000"
