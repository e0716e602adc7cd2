from __future__ import annotations

from typing import Any

import pytest
from tap.support import EVERY_TYPE, Everything, field, sobject

from salesforce_abm.describe import PicklistValue
from tap_salesforce_abm.layout import selected_layout
from tap_salesforce_abm.schema import Kind, object_schema


def _property(described: Any) -> Any:
    return object_schema(sobject(described)).json_schema()["properties"][described.name]


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("string", {"type": ["string", "null"]}),
        ("reference", {"type": ["string", "null"]}),
        ("boolean", {"type": ["boolean", "null"]}),
        ("int", {"type": ["integer", "null"]}),
        ("long", {"type": ["integer", "null"]}),
        ("double", {"type": ["number", "null"]}),
        ("currency", {"type": ["number", "null"]}),
        ("percent", {"type": ["number", "null"]}),
        ("date", {"type": ["string", "null"], "format": "date"}),
        ("datetime", {"type": ["string", "null"], "format": "date-time"}),
        ("time", {"type": ["string", "null"], "format": "time"}),
        ("base64", {"type": ["string", "null"], "contentEncoding": "base64"}),
        ("anyType", {"type": ["string", "null"]}),
        ("multipicklist", {"type": ["string", "null"]}),
        ("a_type_nobody_knows", {"type": ["string", "null"]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_type_has_its_json_schema(type_: Any, expected: Any) -> None:
    assert _property(field("X__c", type_)) == expected | {"title": "X__c"}


def test_a_field_that_cannot_be_empty_is_not_nullable() -> None:
    assert _property(field("X__c", "string", nillable=False))["type"] == "string"
    assert _property(field("X__c", "boolean", nillable=False))["type"] == "boolean"


def test_text_has_the_length_salesforce_allows() -> None:
    assert _property(field("X__c", "string", length=80))["maxLength"] == 80
    assert _property(field("X__c", "reference", length=18))["maxLength"] == 18


def test_a_text_formula_has_no_length_because_salesforce_tells_that_of_its_compiled_form() -> None:
    assert "maxLength" not in _property(field("X__c", "string", length=1300, calculated=True))


def test_label_and_help_text_become_title_and_description() -> None:
    schema = _property(field("X__c", "string", label="The X", inline_help_text="What X is for."))
    assert (schema["title"], schema["description"]) == ("The X", "What X is for.")


def test_a_formula_says_in_its_description_that_it_changes_unnoticed() -> None:
    assert "without the row's timestamp" in _property(field("X__c", "double", calculated=True))["description"]


def test_a_reference_says_what_it_points_to() -> None:
    schema = _property(field("X__c", "reference", reference_to=("Account", "Contact")))
    assert schema["description"] == "Points to Account, Contact."


def test_a_reference_to_half_the_org_names_only_a_few_objects() -> None:
    targets = tuple(f"Object{number}" for number in range(80))
    assert _property(field("WhatId", "reference", reference_to=targets))["description"].endswith(
        "Object4 and others."
    )


def test_inactive_picklist_values_exist_in_old_rows_so_there_is_no_enum() -> None:
    assert "enum" not in _property(field("X__c", "picklist", picklist_values=(PicklistValue(value="a"),)))


def test_an_address_is_an_object_of_its_parts_named_as_rest_names_them() -> None:
    schema = object_schema(sobject(*EVERY_TYPE)).json_schema()["properties"]
    assert schema["BillingAddress"]["type"] == ["object", "null"]
    assert schema["BillingAddress"]["properties"] == {
        "street": {"type": ["string", "null"]},
        "city": {"type": ["string", "null"]},
        "latitude": {"type": ["number", "null"]},
        "longitude": {"type": ["number", "null"]},
    }
    assert list(schema["Spot__c"]["properties"]) == ["latitude", "longitude"]
    assert "BillingStreet" in schema, "the parts stay columns of their own"


@pytest.mark.parametrize(
    ("compound", "part", "key"),
    [
        ("BillingAddress", "BillingPostalCode", "postalCode"),
        ("Address", "StateCode", "stateCode"),
        ("Location__c", "Location__Latitude__s", "latitude"),
        ("Home__c", "Home__CountryCode__s", "countryCode"),
        ("Location", "Latitude", "latitude"),
    ],
    ids=lambda value: value,
)
def test_part_names(compound: Any, part: Any, key: Any) -> None:
    described = sobject(field(part, "string", compound_field_name=compound), field(compound, "address"))
    assert list(object_schema(described).json_schema()["properties"][compound]["properties"]) == [key]


def test_a_compound_whose_parts_are_all_hidden_is_left_out() -> None:
    assert (
        "BillingAddress"
        not in object_schema(sobject(field("BillingAddress", "address"))).json_schema()["properties"]
    )


def test_a_persons_name_is_text_although_its_parts_say_compound() -> None:
    described = sobject(
        field("Name", "string", length=121), field("FirstName", "string", compound_field_name="Name")
    )
    [kind] = [column.kind for column in object_schema(described).columns if column.name == "Name"]
    assert kind is Kind.TEXT


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("CreatedDate", "LastModifiedDate", "SystemModstamp"), "SystemModstamp"),
        (("CreatedDate", "LastModifiedDate"), "LastModifiedDate"),
        (("CreatedDate",), "CreatedDate"),
        (("LoginTime",), "LoginTime"),
        ((), None),
    ],
    ids=["all", "no_modstamp", "created_only", "login_history", "none"],
)
def test_the_replication_key_is_the_best_there_is(fields: Any, expected: Any) -> None:
    assert object_schema(sobject(*(field(name, "datetime") for name in fields))).replication_key == expected


def test_a_timestamp_that_cannot_be_filtered_is_no_replication_key() -> None:
    assert (
        object_schema(sobject(field("SystemModstamp", "datetime", filterable=False))).replication_key is None
    )


def test_the_key_is_id() -> None:
    schema = object_schema(sobject())
    assert schema.key == ("Id",)
    assert schema.json_schema()["required"] == ["Id"]


def test_event_stores_have_a_key_other_than_id_which_is_the_same_on_every_row() -> None:
    assert object_schema(sobject(field("EventIdentifier"), name="LoginEvent")).key == ("EventIdentifier",)


def test_selecting_only_an_address_asks_for_its_parts_and_not_for_the_compound() -> None:
    schema = object_schema(sobject(*EVERY_TYPE))
    mask = Everything({("properties", column.name): False for column in schema.columns})
    mask["properties", "Id"] = mask["properties", "BillingAddress"] = True
    mask["properties", "BillingAddress", "properties", "city"] = False
    layout = selected_layout(schema, mask)
    assert layout.fields == ("Id", "BillingStreet", "BillingLatitude", "BillingLongitude")


def test_a_field_is_asked_for_once_when_it_is_a_column_and_a_part() -> None:
    schema = object_schema(sobject(*EVERY_TYPE))
    fields = selected_layout(schema, Everything()).fields
    assert len(fields) == len(set(fields))
    assert "BillingStreet" in fields
    assert "BillingAddress" not in fields
