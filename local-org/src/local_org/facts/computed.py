"""Standard fields whose value follows from other rows: SQL over the alias `{t}` instead of a column.

They change without touching SystemModstamp, which is how roll-ups and denormalised fields behave in an org.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEMBERS = '(SELECT count(*) FROM "CampaignMember" m WHERE m."CampaignId" = {t}."Id" AND m."IsDeleted" = 0'
_OPEN_TASK = (
    'SELECT 1 FROM "Task" k WHERE k."WhatId" = {t}."Id"'
    ' AND k."IsDeleted" = 0 AND k."CompletedDateTime" IS NULL'
)
_STAGE = 'SELECT s."{field}" FROM "OpportunityStage" s WHERE s."ApiName" = {{t}}."StageName"'
_QUARTER = '(CAST(substr({t}."CloseDate", 6, 2) AS INTEGER) + 2) / 3'
_DEALS = 'FROM "Opportunity" o WHERE o."CampaignId" = {t}."Id" AND o."IsDeleted" = 0'
_WON = (
    _DEALS
    + ' AND EXISTS (SELECT 1 FROM "OpportunityStage" s WHERE s."ApiName" = o."StageName" AND s."IsWon" = 1)'
)


def _member(field: str, contact: str | None = None, lead: str | None = None) -> str:
    return (
        f'coalesce((SELECT c."{contact or field}" FROM "Contact" c WHERE c."Id" = {{t}}."ContactId"), '
        f'(SELECT l."{lead or field}" FROM "Lead" l WHERE l."Id" = {{t}}."LeadId"))'
    )


def _status(table: str, flag: str, field: str = "Status") -> str:
    return f'coalesce((SELECT s."{flag}" FROM "{table}" s WHERE s."ApiName" = {{t}}."{field}"), 0)'


def _last_activity(link: str) -> str:
    # The latest of events and closed tasks; open tasks are not activity yet.
    return (
        f'nullif(max(coalesce((SELECT max(k."ActivityDate") FROM "Task" k WHERE k."{link}" = {{t}}."Id"'
        ' AND k."IsDeleted" = 0 AND k."CompletedDateTime" IS NOT NULL), \'\'),'
        f' coalesce((SELECT max(e."ActivityDate") FROM "Event" e WHERE e."{link}" = {{t}}."Id"'
        " AND e.\"IsDeleted\" = 0), '')), '')"
    )


# Fields of these names are the same expression in every object that has them.
UNSTORED: Mapping[str, str] = {
    "PhotoUrl": "('/services/images/photo/' || {t}.\"Id\")",
}

SQL: Mapping[tuple[str, str], str] = {
    ("Campaign", "NumberOfLeads"): _MEMBERS + ' AND m."LeadId" IS NOT NULL)',
    ("Campaign", "NumberOfContacts"): _MEMBERS + ' AND m."ContactId" IS NOT NULL)',
    ("Campaign", "NumberOfResponses"): (
        '(SELECT count(*) FROM "CampaignMember" m'
        ' JOIN "CampaignMemberStatus" s ON s."CampaignId" = m."CampaignId" AND s."Label" = m."Status"'
        ' WHERE m."CampaignId" = {t}."Id" AND m."IsDeleted" = 0 AND s."HasResponded" = 1)'
    ),
    ("Campaign", "NumberOfConvertedLeads"): (
        '(SELECT count(*) FROM "CampaignMember" m JOIN "Lead" l ON l."Id" = m."LeadId"'
        ' WHERE m."CampaignId" = {t}."Id" AND m."IsDeleted" = 0 AND l."IsConverted" = 1)'
    ),
    ("Campaign", "NumberOfOpportunities"): f"(SELECT count(*) {_DEALS})",
    ("Campaign", "NumberOfWonOpportunities"): f"(SELECT count(*) {_WON})",
    ("Campaign", "AmountAllOpportunities"): f'(SELECT coalesce(sum(o."Amount"), 0.0) {_DEALS})',
    ("Campaign", "AmountWonOpportunities"): f'(SELECT coalesce(sum(o."Amount"), 0.0) {_WON})',
    ("CampaignMember", "Name"): _member("Name"),
    ("CampaignMember", "FirstName"): _member("FirstName"),
    ("CampaignMember", "LastName"): _member("LastName"),
    ("CampaignMember", "Salutation"): _member("Salutation"),
    ("CampaignMember", "Title"): _member("Title"),
    ("CampaignMember", "Street"): _member("Street", "MailingStreet"),
    ("CampaignMember", "City"): _member("City", "MailingCity"),
    ("CampaignMember", "State"): _member("State", "MailingState"),
    ("CampaignMember", "PostalCode"): _member("PostalCode", "MailingPostalCode"),
    ("CampaignMember", "Country"): _member("Country", "MailingCountry"),
    ("CampaignMember", "Email"): _member("Email"),
    ("CampaignMember", "Phone"): _member("Phone"),
    ("CampaignMember", "Fax"): _member("Fax"),
    ("CampaignMember", "MobilePhone"): _member("MobilePhone"),
    ("CampaignMember", "Description"): _member("Description"),
    ("CampaignMember", "LeadSource"): _member("LeadSource"),
    ("CampaignMember", "CompanyOrAccount"): (
        'coalesce((SELECT a."Name" FROM "Contact" c JOIN "Account" a ON a."Id" = c."AccountId"'
        ' WHERE c."Id" = {t}."ContactId"), (SELECT l."Company" FROM "Lead" l WHERE l."Id" = {t}."LeadId"))'
    ),
    ("CampaignMember", "Type"): "CASE WHEN {t}.\"ContactId\" IS NOT NULL THEN 'Contact' ELSE 'Lead' END",
    ("CampaignMember", "LeadOrContactId"): 'coalesce({t}."ContactId", {t}."LeadId")',
    ("CampaignMember", "LeadOrContactOwnerId"): _member("OwnerId"),
    ("Contact", "IsEmailBounced"): '({t}."EmailBouncedDate" IS NOT NULL)',
    ("Opportunity", "HasOpportunityLineItem"): (
        'EXISTS (SELECT 1 FROM "OpportunityLineItem" i'
        ' WHERE i."OpportunityId" = {t}."Id" AND i."IsDeleted" = 0)'
    ),
    ("Opportunity", "HasOpenActivity"): f"EXISTS ({_OPEN_TASK})",
    ("Opportunity", "HasOverdueTask"): f'EXISTS ({_OPEN_TASK} AND k."ActivityDate" < org_today())',
    ("Opportunity", "IsClosed"): f"coalesce(({_STAGE.format(field='IsClosed')}), 0)",
    ("Opportunity", "IsWon"): f"coalesce(({_STAGE.format(field='IsWon')}), 0)",
    ("Opportunity", "ForecastCategory"): (
        "CASE {t}.\"ForecastCategoryName\" WHEN 'Best Case' THEN 'BestCase' WHEN 'Commit' THEN 'Forecast'"
        ' ELSE {t}."ForecastCategoryName" END'
    ),
    ("Opportunity", "ExpectedRevenue"): 'round({t}."Amount" * {t}."Probability" / 100.0, 2)',
    ("Opportunity", "FiscalYear"): 'CAST(substr({t}."CloseDate", 1, 4) AS INTEGER)',
    ("Opportunity", "FiscalQuarter"): f"({_QUARTER})",
    ("Opportunity", "Fiscal"): f"(substr({{t}}.\"CloseDate\", 1, 4) || ' ' || ({_QUARTER}))",
    ("Task", "IsClosed"): _status("TaskStatus", "IsClosed"),
    ("Task", "IsHighPriority"): _status("TaskPriority", "IsHighPriority", "Priority"),
    ("Case", "IsClosed"): _status("CaseStatus", "IsClosed"),
    ("CampaignMember", "HasResponded"): (
        'coalesce((SELECT s."HasResponded" FROM "CampaignMemberStatus" s'
        ' WHERE s."CampaignId" = {t}."CampaignId" AND s."Label" = {t}."Status"), 0)'
    ),
    ("OpportunityLineItem", "ListPrice"): (
        '(SELECT e."UnitPrice" FROM "PricebookEntry" e WHERE e."Id" = {t}."PricebookEntryId")'
    ),
    ("Account", "LastActivityDate"): _last_activity("AccountId"),
    ("Contact", "LastActivityDate"): _last_activity("WhoId"),
    ("Lead", "LastActivityDate"): _last_activity("WhoId"),
    ("Opportunity", "LastActivityDate"): _last_activity("WhatId"),
    ("Campaign", "LastActivityDate"): _last_activity("WhatId"),
    ("PricebookEntry", "Name"): '(SELECT p."Name" FROM "Product2" p WHERE p."Id" = {t}."Product2Id")',
    (
        "PricebookEntry",
        "ProductCode",
    ): '(SELECT p."ProductCode" FROM "Product2" p WHERE p."Id" = {t}."Product2Id")',
    ("OpportunityLineItem", "Name"): (
        '(SELECT o."Name" || \' \' || p."Name" FROM "Opportunity" o, "PricebookEntry" e'
        ' JOIN "Product2" p ON p."Id" = e."Product2Id"'
        ' WHERE o."Id" = {t}."OpportunityId" AND e."Id" = {t}."PricebookEntryId")'
    ),
    ("OpportunityLineItem", "ProductCode"): (
        '(SELECT p."ProductCode" FROM "Product2" p WHERE p."Id" = {t}."Product2Id")'
    ),
}
