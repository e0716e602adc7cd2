"""SOQL over REST, page by page."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from core.loopback import ROOT, Asked, Reply, refusal, talking

from salesforce_abm.errors import ApiError, DataError, InvalidField, InvalidLocator, QueryTimeout
from salesforce_abm.query import MAX_URL, Query, object_of

if TYPE_CHECKING:
    from collections.abc import Callable

NEXT = f"{ROOT}/query/01gB000003OCxSPIA1-2000"


def page(*names: str, total: int, next_url: str | None = None) -> dict[str, Any]:
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in names]
    following = {"nextRecordsUrl": next_url} if next_url else {}
    return {"totalSize": total, "done": next_url is None, **following, "records": records}


def answering(first: Any, *more: Any) -> Callable[[Asked], Reply]:
    """Answer the query with the first document and each next page with the following ones."""
    replies = iter([first, *more])

    def answer(_asked: Asked) -> Reply:
        reply = next(replies)
        return reply if isinstance(reply, Reply) else Reply(reply)

    return answer


def test_pages_are_followed_verbatim_until_the_last() -> None:
    with talking(answering(page("A", "B", total=3, next_url=NEXT), page("C", total=3))) as (server, session):
        pages = list(Query(session).pages("SELECT Name FROM Account"))
    assert [[record["Name"] for record in one.records] for one in pages] == [["A", "B"], ["C"]]
    assert [(one.total_size, one.count, one.done, one.next_url) for one in pages] == [
        (3, 2, False, NEXT),
        (3, 1, True, None),
    ]
    assert [str(asked) for asked in server.asked] == ["GET /query", "GET /query/01gB000003OCxSPIA1-2000"]
    assert server.asked[0].query == {"q": "SELECT Name FROM Account"}


def test_a_page_comes_before_the_next_is_asked_for() -> None:
    with talking(answering(page("A", total=2, next_url=NEXT), page("B", total=2))) as (server, session):
        pages = Query(session).pages("SELECT Name FROM Account")
        next(pages)
        assert len(server.asked) == 1


def test_the_raw_body_is_there_for_faster_decoders() -> None:
    with talking(lambda _: Reply(b'{"totalSize":1,"done":true,"records":[{"N":1.10}]}')) as (_, session):
        [one] = Query(session).pages("SELECT N FROM X")
    assert one.raw == b'{"totalSize":1,"done":true,"records":[{"N":1.10}]}'
    assert "1.10" not in repr(one)


def test_numbers_keep_every_digit() -> None:
    body = b'{"totalSize":1,"done":true,"records":[{"A":12345678901234567.89,"B":1.39E8,"C":10,"D":23.0}]}'
    with talking(lambda _: Reply(body)) as (_, session):
        [record] = Query(session).records("SELECT A, B, C, D FROM X")
    assert record == {
        "A": Decimal("12345678901234567.89"),
        "B": Decimal("1.39E8"),
        "C": 10,
        "D": Decimal("23.0"),
    }
    assert str(record["D"]) == "23.0"


def test_a_plus_in_a_time_survives_the_url() -> None:
    soql = "SELECT Id FROM Account WHERE SystemModstamp >= 2024-01-31T12:00:00+01:00 AND Name = 'a&b=c %'"
    with talking(answering(page(total=0))) as (server, session):
        list(Query(session).pages(soql))
    assert server.asked[0].query == {"q": soql}


def test_deleted_rows_are_asked_for_by_another_resource() -> None:
    with talking(answering(page(total=0))) as (server, session):
        list(Query(session).pages("SELECT Id FROM Account", all_rows=True))
    assert str(server.asked[0]) == "GET /queryAll"


@pytest.mark.parametrize(("size", "sent"), [(1, 200), (500, 500), (9_999, 2000)], ids=str)
def test_the_page_size_stays_within_what_salesforce_takes(size: int, sent: int) -> None:
    with talking(answering(page("A", total=2, next_url=NEXT), page("B", total=2))) as (server, session):
        list(Query(session).pages("SELECT Id FROM Account", batch_size=size))
    assert [asked.headers["Sforce-Query-Options"] for asked in server.asked] == [f"batchSize={sent}"] * 2


@pytest.mark.parametrize("came", [["A"], ["A", "B", "C"]], ids=["fewer", "more"])
def test_another_number_of_rows_than_promised_is_an_error(came: list[str]) -> None:
    with talking(answering(page(*came, total=2))) as (_, session):
        pages = Query(session).pages("SELECT Name FROM Account WHERE Name = 'Secret'")
        next(pages)
        with pytest.raises(DataError, match=rf"Account: {len(came)} rows came, Salesforce said 2") as caught:
            next(pages)
    assert "Secret" not in str(caught.value)


def test_a_count_is_read_from_the_total() -> None:
    with talking(lambda _: Reply({"totalSize": 26, "done": True, "records": []})) as (_, session):
        assert Query(session).count("SELECT COUNT() FROM Account") == 26
        assert [one.total_size for one in Query(session).pages("select count( ) from Account")] == [26]


def test_the_tooling_api_has_its_own_resource() -> None:
    with talking(answering(page(total=0))) as (server, session):
        list(Query(session, tooling=True).pages("SELECT Id FROM CustomField"))
    assert str(server.asked[0]) == "GET /tooling/query"


# --- errors --------------------------------------------------------------------------------------------------


def test_a_wrong_field_is_an_error_of_its_own() -> None:
    message = "\nSELECT Nope FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nope' on entity 'Account'."
    with (
        talking(lambda _: refusal(400, "INVALID_FIELD", message)) as (_, session),
        pytest.raises(InvalidField),
    ):
        next(Query(session).pages("SELECT Nope FROM Account"))


def test_a_query_that_runs_too_long_is_an_error_of_its_own() -> None:
    with (
        talking(lambda _: refusal(400, "QUERY_TIMEOUT", "Your query request was running for too long.")) as (
            _,
            session,
        ),
        pytest.raises(QueryTimeout),
    ):
        next(Query(session).pages("SELECT Id FROM Account"))


@pytest.mark.parametrize(
    "dead",
    [
        refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        refusal(404, "NOT_FOUND", "The requested resource does not exist"),
    ],
    ids=["400", "404"],
)
def test_a_dead_cursor_is_an_invalid_locator(dead: Reply) -> None:
    with talking(answering(page("A", total=2, next_url=NEXT), dead)) as (_, session):
        pages = Query(session).pages("SELECT Name FROM Account")
        next(pages)
        with pytest.raises(InvalidLocator):
            next(pages)


def test_an_answer_that_is_no_query_result_is_an_error() -> None:
    with talking(lambda _: Reply({"hello": 1})) as (_, session), pytest.raises(DataError):
        next(Query(session).pages("SELECT Id FROM Account"))


def test_a_page_that_breaks_off_is_asked_for_again() -> None:
    replies = answering(Reply(page("A", total=1), cut=20), page("A", total=1))
    with talking(replies) as (server, session):
        assert [record["Name"] for record in Query(session).records("SELECT Name FROM Account")] == ["A"]
    assert len(server.asked) == 2


# --- queries too long for a URL ------------------------------------------------------------------------------

LONG = "SELECT Name FROM Account WHERE Name IN (" + ",".join(f"'name {n:05}'" for n in range(900)) + ")"


def in_composite(body: Any, status: int = 200) -> Reply:
    part = {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": "query"}
    return Reply({"compositeResponse": [part]})


def test_a_query_too_long_for_a_url_travels_in_a_body() -> None:
    replies = answering(in_composite(page("A", total=2, next_url=NEXT)), page("B", total=2))
    with talking(replies) as (server, session):
        names = [record["Name"] for record in Query(session).records(LONG, all_rows=True)]
    assert names == ["A", "B"]
    assert [str(asked) for asked in server.asked] == ["POST /composite", "GET /query/01gB000003OCxSPIA1-2000"]
    [part] = server.asked[0].json()["compositeRequest"]
    assert part["method"] == "GET"
    assert part["url"].startswith(f"{ROOT}/queryAll?q=SELECT+Name+FROM+Account+WHERE")
    assert part["httpHeaders"] == {"Sforce-Query-Options": "batchSize=2000"}
    assert len(part["url"]) > MAX_URL


def test_an_error_inside_a_composite_is_the_same_error() -> None:
    wrong = [{"errorCode": "INVALID_FIELD", "message": "No such column 'Nope' on entity 'Account'."}]
    with talking(lambda _: in_composite(wrong, 400)) as (_, session), pytest.raises(InvalidField) as caught:
        next(Query(session).pages(LONG))
    assert (caught.value.status, caught.value.code) == (400, "INVALID_FIELD")


def test_an_error_inside_a_composite_without_a_document_is_still_an_error() -> None:
    with talking(lambda _: in_composite(None, 500)) as (_, session), pytest.raises(ApiError):
        next(Query(session).pages(LONG))


# --- child rows ----------------------------------------------------------------------------------------------

CHILDREN = f"{ROOT}/query/01gB000003OCxSPIA1-children"


def test_child_rows_that_were_cut_off_are_fetched() -> None:
    contacts = {"totalSize": 3, "done": False, "nextRecordsUrl": CHILDREN, "records": [{"N": 1}, {"N": 2}]}
    first = page("A", "B", total=2)
    first["records"][0]["Contacts"] = contacts
    first["records"][1]["Contacts"] = None
    rest = {"totalSize": 3, "done": True, "records": [{"N": 3}]}
    with talking(answering(first, rest)) as (server, session):
        records = list(Query(session).records("SELECT Name, (SELECT N FROM Contacts) FROM Account"))
    assert [child["N"] for child in records[0]["Contacts"]["records"]] == [1, 2, 3]
    assert records[0]["Contacts"]["done"] is True
    assert records[1]["Contacts"] is None
    assert len(server.asked) == 2


def test_child_rows_are_counted_too() -> None:
    first = page("A", total=1)
    first["records"][0]["Contacts"] = {
        "totalSize": 3,
        "done": False,
        "nextRecordsUrl": CHILDREN,
        "records": [{"N": 1}],
    }
    rest = {"totalSize": 3, "done": True, "records": [{"N": 2}]}
    with talking(answering(first, rest)) as (_, session), pytest.raises(DataError, match="2 child rows"):
        list(Query(session).records("SELECT Name, (SELECT N FROM Contacts) FROM Account"))


@pytest.mark.parametrize(
    ("soql", "name"),
    [
        ("SELECT Id FROM Account WHERE Name = 'FROM Contact'", "Account"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "Account"),
        ("select id from  Foo__c limit 1", "Foo__c"),
        ("nonsense", "query"),
    ],
    ids=["filter", "subquery", "case", "none"],
)
def test_messages_name_the_object_that_is_read(soql: str, name: str) -> None:
    assert object_of(soql) == name
