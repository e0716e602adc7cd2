"""Everything that is wrong is told at once, before the first write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from target.lab import LONG, NUMBER, TEXT, stream

if TYPE_CHECKING:
    from target.lab import Lab

BY_ID = [{"source": "id", "field": "Id"}]


def load(**parts: Any) -> dict[str, Any]:
    return {"stream": "rows", "object": "Account", "match": BY_ID, "fields": {"text": "Site"}, **parts}


def refused(
    lab: Lab, *loads: dict[str, Any], rows: list[dict[str, Any]] | None = None, **settings: Any
) -> list[str]:
    """The lines a run that must fail says; it must have written nothing."""
    before = lab.rows("SELECT Id, SystemModstamp FROM Account")
    run = lab.run(
        stream("rows", rows or [{"id": "001000000000000AAA", "text": "x"}], state=1),
        loads=list(loads),
        **settings,
    )
    assert run.code == 1
    assert run.writes() == []
    assert run.states == []
    assert lab.rows("SELECT Id, SystemModstamp FROM Account") == before
    return run.log.splitlines()


def test_problems_of_every_kind_are_told_in_one_go_a_line_each(lab: Lab) -> None:
    lab.field("Account.Hidden__c", grant=False, **TEXT)
    lab.field("Account.Readable__c", edit=False, **TEXT)
    lab.field("Account.Plain__c", **TEXT)
    lab.field("Account.Loose__c", externalId=True, **TEXT)
    lab.field("Account.Total__c", type="Number", precision=18, scale=2, formula="AnnualRevenue * 2")
    lab.field("Account.Notes__c", **LONG)
    lab.field("Account.When__c", type="Date")
    loads = [
        load(
            fields={
                "a": "Plainn__c",
                "b": "Hidden__c",
                "c": "Readable__c",
                "d": "Total__c",
                "number": "When__c",
                "e": "SystemModstamp",
                "f": "BillingAddress",
                "text": "Site",
            }
        ),
        load(stream="second", object="Acount"),
        load(
            stream="third",
            operation="upsert",
            match=[{"source": "x", "field": "Plain__c"}],
            fields={"text": "Name"},
        ),
        load(
            stream="fourth",
            operation="upsert",
            match=[{"source": "x", "field": "Loose__c"}],
            fields={"text": "Name"},
        ),
        load(stream="fifth", match=[{"source": "x", "field": "Notes__c"}]),
        load(
            stream="sixth",
            object="Contact",
            match=[{"source": "x", "by": "domain"}],
            fields={"text": "Title"},
        ),
        load(
            stream="seventh", operation="insert", match=None, object="Contact", fields={"text": "FirstName"}
        ),
        load(stream="eighth", fields={"text": "Nowhere.Name"}),
    ]
    del loads[6]["match"]
    said = refused(lab, *loads, rows=[{"id": "001000000000000AAA", "text": "x", "number": 5, "a": "y"}])
    wanted = [
        ("Account.Plainn__c: ", "there is no such field", "nearest: Plain__c", "loads[0].fields.a"),
        (
            "Account.Hidden__c: ",
            "the field exists, but the connected user may not see it",
            "loads[0].fields.b",
        ),
        ("Account.Readable__c: ", "may not update this field", "field-level security", "loads[0].fields.c"),
        ("Account.Total__c: ", "formula", "loads[0].fields.d"),
        ("Account.When__c: ", "date field, but property number brings numbers", "loads[0]"),
        ("Account.SystemModstamp: ", "does not let anybody update", "loads[0].fields.e"),
        ("Account.BillingAddress: ", "cannot be written by value", "loads[0].fields.f"),
        ("Acount: ", "no such object", "nearest: Account", "loads[1]"),
        ("Account: ", "unique external Id", "loads[2]"),
        ("Account.Loose__c: ", "not unique", "loads[3].match"),
        ("Account.Notes__c: ", "long text cannot be searched", "loads[4].match"),
        ("Contact: ", "by: domain finds Accounts only", "loads[5].match"),
        ("Contact.LastName: ", "required for new records", "loads[6]"),
        ("Account.Nowhere.Name: ", "no such field", "loads[7].fields.text"),
    ]
    for start, *parts in wanted:
        found = [line for line in said if line.startswith(start) and all(part in line for part in parts)]
        assert len(found) == 1, (start, parts, said)
    assert len(said) == len(wanted), said


def test_an_object_the_user_may_only_read_is_named_with_what_is_missing(lab: Lab) -> None:
    lab.object("Thing__c", edit=False)
    lab.field("Thing__c.Note__c", **TEXT)
    lab.field("Thing__c.Ext__c", externalId=True, unique=True, **TEXT)
    match = [{"source": "x", "field": "Ext__c"}]
    said = refused(
        lab,
        load(object="Thing__c", operation="upsert", match=match, fields={"text": "Note__c"}),
        load(object="Thing__c", operation="delete", match=match, fields=None, stream="other"),
    )
    assert [line for line in said if line.startswith("Thing__c: ")] == [
        "Thing__c: the connected user may not edit records of this object [loads[0]]",
        "Thing__c: the connected user may not create records of this object [loads[0]]",
        "Thing__c: the connected user may not delete records of this object [loads[1]]",
    ]


def test_what_is_missing_is_told_from_what_is_hidden(lab: Lab) -> None:
    lab.object("Thing__c", grant=False)
    lab.object("Other__c")
    lab.field("Other__c.Hidden__c", grant=False, **TEXT)
    said = refused(
        lab,
        load(object="Thing__c"),
        load(stream="b", object="Thingy__c"),
        load(stream="c", object="Other__c", fields={"a": "Hidden__c", "b": "Nowhere__c", "c": "Nonstandard"}),
    )
    hidden = "exists, but the connected user may not see it: give it Read and Edit in a permission set"
    assert f"Thing__c: the object {hidden} [loads[0]]" in said
    assert any(line.startswith("Thingy__c: there is no such object") for line in said)
    assert f"Other__c.Hidden__c: the field {hidden} [loads[2].fields.a]" in said
    assert any(line.startswith("Other__c.Nowhere__c: there is no such field") for line in said)
    assert any(line.startswith("Other__c.Nonstandard: no such field, or the connected user") for line in said)


def test_a_user_without_the_setup_is_told_both_possibilities(lab: Lab) -> None:
    lab.running.faults.status(403, "INSUFFICIENT_ACCESS", "no setup for you", path="/tooling/", times=None)
    [line] = refused(lab, load(fields={"text": "Nope__c"}))
    assert line.startswith("Account.Nope__c: no such field, or the connected user may not see it")


@pytest.mark.parametrize(
    ("prop", "field", "brings"),
    [
        ({"type": ["null", "object"]}, "Num__c", "objects"),
        ({"type": "array"}, "Num__c", "lists"),
        ({"type": ["boolean", "null"]}, "Num__c", "true or false"),
        ({"type": "string", "format": "date-time"}, "Num__c", "dates and times"),
        ({"type": "integer"}, "When__c", "numbers"),
        ({"type": "boolean"}, "ParentId", "true or false"),
    ],
    ids=str,
)
def test_a_property_whose_schema_cannot_fit_its_field_is_refused(
    lab: Lab, prop: Any, field: str, brings: str
) -> None:
    lab.field("Account.Num__c", **NUMBER)
    lab.field("Account.When__c", type="DateTime")
    messages = stream("rows", [], id={"type": "string"}, value=prop)
    run = lab.run(messages, loads=[load(fields={"value": field})])
    assert run.code == 1
    assert f"property value brings {brings}" in run.log


@pytest.mark.parametrize(
    ("prop", "field"),
    [
        ({"type": ["null", "string"]}, "Num__c"),
        ({"type": "number"}, "Site"),
        ({}, "Num__c"),
        ({"type": ["string", "integer"]}, "When__c"),
        ({"type": "string", "format": "date-time"}, "Site"),
        ({"anyOf": [{"type": "array"}, {"type": "null"}]}, "Num__c"),
    ],
    ids=str,
)
def test_a_schema_that_leaves_doubt_is_given_the_benefit_of_it(lab: Lab, prop: Any, field: str) -> None:
    lab.field("Account.Num__c", **NUMBER)
    lab.field("Account.When__c", type="DateTime")
    run = lab.run(
        stream("rows", [], id={"type": "string"}, value=prop), loads=[load(fields={"value": field})]
    )
    assert run.code == 0, run.log


def test_a_stream_that_has_none_of_the_mapped_properties_is_refused(lab: Lab) -> None:
    said = refused(lab, load(), rows=[{"idd": "1", "txt": "x"}])
    assert "none of the properties id (nearest: idd)" in said[0]
    assert "none of the properties text (nearest: txt)" in said[1]


def test_a_stream_no_load_takes_is_refused_and_the_known_ones_named(lab: Lab) -> None:
    run = lab.run(stream("acounts", [{"id": 1}]), loads=[load(stream="accounts"), load(stream="contacts_*")])
    assert run.code == 1
    assert "no load takes stream 'acounts'; known streams: accounts, contacts_*" in run.log
    run = lab.run(
        stream("acounts", [{"id": 1}], state=1), loads=[load(stream="accounts")], on_unknown_stream="skip"
    )
    assert run.code == 0
    assert run.numbers("acounts") == {"received": 1, "skipped": 1}
    assert run.states == [1]


def test_without_fields_every_property_goes_to_the_field_of_its_name(lab: Lab) -> None:
    account = lab.create("Account", Name="A")
    loads = [{"stream": "*"}]
    rows = [{"Id": account, "site": "x", "Phone": "1", "_sdc_batched_at": "2026-01-01"}]
    run = lab.run(stream("Account", rows), loads=loads)
    assert run.code == 0, run.log
    assert lab.row("Account", account, "Site", "Phone") == ("x", "1")
    run = lab.run(stream("Account", [{"Id": account, "Sitte": "x"}]), loads=loads)
    assert run.code == 1
    assert "Account.Sitte: " in run.log
    assert "nearest: Site" in run.log


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lodas": []}, "`lodas` is not a setting: the nearest known one is `loads`"),
        ({"client_secret": None}, "`client_secret`"),
        ({"client_id": None, "client_secret": None}, "no way to sign in is set"),
        (
            {"loads": [{"stream": "x", "operation": "upsrt", "object": "Account"}]},
            "loads[0]: operation 'upsrt'",
        ),
        ({"field_prefix": "1_"}, "field_prefix"),
        ({"api_type": "SOAP"}, "`api_type` must be one of AUTO, REST, BULK2"),
        ({"instance_url": "http://127.0.0.1:1"}, "127.0.0.1:1"),
        ({"client_secret": "wrong-secret"}, "invalid_client"),
    ],
    ids=[
        "unknown setting",
        "half-given credentials",
        "no credentials",
        "bad grammar",
        "bad prefix",
        "bad choice",
        "unreachable host",
        "wrong secret",
    ],
)
def test_a_bad_configuration_ends_with_1_and_a_line_that_names_it(
    lab: Lab, settings: dict[str, Any], said: str
) -> None:
    lab.engagement_fields()
    run = lab.run(stream("account_engagement", [{"account_id": "x"}]), **settings)
    assert run.code == 1
    assert said in run.log, run.log
    assert "Traceback" not in run.log
    assert "wrong-secret" not in run.log
