from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local_org.dml import RowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]


def computed(org: Org, sobject: str, field: str) -> Any:
    """The value of a computed field of the only row."""
    sql = org.schema.object(sobject)[field].sql
    assert sql is not None
    return org.store.read().execute(f'SELECT {sql.replace("{t}", "x")} FROM "{sobject}" x').fetchone()[0]


class TestOpportunity:
    @pytest.fixture
    def deal(self, make: Make) -> str:
        return make(
            "Opportunity", Name="D", StageName="proposal/price quote", CloseDate="2026-05-31", Amount=200
        )

    def test_the_stage_decides_what_is_not_sent(self, org: Org, deal: str, rows: Rows) -> None:
        assert rows("SELECT StageName, Probability, ForecastCategoryName FROM Opportunity") == [
            ("Proposal/Price Quote", 75.0, "Pipeline")
        ]
        assert [computed(org, "Opportunity", f) for f in ("IsClosed", "IsWon", "ExpectedRevenue")] == [
            0,
            0,
            150.0,
        ]
        fiscal = [computed(org, "Opportunity", f) for f in ("FiscalYear", "FiscalQuarter", "Fiscal")]
        assert fiscal == [2026, 2, "2026 2"]

    def test_a_won_deal_is_closed(self, org: Org, admin: User, deal: str) -> None:
        org.dml.update(admin, "Opportunity", deal, {"StageName": "Closed Won"})
        flags = [
            computed(org, "Opportunity", f)
            for f in ("IsClosed", "IsWon", "ForecastCategory", "ExpectedRevenue")
        ]
        assert flags == [1, 1, "Closed", 200.0]

    def test_a_probability_that_is_sent_wins_over_the_stages(
        self, org: Org, admin: User, deal: str, rows: Rows
    ) -> None:
        org.dml.update(admin, "Opportunity", deal, {"StageName": "Qualification", "Probability": 33})
        assert rows("SELECT Probability FROM Opportunity") == [(33.0,)]

    def test_history_tells_every_change_that_matters(
        self, org: Org, admin: User, deal: str, rows: Rows
    ) -> None:
        org.clock.shift(timedelta(days=1))
        org.dml.update(admin, "Opportunity", deal, {"Amount": 300, "CloseDate": "2026-06-01"})
        org.dml.update(admin, "Opportunity", deal, {"NextStep": "call"})
        found = rows(
            "SELECT Amount, ExpectedRevenue, CloseDate, PrevAmount, PrevCloseDate, CreatedDate, CreatedById"
            " FROM OpportunityHistory ORDER BY Id"
        )
        assert found == [
            (200.0, 150.0, "2026-05-31", None, None, "2026-03-04T05:06:07Z", admin.id),
            (300.0, 225.0, "2026-06-01", 200.0, "2026-05-31", "2026-03-05T05:06:07Z", admin.id),
        ]
        (latest,) = rows("SELECT Id FROM OpportunityHistory ORDER BY Id DESC LIMIT 1")[0]
        columns = "LastAmountChangedHistoryId, LastCloseDateChangedHistoryId, PushCount, LastStageChangeDate"
        assert rows(f"SELECT {columns} FROM Opportunity") == [(latest, latest, 1, None)]

    def test_a_new_primary_contact_takes_the_place_of_the_old(
        self, make: Make, deal: str, rows: Rows
    ) -> None:
        first, second = make("Contact", LastName="A"), make("Contact", LastName="B")
        for contact in (first, second):
            make("OpportunityContactRole", OpportunityId=deal, ContactId=contact, IsPrimary=True)
        assert rows("SELECT ContactId, IsPrimary FROM OpportunityContactRole ORDER BY Id") == [
            (first, 0),
            (second, 1),
        ]

    def test_a_contact_given_with_a_new_deal_becomes_its_primary_one(self, make: Make, rows: Rows) -> None:
        contact = make("Contact", LastName="A")
        make("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-05-31", ContactId=contact)
        assert rows("SELECT ContactId, IsPrimary FROM OpportunityContactRole") == [(contact, 1)]


class TestProducts:
    @pytest.fixture
    def price(self, make: Make, rows: Rows) -> str:
        product = make("Product2", Name="Widget", ProductCode="W", IsActive=True)
        (standard,) = rows("SELECT Id FROM Pricebook2 WHERE IsStandard = 1")[0]
        return make("PricebookEntry", Product2Id=product, Pricebook2Id=standard, UnitPrice=10, IsActive=True)

    @pytest.fixture
    def deal(self, make: Make) -> str:
        return make("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-05-31", Amount=1)

    def test_lines_make_the_amount(
        self, org: Org, admin: User, make: Make, price: str, deal: str, rows: Rows
    ) -> None:
        first = make("OpportunityLineItem", OpportunityId=deal, PricebookEntryId=price, Quantity=3)
        second = make(
            "OpportunityLineItem", OpportunityId=deal, PricebookEntryId=price, Quantity=2, TotalPrice=50
        )
        assert rows("SELECT UnitPrice, TotalPrice FROM OpportunityLineItem ORDER BY Id") == [
            (10.0, 30.0),
            (25.0, 50.0),
        ]
        assert rows("SELECT Amount FROM Opportunity") == [(80.0,)]
        assert rows("SELECT Pricebook2Id IS NOT NULL FROM Opportunity") == [(1,)]
        assert computed(org, "Opportunity", "HasOpportunityLineItem") == 1
        org.dml.update(admin, "OpportunityLineItem", first, {"Quantity": 1})
        assert rows("SELECT Amount FROM Opportunity") == [(60.0,)]
        assert org.dml.update(admin, "Opportunity", deal, {"Amount": 5, "NextStep": "x"}).success
        assert rows("SELECT Amount, NextStep FROM Opportunity") == [(60.0, "x")]
        org.dml.delete(admin, "OpportunityLineItem", second)
        assert rows("SELECT Amount FROM Opportunity") == [(10.0,)]

    def test_a_product_finds_its_price_by_itself(
        self, org: Org, make: Make, price: str, deal: str, rows: Rows
    ) -> None:
        (product,) = rows("SELECT Product2Id FROM PricebookEntry")[0]
        make("OpportunityLineItem", OpportunityId=deal, Product2Id=product, Quantity=1)
        assert rows("SELECT PricebookEntryId FROM OpportunityLineItem") == [(price,)]
        assert computed(org, "OpportunityLineItem", "Name") == "D Widget"
        assert computed(org, "OpportunityLineItem", "ListPrice") == 10.0
        assert computed(org, "PricebookEntry", "ProductCode") == "W"

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            pytest.param(
                {"UnitPrice": 1, "TotalPrice": 2}, "FIELD_INTEGRITY_EXCEPTION", id="price and total"
            ),
            pytest.param(
                {"PricebookEntryId": None}, "REQUIRED_FIELD_MISSING", id="neither price nor product"
            ),
            pytest.param({"Quantity": None}, "REQUIRED_FIELD_MISSING", id="no quantity"),
        ],
    )
    def test_a_line_needs_one_price(
        self, org: Org, admin: User, price: str, deal: str, values: dict[str, Any], code: str
    ) -> None:
        line = {"OpportunityId": deal, "PricebookEntryId": price, "Quantity": 1} | values
        (error,) = org.dml.create(admin, "OpportunityLineItem", line).errors
        assert error.status_code == code

    def test_a_deal_takes_prices_of_one_book(
        self, org: Org, admin: User, make: Make, price: str, rows: Rows
    ) -> None:
        book = make("Pricebook2", Name="Special", IsActive=True)
        deal = make(
            "Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-05-31", Pricebook2Id=book
        )
        line = {"OpportunityId": deal, "PricebookEntryId": price, "Quantity": 1}
        (error,) = org.dml.create(admin, "OpportunityLineItem", line).errors
        assert error.message == "pricebook entry is not in the opportunity's pricebook"
        (product,) = rows("SELECT Product2Id FROM PricebookEntry")[0]
        (error,) = org.dml.create(
            admin, "OpportunityLineItem", {"OpportunityId": deal, "Product2Id": product, "Quantity": 1}
        ).errors
        assert error.fields == ("Product2Id",)

    def test_a_custom_price_needs_a_standard_one_and_each_exists_once(
        self, org: Org, admin: User, make: Make, price: str, rows: Rows
    ) -> None:
        book = make("Pricebook2", Name="Special", IsActive=True)
        other = make("Product2", Name="Other")
        custom = {"Product2Id": other, "Pricebook2Id": book, "UnitPrice": 1}
        assert (
            org.dml.create(admin, "PricebookEntry", custom).errors[0].status_code
            == "STANDARD_PRICE_NOT_DEFINED"
        )
        (product,) = rows("SELECT Product2Id FROM PricebookEntry")[0]
        custom["Product2Id"] = product
        assert org.dml.create(admin, "PricebookEntry", custom).success
        assert org.dml.create(admin, "PricebookEntry", custom).errors[0].status_code == "DUPLICATE_VALUE"


class TestCampaign:
    @pytest.fixture
    def campaign(self, make: Make) -> str:
        return make("Campaign", Name="C")

    def test_a_new_campaign_has_two_statuses(self, campaign: str, rows: Rows) -> None:
        found = rows(
            "SELECT Label, IsDefault, HasResponded, CampaignId FROM CampaignMemberStatus ORDER BY SortOrder"
        )
        assert found == [("Sent", 1, 0, campaign), ("Responded", 0, 1, campaign)]

    def test_a_member_gets_the_default_status_or_his_own(
        self, org: Org, make: Make, campaign: str, rows: Rows
    ) -> None:
        make("CampaignMember", CampaignId=campaign, ContactId=make("Contact", LastName="A"))
        make(
            "CampaignMember",
            CampaignId=campaign,
            LeadId=make("Lead", LastName="B", Company="C"),
            Status="responded",
        )
        make(
            "CampaignMember", CampaignId=campaign, ContactId=make("Contact", LastName="D"), Status="Invented"
        )
        assert rows("SELECT Status, FirstRespondedDate FROM CampaignMember ORDER BY Id") == [
            ("Sent", None),
            ("Responded", "2026-03-04"),
            ("Sent", None),
        ]
        counts = ("NumberOfContacts", "NumberOfLeads", "NumberOfResponses", "NumberOfOpportunities")
        assert [computed(org, "Campaign", name) for name in counts] == [2, 1, 1, 0]

    def test_nobody_is_a_member_twice(self, org: Org, admin: User, make: Make, campaign: str) -> None:
        member = {"CampaignId": campaign, "ContactId": make("Contact", LastName="A")}
        outcomes = org.dml.create_many(admin, "CampaignMember", [member, member])
        expected = RowError("DUPLICATE_VALUE", "Already a campaign member.", has_fields=False)
        assert [outcome.errors for outcome in outcomes] == [(), (expected,)]
        assert org.dml.create(admin, "CampaignMember", member).errors == (expected,)

    def test_a_member_is_somebody(self, org: Org, admin: User, campaign: str) -> None:
        (error,) = org.dml.create(admin, "CampaignMember", {"CampaignId": campaign}).errors
        assert error.status_code == "REQUIRED_FIELD_MISSING"

    def test_a_member_shows_the_persons_fields_without_being_touched(
        self, org: Org, admin: User, make: Make, campaign: str, rows: Rows
    ) -> None:
        account = make("Account", Name="Acme")
        contact = make("Contact", FirstName="Ada", LastName="B", Email="a@b.example", AccountId=account)
        make("CampaignMember", CampaignId=campaign, ContactId=contact)
        org.clock.shift(timedelta(days=1))
        org.dml.update(admin, "Contact", contact, {"LastName": "Lovelace"})
        shown = [computed(org, "CampaignMember", f) for f in ("Name", "Email", "CompanyOrAccount", "Type")]
        assert shown == ["Ada Lovelace", "a@b.example", "Acme", "Contact"]
        assert rows("SELECT SystemModstamp FROM CampaignMember") == [("2026-03-04T05:06:07Z",)]


class TestActivities:
    def test_a_done_task_counts_as_last_activity_of_account_and_deal(
        self, org: Org, admin: User, make: Make, rows: Rows
    ) -> None:
        account = make("Account", Name="A")
        deal = make(
            "Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-05-31", AccountId=account
        )
        task = make("Task", Subject="Call", WhatId=deal, ActivityDate="2026-03-01")
        assert rows("SELECT Status, Priority, AccountId, CompletedDateTime FROM Task") == [
            ("Not Started", "Normal", account, None)
        ]
        assert computed(org, "Account", "LastActivityDate") is None
        assert [computed(org, "Opportunity", f) for f in ("HasOpenActivity", "HasOverdueTask")] == [1, 1]
        org.dml.update(admin, "Task", task, {"Status": "Completed"})
        assert rows("SELECT CompletedDateTime FROM Task") == [("2026-03-04T05:06:07Z",)]
        assert [computed(org, s, "LastActivityDate") for s in ("Account", "Opportunity")] == [
            "2026-03-01"
        ] * 2
        assert [computed(org, "Task", f) for f in ("IsClosed", "IsHighPriority")] == [1, 0]

    def test_a_task_of_a_person_belongs_to_his_account(self, make: Make, rows: Rows) -> None:
        account = make("Account", Name="A")
        make("Task", Subject="Call", WhoId=make("Contact", LastName="L", AccountId=account))
        assert rows("SELECT AccountId FROM Task") == [(account,)]

    @pytest.mark.parametrize(
        ("values", "stored"),
        [
            pytest.param(
                {"ActivityDateTime": "2026-05-01T23:30:00Z", "DurationInMinutes": 60},
                ("2026-05-01T23:30:00Z", "2026-05-02T00:30:00Z", 60, "2026-05-01", "2026-05-02"),
                id="start and duration",
            ),
            pytest.param(
                {"StartDateTime": "2026-05-01T10:00:00Z", "EndDateTime": "2026-05-01T10:45:00Z"},
                ("2026-05-01T10:00:00Z", "2026-05-01T10:45:00Z", 45, "2026-05-01", "2026-05-01"),
                id="start and end",
            ),
            pytest.param(
                {"IsAllDayEvent": True, "ActivityDate": "2026-05-01"},
                (None, None, 1440, "2026-05-01", "2026-05-01"),
                id="all day",
            ),
        ],
    )
    def test_an_events_times_follow_from_one_another(
        self, make: Make, rows: Rows, values: dict[str, Any], stored: tuple[Any, ...]
    ) -> None:
        make("Event", Subject="Meet", **values)
        columns = "StartDateTime, EndDateTime, DurationInMinutes, ActivityDate, EndDate"
        assert rows(f"SELECT {columns} FROM Event") == [stored]

    @pytest.mark.parametrize(
        ("values", "fields"),
        [
            ({}, ("ActivityDateTime",)),
            ({"StartDateTime": "2026-05-01T10:00:00Z"}, ("DurationInMinutes",)),
            ({"IsAllDayEvent": True}, ("ActivityDate",)),
            (
                {"StartDateTime": "2026-05-01T10:00:00Z", "EndDateTime": "2026-05-01T09:00:00Z"},
                ("DurationInMinutes",),
            ),
        ],
        ids=["no start", "no end", "no day", "ends before it begins"],
    )
    def test_an_event_needs_its_times(
        self, org: Org, admin: User, values: dict[str, Any], fields: tuple[str, ...]
    ) -> None:
        (error,) = org.dml.create(admin, "Event", {"Subject": "Meet", **values}).errors
        assert error.fields == fields


class TestPermissionRows:
    @pytest.fixture
    def own_set(self, org: Org, make: Make) -> str:
        org.customiser.create_field("Account.Foo__c", {"label": "Foo", "type": "Text", "length": 10})
        return make("PermissionSet", Name="My_Integration", Label="My Integration")

    def test_a_hidden_field_appears_with_permission_and_assignment(
        self, org: Org, admin: User, make: Make, own_set: str
    ) -> None:
        assert org.dml.create(admin, "Account", {"Name": "A", "Foo__c": "1"}).errors[0].message == (
            "No such column 'Foo__c' on sobject of type Account"
        )
        make(
            "FieldPermissions",
            ParentId=own_set,
            SobjectType="Account",
            Field="account.foo__c",
            PermissionsRead="true",
            PermissionsEdit="true",
        )
        assert not org.dml.create(admin, "Account", {"Name": "A", "Foo__c": "1"}).success
        make("PermissionSetAssignment", AssigneeId=admin.id, PermissionSetId=own_set)
        assert org.dml.create(admin, "Account", {"Name": "A", "Foo__c": "1"}).success

    def test_a_field_that_may_only_be_read_is_not_written(self, org: Org, admin: User, own_set: str) -> None:
        org.grant("Account.Foo__c", admin, edit=False)
        (error,) = org.dml.create(admin, "Account", {"Name": "A", "Foo__c": "1"}).errors
        assert (error.status_code, error.fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ("Foo__c",))

    @pytest.mark.parametrize(
        ("sobject", "values", "code", "message"),
        [
            pytest.param(
                "FieldPermissions",
                {"Field": "Account.Nope__c", "PermissionsRead": True},
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                "Field Name: bad value for restricted picklist field: Account.Nope__c",
                id="no such field",
            ),
            pytest.param(
                "FieldPermissions",
                {"Field": "Account.Name", "PermissionsRead": True},
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                "Field Name: bad value for restricted picklist field: Account.Name",
                id="a field nobody can hide",
            ),
            pytest.param(
                "FieldPermissions",
                {"Field": "Account.Foo__c", "PermissionsEdit": True},
                "FIELD_INTEGRITY_EXCEPTION",
                "Field permission Edit Account.Foo__c depends on permission(s): Read",
                id="edit without read",
            ),
            pytest.param(
                "ObjectPermissions",
                {"PermissionsRead": True, "PermissionsDelete": True},
                "FIELD_INTEGRITY_EXCEPTION",
                "Permission Delete Account depends on permission(s): Edit Account",
                id="delete without edit",
            ),
        ],
    )
    def test_a_grant_that_makes_no_sense_is_refused(
        self,
        org: Org,
        admin: User,
        own_set: str,
        sobject: str,
        values: dict[str, Any],
        code: str,
        message: str,
    ) -> None:
        row = {"ParentId": own_set, "SobjectType": "Account"} | values
        (error,) = org.dml.create(admin, sobject, row).errors
        assert (error.status_code, error.message) == (code, message)

    def test_a_grant_of_nothing_is_no_row(self, org: Org, make: Make, own_set: str, rows: Rows) -> None:
        made = make("ObjectPermissions", ParentId=own_set, SobjectType="Account", PermissionsRead=True)
        org.dml.update(org.admin, "ObjectPermissions", made, {"PermissionsRead": False})
        assert rows("SELECT count(*) FROM ObjectPermissions WHERE ParentId = ?", own_set) == [(0,)]

    def test_a_set_is_assigned_once(self, org: Org, admin: User, own_set: str) -> None:
        row = {"AssigneeId": admin.id, "PermissionSetId": own_set}
        assert org.dml.create(admin, "PermissionSetAssignment", row).success
        message = (
            f"Duplicate PermissionSetAssignment.  Assignee: {admin.id[:15]}; Permission Set: {own_set[:15]}"
        )
        expected = RowError("DUPLICATE_VALUE", message, ("AssigneeId", "PermissionSetId"))
        assert org.dml.create(admin, "PermissionSetAssignment", row).errors == (expected,)

    def test_set_names_are_unique(self, org: Org, admin: User, own_set: str) -> None:
        (error,) = org.dml.create(admin, "PermissionSet", {"Name": "my_integration", "Label": "X"}).errors
        assert (
            error.message == f"duplicate value found: Name duplicates value on record with id: {own_set[:15]}"
        )


def test_a_converted_lead_stays_as_it_is(org: Org, admin: User, make: Make) -> None:
    lead = make("Lead", LastName="L", Company="C")
    with org.store.write() as connection:
        connection.execute("UPDATE Lead SET IsConverted = 1")
    assert (
        org.dml.update(admin, "Lead", lead, {"Phone": "1"}).errors[0].status_code
        == "CANNOT_UPDATE_CONVERTED_LEAD"
    )


def test_a_case_is_numbered_closed_and_takes_its_contacts_account(
    org: Org, admin: User, make: Make, rows: Rows
) -> None:
    account = make("Account", Name="A")
    case = make("Case", Subject="Help", ContactId=make("Contact", LastName="L", AccountId=account))
    make("Case", Subject="More")
    org.dml.update(admin, "Case", case, {"Status": "Closed"})
    assert rows('SELECT CaseNumber, AccountId, Status, ClosedDate FROM "Case" ORDER BY Id') == [
        ("00000001", account, "Closed", "2026-03-04T05:06:07Z"),
        ("00000002", None, "New", None),
    ]


def test_usernames_are_unique_in_any_case(org: Org, admin: User) -> None:
    person = {
        "Username": "ADMIN@example.com",
        "LastName": "X",
        "Email": "x@example.com",
        "Alias": "x",
        "ProfileId": admin.profile_id,
        "TimeZoneSidKey": "Europe/Paris",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
    }
    assert org.dml.create(admin, "User", person).errors[0].status_code == "DUPLICATE_USERNAME"
    made = org.dml.create(admin, "User", {**person, "Username": "x@example.com", "IsActive": True})
    assert made.success
    found = org.users.by_username("X@EXAMPLE.com")
    assert found is not None
    assert (found.id, found.name, found.active, found.time_zone) == (made.id, "X", True, "Europe/Paris")


def test_a_files_versions_share_a_document(org: Org, make: Make, rows: Rows) -> None:
    account = make("Account", Name="A")
    first = make(
        "ContentVersion", PathOnClient="/tmp/plan.txt", VersionData="aGVsbG8=", FirstPublishLocationId=account
    )
    (document,) = rows("SELECT ContentDocumentId FROM ContentVersion")[0]
    second = make("ContentVersion", PathOnClient="plan.pdf", VersionData="", ContentDocumentId=document)
    columns = "Id, Title, FileType, ContentSize, Checksum, VersionNumber, IsLatest"
    assert rows(f"SELECT {columns} FROM ContentVersion ORDER BY Id") == [
        (first, "plan", "TXT", 5, "5d41402abc4b2a76b9719d911017c592", "1", 0),
        (second, "plan", "PDF", 0, "d41d8cd98f00b204e9800998ecf8427e", "2", 1),
    ]
    assert rows("SELECT LatestPublishedVersionId, FileType FROM ContentDocument") == [(second, "PDF")]
    assert rows("SELECT LinkedEntityId, ContentDocumentId FROM ContentDocumentLink") == [(account, document)]


def test_an_attachment_knows_its_length(make: Make, rows: Rows) -> None:
    make("Attachment", ParentId=make("Account", Name="A"), Name="x.bin", Body="AAEC")
    assert rows("SELECT BodyLength, Body FROM Attachment") == [(3, b"\x00\x01\x02")]


def test_details_are_granted_to_who_sees_their_masters(org: Org, admin: User, make: Make) -> None:
    org.create_custom_object("Line__c", grant_to=())
    org.create_custom_field(
        "Line__c.Account__c", type="MasterDetail", referenceTo="Account", relationshipName="Lines"
    )
    own = make("PermissionSet", Name="Own", Label="Own")
    row = {"ParentId": own, "SobjectType": "Line__c", "PermissionsRead": True}
    (error,) = org.dml.create(admin, "ObjectPermissions", row).errors
    assert error.message == "Permission Read Line__c depends on permission(s): Read Account"
    make("ObjectPermissions", ParentId=own, SobjectType="Account", PermissionsRead=True)
    assert org.dml.create(admin, "ObjectPermissions", row).success


def test_tracked_fields_leave_a_history(org: Org, admin: User, make: Make, rows: Rows) -> None:
    org.rules.tracked["Account"] = frozenset({"Name", "OwnerId"})
    account = make("Account", Name="A")
    org.dml.update(admin, "Account", account, {"Name": "B", "Phone": "1"})
    org.dml.update(admin, "Account", account, {"Name": "B"})
    assert rows("SELECT AccountId, Field, DataType, OldValue, NewValue FROM AccountHistory ORDER BY Id") == [
        (account, "created", None, None, None),
        (account, "Name", "Text", "A", "B"),
    ]
    org.rules.tracked["Opportunity"] = frozenset({"Amount"})
    make("Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-01-01")
    assert rows("SELECT Field FROM OpportunityFieldHistory") == [("created",)]


def test_a_full_org_takes_no_new_rows_but_changes(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    org.limits.set_remaining(0, "DataStorageMB")
    (error,) = org.dml.create(admin, "Account", {"Name": "B"}).errors
    assert (error.status_code, error.message) == ("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")
    assert org.dml.update(admin, "Account", account, {"Name": "C"}).success
