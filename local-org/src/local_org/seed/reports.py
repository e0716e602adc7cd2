"""The demo's reports: one of each format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.seed.loading import insert

if TYPE_CHECKING:
    from local_org.org import Org

FOLDER = "ABM Reports"

ACCOUNTS: dict[str, Any] = {
    "name": "Accounts With Engagement",
    "developerName": "Accounts_With_Engagement",
    "description": "Companies worth a campaign, with their owner, size, health and engagement.",
    "reportFormat": "TABULAR",
    "reportType": {"label": "Accounts", "type": "AccountList"},
    "detailColumns": [
        "ACCOUNT_ID",
        "ACCOUNT.NAME",
        "USERS.NAME",
        "PARENT_NAME",
        "TYPE",
        "URL",
        "SALES",
        "EMPLOYEES",
        "Account.Health_Score__c",
        "Account.Strategic__c",
        "Account.Customer_Id__c",
        "Account.Legacy_Customer_Number__c",
        "Account.Renewal_Date__c",
        "CREATED_DATE",
        "ADDRESS1_STREET",
        "Account.ABM_Engagement_Score__c",
        "Account.ABM_Last_Engaged__c",
    ],
    "aggregates": ["s!SALES", "RowCount"],
    "reportFilters": [
        {
            "column": "EMPLOYEES",
            "filterType": "fieldValue",
            "isRunPageEditable": True,
            "operator": "greaterThan",
            "value": "50",
        }
    ],
    "sortBy": [{"sortColumn": "ACCOUNT_ID", "sortOrder": "Asc"}],
    "standardDateFilter": {
        "column": "CREATED_DATE",
        "durationValue": "CUSTOM",
        "startDate": None,
        "endDate": None,
    },
}
BY_STAGE: dict[str, Any] = {
    "name": "Opportunities By Stage",
    "developerName": "Opportunities_By_Stage",
    "description": "Open and closed Opportunities of this year and the last, by stage and owner.",
    "reportFormat": "SUMMARY",
    "reportType": {"label": "Opportunities", "type": "Opportunity"},
    "detailColumns": [
        "OPPORTUNITY_NAME",
        "ACCOUNT_NAME",
        "AMOUNT",
        "PROBABILITY",
        "CLOSE_DATE",
        "FISCAL_QUARTER",
        "AGE",
        "NEXT_STEP",
        "LEAD_SOURCE",
        "WON",
    ],
    "groupingsDown": [
        {"dateGranularity": "None", "name": "STAGE_NAME", "sortAggregate": None, "sortOrder": "Asc"},
        {"dateGranularity": "None", "name": "FULL_NAME", "sortAggregate": None, "sortOrder": "Asc"},
    ],
    "aggregates": ["s!AMOUNT", "a!AMOUNT", "RowCount"],
    "standardDateFilter": {
        "column": "CLOSE_DATE",
        "durationValue": "LAST_N_DAYS:365",
        "startDate": None,
        "endDate": None,
    },
    "standardFilters": [{"name": "open", "value": "all"}, {"name": "probability", "value": ">0"}],
    "supportsRoleHierarchy": True,
}
BY_STAGE_AND_MONTH: dict[str, Any] = {
    "name": "Opportunities By Stage And Month",
    "developerName": "Opportunities_By_Stage_And_Month",
    "description": "Amount per stage and month of closing.",
    "reportFormat": "MATRIX",
    "reportType": {"label": "Opportunities", "type": "Opportunity"},
    "detailColumns": ["OPPORTUNITY_NAME", "ACCOUNT_NAME", "AMOUNT", "FULL_NAME"],
    "groupingsDown": [
        {"dateGranularity": "None", "name": "STAGE_NAME", "sortAggregate": None, "sortOrder": "Asc"}
    ],
    "groupingsAcross": [
        {"dateGranularity": "Month", "name": "CLOSE_DATE", "sortAggregate": None, "sortOrder": "Asc"}
    ],
    "aggregates": ["s!AMOUNT", "RowCount"],
    "standardDateFilter": {
        "column": "CLOSE_DATE",
        "durationValue": "THIS_FISCAL_YEAR",
        "startDate": None,
        "endDate": None,
    },
    "standardFilters": [{"name": "open", "value": "all"}, {"name": "probability", "value": ">0"}],
    "supportsRoleHierarchy": True,
}


def install(org: Org) -> None:
    """Saves the three reports, in a folder of their own."""
    folder = org.store.ids.next(org.schema.object("Folder").id_prefix)
    stamp = org.clock.stamp()
    row = {"Id": folder, "Name": FOLDER, "DeveloperName": "ABM_Reports", "AccessType": "Public"}
    insert(org, "Folder", [{**row, "Type": "Report"}], stamp=stamp)
    for metadata in (ACCOUNTS, BY_STAGE, BY_STAGE_AND_MONTH):
        org.reports.definitions.create(org.admin, {**metadata, "folderName": FOLDER, "folderId": folder})
