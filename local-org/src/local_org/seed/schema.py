"""What the demo org's administrator has added to the standard objects: record types, fields, an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.seed.loading import insert

if TYPE_CHECKING:
    from local_org.org import Org
    from local_org.seed.world import Row

SUBSCRIPTION = "Subscription__c"


def _values(*names: str, restricted: bool = False) -> dict[str, Any]:
    values = [{"valueName": name, "label": name, "default": False} for name in names]
    return {"restricted": restricted, "valueSetDefinition": {"sorted": False, "value": values}}


REGIONS = ("Americas", "EMEA", "APAC")
INTERESTS = ("Analytics", "Automation", "Compliance", "Data Platform", "Reporting")
STATUSES = ("Trial", "Active", "Past Due", "Cancelled")

ACCOUNT_FIELDS: dict[str, dict[str, Any]] = {
    "Customer_Id__c": {
        "label": "Customer #",
        "type": "Text",
        "length": 20,
        "externalId": True,
        "unique": True,
    },
    # two fields with one label, as orgs that moved from another system have
    "Legacy_Customer_Number__c": {"label": "Customer #", "type": "Text", "length": 30},
    "Region__c": {"label": "Region", "type": "Picklist", "valueSet": _values(*REGIONS, restricted=True)},
    "Interests__c": {
        "label": "Interests",
        "type": "MultiselectPicklist",
        "visibleLines": 4,
        "valueSet": _values(*INTERESTS),
    },
    "Account_Notes__c": {
        "label": "Account Notes",
        "type": "LongTextArea",
        "length": 32768,
        "visibleLines": 5,
    },
    "Health_Score__c": {"label": "Health Score", "type": "Percent", "precision": 5, "scale": 1},
    "Strategic__c": {"label": "Strategic", "type": "Checkbox", "defaultValue": False},
    "Renewal_Date__c": {"label": "Renewal Date", "type": "Date"},
    "Headquarters__c": {
        "label": "Headquarters",
        "type": "Location",
        "scale": 4,
        "displayLocationInDecimal": True,
    },
    "Revenue_per_Employee__c": {
        "label": "Revenue per Employee",
        "type": "Currency",
        "precision": 18,
        "scale": 2,
        "formula": "IF(NumberOfEmployees > 0, AnnualRevenue / NumberOfEmployees, NULL)",
        "formulaTreatBlanksAs": "BlankAsBlank",
    },
    "Days_to_Renewal__c": {
        "label": "Days to Renewal",
        "type": "Number",
        "precision": 18,
        "scale": 0,
        "formula": "Renewal_Date__c - TODAY()",
        "formulaTreatBlanksAs": "BlankAsBlank",
    },
}
CONTACT_FIELDS: dict[str, dict[str, Any]] = {
    "Persona__c": {
        "label": "Persona",
        "type": "Picklist",
        "valueSet": _values("Decision Maker", "Champion", "User", "Blocker"),
    },
    "crm_2_seg__c": {"label": "CRM 2 Segment", "type": "Text", "length": 40},
}
SUBSCRIPTION_FIELDS: dict[str, dict[str, Any]] = {
    "Account__c": {
        "label": "Account",
        "type": "Lookup",
        "referenceTo": "Account",
        "relationshipName": "Subscriptions",
        "deleteConstraint": "SetNull",
    },
    "External_Key__c": {
        "label": "External Key",
        "type": "Text",
        "length": 40,
        "externalId": True,
        "unique": True,
        "caseSensitive": True,
    },
    "Product__c": {
        "label": "Product",
        "type": "Lookup",
        "referenceTo": "Product2",
        "relationshipName": "Subscriptions",
        "deleteConstraint": "SetNull",
    },
    "Status__c": {"label": "Status", "type": "Picklist", "valueSet": _values(*STATUSES, restricted=True)},
    "MRR__c": {"label": "MRR", "type": "Currency", "precision": 18, "scale": 2},
    "Seats__c": {"label": "Seats", "type": "Number", "precision": 8, "scale": 0},
    "Start_Date__c": {"label": "Start Date", "type": "Date"},
    "End_Date__c": {"label": "End Date", "type": "Date"},
    "Auto_Renew__c": {"label": "Auto-Renew", "type": "Checkbox", "defaultValue": True},
    "ARR__c": {
        "label": "ARR",
        "type": "Currency",
        "precision": 18,
        "scale": 2,
        "formula": "MRR__c * 12",
        "formulaTreatBlanksAs": "BlankAsZero",
    },
}
# Roll-ups over a lookup, as rollup tools keep them; here the org computes them when they are read.
ROLL_UPS: dict[str, dict[str, Any]] = {
    "Active_Subscriptions__c": {
        "label": "Active Subscriptions",
        "type": "Number",
        "precision": 8,
        "scale": 0,
        "formula": "/* number of active subscriptions */ 0",
        "sql": (
            '(SELECT count(*) FROM "Subscription__c" s WHERE s."Account__c" = {t}."Id"'
            ' AND s."IsDeleted" = 0 AND s."Status__c" = \'Active\')'
        ),
    },
    "Total_MRR__c": {
        "label": "Total MRR",
        "type": "Currency",
        "precision": 18,
        "scale": 2,
        "formula": "/* MRR of active subscriptions */ 0",
        "sql": (
            '(SELECT coalesce(sum(s."MRR__c"), 0.0) FROM "Subscription__c" s'
            ' WHERE s."Account__c" = {t}."Id" AND s."IsDeleted" = 0 AND s."Status__c" = \'Active\')'
        ),
    },
}
_RECORD_TYPES = {
    "Account": ("Customer", "Prospect", "Partner"),
    "Opportunity": ("New Business", "Renewal"),
}


def install(org: Org) -> None:
    """Adds the demo's fields and object: the administrator may write them, the reader read them."""
    for sobject, fields in (("Account", ACCOUNT_FIELDS), ("Contact", CONTACT_FIELDS)):
        _fields(org, sobject, fields)
    org.create_custom_object(
        SUBSCRIPTION,
        label="Subscription",
        pluralLabel="Subscriptions",
        nameField={"type": "AutoNumber", "label": "Subscription Number", "displayFormat": "SUB-{00000}"},
        enableSearch=True,
    )
    org.grant(SUBSCRIPTION, org.reader, edit=False)
    _fields(org, SUBSCRIPTION, SUBSCRIPTION_FIELDS)
    _fields(org, "Account", ROLL_UPS)


def record_types(org: Org, stamp: str) -> dict[str, list[str]]:
    """Adds the demo's record types; Ids by object."""
    made: dict[str, list[str]] = {}
    rows: list[Row] = []
    prefix = org.schema.object("RecordType").id_prefix
    for sobject, names in _RECORD_TYPES.items():
        for name in names:
            record_id = org.store.ids.next(prefix)
            made.setdefault(sobject, []).append(record_id)
            rows.append(
                {
                    "Id": record_id,
                    "Name": name,
                    "DeveloperName": name.replace(" ", "_"),
                    "SobjectType": sobject,
                    "IsActive": True,
                    "Description": f"{name}s of the demo company",
                }
            )
    insert(org, "RecordType", rows, stamp=stamp)
    return made


def _fields(org: Org, sobject: str, fields: dict[str, dict[str, Any]]) -> None:
    for name, metadata in fields.items():
        full_name = f"{sobject}.{name}"
        org.create_custom_field(full_name, **metadata)
        if org.schema.object(sobject)[name].permissionable:
            org.grant(full_name, org.reader, edit=False)
