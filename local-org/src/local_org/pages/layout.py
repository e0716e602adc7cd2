"""Which fields a page shows, in which order, under which headings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_org.schema import FieldDef, ObjectDef

TABS = ("Account", "Contact", "Opportunity", "Lead", "Campaign", "Report")
"""Objects with a tab on every page, if the org has them; the org's own objects follow."""

LIST_COLUMNS: dict[str, tuple[str, ...]] = {
    "Account": (
        "Name",
        "Website",
        "Type",
        "Industry",
        "ABM_Engagement_Score__c",
        "OwnerId",
        "LastModifiedDate",
    ),
    "Contact": ("Name", "AccountId", "Title", "Email", "Phone", "OwnerId"),
    "Opportunity": ("Name", "AccountId", "StageName", "Amount", "CloseDate", "OwnerId"),
    "Lead": ("Name", "Company", "Status", "Email", "LeadSource", "OwnerId"),
    "Campaign": ("Name", "Type", "Status", "StartDate", "NumberOfContacts", "NumberOfResponses"),
    "CampaignMember": ("Name", "CampaignId", "Status", "CompanyOrAccount", "Email"),
    "Task": ("Subject", "WhoId", "WhatId", "ActivityDate", "Status", "OwnerId"),
    "Event": ("Subject", "WhoId", "WhatId", "StartDateTime", "OwnerId"),
    "OpportunityLineItem": ("Name", "Quantity", "UnitPrice", "TotalPrice", "ServiceDate"),
    "OpportunityContactRole": ("ContactId", "Role", "IsPrimary"),
    "OpportunityHistory": ("StageName", "Amount", "Probability", "CloseDate", "CreatedById", "CreatedDate"),
    "PricebookEntry": ("Name", "Pricebook2Id", "Product2Id", "UnitPrice", "IsActive"),
    "Product2": ("Name", "ProductCode", "Family", "IsActive"),
    "User": ("Name", "Username", "Title", "UserRoleId", "ProfileId", "IsActive"),
    "Report": ("Name", "DeveloperName", "FolderName", "Format", "LastRunDate"),
    "ABM_Account_Segment__c": (
        "Name",
        "ABM_Account__c",
        "ABM_Segment_Name__c",
        "ABM_Segment_Id__c",
        "ABM_Status__c",
        "LastModifiedDate",
    ),
}
SEARCHED: dict[str, tuple[str, ...]] = {
    "Account": ("Name", "Website", "AccountNumber"),
    "Contact": ("Name", "Email"),
    "Lead": ("Name", "Email", "Company"),
    "User": ("Name", "Username", "Email"),
    "Report": ("Name", "DeveloperName"),
}
HIGHLIGHTS: dict[str, tuple[str, ...]] = {
    "Account": ("Type", "Phone", "Website", "Industry", "AnnualRevenue", "OwnerId"),
    "Contact": ("Title", "AccountId", "Phone", "Email", "OwnerId"),
    "Opportunity": ("AccountId", "CloseDate", "Amount", "StageName", "OwnerId"),
    "Lead": ("Title", "Company", "Phone", "Email", "Status"),
    "Campaign": ("Type", "Status", "StartDate", "EndDate", "NumberOfContacts"),
    "ABM_Account_Segment__c": ("ABM_Account__c", "ABM_Segment_Name__c", "ABM_Status__c"),
}
# Related lists in order; those of the org's own objects come after the first ones.
RELATED: dict[str, tuple[str, ...]] = {
    "Account": ("Contacts", "Opportunities", "*", "ChildAccounts", "Tasks", "Events", "Cases"),
    "Contact": ("OpportunityContactRoles", "CampaignMembers", "*", "Tasks", "Events", "Cases"),
    "Opportunity": (
        "OpportunityLineItems",
        "OpportunityContactRoles",
        "OpportunityHistories",
        "*",
        "Tasks",
        "Events",
    ),
    "Lead": ("CampaignMembers", "*", "Tasks", "Events"),
    "Campaign": ("CampaignMembers", "ChildCampaigns", "Opportunities", "*"),
    "Product2": ("PricebookEntries", "*"),
    "Pricebook2": ("PricebookEntries", "*"),
}
_ALWAYS = frozenset({"Contacts", "Opportunities", "OpportunityLineItems", "CampaignMembers"})

_INFORMATION: dict[str, tuple[str, ...]] = {
    "Account": (
        "OwnerId",
        "Rating",
        "Name",
        "Phone",
        "ParentId",
        "Fax",
        "AccountNumber",
        "Website",
        "Site",
        "TickerSymbol",
        "Type",
        "Ownership",
        "Industry",
        "NumberOfEmployees",
        "AnnualRevenue",
        "Sic",
        "RecordTypeId",
        "AccountSource",
    ),
    "Contact": (
        "OwnerId",
        "Phone",
        "Name",
        "HomePhone",
        "AccountId",
        "MobilePhone",
        "Title",
        "OtherPhone",
        "Department",
        "Fax",
        "Birthdate",
        "Email",
        "ReportsToId",
        "AssistantName",
        "LeadSource",
        "AssistantPhone",
    ),
    "Opportunity": (
        "OwnerId",
        "Amount",
        "IsPrivate",
        "ExpectedRevenue",
        "Name",
        "CloseDate",
        "AccountId",
        "NextStep",
        "Type",
        "StageName",
        "LeadSource",
        "Probability",
        "RecordTypeId",
        "CampaignId",
        "ForecastCategoryName",
        "Pricebook2Id",
    ),
}
_SYSTEM = (
    "Id",
    "IsDeleted",
    "CreatedById",
    "CreatedDate",
    "LastModifiedById",
    "LastModifiedDate",
    "SystemModstamp",
    "LastActivityDate",
    "LastViewedDate",
    "LastReferencedDate",
    "MasterRecordId",
)
_HIDDEN = frozenset({"PhotoUrl", "Jigsaw", "JigsawCompanyId", "JigsawContactId"})
_ABM = "ABM_"


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading of a record page."""

    heading: str
    fields: tuple[FieldDef, ...]


def sections(item: ObjectDef, fields: Iterable[FieldDef]) -> list[Section]:
    """A record's fields, grouped as Salesforce's page layouts group them.

    Args:
        item: the object.
        fields: those the user may read.

    Returns:
        Information, address, engagement (`ABM_` fields), custom, description and system sections; empty ones
        are left out, and every field is in exactly one of them, parts of addresses within their address.
    """
    by_name = {field.name: field for field in fields if field.name not in _HIDDEN and field.type != "base64"}
    compounds = {name for name, field in by_name.items() if field.is_compound}
    left = {
        name: field
        for name, field in by_name.items()
        if not (field.compound in compounds and name != field.compound) and not _part_of_name(item, field)
    }

    def take(names: Iterable[str]) -> tuple[FieldDef, ...]:
        return tuple(left.pop(name) for name in names if name in left)

    system = take(_SYSTEM)
    information = take(_INFORMATION.get(item.name, ()))
    address = take([name for name, field in left.items() if field.type == "address"])
    engagement = take([name for name in left if name.startswith(_ABM)])
    description = take([name for name in left if name == "Description"])
    custom = take([name for name, field in left.items() if field.custom])
    rest = tuple(left.values())
    if not information:
        information, rest = rest, ()
    found = [
        Section(f"{item.label} Information", information),
        Section("Engagement", engagement),
        Section("Address Information", address),
        Section("Additional Information", custom),
        Section("Description Information", description),
        Section("Other Fields", rest),
        Section("System Information", system),
    ]
    return [section for section in found if section.fields]


def list_fields(item: ObjectDef, fields: Sequence[FieldDef]) -> list[FieldDef]:
    """The columns of a list view."""
    by_name = {field.name: field for field in fields}
    chosen = LIST_COLUMNS.get(item.name)
    if chosen is None:
        name = item.name_field.name if item.name_field else "Id"
        own = [field.name for field in fields if field.custom and _fits(field)]
        plain = [field.name for field in fields if field.createable and _fits(field)]
        chosen = tuple(dict.fromkeys((name, *own[:5], *plain[: max(0, 5 - len(own))], "LastModifiedDate")))
    found = [by_name[name] for name in chosen if name in by_name]
    return found or list(fields[:1])


def searched_fields(item: ObjectDef) -> list[FieldDef]:
    """The fields a list view's search looks into."""
    names = SEARCHED.get(item.name) or ((item.name_field.name,) if item.name_field else ())
    found = [field for name in names if (field := item.field(name)) is not None]
    return [field for field in found if field.filterable]


def shown_when_empty(relationship: str, *, custom: bool) -> bool:
    """Whether a related list is worth a place on the page without any row."""
    return custom or relationship in _ALWAYS


def _fits(field: FieldDef) -> bool:
    return not (field.is_compound or field.compound or field.type in {"base64", "textarea"})


def _part_of_name(item: ObjectDef, field: FieldDef) -> bool:
    return item.has_person_name and field.compound == "Name" and field.name != "Name"
