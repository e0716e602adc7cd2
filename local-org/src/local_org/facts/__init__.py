"""The standard objects as tables, and their reader.

`objects.csv`, `fields.csv`, `picklists.csv` and `children.csv` hold what describes of real orgs (API 52-64)
say about the standard objects, in a compact form: attributes that follow from a field's type are left out.
One letter in `flags` is one describe boolean (the tables below); a lower-case a, f, g or s says the field has
the *opposite* of what its type usually has.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from local_org.facts.computed import SQL, UNSTORED
from local_org.facts.events import change_events
from local_org.schema import ChildRelationship, FieldDef, ObjectDef, PicklistValue, lacking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OBJECT_FLAGS: Mapping[str, str] = {
    "a": "activateable",
    "l": "compactLayoutable",
    "c": "createable",
    "y": "customSetting",
    "z": "deepCloneable",
    "d": "deletable",
    "f": "feedEnabled",
    "L": "layoutable",
    "m": "mergeable",
    "M": "mruEnabled",
    "q": "queryable",
    "R": "replicateable",
    "r": "retrieveable",
    "S": "searchLayoutable",
    "s": "searchable",
    "t": "triggerable",
    "U": "undeletable",
    "u": "updateable",
}
_TOGGLES: Mapping[str, str] = {"a": "aggregatable", "f": "filterable", "g": "groupable", "s": "sortable"}
# Who may see rows of these objects follows from the parent's ObjectPermissions; an object in neither list is
# open to every user of the org (users, profiles, record types, ...).
_OWN_PERMISSIONS = frozenset(
    {
        "Account",
        "Asset",
        "Campaign",
        "Case",
        "Contact",
        "Contract",
        "Individual",
        "Lead",
        "Opportunity",
        "Order",
    }
) | {"Pricebook2", "Product2"}
_PARENT_PERMISSIONS: Mapping[str, str] = {
    "AccountContactRelation": "Account",
    "AccountContactRole": "Account",
    "AccountHistory": "Account",
    "AccountShare": "Account",
    "CampaignMember": "Campaign",
    "CampaignMemberStatus": "Campaign",
    "CampaignShare": "Campaign",
    "CaseComment": "Case",
    "CaseHistory": "Case",
    "ContactHistory": "Contact",
    "ContractHistory": "Contract",
    "LeadHistory": "Lead",
    "LeadShare": "Lead",
    "OpportunityContactRole": "Opportunity",
    "OpportunityFieldHistory": "Opportunity",
    "OpportunityHistory": "Opportunity",
    "OpportunityLineItem": "Opportunity",
    "OpportunityShare": "Opportunity",
    "OrderItem": "Order",
    "Pricebook2History": "Pricebook2",
    "PricebookEntry": "Pricebook2",
}


@cache
def objects() -> Mapping[str, ObjectDef]:
    """Return every standard object by name. Read once per process; the definitions are immutable."""
    picklists = {(row[0], row[1]): _picklist(row[2]) for row in _rows("picklists.csv")}
    fields: dict[str, list[FieldDef]] = {}
    for row in _rows("fields.csv"):
        fields.setdefault(row[0], []).append(_field(row, picklists.get((row[0], row[1]), ())))
    found: dict[str, ObjectDef] = {}
    for name, label, plural, prefix, id_prefix, flags, record_types, scopes in _rows("objects.csv"):
        found[name] = ObjectDef(
            name=name,
            label=label,
            label_plural=plural,
            key_prefix=prefix or None,
            id_prefix=prefix or id_prefix,
            fields=tuple(fields[name]),
            flags=frozenset(_OBJECT_FLAGS[letter] for letter in flags),
            record_types=record_types == "y",
            permission_object=name if name in _OWN_PERMISSIONS else _PARENT_PERMISSIONS.get(name),
            scopes=tuple(_scope(text) for text in scopes.split(" | ")),
        )
    found.update((event.name, event) for event in change_events(tuple(found.values())))
    return found


@cache
def relationships() -> tuple[ChildRelationship, ...]:
    """Return what the parents of standard reference fields say about them."""
    return tuple(
        ChildRelationship(parent, child, field, name or None, "c" in flags, "r" in flags)
        for parent, child, field, name, flags in _rows("children.csv")
    )


def _rows(name: str) -> Iterator[list[str]]:
    text = (resources.files(__package__) / name).read_text(encoding="utf-8")
    reader = csv.reader(text.splitlines())
    next(reader)
    yield from reader


def _field(row: list[str], picklist: tuple[PicklistValue, ...]) -> FieldDef:
    (
        owner,
        name,
        label,
        kind,
        length_text,
        precision,
        scale,
        flags,
        targets,
        relationship,
        compound,
        more_text,
    ) = row
    more: dict[str, Any] = json.loads(more_text) if more_text else {}
    length = int(length_text or 0)
    lacks = set(lacking(kind, length, calculated="C" in flags))
    for letter, flag in _TOGGLES.items():
        if letter in flags:
            lacks ^= {flag}
    made = FieldDef(
        name=name,
        label=label,
        type=kind,
        length=length,
        precision=int(precision or 0),
        scale=int(scale or 0),
        nillable="n" in flags,
        createable="c" in flags,
        updateable="u" in flags,
        defaulted_on_create="d" in flags,
        permissionable="p" in flags,
        default=more.pop("defaultValue", False if kind == "boolean" else None),
        unique="U" in flags,
        external_id="E" in flags,
        case_sensitive="Z" in flags,
        id_lookup="L" in flags,
        name_field="N" in flags,
        name_pointing="k" in flags,
        polymorphic="m" in flags,
        calculated="C" in flags,
        auto_number="{00000000}" if "A" in flags else None,
        restricted_picklist="r" in flags,
        picklist=picklist,
        compound=compound or None,
        reference_to=tuple(targets.split()),
        relationship_name=relationship or None,
        aggregatable="aggregatable" not in lacks,
        filterable="filterable" not in lacks,
        groupable="groupable" not in lacks,
        sortable="sortable" not in lacks,
        more=more,
    )
    sql = SQL.get((owner, name)) or UNSTORED.get(name)
    return replace(made, sql=sql) if sql else made


def _picklist(text: str) -> tuple[PicklistValue, ...]:
    values: list[PicklistValue] = []
    for item in text.split("|"):
        default = item.startswith("*")
        body = item.removeprefix("*")
        active = not body.startswith("!")
        value, _, label = body.removeprefix("!").partition("=")
        values.append(PicklistValue(value, label or value, active, default))
    return tuple(values)


def _scope(text: str) -> tuple[str, str]:
    name, _, label = text.partition("=")
    return name, label
