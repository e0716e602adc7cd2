"""Describing objects, 25 an API call."""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.loopback import ROOT, Asked, Reply, refusal, talking

from salesforce_abm.describe import Describer, Field, SObject, nearest_name, parse_sobject
from salesforce_abm.errors import AccessError, ApiError, DataError

NOT_FOUND = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


def describe_of(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "keyPrefix": "001",
        "queryable": True,
        "fields": list(fields),
        **more,
    }


class Org:
    """Describes the objects it has; knows composite."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.broken: dict[str, tuple[int, Any]] = {}

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == f"{ROOT}/sobjects":
            return Reply(
                {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [describe_of(n) for n in self.names]}
            )
        if asked.path == f"{ROOT}/composite":
            return Reply(
                {"compositeResponse": [self.part(part) for part in asked.json()["compositeRequest"]][::-1]}
            )
        status, body = self.describe(asked.path)
        return Reply(body, status)

    def part(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["url"].split("/")[-2]
        status, body = self.broken.get(name) or self.describe(request["url"])
        return {
            "body": body,
            "httpHeaders": {},
            "httpStatusCode": status,
            "referenceId": request["referenceId"],
        }

    def describe(self, url: str) -> tuple[int, Any]:
        name = url.removeprefix(f"{ROOT}/sobjects/").removesuffix("/describe")
        return (200, describe_of(name)) if name in self.names else (404, NOT_FOUND)


def test_sixty_objects_cost_three_calls() -> None:
    names = [f"Object_{n}__c" for n in range(60)]
    with talking(Org(*names)) as (server, session):
        described = Describer(session).sobjects(names)
    assert list(described) == names
    assert all(described[name].name == name for name in names)
    assert [str(asked) for asked in server.asked] == ["POST /composite"] * 3
    assert [len(asked.json()["compositeRequest"]) for asked in server.asked] == [25, 25, 10]


def test_a_missing_object_does_not_fail_the_others() -> None:
    with talking(Org("Account", "Contact")) as (server, session):
        described = Describer(session).sobjects(["Account", "Nope__c", "Contact", "Account", "../x", ""])
    assert list(described) == ["Account", "Contact"]
    assert len(server.asked) == 1
    assert len(server.asked[0].json()["compositeRequest"]) == 3


@pytest.mark.parametrize(
    ("status", "code"), [(400, "INVALID_TYPE"), (403, "INSUFFICIENT_ACCESS")], ids=["type", "access"]
)
def test_a_hidden_object_is_a_missing_one(status: int, code: str) -> None:
    org = Org("Account", "Secret")
    org.broken = {"Secret": (status, [{"errorCode": code, "message": "no"}])}
    with talking(org) as (_, session):
        assert list(Describer(session).sobjects(["Account", "Secret"])) == ["Account"]


def test_an_object_that_fails_inside_is_asked_for_alone() -> None:
    org = Org("Account", "Contact")
    org.broken = {"Contact": (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "unexpected"}])}
    with talking(org) as (server, session):
        assert list(Describer(session).sobjects(["Account", "Contact"])) == ["Account", "Contact"]
    assert [str(asked) for asked in server.asked] == ["POST /composite", "GET /sobjects/Contact/describe"]


def test_an_object_that_fails_alone_too_is_an_error() -> None:
    org = Org("Account")
    org.broken = {"Broken": (400, None)}

    def answer(asked: Asked) -> Reply:
        return refusal(400, "BROKEN", "object is broken") if asked.method == "GET" else org(asked)

    with talking(answer) as (_, session), pytest.raises(ApiError, match="BROKEN"):
        Describer(session).sobjects(["Account", "Broken"])


def test_no_names_cost_no_call() -> None:
    with talking(Org()) as (server, session):
        assert Describer(session).sobjects([]) == {}
    assert server.asked == []


def test_one_object_costs_one_call() -> None:
    with talking(Org("Account")) as (server, session):
        assert Describer(session).sobject("Account").key_prefix == "001"
    assert [str(asked) for asked in server.asked] == ["GET /sobjects/Account/describe"]


def test_a_misspelt_object_is_an_error_that_names_the_nearest() -> None:
    with talking(Org("Account", "Contact")) as (_, session):
        with pytest.raises(AccessError, match=r"Acount: no such object.*did you mean Account"):
            Describer(session).sobject("Acount")
        with pytest.raises(AccessError, match="a b: no such object"):
            Describer(session).sobject("a b")


def test_all_objects_are_listed() -> None:
    with talking(Org("Account", "Contact")) as (_, session):
        assert [summary.name for summary in Describer(session).global_()] == ["Account", "Contact"]


# --- parsing -------------------------------------------------------------------------------------------------


def test_keys_become_snake_case_and_unknown_keys_are_left_out() -> None:
    field = {
        "name": "StageName",
        "type": "picklist",
        "length": 255,
        "byteLength": 765,
        "nillable": False,
        "inlineHelpText": "Where the deal stands",
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": "Won", "validFor": None, "value": "W"}
        ],
        "referenceTo": ["User", "Group"],
        "somethingNew": {"a": 1},
    }
    child = {"childSObject": "Contact", "field": "AccountId", "relationshipName": None, "cascadeDelete": True}
    record_type = {"recordTypeId": "012000000000000AAA", "name": "Master", "master": True}
    body = describe_of("Opportunity", field, childRelationships=[child], recordTypeInfos=[record_type])
    described = parse_sobject(json.dumps(body).encode())
    [parsed] = described.fields
    assert (parsed.byte_length, parsed.nillable, parsed.inline_help_text) == (
        765,
        False,
        "Where the deal stands",
    )
    assert parsed.picklist_values[0].value == "W"
    assert parsed.reference_to == ("User", "Group")
    assert described.child_relationships[0].child_sobject == "Contact"
    assert described.child_relationships[0].relationship_name is None
    assert described.record_type_infos[0].master


def test_fields_are_found_in_any_case() -> None:
    described = SObject(name="Account", fields=(Field(name="Id"), Field(name="Rating", type="picklist")))
    found = described.field("rATING")
    assert found is not None
    assert found.name == "Rating"
    assert described.field("Nope") is None
    assert described.nearest("Ratng") == "Rating"


def test_a_null_where_a_value_was_promised_is_the_default() -> None:
    body = describe_of(
        "X", {"name": "A", "length": None, "custom": None, "picklistValues": None}, queryable=None
    )
    described = parse_sobject(json.dumps(body).encode())
    assert (described.queryable, described.fields[0].length, described.fields[0].picklist_values) == (
        False,
        0,
        (),
    )


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"fields":[]}', b""], ids=["html", "list", "no-name", "empty"]
)
def test_another_document_is_an_error(body: bytes) -> None:
    with pytest.raises(DataError):
        parse_sobject(body)


def test_describes_cannot_be_changed() -> None:
    field = Field(name="Id")
    with pytest.raises(AttributeError):
        field.name = "Other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("acount", "Account"), ("ACCOUNT", "Account"), ("ABM_Scor__c", "ABM_Score__c"), ("zzz", None)],
    ids=str,
)
def test_the_nearest_name_ignores_case(name: str, nearest: str | None) -> None:
    assert nearest_name(name, ["Account", "Contact", "ABM_Score__c"]) == nearest
