"""Columns of the standard report types, by the names the Analytics API has for them.

One line is `COLUMN|Label|where`: a SOQL path, or `kind:path` for a column that is computed from the path's
value. Account, Opportunity and Contact columns follow recorded describes and runs; Lead and Campaign ones
their pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

_ADDRESS1 = """
ADDRESS1_STREET|Billing Street|{p}BillingStreet
ADDRESS1_LINE1|Billing Address Line 1|line1:{p}BillingStreet
ADDRESS1_LINE2|Billing Address Line 2|line2:{p}BillingStreet
ADDRESS1_LINE3|Billing Address Line 3|line3:{p}BillingStreet
ADDRESS1_CITY|Billing City|{p}BillingCity
ADDRESS1_STATE|Billing State/Province|{p}BillingState
ADDRESS1_ZIP|Billing Zip/Postal Code|{p}BillingPostalCode
ADDRESS1_COUNTRY|Billing Country|{p}BillingCountry
ADDRESS2_STREET|Shipping Street|{p}ShippingStreet
ADDRESS2_LINE1|Shipping Address Line 1|line1:{p}ShippingStreet
ADDRESS2_LINE2|Shipping Address Line 2|line2:{p}ShippingStreet
ADDRESS2_LINE3|Shipping Address Line 3|line3:{p}ShippingStreet
ADDRESS2_CITY|Shipping City|{p}ShippingCity
ADDRESS2_STATE|Shipping State/Province|{p}ShippingState
ADDRESS2_ZIP|Shipping Zip/Postal Code|{p}ShippingPostalCode
ADDRESS2_COUNTRY|Shipping Country|{p}ShippingCountry
"""
_MAILING = """
ADDRESS2_STREET|Mailing Street|MailingStreet
ADDRESS2_LINE1|Mailing Address Line 1|line1:MailingStreet
ADDRESS2_LINE2|Mailing Address Line 2|line2:MailingStreet
ADDRESS2_LINE3|Mailing Address Line 3|line3:MailingStreet
ADDRESS2_CITY|Mailing City|MailingCity
ADDRESS2_STATE|Mailing State/Province|MailingState
ADDRESS2_ZIP|Mailing Zip/Postal Code|MailingPostalCode
ADDRESS2_COUNTRY|Mailing Country|MailingCountry
ADDRESS1_STREET|Other Street|OtherStreet
ADDRESS1_CITY|Other City|OtherCity
ADDRESS1_STATE|Other State/Province|OtherState
ADDRESS1_ZIP|Other Zip/Postal Code|OtherPostalCode
ADDRESS1_COUNTRY|Other Country|OtherCountry
"""


@dataclass(frozen=True, slots=True)
class StandardType:
    """A report type every org has.

    Attributes:
        name: API name.
        label: as shown in the report builder.
        sobject: the object one row stands for.
        columns: per category the `COLUMN|Label|where` lines.
        customs: objects whose custom fields are columns too: (object, relationship to it or empty).
        date_column: the column the standard date filter offers first.
        scopes: (value, label, allows division).
    """

    name: str
    label: str
    sobject: str
    columns: tuple[tuple[str, str], ...]
    customs: tuple[tuple[str, str], ...]
    date_column: str
    scopes: tuple[tuple[str, str, bool], ...]


def _scopes(things: str) -> tuple[tuple[str, str, bool], ...]:
    return (
        ("user", f"My {things}", False),
        ("team", f"My team's {things}", False),
        ("organization", f"All {things}", True),
    )


STANDARD_TYPES: tuple[StandardType, ...] = (
    StandardType(
        "AccountList",
        "Accounts",
        "Account",
        (
            (
                "Account: General",
                """
USERS.NAME|Account Owner|Owner.Name
ALIAS|Account Owner Alias|Owner.Alias
ROLLUP_DESCRIPTION|Owner Role|Owner.UserRole.Name
ACCOUNT.NAME|Account Name|Name
ACCOUNT_ID|Account ID|Id
ACCOUNT_NUMBER|Account Number|AccountNumber
PARENT_NAME|Parent Account|Parent.Name
PARENT_ID|Parent Account ID|ParentId
TYPE|Type|Type
RATING|Rating|Rating
INDUSTRY|Industry|Industry
SALES|Annual Revenue|AnnualRevenue
EMPLOYEES|Employees|NumberOfEmployees
OWNERSHIP|Ownership|Ownership
TICKER|Ticker Symbol|TickerSymbol
SIC|SIC Code|Sic
SITE|Account Site|Site
ACCOUNT_SOURCE|Account Source|AccountSource
DESCRIPTION|Account Description|Description
LAST_ACTIVITY|Last Activity|LastActivityDate
CREATED_DATE|Created Date|CreatedDate
LAST_UPDATE|Last Modified Date|LastModifiedDate
CREATED|Created By|CreatedBy.Name
LAST_UPDATE_BY|Last Modified By|LastModifiedBy.Name
RECORDTYPE|Account Record Type|RecordType.Name
""",
            ),
            ("Account: Address", _ADDRESS1.replace("{p}", "")),
            ("Account: Ph/Fax", "PHONE1|Phone|Phone\nPHONE2|Fax|Fax\nURL|Website|Website"),
        ),
        (("Account", ""),),
        "CREATED_DATE",
        _scopes("accounts"),
    ),
    StandardType(
        "Opportunity",
        "Opportunities",
        "Opportunity",
        (
            (
                "Opportunity Information",
                """
CREATED|Created By|CreatedBy.Name
CREATED_ALIAS|Created Alias|CreatedBy.Alias
LAST_UPDATE_BY|Last Modified By|LastModifiedBy.Name
LAST_UPDATE_BY_ALIAS|Last Modified Alias|LastModifiedBy.Alias
OPPORTUNITY_NAME|Opportunity Name|Name
TYPE|Type|Type
LEAD_SOURCE|Lead Source|LeadSource
AMOUNT|Amount|Amount
EXP_AMOUNT|Expected Revenue|ExpectedRevenue
CLOSED|Closed|IsClosed
WON|Won|IsWon
CLOSE_DATE|Close Date|CloseDate
CLOSE_DATE2|Close Date (2)|CloseDate
CLOSE_MONTH|Close Month|month:CloseDate
LAST_STAGE_CHANGE_DATE|Last Stage Change Date|LastStageChangeDate
NEXT_STEP|Next Step|NextStep
STAGE_NAME|Stage|StageName
PROBABILITY|Probability (%)|Probability
FISCAL_QUARTER|Fiscal Period|fiscal_quarter:CloseDate
FISCAL_YEAR|Fiscal Year|FiscalYear
AGE|Age|age:CreatedDate
STAGE_DURATION|Stage Duration|days_since:LastStageChangeDate
FORECAST_CATEGORY|Forecast Category|ForecastCategoryName
OPPORTUNITY_ID|Opportunity ID|Id
LAST_ACTIVITY|Last Activity|LastActivityDate
DESCRIPTION|Description|Description
HASOPPLINEITEM|Has Products|HasOpportunityLineItem
CREATED_DATE|Created Date|CreatedDate
LAST_UPDATE|Last Modified Date|LastModifiedDate
RECORDTYPE|Opportunity Record Type|RecordType.Name
CAMPAIGN_SOURCE|Primary Campaign Source|Campaign.Name
""",
            ),
            (
                "Opportunity Owner Information",
                """
FULL_NAME|Opportunity Owner|Owner.Name
ROLLUP_DESCRIPTION|Owner Role|Owner.UserRole.Name
ALIAS|Opportunity Owner Alias|Owner.Alias
OWNER_EMAIL|Opportunity Owner Email|Owner.Email
OWNER_PHONE|Opportunity Owner: Phone|Owner.Phone
OWNER_MOBILE_PHONE|Opportunity Owner: Mobile Phone|Owner.MobilePhone
OWNER_MANAGER|Opportunity Owner: Manager|Owner.Manager.Name
OWNER_TITLE|Opportunity Owner: Title|Owner.Title
OWNER_COMPANY|Opportunity Owner: Company|Owner.CompanyName
OWNER_DEPARTMENT|Opportunity Owner: Department|Owner.Department
OWNER_DIVISION|Opportunity Owner: Division|Owner.Division
OWNER_PROFILE|Opportunity Owner: Profile|Owner.Profile.Name
OWNER_ACTIVE|Opportunity Owner: Active|Owner.IsActive
""",
            ),
            (
                "Account: General",
                """
ACCOUNT_NAME|Account Name|Account.Name
ACCOUNT_OWNER|Account Owner|Account.Owner.Name
ACCOUNT_OWNER_ALIAS|Account Owner Alias|Account.Owner.Alias
PARENT_NAME|Parent Account|Account.Parent.Name
PARENT_ID|Parent Account ID|Account.ParentId
SALES|Annual Revenue|Account.AnnualRevenue
ACCOUNT_TYPE|Account Type|Account.Type
INDUSTRY|Industry|Account.Industry
EMPLOYEES|Employees|Account.NumberOfEmployees
ACCOUNT_ID|Account ID|AccountId
ACCOUNT_LAST_ACTIVITY|Account: Last Activity|Account.LastActivityDate
ACCOUNT_CREATED_DATE|Account: Created Date|Account.CreatedDate
ACCOUNT_LAST_UPDATE|Account: Last Modified Date|Account.LastModifiedDate
ACCOUNT_DESCRIPTION|Account Description|Account.Description
""",
            ),
            ("Account: Address", _ADDRESS1.replace("{p}", "Account.")),
            (
                "Account: Ph/Fax",
                "PHONE1|Phone|Account.Phone\nPHONE2|Fax|Account.Fax\nURL|Website|Account.Website",
            ),
        ),
        (("Opportunity", ""), ("Account", "Account")),
        "CLOSE_DATE",
        _scopes("opportunities"),
    ),
    StandardType(
        "ContactList",
        "Contacts & Accounts",
        "Contact",
        (
            (
                "Contact: General",
                """
SALUTATION|Salutation|Salutation
FIRST_NAME|First Name|FirstName
LAST_NAME|Last Name|LastName
TITLE|Title|Title
DEPARTMENT|Department|Department
BIRTHDATE|Birthdate|Birthdate
LEAD_SOURCE|Lead Source|LeadSource
CONTACT_ID|Contact ID|Id
REPORTS_TO|Reports To|ReportsTo.Name
CONTACT_OWNER|Contact Owner|Owner.Name
DESCRIPTION|Contact Description|Description
CREATED_DATE|Created Date|CreatedDate
LAST_UPDATE|Last Modified Date|LastModifiedDate
LAST_ACTIVITY|Last Activity|LastActivityDate
""",
            ),
            ("Contact: Address", _MAILING),
            (
                "Contact: Ph/Fax/Email",
                """
PHONE1|Phone|Phone
PHONE2|Fax|Fax
PHONE3|Mobile|MobilePhone
PHONE4|Home Phone|HomePhone
EMAIL|Email|Email
""",
            ),
            (
                "Account: General",
                """
ACCOUNT.NAME|Account Name|Account.Name
OWNER_FULL_NAME|Account Owner|Account.Owner.Name
ACCOUNT_ID|Account ID|AccountId
ACCOUNT_TYPE|Type|Account.Type
INDUSTRY|Industry|Account.Industry
SALES|Annual Revenue|Account.AnnualRevenue
EMPLOYEES|Employees|Account.NumberOfEmployees
URL|Website|Account.Website
""",
            ),
        ),
        (("Contact", ""), ("Account", "Account")),
        "CREATED_DATE",
        _scopes("accounts"),
    ),
    StandardType(
        "LeadList",
        "Leads",
        "Lead",
        (
            (
                "Lead: General",
                """
OWNER|Lead Owner|Owner.Name
SALUTATION|Salutation|Salutation
FIRST_NAME|First Name|FirstName
LAST_NAME|Last Name|LastName
TITLE|Title|Title
COMPANY|Company / Account|Company
LEAD_SOURCE|Lead Source|LeadSource
STATUS|Lead Status|Status
RATING|Rating|Rating
INDUSTRY|Industry|Industry
EMAIL|Email|Email
PHONE|Phone|Phone
MOBILE_PHONE|Mobile|MobilePhone
STREET|Street|Street
CITY|City|City
STATE|State/Province|State
ZIP|Zip/Postal Code|PostalCode
COUNTRY|Country|Country
LEAD_ID|Lead ID|Id
CONVERTED|Converted|IsConverted
UNREAD|Unread|IsUnreadByOwner
CREATED_DATE|Created Date|CreatedDate
LAST_UPDATE|Last Modified Date|LastModifiedDate
""",
            ),
        ),
        (("Lead", ""),),
        "CREATED_DATE",
        _scopes("leads"),
    ),
    StandardType(
        "CampaignList",
        "Campaigns",
        "Campaign",
        (
            (
                "Campaign: General",
                """
CAMPAIGN_NAME|Campaign Name|Name
CAMPAIGN_OWNER|Campaign Owner|Owner.Name
CAMPAIGN_TYPE|Type|Type
CAMPAIGN_STATUS|Status|Status
CAMPAIGN_START_DATE|Start Date|StartDate
CAMPAIGN_END_DATE|End Date|EndDate
CAMPAIGN_ACTIVE|Active|IsActive
BUDGETED_COST|Budgeted Cost|BudgetedCost
ACTUAL_COST|Actual Cost|ActualCost
NUM_SENT|Num Sent in Campaign|NumberSent
NUM_CONTACTS|Contacts in Campaign|NumberOfContacts
NUM_LEADS|Leads in Campaign|NumberOfLeads
CAMPAIGN_ID|Campaign ID|Id
CREATED_DATE|Created Date|CreatedDate
""",
            ),
        ),
        (("Campaign", ""),),
        "CAMPAIGN_START_DATE",
        _scopes("campaigns"),
    ),
)
