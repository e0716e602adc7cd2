"""Several GETs for one API call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from core.loopback import ROOT, Asked, Reply, talking

from salesforce_abm.composite import get_together
from salesforce_abm.errors import ApiError, DataError, InvalidType
from salesforce_abm.query import Query

if TYPE_CHECKING:
    from collections.abc import Callable


def _answering(*parts: tuple[int, Any]) -> Callable[[Asked], Reply]:
    document = [
        {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": f"part{number}"}
        for number, (status, body) in enumerate(parts)
    ]
    return lambda _asked: Reply({"compositeResponse": document})


def test_answers_and_errors_come_in_the_order_of_the_paths() -> None:
    refused = [{"errorCode": "INVALID_TYPE", "message": "no such object"}]
    with talking(_answering((200, {"a": 1}), (400, refused), (200, None))) as (server, session):
        first, second, third = get_together(
            session, ["limits", "sobjects/X", "/services/data"], kind="limits"
        )
    assert isinstance(first, bytes)
    assert (json.loads(first), third) == ({"a": 1}, b"null")
    assert isinstance(second, InvalidType)
    sent = server.asked[0].json()["compositeRequest"]
    assert [part["url"] for part in sent] == [f"{ROOT}/limits", f"{ROOT}/sobjects/X", "/services/data"]
    assert session.usage.counted == 1


def test_the_query_stays_out_of_the_error() -> None:
    with talking(_answering((400, None))) as (_, session):
        [error] = get_together(session, ["query?q=SELECT+Id+FROM+A+WHERE+Name='secret'"], kind="query")
    assert isinstance(error, ApiError)
    assert "secret" not in str(error)


@pytest.mark.parametrize("parts", [(), ((200, 1), (200, 2))], ids=["too_few", "too_many"])
def test_a_part_too_few_or_too_many_is_an_error(parts: tuple[tuple[int, Any], ...]) -> None:
    with talking(_answering(*parts)) as (_, session), pytest.raises(DataError, match="not 1"):
        get_together(session, ["limits"], kind="limits")


def test_first_pages_share_a_call_by_fives_and_are_gone_on_from() -> None:
    page = {"totalSize": 1, "done": True, "records": [{"attributes": {}, "Id": "1"}]}
    refused = [{"errorCode": "INVALID_TYPE", "message": "no such object"}]
    replies: list[list[tuple[int, Any]]] = [[(200, page)] * 4 + [(400, refused)], [(200, page)]]

    def answer(asked: Asked) -> Reply:
        return _answering(*replies.pop(0))(asked)

    with talking(answer) as (server, session):
        query = Query(session)
        soql = [f"SELECT Id FROM X{number}" for number in range(6)]
        found = query.first_pages(soql, all_rows=True)
        assert [page is None for page in found] == [False] * 4 + [True, False]
        [again] = query.pages(soql[0], first=found[0])
        assert again is found[0]
    assert [str(asked) for asked in server.asked] == ["POST /composite"] * 2
    urls = [part["url"] for part in server.asked[0].json()["compositeRequest"]]
    assert urls[0] == f"{ROOT}/queryAll?q=SELECT+Id+FROM+X0"
