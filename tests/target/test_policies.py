"""What gives way to what: overwrite, nulls, too_long, tracked memory, and values compared as Salesforce stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import LONG, NAMES, NUMBER, TEXT, stream

if TYPE_CHECKING:
    from target.lab import Lab

PATHS = pytest.mark.parametrize("api_type", ["REST", "BULK2"])
BY_ID = [{"source": "id", "field": "Id"}]


def load(fields: dict[str, Any], **parts: Any) -> list[dict[str, Any]]:
    return [{"stream": "rows", "object": "Account", "match": BY_ID, "fields": fields, **parts}]


def one(lab: Lab, row: dict[str, Any], loads: list[dict[str, Any]], **settings: Any) -> dict[str, int]:
    run = lab.run(stream("rows", [row]), loads=loads, **settings)
    return run.numbers("rows")


def test_if_empty_fills_and_never_overwrites_and_0_and_false_are_values(lab: Lab) -> None:
    lab.field("Account.Score__c", **NUMBER)
    lab.field("Account.Flag__c", type="Checkbox", defaultValue=False)
    loads = load({"text": "Site", "score": "Score__c", "flag": "Flag__c"}, overwrite="if_empty")
    empty, full = lab.create("Account", Name="E"), lab.create("Account", Name="F", Site="theirs", Score__c=0)
    assert one(lab, {"id": empty, "text": "ours", "score": 7, "flag": True}, loads) == {
        "received": 1,
        "written": 1,
    }
    assert lab.row("Account", empty, "Site", "Score__c", "Flag__c") == ("ours", 7.0, False)
    assert one(lab, {"id": full, "text": "ours", "score": 7, "flag": True}, loads) == {
        "received": 1,
        "unchanged": 1,
    }
    assert lab.row("Account", full, "Site", "Score__c", "Flag__c") == ("theirs", 0.0, False)
    assert one(lab, {"id": full, "text": None}, loads) == {"received": 1, "unchanged": 1}


def test_two_rows_for_an_empty_field_leave_the_first_value(lab: Lab) -> None:
    account = lab.create("Account", Name="A")
    loads = load({"text": "Site"}, overwrite="if_empty")
    run = lab.run(
        stream("rows", [{"id": account, "text": "first"}, {"id": account, "text": "second"}]), loads=loads
    )
    assert run.numbers("rows") == {"received": 2, "written": 1, "unchanged": 1}
    assert lab.row("Account", account, "Site") == ("first",)


def test_never_compares_and_counts_but_writes_nothing(lab: Lab) -> None:
    account = lab.create("Account", Name="A", Site="theirs", Phone="1")
    loads = load({"text": {"field": "Site", "overwrite": "never"}, "phone": "Phone"})
    run = lab.run(stream("rows", [{"id": account, "text": "ours", "phone": "2"}]), loads=loads)
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert run.report["streams"]["rows"]["differing"] == 1
    assert lab.row("Account", account, "Site", "Phone") == ("theirs", "2")


@PATHS
def test_tracked_follows_its_own_value_and_respects_other_peoples(lab: Lab, api_type: str) -> None:
    lab.field(f"Account.{NAMES.memory}", **LONG)
    loads = load(
        {"text": "Site", "size": "NumberOfEmployees", "phone": {"field": "Phone", "overwrite": "always"}},
        overwrite="tracked",
    )
    account = lab.create("Account", Name="A", NumberOfEmployees=5)
    step = {"id": account, "text": "one", "size": 10, "phone": "1"}
    assert one(lab, step, loads, api_type=api_type) == {"received": 1, "written": 1}
    assert lab.row("Account", account, "Site", "NumberOfEmployees", NAMES.memory) == (
        "one",
        5,
        '{"Site":"one"}',
    )
    assert one(lab, {**step, "text": "two"}, loads, api_type=api_type) == {"received": 1, "written": 1}
    assert lab.row("Account", account, "Site", NAMES.memory) == ("two", '{"Site":"two"}')
    lab.update("Account", account, Site="edited by a person")
    assert one(lab, {**step, "text": "three"}, loads, api_type=api_type) == {"received": 1, "unchanged": 1}
    assert lab.row("Account", account, "Site") == ("edited by a person",)
    lab.update("Account", account, Site=None)
    assert one(lab, {**step, "text": "four"}, loads, api_type=api_type) == {"received": 1, "written": 1}
    assert one(lab, {**step, "text": None}, loads, api_type=api_type) == {"received": 1, "written": 1}
    assert lab.row("Account", account, "Site", NAMES.memory) == (None, None)


def test_several_tracked_rows_of_one_record_follow_each_other(lab: Lab) -> None:
    lab.field(f"Account.{NAMES.memory}", **LONG)
    account = lab.create("Account", Name="A")
    rows = [{"id": account, "text": text} for text in ("a", "b", "c")]
    run = lab.run(stream("rows", rows), loads=load({"text": "Site"}, overwrite="tracked"))
    assert run.numbers("rows") == {"received": 3, "written": 3}
    assert lab.row("Account", account, "Site", NAMES.memory) == ("c", '{"Site":"c"}')


def test_tracked_without_its_memory_field_is_refused_before_anything_is_written(lab: Lab) -> None:
    account = lab.create("Account", Name="A")
    run = lab.run(
        stream("rows", [{"id": account, "text": "x"}]), loads=load({"text": "Site"}, overwrite="tracked")
    )
    assert run.code == 1
    assert f"Account.{NAMES.memory}" in run.log


@PATHS
def test_nulls_can_be_ignored(lab: Lab, api_type: str) -> None:
    account = lab.create("Account", Name="A", Site="s", Phone="1")
    loads = load({"text": {"field": "Site", "nulls": "ignore"}, "phone": "Phone"})
    assert one(lab, {"id": account, "text": None, "phone": None}, loads, api_type=api_type)["written"] == 1
    assert lab.row("Account", account, "Site", "Phone") == ("s", None)


@PATHS
def test_too_long_texts_are_rejected_or_cut_and_counted(lab: Lab, api_type: str) -> None:
    lab.field("Account.Short__c", type="Text", length=5)
    account = lab.create("Account", Name="A")
    run = lab.run(
        stream("rows", [{"id": account, "text": "123456"}]),
        loads=load({"text": "Short__c"}),
        api_type=api_type,
    )
    assert run.code == 1
    assert run.rejects[0]["code"] == "STRING_TOO_LONG"
    assert run.rejects[0]["field"] == "Short__c"
    rows = [{"id": account, "text": "1234\N{ROCKET}6"}]
    run = lab.run(
        stream("rows", rows), loads=load({"text": "Short__c"}, too_long="truncate"), api_type=api_type
    )
    assert run.numbers("rows") == {"received": 1, "written": 1}
    assert run.report["streams"]["rows"]["truncated"] == 1
    assert lab.row("Account", account, "Short__c") == ("1234",)
    again = lab.run(
        stream("rows", rows), loads=load({"text": "Short__c"}, too_long="truncate"), api_type=api_type
    )
    assert again.numbers("rows") == {"received": 1, "unchanged": 1}


FIELDS: dict[str, dict[str, Any]] = {
    "Num__c": {"type": "Number", "precision": 10, "scale": 2},
    "Whole__c": {"type": "Number", "precision": 18, "scale": 0},
    "Day__c": {"type": "Date"},
    "Moment__c": {"type": "DateTime"},
    "Flag__c": {"type": "Checkbox", "defaultValue": False},
    "Mail__c": {"type": "Email"},
    "Text__c": TEXT,
    "Long__c": LONG,
    "Pick__c": {
        "type": "Picklist",
        "valueSet": {
            "restricted": True,
            "valueSetDefinition": {"value": [{"fullName": "Hot"}, {"fullName": "Cold"}]},
        },
    },
    "Multi__c": {
        "type": "MultiselectPicklist",
        "visibleLines": 4,
        "valueSet": {
            "restricted": True,
            "valueSetDefinition": {"value": [{"fullName": "crm"}, {"fullName": "ads"}, {"fullName": "bi"}]},
        },
    },
}
# field, value, what Salesforce holds afterwards
STORED: list[tuple[str, Any, Any]] = [
    ("Num__c", 1.005, 1.01),
    ("Num__c", "2.5", 2.5),
    ("Num__c", 0, 0.0),
    ("Num__c", -3.14159, -3.14),
    ("Whole__c", 41.5, 42.0),
    ("Whole__c", 123456789012345678, 123456789012345678.0),
    ("Day__c", "2026-01-31", "2026-01-31"),
    ("Day__c", "2026-01-31T23:59:59Z", "2026-01-31"),
    ("Moment__c", "2026-01-31T12:00:00.987654+02:00", "2026-01-31T10:00:00.000+0000"),
    ("Moment__c", "2026-01-31 12:00:00", "2026-01-31T12:00:00.000+0000"),
    ("Moment__c", "2026-01-31", "2026-01-31T00:00:00.000+0000"),
    ("Flag__c", True, True),
    ("Flag__c", "yes", True),
    ("Flag__c", "FALSE", False),
    ("Flag__c", None, False),
    ("Mail__c", "Jane.Doe@ACME.com", "jane.doe@acme.com"),
    ("Text__c", "  padded\t", "padded"),
    ("Text__c", 5, "5"),
    ("Text__c", True, "true"),
    ("Text__c", ["a", "b"], "a; b"),
    ("Text__c", {"a": [1, 2]}, '{"a":[1,2]}'),
    ("Text__c", "quote \" comma , apostrophe '", "quote \" comma , apostrophe '"),
    ("Text__c", "\N{ROCKET} 日本", "\N{ROCKET} 日本"),
    ("Long__c", "one\r\ntwo\nthree", None),
    ("Pick__c", "hot", "Hot"),
    ("Multi__c", ["ads", "crm", "ads"], "crm;ads"),
    ("Multi__c", " bi ; CRM ", "crm;bi"),
]


@PATHS
def test_values_compare_as_salesforce_stores_them_so_a_replay_writes_nothing(lab: Lab, api_type: str) -> None:
    for name, about in FIELDS.items():
        lab.field(f"Account.{name}", **about)
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(len(STORED))]
    loads = load({name.lower(): name for name in FIELDS})
    rows = [
        {"id": account, name.lower(): value}
        for account, (name, value, _) in zip(accounts, STORED, strict=True)
    ]
    schema: dict[str, Any] = {name.lower(): {} for name in FIELDS}
    run = lab.run(stream("rows", rows, **schema), loads=loads, api_type=api_type)
    assert run.code == 0, (run.log, run.rejects)
    for account, (name, _, stored) in zip(accounts, STORED, strict=True):
        if stored is not None:
            assert lab.row("Account", account, name) == (stored,), name
    again = lab.run(stream("rows", rows, **schema), loads=loads, api_type=api_type)
    assert again.numbers("rows") == {"received": len(rows), "unchanged": len(rows)}
    assert again.writes() == []


BAD: list[tuple[str, Any, str]] = [
    ("Num__c", "twelve", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ("Num__c", True, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ("Num__c", 123456789, "NUMBER_OUTSIDE_VALID_RANGE"),
    ("Num__c", "NaN", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ("Day__c", "2026-02-30", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ("Moment__c", "soon", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ("Moment__c", 1700000000, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ("Flag__c", "maybe", "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ("Mail__c", "no address", "INVALID_EMAIL_ADDRESS"),
    ("Text__c", "#N/A", "RESERVED_TEXT"),
    ("Pick__c", "Hott", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    ("Multi__c", ["ads", "telepathy"], "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
]


@PATHS
def test_values_that_do_not_fit_are_rejected_with_the_same_codes_by_both_paths(
    lab: Lab, api_type: str
) -> None:
    for name, about in FIELDS.items():
        lab.field(f"Account.{name}", **about)
    accounts = [lab.create("Account", Name=f"A{n}") for n in range(len(BAD) + 1)]
    rows: list[dict[str, Any]] = [
        {"id": a, name.lower(): value, "ok": "x"} for a, (name, value, _) in zip(accounts, BAD, strict=False)
    ]
    rows.append({"id": accounts[-1], "ok": "x"})
    loads = load({"ok": "Site"} | {name.lower(): name for name in FIELDS})
    run = lab.run(
        stream("rows", rows, **{n.lower(): {} for n in FIELDS}),
        loads=loads,
        api_type=api_type,
        on_reject="fail",
    )
    assert run.code == 1
    assert run.numbers("rows") == {"received": len(rows), "written": 1, "rejected": len(BAD)}
    assert {reject["record"]["id"]: (reject["code"], reject["field"]) for reject in run.rejects} == {
        account: (code, name) for account, (name, _, code) in zip(accounts, BAD, strict=False)
    }
    assert [row["Site"] for row in lab.rows("SELECT Site FROM Account") if row["Site"]] == ["x"]
