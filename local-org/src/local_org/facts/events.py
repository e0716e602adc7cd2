"""The change events of standard objects: listed by describe, published as events, refused by queries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local_org.schema import FieldDef, ObjectDef, lacking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OBJECTS = frozenset(
    {
        "Account",
        "Asset",
        "Campaign",
        "CampaignMember",
        "Case",
        "Contact",
        "Contract",
        "Event",
        "Lead",
        "Opportunity",
        "OpportunityContactRole",
        "Order",
        "Product2",
        "Task",
        "User",
    }
)
# Row bookkeeping that an event's header tells instead.
_LEFT_OUT = frozenset(
    {
        "Id",
        "IsDeleted",
        "LastReferencedDate",
        "LastViewedDate",
        "MasterRecordId",
        "PhotoUrl",
        "SystemModstamp",
    }
)


def change_events(objects: Iterable[ObjectDef]) -> Iterator[ObjectDef]:
    """Yield the `...ChangeEvent` object of each standard object that has one."""
    for item in objects:
        if item.name in _OBJECTS:
            kept = (field for field in item.fields if field.name not in _LEFT_OUT and not field.calculated)
            label = f"{item.label} Change Event"
            yield ObjectDef(
                name=f"{item.name}ChangeEvent",
                label=label,
                label_plural=label,
                key_prefix=None,
                id_prefix="",
                fields=(*_HEAD, *(_carried(field) for field in kept)),
                flags=frozenset({"retrieveable", "triggerable"}),
                permission_object=item.permission_object,
            )


def _carried(field: FieldDef) -> FieldDef:
    return replace(
        field,
        createable=False,
        updateable=False,
        nillable=field.type != "boolean",
        permissionable=False,
        name_field=False,
        unique=False,
        external_id=False,
        id_lookup=False,
        filterable=False,
        sortable=False,
        groupable=False,
        aggregatable=False,
        on_delete="clear",
        sql=None,
    )


def _system(name: str, label: str, kind: str, length: int = 0) -> FieldDef:
    lacks = lacking(kind, length)
    return FieldDef(
        name=name,
        label=label,
        type=kind,
        length=length,
        nillable=name != "Id",
        createable=False,
        updateable=False,
        permissionable=False,
        defaulted_on_create=name == "Id",
        aggregatable="aggregatable" not in lacks,
        filterable="filterable" not in lacks,
        groupable="groupable" not in lacks,
        sortable="sortable" not in lacks,
    )


_HEAD = (
    _system("Id", "Change Event ID", "id", 18),
    _system("ReplayId", "Replay ID", "string", 1000),
    _system("ChangeEventHeader", "Change Event Header", "complexvalue"),
)
