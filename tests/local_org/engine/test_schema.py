from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from local_org import facts
from local_org.schema import FieldDef, Schema, UnknownObjectError, lacking

if TYPE_CHECKING:
    from local_org.org import Org

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def schema() -> Schema:
    return Schema(facts.objects(), facts.relationships(), WHEN)


def test_objects_and_fields_are_found_in_any_case(schema: Schema) -> None:
    account = schema.object("aCCount")
    assert account.name == "Account"
    assert schema.get("ACCOUNT") is account
    assert "account" in schema
    assert 5 not in schema
    assert account["NAME"].name == "Name"
    assert account.field("billingcity") is account["BillingCity"]
    assert account.field("nope") is None
    assert "PHONE" in account


def test_an_unknown_object_is_an_error_that_names_it(schema: Schema) -> None:
    assert schema.get("Accout") is None
    with pytest.raises(UnknownObjectError, match="Accout"):
        schema.object("Accout")


@pytest.mark.parametrize(
    ("prefix", "name"),
    [("001", "Account"), ("00k", "OpportunityLineItem"), ("00K", "OpportunityContactRole"), ("005", "User")],
)
def test_prefixes_mind_the_case(schema: Schema, prefix: str, name: str) -> None:
    found = schema.by_prefix(prefix + "5g0000000001AAA")
    assert found is not None
    assert found.name == name
    assert schema.by_prefix("zzz") is None


def test_relationships_lead_up_and_down(schema: Schema) -> None:
    contact = schema.object("Contact")
    link = contact.relationship("account")
    assert link is not None
    assert (link.name, link.reference_to) == ("AccountId", ("Account",))
    down = schema.child("Account", "contacts")
    assert down is not None
    assert (down.child, down.field, down.cascade_delete) == ("Contact", "AccountId", True)
    assert schema.child("Account", "nothing") is None


def test_every_reference_leads_to_an_object_of_the_org(schema: Schema) -> None:
    for item in schema:
        for field in item.fields:
            assert all(name in schema for name in field.reference_to), (item.name, field.name)
            if field.reference_to:
                assert any(c.child == item.name for c in schema.children(field.reference_to[0]))


def test_compound_fields_know_their_parts(schema: Schema) -> None:
    account = schema.object("Account")
    parts = [field.name for field in account.parts("BillingAddress")]
    assert parts[:3] == ["BillingStreet", "BillingCity", "BillingState"]
    assert len(parts) == 8
    assert [field.name for field in schema.object("Lead").parts("Name")] == [
        "LastName",
        "FirstName",
        "Salutation",
    ]
    # An account's name is called a part of itself; that is no compound.
    assert account.parts("Name") == ()
    assert not account["BillingAddress"].stored
    assert schema.object("Lead").has_person_name
    assert not account.has_person_name


def test_a_change_replaces_the_object_and_moves_the_version(schema: Schema) -> None:
    before = schema.object("Account")
    field = FieldDef(name="X__c", label="X", type="string", length=5, reference_to=("Contact",), custom=True)
    later = datetime(2026, 2, 1, tzinfo=UTC)
    version = schema.version
    schema.put(before.with_field(field), later)
    assert "X__c" not in before
    assert schema.object("Account")["x__C"] == field
    assert (schema.version, schema.modified) == (version + 1, later)
    assert any(child.field == "X__c" for child in schema.children("contact"))
    schema.put(schema.object("Account").without_field("x__c"), later)
    assert "X__c" not in schema.object("Account")
    schema.remove("Account", later)
    assert "Account" not in schema


def test_a_snapshot_brings_everything_back(schema: Schema) -> None:
    before = schema.snapshot()
    schema.remove("Account", WHEN)
    schema.restore(before, WHEN)
    assert schema.object("Account") is facts.objects()["Account"]


def test_a_field_of_the_same_name_is_replaced_in_its_place(schema: Schema) -> None:
    account = schema.object("Account")
    changed = account.with_field(FieldDef(name="Name", label="Firma", type="string", length=255))
    assert [f.name for f in changed.fields] == [f.name for f in account.fields]
    assert changed["Name"].label == "Firma"


@pytest.mark.parametrize(
    ("kind", "length", "calculated", "lacks"),
    [
        ("string", 255, False, set()),
        ("string", 1300, True, {"groupable"}),
        ("textarea", 255, False, set()),
        ("textarea", 256, False, {"aggregatable", "filterable", "groupable", "sortable"}),
        ("multipicklist", 4099, False, {"aggregatable", "groupable", "sortable"}),
        ("datetime", 0, False, {"groupable"}),
        ("base64", 0, False, {"aggregatable", "filterable", "groupable", "sortable"}),
    ],
)
def test_types_lack_what_describes_say_they_lack(
    kind: str, length: int, calculated: bool, lacks: set[str]
) -> None:
    assert lacking(kind, length, calculated=calculated) == lacks


def test_the_facts_are_read_once_and_shared(org: Org) -> None:
    assert facts.objects() is facts.objects()
    assert org.schema.object("Account") is facts.objects()["Account"]


def test_every_computed_field_can_be_read(org: Org) -> None:
    for item in org.schema:
        for field in item.fields:
            if field.sql is not None:
                expression = field.sql.replace("{t}", "x")
                org.store.read().execute(f'SELECT {expression} FROM "{item.name}" x').fetchall()
