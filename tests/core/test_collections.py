"""Records by the hundred."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from core.loopback import Asked, Reply, refusal, talking

from salesforce_abm.collections import Collections, RowError, RowResult, WriteOptions
from salesforce_abm.errors import ApiError, DataError, TransientError

A, B, C = "001000000000001AAA", "001000000000002AAA", "001000000000003AAA"


def ok(identifier: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "success": True, "errors": [], **more}


def no(code: str, message: str, *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def accept(asked: Asked) -> Reply:
    return Reply([ok(A) for _ in asked.json()["records"]])


# --- reading -------------------------------------------------------------------------------------------------


def record_of(identifier: str, **values: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "Account", "url": f"/services/data/v66.0/sobjects/Account/{identifier}"},
        **values,
    }


def test_records_come_in_the_order_asked_with_none_for_the_missing() -> None:
    answer = f'[{{"Id":"{B}","Score":1.10}},null,{{"Id":"{A}"}}]'.encode()
    with talking(lambda _: Reply(answer)) as (server, session):
        found = Collections(session).retrieve("Account", [B, C, A], ["Id", "Score"])
    assert found == [{"Id": B, "Score": Decimal("1.10")}, None, {"Id": A}]
    assert str(server.asked[0]) == "POST /composite/sobjects/Account"
    assert server.asked[0].json() == {"ids": [B, C, A], "fields": ["Id", "Score"]}


def test_an_id_asked_for_twice_is_sent_once() -> None:
    with talking(lambda _: Reply([record_of(A, Id=A), record_of(B, Id=B)])) as (server, session):
        found = Collections(session).retrieve("Account", [A, B, A], ["Id"])
    assert [record and record["Id"] for record in found] == [A, B, A]
    assert server.asked[0].json()["ids"] == [A, B]


def test_reading_nothing_costs_nothing() -> None:
    with talking(lambda _: Reply([])) as (server, session):
        assert Collections(session).retrieve("Account", [], ["Id"]) == []
    assert server.asked == []


def test_another_record_than_asked_for_is_an_error() -> None:
    with (
        talking(lambda _: Reply([record_of(B), record_of(A)])) as (_, session),
        pytest.raises(DataError, match=A),
    ):
        Collections(session).retrieve("Account", [A, B], ["Name"])


def test_an_answer_of_another_length_is_an_error() -> None:
    with (
        talking(lambda _: Reply([record_of(A)])) as (_, session),
        pytest.raises(DataError, match="1 answers for 2 ids"),
    ):
        Collections(session).retrieve("Account", [A, B], ["Name"])


def test_more_ids_than_salesforce_takes_are_refused_here() -> None:
    with talking(lambda _: Reply([])) as (_, session), pytest.raises(ValueError, match="2001 ids"):
        Collections(session).retrieve("Account", [A] * 2001, ["Id"])


def test_a_read_whose_answer_is_lost_is_repeated() -> None:
    replies = iter([Reply(lost=True), Reply([record_of(A)])])
    with talking(lambda _: next(replies)) as (_, session):
        assert Collections(session).retrieve("Account", [A], ["Id"]) != []


# --- writing -------------------------------------------------------------------------------------------------


def test_each_record_gets_its_own_verdict() -> None:
    answer = [ok(A), no("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName")]
    with talking(lambda _: Reply(answer)) as (server, session):
        results = Collections(session).create([{"Name": "x"}, {"Name": None}], sobject="Contact")
    assert results == [
        RowResult(A, success=True),
        RowResult(
            None,
            success=False,
            errors=(
                RowError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ("LastName",)),
            ),
        ),
    ]
    assert str(server.asked[0]) == "POST /composite/sobjects"
    contact = {"attributes": {"type": "Contact"}}
    assert server.asked[0].json() == {
        "allOrNone": False,
        "records": [{**contact, "Name": "x"}, {**contact, "Name": None}],
    }


def test_a_success_may_carry_errors() -> None:
    answer = [{**no("OPERATION_ENQUEUED", "uuid"), "success": True, "id": A}]
    with talking(lambda _: Reply(answer)) as (_, session):
        assert Collections(session).create([{}], sobject="Event__e")[0].success


def test_upsert_says_what_it_created() -> None:
    with talking(lambda _: Reply([ok(A, created=True), ok(B, created=False)])) as (server, session):
        results = Collections(session).upsert(
            "Account", "Key__c", [{"Key__c": "a"}, {"Key__c": "b"}], all_or_none=True
        )
    assert [result.created for result in results] == [True, False]
    assert str(server.asked[0]) == "PATCH /composite/sobjects/Account/Key__c"
    assert server.asked[0].json()["allOrNone"] is True


def test_delete_names_the_ids_in_the_url() -> None:
    with talking(lambda _: Reply([ok(A), no("ENTITY_IS_DELETED", "entity is deleted")])) as (server, session):
        results = Collections(session).delete([A, B])
    assert [result.success for result in results] == [True, False]
    assert server.asked[0].query == {"ids": f"{A},{B}", "allOrNone": "false"}
    assert server.asked[0].method == "DELETE"


def test_decimals_are_sent_digit_by_digit() -> None:
    with talking(accept) as (server, session):
        Collections(session).update(
            [{"Id": A, "Amount": Decimal("12345678901234567.89")}], sobject="Opportunity"
        )
    assert b'"Amount":12345678901234567.89' in server.asked[0].body


def test_assignment_rules_and_duplicate_rules_are_off_and_on_by_header() -> None:
    with talking(accept) as (server, session):
        Collections(session).update([{"Id": A}], sobject="Lead")
        Collections(session).update(
            [{"Id": A}], sobject="Lead", options=WriteOptions(assignment_rules=True, allow_duplicates=True)
        )
    first, second = (asked.headers for asked in server.asked)
    assert (first["Sforce-Auto-Assign"], "Sforce-Duplicate-Rule-Header" in first) == ("FALSE", False)
    assert (second["Sforce-Auto-Assign"], second["Sforce-Duplicate-Rule-Header"]) == (
        "TRUE",
        "allowSave=true",
    )


def test_a_create_whose_answer_is_lost_is_not_repeated() -> None:
    with talking(lambda _: Reply(lost=True)) as (server, session), pytest.raises(TransientError) as caught:
        Collections(session).create([{"Name": "x"}], sobject="Account")
    assert caught.value.outcome_unknown
    assert len(server.asked) == 1


def test_an_update_whose_answer_is_lost_is_repeated_unless_the_caller_wants_to_look() -> None:
    replies = iter([Reply(lost=True), Reply([ok(A)]), Reply(lost=True)])
    with talking(lambda _: next(replies)) as (_, session):
        assert Collections(session).update([{"Id": A}], sobject="Account")[0].success
        with pytest.raises(TransientError) as caught:
            Collections(session).update([{"Id": A}], sobject="Account", options=WriteOptions(repeat=False))
    assert caught.value.outcome_unknown


def test_an_answer_that_does_not_fit_the_records_is_an_error() -> None:
    with (
        talking(lambda _: Reply([ok(A)])) as (_, session),
        pytest.raises(DataError, match="1 results for 2 records"),
    ):
        Collections(session).update([{"Id": A}, {"Id": B}], sobject="Account")


def test_a_refused_request_is_an_error_for_all() -> None:
    refused = refusal(400, "EXCEEDED_ID_LIMIT", "record limit reached")
    with talking(lambda _: refused) as (_, session), pytest.raises(ApiError, match="EXCEEDED_ID_LIMIT"):
        Collections(session).update([{"Id": A}], sobject="Account")


def test_more_records_than_salesforce_takes_are_refused_here() -> None:
    with talking(accept) as (server, session):
        with pytest.raises(ValueError, match="201 records"):
            Collections(session).update([{"Id": A}] * 201, sobject="Account")
        with pytest.raises(ValueError, match="201 records"):
            Collections(session).delete([A] * 201)
        with pytest.raises(ValueError, match=r"attributes\.type"):
            Collections(session).create([{"Name": "x"}])
    assert server.asked == []


def test_writing_nothing_costs_nothing() -> None:
    with talking(accept) as (server, session):
        collections = Collections(session)
        assert collections.create([], sobject="X") == collections.update([]) == collections.delete([]) == []
    assert server.asked == []


def test_more_runs_of_types_than_salesforce_takes_are_brought_together() -> None:
    records = [{"attributes": {"type": "AB"[n % 2]}, "N": n} for n in range(30)]

    def answer(asked: Asked) -> Reply:
        return Reply([ok(f"{record['N']:018}") for record in asked.json()["records"]])

    with talking(answer) as (server, session):
        results = Collections(session).create(records)
    sent = [record["attributes"]["type"] for record in server.asked[0].json()["records"]]
    assert sent == ["A"] * 15 + ["B"] * 15
    assert [int(result.id or "") for result in results] == list(range(30))


def test_a_few_runs_keep_their_order() -> None:
    records = [{"attributes": {"type": name}} for name in "AABAB"]
    with talking(accept) as (server, session):
        Collections(session).create(records)
    assert [record["attributes"]["type"] for record in server.asked[0].json()["records"]] == list("AABAB")


def test_more_types_than_salesforce_takes_are_refused_here() -> None:
    records = [{"attributes": {"type": f"T{n}__c"}} for n in range(11)]
    with talking(accept) as (_, session), pytest.raises(ValueError, match="11 types"):
        Collections(session).create(records)
