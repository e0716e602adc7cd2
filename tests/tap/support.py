"""Builders for the tap's tests."""

from __future__ import annotations

from typing import Any

from salesforce_abm.describe import Field, SObject
from tap_salesforce_abm.layout import Layout
from tap_salesforce_abm.schema import object_schema


class Everything(dict[tuple[str, ...], bool]):
    """A selection mask that selects what it does not mention."""

    def __missing__(self, _path: tuple[str, ...]) -> bool:
        return True


def field(name: str, type_: str = "string", **more: Any) -> Field:
    """A described field; nillable unless told otherwise."""
    more.setdefault("label", name)
    more.setdefault("filterable", True)
    return Field(name=name, type=type_, **more)


def sobject(*fields: Field, name: str = "Thing__c", **more: Any) -> SObject:
    """A described object with an Id and these fields."""
    identifier = field("Id", "id", length=18, nillable=False)
    return SObject(name=name, label=name, queryable=True, fields=(identifier, *fields), **more)


def layout_of(*fields: Field) -> Layout:
    """The layout of all columns of such an object."""
    schema = object_schema(sobject(*fields))
    return Layout(schema.name, schema.columns)


EVERY_TYPE = (
    field("Name", "string", length=80, nillable=False),
    field("OwnerId", "reference", length=18, nillable=False),
    field("Flag__c", "boolean", nillable=False),
    field("Count__c", "int"),
    field("Long__c", "long"),
    field("Double__c", "double"),
    field("Amount__c", "currency"),
    field("Percent__c", "percent"),
    field("Day__c", "date"),
    field("Moment__c", "datetime"),
    field("Time__c", "time"),
    field("Stage__c", "picklist", length=40),
    field("Many__c", "multipicklist", length=4099),
    field("Combo__c", "combobox", length=255),
    field("Body__c", "textarea", length=32000),
    field("Phone__c", "phone", length=40),
    field("Mail__c", "email", length=80),
    field("Web__c", "url", length=255),
    field("Secret__c", "encryptedstring", length=175),
    field("Any__c", "anyType"),
    field("New__c", "some_type_of_the_future"),
    field("BillingStreet", "textarea", length=255, compound_field_name="BillingAddress"),
    field("BillingCity", "string", length=40, compound_field_name="BillingAddress"),
    field("BillingLatitude", "double", compound_field_name="BillingAddress"),
    field("BillingLongitude", "double", compound_field_name="BillingAddress"),
    field("BillingAddress", "address"),
    field("Spot__Latitude__s", "double", compound_field_name="Spot__c"),
    field("Spot__Longitude__s", "double", compound_field_name="Spot__c"),
    field("Spot__c", "location"),
)
