from __future__ import annotations

from typing import Any

import pytest
from tap.support import Everything, field, sobject

from tap_salesforce_abm.drift import as_declared, reconcile
from tap_salesforce_abm.layout import Layout
from tap_salesforce_abm.schema import Kind, object_schema

NOW = object_schema(
    sobject(field("Name", length=80), field("Amount__c", "currency"), field("New__c", "date"))
)


def _declared(**properties: Any) -> Any:
    return {"type": "object", "properties": {"Id": {"type": "string"}, **properties}}


def _layout(schema: Any) -> Any:
    layout = as_declared(Layout(NOW.name, NOW.columns), schema, Everything())
    return {column.name: column.kind for column in layout.columns}, layout


def test_a_catalog_that_fits_stays_word_for_word() -> None:
    declared = _declared(
        Name={"type": ["null", "string"], "maxLength": 80, "title": "my own title"},
        Amount__c={"type": ["number", "null"]},
        New__c={"type": ["string", "null"], "format": "date"},
    )
    assert reconcile(declared, NOW) == (declared, [])


def test_a_column_that_is_gone_stays_and_may_be_null() -> None:
    schema, notes = reconcile(_declared(Old__c={"type": "integer"}), NOW)
    assert schema["properties"]["Old__c"] == {"type": ["integer", "null"]}
    assert "Old__c" in notes[0]
    kinds, layout = _layout(schema)
    assert "Old__c" in kinds
    assert "Old__c" in layout.gone
    assert "Old__c" not in layout.fields


def test_a_new_column_is_mentioned_and_not_extracted() -> None:
    schema, notes = reconcile(_declared(Name={"type": ["string", "null"]}), NOW)
    assert "New__c" not in schema["properties"]
    assert any("New__c" in note and "not in the catalog" in note for note in notes)
    assert set(_layout(schema)[0]) == {"Id", "Name"}


@pytest.mark.parametrize(
    "declared",
    [{"type": ["integer", "null"]}, {"type": ["object", "null"]}, {}, {"anyOf": [{"type": "string"}]}],
    ids=["integer", "object", "nothing", "any_of"],
)
def test_a_column_of_another_type_takes_its_present_one(declared: Any) -> None:
    schema, notes = reconcile(_declared(Amount__c=declared), NOW)
    assert schema["properties"]["Amount__c"]["type"] == ["number", "null"]
    assert any("another type" in note for note in notes)


def test_a_date_time_that_became_a_date_is_announced_as_one() -> None:
    schema, _ = reconcile(_declared(New__c={"type": ["string", "null"], "format": "date-time"}), NOW)
    assert schema["properties"]["New__c"]["format"] == "date"


def test_a_number_that_the_catalog_calls_text_is_written_as_text() -> None:
    schema, _ = reconcile(_declared(Amount__c={"type": ["string", "null"]}), NOW)
    assert schema["properties"]["Amount__c"] == {"type": ["string", "null"]}
    assert _layout(schema)[0]["Amount__c"] is Kind.ANY
