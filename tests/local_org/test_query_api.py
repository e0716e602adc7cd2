"""Queries over REST: pages, cursors, and what a page costs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest


def fill(org: RunningOrg, count: int) -> None:
    """Insert accounts A0, A1, ... behind the API's back."""
    item = org.org.schema.object("Account")
    rows = ((f"A{n}",) for n in range(count))
    org.org.store.bulk_insert(item, ["Name"], rows, stamp="2026-01-31T12:00:00Z", user_id=org.org.admin.id)


def test_pages_carry_the_total_and_the_next_address(org: RunningOrg, rest: Rest) -> None:
    fill(org, 4500)
    page = rest.get("query", params={"q": "SELECT Name FROM Account"}).json()
    seen = []
    starts = []
    while True:
        assert page["totalSize"] == 4500
        seen += [row["Name"] for row in page["records"]]
        if page["done"]:
            break
        assert list(page) == ["totalSize", "done", "nextRecordsUrl", "records"]
        address, _, start = page["nextRecordsUrl"].rpartition("-")
        assert address.startswith("/services/data/v60.0/query/01g")
        assert len(address.rpartition("/")[2]) == 18
        starts.append(int(start))
        page = rest.get(page["nextRecordsUrl"]).json()
    assert list(page) == ["totalSize", "done", "records"]
    assert starts == [2000, 4000]
    assert len(set(seen)) == len(seen) == 4500


def test_a_page_can_be_fetched_again(org: RunningOrg, rest: Rest) -> None:
    fill(org, 2500)
    following = rest.get("query", params={"q": "SELECT Id FROM Account"}).json()["nextRecordsUrl"]
    assert rest.get(following).json() == rest.get(following).json()


@pytest.mark.parametrize(
    ("asked", "size"), [("300", 300), ("1", 200), ("9999", 2000)], ids=["in range", "too few", "too many"]
)
def test_batch_size_is_kept_between_200_and_2000(org: RunningOrg, rest: Rest, asked: str, size: int) -> None:
    fill(org, 2100)
    headers = {"Sforce-Query-Options": f"batchSize={asked}"}
    page = rest.get("query", params={"q": "SELECT Id FROM Account"}, headers=headers).json()
    assert len(page["records"]) == size
    assert page["nextRecordsUrl"].endswith(f"-{size}")


def test_pages_with_long_texts_are_smaller_than_asked_for(org: RunningOrg, rest: Rest) -> None:
    fill(org, 600)
    query = {"q": "SELECT Id, Description FROM Account"}
    assert len(rest.get("query", params=query).json()["records"]) == 500
    org.org.behaviour.small_pages = False
    assert len(rest.get("query", params=query).json()["records"]) == 600


@pytest.mark.parametrize("locator", ["01gAAAAAAAAAAAAAAA-2000", "nonsense", "01gAAAAAAAAAAAAAAA-x"])
def test_unknown_locators_are_refused(rest: Rest, locator: str) -> None:
    answer = rest.get(f"query/{locator}")
    assert answer.status_code == 400
    assert answer.json() == [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]


def test_a_cursor_lives_two_days(org: RunningOrg, rest: Rest) -> None:
    fill(org, 2500)
    following = rest.get("query", params={"q": "SELECT Id FROM Account"}).json()["nextRecordsUrl"]
    org.org.sessions.timeout = timedelta(days=9)
    org.org.clock.shift(timedelta(hours=47))
    assert rest.get(following).status_code == 200
    org.org.clock.shift(timedelta(hours=2))
    assert rest.get(following).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_a_cursor_belongs_to_its_user(org: RunningOrg, rest: Rest) -> None:
    fill(org, 2500)
    following = rest.get("query", params={"q": "SELECT Id FROM Account"}).json()["nextRecordsUrl"]
    other = org.org.sessions.open(org.org.reader.id).token
    answer = rest.get(following, headers={"Authorization": f"Bearer {other}"})
    assert answer.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_values_are_read_when_their_page_is_and_deleted_rows_drop_out(org: RunningOrg, rest: Rest) -> None:
    fill(org, 2500)
    page = rest.get("query", params={"q": "SELECT Id, Name FROM Account ORDER BY Id"}).json()
    last = rest.query("SELECT Id FROM Account ORDER BY Id DESC LIMIT 2")
    rest.patch(f"sobjects/Account/{last[0]['Id']}", {"Name": "Changed"})
    rest.delete(f"sobjects/Account/{last[1]['Id']}")
    following = rest.get(page["nextRecordsUrl"]).json()
    assert following["records"][-1]["Name"] == "Changed"
    assert len(following["records"]) == 499
    assert following["totalSize"] == 2500


def test_query_all_finds_deleted_rows(rest: Rest) -> None:
    rest.delete(f"sobjects/Account/{rest.create('Account', Name='A')}")
    text = "SELECT Name, IsDeleted FROM Account"
    assert rest.get("query", params={"q": text}).json()["totalSize"] == 0
    (row,) = rest.get("queryAll/", params={"q": text}).json()["records"]
    assert row["IsDeleted"] is True


def test_count_answers_with_the_total_and_no_records(org: RunningOrg, rest: Rest) -> None:
    fill(org, 2500)
    answer = rest.get("query/", params={"q": "SELECT COUNT() FROM Account"})
    assert answer.json() == {"totalSize": 2500, "done": True, "records": []}


def test_aggregates_cannot_be_paged(org: RunningOrg, rest: Rest) -> None:
    fill(org, 2001)
    text = "SELECT Name, COUNT(Id) FROM Account GROUP BY Name"
    answer = rest.get("query", params={"q": text})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    fewer = rest.get(
        "query",
        params={"q": f"{text} LIMIT 300"},
        headers={"Sforce-Query-Options": "batchSize=200"},
    ).json()
    assert (len(fewer["records"]), fewer["done"]) == (300, True)


def test_a_query_must_be_there(rest: Rest) -> None:
    answer = rest.get("query")
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": "A query string has to be specified", "errorCode": "MALFORMED_QUERY"}
    ]


def test_a_refused_query_has_message_first_and_no_fields(rest: Rest) -> None:
    answer = rest.get("query", params={"q": "SELECT Bacon__c FROM Account LIMIT 2"})
    assert answer.status_code == 400
    (error,) = answer.json()
    assert list(error) == ["message", "errorCode"]
    assert error["errorCode"] == "INVALID_FIELD"
    assert error["message"].startswith(
        "\nSELECT Bacon__c FROM Account LIMIT 2\n       ^\nERROR at Row:1:Column:8\nNo such column 'Bacon__c'"
    )


def test_blanks_may_be_plus_or_percent_twenty(rest: Rest) -> None:
    rest.create("Account", Name="A B")
    for text in (
        "SELECT+Id+FROM+Account+WHERE+Name='A+B'",
        "SELECT%20Id%20FROM%20Account%20WHERE%20Name='A%20B'",
    ):
        assert rest.get(f"query?q={text}").json()["totalSize"] == 1


def test_explaining_a_query_gives_a_plan(rest: Rest) -> None:
    rest.create("Account", Name="A")
    answer = rest.get("query", params={"explain": "SELECT Id FROM Account"}).json()
    assert answer["plans"][0]["sobjectType"] == "Account"
    assert answer["plans"][0]["sobjectCardinality"] == 1


def test_a_long_list_of_children_has_a_next_address_of_its_own(org: RunningOrg, rest: Rest) -> None:
    account = rest.create("Account", Name="A")
    item = org.org.schema.object("Contact")
    rows = ((f"C{n:03}", account) for n in range(450))
    org.org.store.bulk_insert(
        item, ["LastName", "AccountId"], rows, stamp="2026-01-31T12:00:00Z", user_id=org.org.admin.id
    )
    headers = {"Sforce-Query-Options": "batchSize=200"}
    text = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account"
    page = rest.get("query", params={"q": text}, headers=headers).json()["records"][0]["Contacts"]
    assert (page["totalSize"], page["done"], len(page["records"])) == (450, False, 200)
    seen = [row["LastName"] for row in page["records"]]
    while not page["done"]:
        page = rest.get(page["nextRecordsUrl"]).json()
        seen += [row["LastName"] for row in page["records"]]
    assert seen == [f"C{n:03}" for n in range(450)]


def column(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "aggregate": False,
        "apexType": None,
        "booleanType": False,
        "columnName": name,
        "custom": False,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": False,
        "textType": False,
        "updatable": False,
    } | changes


def test_the_columns_of_a_query_are_told_without_its_rows(rest: Rest) -> None:
    last_name = column("LastName", apexType="String", textType=True, insertable=True, updatable=True)
    soql = "SELECT Id, Owner.Profile.Name, Owner.Name, (SELECT LastName FROM Contacts) FROM Account"
    answer = rest.get("query", params={"q": soql, "columns": "true"}).json()
    name, *_ = rest.get("query", params={"q": "SELECT Name FROM Profile", "columns": "true"}).json()[
        "columnMetadata"
    ]
    profile = column("Profile", foreignKeyName="ProfileId", joinColumns=[name])
    user_name = column("Name", apexType="String", textType=True)
    assert answer == {
        "columnMetadata": [
            column("Id", apexType="Id"),
            column("Owner", foreignKeyName="OwnerId", joinColumns=[profile, user_name]),
            column("Contacts", aggregate=True, joinColumns=[last_name]),
        ],
        "entityName": "Account",
        "groupBy": False,
        "idSelected": True,
        "keyPrefix": "001",
    }


def test_the_columns_of_groups_are_named_as_their_values(rest: Rest) -> None:
    soql = "SELECT StageName, AVG(Amount), MAX(CloseDate) last, COUNT(Id) FROM Opportunity GROUP BY StageName"
    answer = rest.get("query", params={"q": soql, "columns": "true"}).json()
    assert answer["groupBy"]
    assert [
        (c["columnName"], c["displayName"], c["aggregate"], c["numberType"]) for c in answer["columnMetadata"]
    ] == [
        ("StageName", "StageName", False, False),
        ("expr0", "avg(Amount)", True, True),
        ("last", "max(CloseDate)", True, False),
        ("expr1", "count(Id)", True, True),
    ]


@pytest.mark.parametrize(
    ("soql", "names"),
    [
        ("SELECT TYPEOF What WHEN Account THEN Name, Phone ELSE Name END FROM Task", ["What"]),
        ("SELECT toLabel(Industry), FORMAT(AnnualRevenue) money FROM Account", ["Industry", "money"]),
        ("SELECT COUNT() FROM Account", ["expr0"]),
        ("SELECT FIELDS(ALL) FROM OpportunityStage LIMIT 1", None),
    ],
    ids=["typeof", "functions", "count", "fields"],
)
def test_every_kind_of_query_has_columns(rest: Rest, soql: str, names: list[str] | None) -> None:
    answer = rest.get("query", params={"q": soql, "columns": "true"})
    assert answer.status_code == 200
    found = [item["columnName"] for item in answer.json()["columnMetadata"]]
    assert found == names if names else "Id" in found


def test_a_query_that_cannot_run_has_no_columns(rest: Rest) -> None:
    answer = rest.get("query", params={"q": "SELECT Nope FROM Account", "columns": "true"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
