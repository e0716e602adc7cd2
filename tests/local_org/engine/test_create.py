from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org.dml import RowError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]

MISSING = "0015g00000000zzAAA"
NOT_WRITABLE = (
    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is"
    " read/write for your profile or permission set."
)


@pytest.mark.parametrize(
    ("sobject", "values", "error"),
    [
        pytest.param(
            "Account",
            {},
            ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ("Name",)),
            id="required",
        ),
        pytest.param(
            "Account",
            {"Name": "  "},
            ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ("Name",)),
            id="blank is missing",
        ),
        pytest.param(
            "Lead",
            {"FirstName": "A"},
            (
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [LastName, Company]",
                ("LastName", "Company"),
            ),
            id="several required",
        ),
        pytest.param(
            "Opportunity",
            {"Amount": 1},
            (
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [Name, StageName, CloseDate]",
                ("Name", "StageName", "CloseDate"),
            ),
            id="required of a deal",
        ),
        pytest.param(
            "Lead",
            {"LastName": "A", "Company": "B", "Status": None},
            ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Status]", ("Status",)),
            id="a default is not used for a null",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "FavoritePet__c": 1},
            ("INVALID_FIELD", "No such column 'FavoritePet__c' on sobject of type Account", ()),
            id="unknown field",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "MasterRecordId": None},
            (
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                NOT_WRITABLE.format("MasterRecordId"),
                ("MasterRecordId",),
            ),
            id="read-only field, even null",
        ),
        pytest.param(
            "Contact",
            {"LastName": "A", "Name": "B", "CreatedDate": "2020-01-01T00:00:00Z"},
            (
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                NOT_WRITABLE.format("Name, CreatedDate"),
                ("Name", "CreatedDate"),
            ),
            id="several read-only fields",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "BillingAddress": {"city": "Paris"}},
            (
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                NOT_WRITABLE.format("BillingAddress"),
                ("BillingAddress",),
            ),
            id="compound field",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "Id": MISSING},
            ("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ("Id",)),
            id="id of a new row",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "BillingCity": "Giugliano in Campania, Città Metropolitana"},
            (
                "STRING_TOO_LONG",
                "Billing City: data value too large: Giugliano in Campania, Città Metropolitana (max length=40)",
                ("BillingCity",),
            ),
            id="too long",
        ),
        pytest.param(
            "Contact",
            {"LastName": "A", "Email": "123"},
            ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: 123", ("Email",)),
            id="e-mail",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "CleanStatus": "Spotless"},
            (
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                "Clean Status: bad value for restricted picklist field: Spotless",
                ("CleanStatus",),
            ),
            id="restricted picklist",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "NumberOfEmployees": 1_431_655_766},
            (
                "NUMBER_OUTSIDE_VALID_RANGE",
                "Employees: value outside of valid range on numeric field: 1431655766",
                ("NumberOfEmployees",),
            ),
            id="number out of range",
        ),
        pytest.param(
            "Contact",
            {"LastName": "A", "DoNotCall": None},
            ("INVALID_FIELD", "No such column 'DoNotCall' on sobject of type Contact", ()),
            id="a field orgs of this kind lack",
        ),
        pytest.param(
            "Contact",
            {"LastName": "A", "AccountId": "xyz"},
            ("MALFORMED_ID", "Account ID: id value of incorrect type: xyz", ("AccountId",)),
            id="no id at all",
        ),
        pytest.param(
            "Contact",
            {"LastName": "A", "AccountId": "0035g000001AzZ0AAK"},
            ("MALFORMED_ID", "Account ID: id value of incorrect type: 0035g000001AzZ0AAK", ("AccountId",)),
            id="id of another object",
        ),
        pytest.param(
            "Contact",
            {"LastName": "A", "AccountId": "0015g00000000zz"},
            ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ()),
            id="id of no row",
        ),
        pytest.param(
            "Account",
            {"Name": "A", "RecordTypeId": "0125g00000000zzAAA"},
            (
                "INVALID_CROSS_REFERENCE_KEY",
                "Record Type ID: this ID value isn't valid for the user: 0125g00000000zzAAA",
                ("RecordTypeId",),
            ),
            id="record type of no row",
        ),
        pytest.param(
            "OpportunityHistory",
            {"Amount": 1},
            (
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                "entity type cannot be inserted: Opportunity History",
                (),
            ),
            id="object without new rows",
        ),
    ],
)
def test_a_bad_row_is_refused_in_salesforces_words(
    org: Org, admin: User, sobject: str, values: dict[str, Any], error: tuple[str, str, tuple[str, ...]]
) -> None:
    outcome = org.dml.create(admin, sobject, values)
    assert not outcome.success
    assert outcome.id is None
    assert [(e.status_code, e.message, e.fields) for e in outcome.errors] == [error]
    assert org.store.count(sobject) == 0


def test_mistakes_in_several_fields_are_all_told(org: Org, admin: User) -> None:
    outcome = org.dml.create(admin, "Contact", {"LastName": "x" * 81, "Email": "1", "Pet": "cat"})
    assert [e.status_code for e in outcome.errors] == [
        "STRING_TOO_LONG",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_FIELD",
    ]


def test_only_an_unknown_column_has_no_fields_key(org: Org, admin: User) -> None:
    (unknown,) = org.dml.create(admin, "Account", {"Name": "A", "Nope": 1}).errors
    (missing,) = org.dml.create(admin, "Account", {}).errors
    assert not unknown.has_fields
    assert missing.has_fields


def test_a_new_row_gets_id_owner_defaults_and_audit_fields(org: Org, admin: User, rows: Rows) -> None:
    outcome = org.dml.create(
        admin, "lead", {"lastname": " Lovelace ", "FIRSTNAME": "Ada", "Company": "Engine"}
    )
    assert outcome.success
    assert outcome.created is None
    columns = "Id, Name, Status, OwnerId, IsConverted, CreatedById, LastModifiedById"
    assert rows(f"SELECT {columns} FROM Lead") == [
        (outcome.id, "Ada Lovelace", "Open - Not Contacted", admin.id, 0, admin.id, admin.id)
    ]
    assert rows("SELECT CreatedDate, LastModifiedDate, SystemModstamp FROM Lead") == [
        ("2026-03-04T05:06:07Z",) * 3
    ]


def test_references_are_taken_with_15_characters_and_kept_with_18(make: Make, rows: Rows) -> None:
    account = make("Account", Name="Acme")
    make("Contact", LastName="L", AccountId=account[:15])
    assert rows("SELECT AccountId FROM Contact") == [(account,)]


def test_the_master_record_type_is_no_record_type(make: Make, rows: Rows) -> None:
    make("Account", Name="Acme", RecordTypeId="012000000000000AAA")
    assert rows("SELECT RecordTypeId FROM Account") == [(None,)]


def test_a_reference_to_a_deleted_row_is_refused(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="Acme")
    org.dml.delete(admin, "Account", account)
    (error,) = org.dml.create(admin, "Contact", {"LastName": "L", "AccountId": account}).errors
    assert (error.status_code, error.message) == ("ENTITY_IS_DELETED", "entity is deleted")


def test_a_row_cannot_be_given_to_somebody_who_left(org: Org, admin: User) -> None:
    org.dml.update(admin, "User", org.reader.id, {"IsActive": False})
    (error,) = org.dml.create(admin, "Account", {"Name": "A", "OwnerId": org.reader.id}).errors
    assert error.status_code == "INACTIVE_OWNER_OR_USER"
    assert error.message == f"operation performed with inactive user [{org.reader.id}] as owner of account"


@pytest.mark.parametrize(
    ("sobject", "owner", "accepted"),
    [("Lead", "group", True), ("Account", "group", False), ("Lead", "user", True)],
    ids=["queue owns lead", "queue cannot own account", "user owns lead"],
)
def test_owners_are_people_or_queues_depending_on_the_object(
    org: Org, admin: User, make: Make, sobject: str, owner: str, accepted: bool
) -> None:
    owner_id = make("Group", Name="Queue", Type="Queue") if owner == "group" else org.reader.id
    values = {"Name": "A"} if sobject == "Account" else {"LastName": "A", "Company": "B"}
    outcome = org.dml.create(admin, sobject, {**values, "OwnerId": owner_id})
    assert outcome.success is accepted
    if not accepted:
        assert outcome.errors[0].message == f"Owner ID: id value of incorrect type: {owner_id}"


def test_activities_point_at_people_and_at_things(org: Org, admin: User, make: Make) -> None:
    account, contact = make("Account", Name="A"), make("Contact", LastName="L")
    assert org.dml.create(admin, "Task", {"Subject": "Call", "WhoId": contact, "WhatId": account}).success
    (error,) = org.dml.create(admin, "Task", {"Subject": "Call", "WhoId": account}).errors
    assert (error.status_code, error.fields) == ("MALFORMED_ID", ("WhoId",))


def test_unreadable_json_fails_one_row_alone_and_a_whole_collection(org: Org, admin: User) -> None:
    bad = {"Name": "A", "NumberOfEmployees": "many"}
    outcome = org.dml.create(admin, "Account", bad)
    assert outcome.errors[0].status_code == "JSON_PARSER_ERROR"
    with pytest.raises(UnreadableError):
        org.dml.create_many(admin, "Account", [{"Name": "good"}, bad])
    assert org.store.count("Account") == 0


def test_csv_leaves_blanks_alone_and_nulls_what_says_so(org: Org, admin: User, rows: Rows) -> None:
    row = {"Name": "A", "Phone": "", "Fax": "#N/A", "NumberOfEmployees": "5", "attributes": "x"}
    assert org.dml.create(admin, "Account", row, csv=True).success
    assert rows("SELECT Phone, Fax, NumberOfEmployees FROM Account") == [(None, None, 5)]


class TestRelationshipsByExternalId:
    """`{"Account": {"Key__c": "5"}}` instead of an id."""

    @pytest.fixture(autouse=True)
    def _key(self, org: Org) -> None:
        org.create_custom_field("Account.Key__c", type="Text", length=20, externalId=True)

    def test_the_row_is_found_without_case(self, make: Make, rows: Rows) -> None:
        account = make("Account", Name="Acme", Key__c="ABC")
        make("Contact", LastName="L", account={"attributes": {"type": "Account"}, "key__C": "abc"})
        assert rows("SELECT AccountId FROM Contact") == [(account,)]

    def test_csv_names_it_in_the_header(self, org: Org, admin: User, make: Make, rows: Rows) -> None:
        account = make("Account", Name="Acme", Key__c="ABC")
        row = {"LastName": "L", "Account.Key__c": "ABC", "Owner.Username": "reader@example.com"}
        assert org.dml.create(admin, "Contact", row, csv=True).success
        assert rows("SELECT AccountId, OwnerId FROM Contact") == [(account, org.reader.id)]

    def test_an_indexed_field_such_as_email_works_too(self, make: Make, rows: Rows) -> None:
        contact = make("Contact", LastName="L", Email="l@example.com")
        make("Contact", LastName="M", ReportsTo={"Email": "L@example.com"})
        assert rows("SELECT ReportsToId FROM Contact WHERE LastName = 'M'") == [(contact,)]

    def test_null_clears(self, org: Org, admin: User, make: Make, rows: Rows) -> None:
        account = make("Account", Name="Acme")
        contact = make("Contact", LastName="L", AccountId=account)
        assert org.dml.update(admin, "Contact", contact, {"Account": None}).success
        assert rows("SELECT AccountId FROM Contact") == [(None,)]

    @pytest.mark.parametrize(
        ("given", "code", "message"),
        [
            pytest.param(
                {"Key__c": "nobody"},
                "INVALID_FIELD",
                "Foreign key external ID: nobody not found for field Key__c in entity Account",
                id="nothing there",
            ),
            pytest.param(
                {"Key__c": "twice"},
                "DUPLICATE_EXTERNAL_ID",
                "Key: more than one record found for external id field: ",
                id="two there",
            ),
            pytest.param(
                {"Phone": "1"},
                "INVALID_FIELD",
                "Field name provided, Phone does not match an External ID, Salesforce Id, or indexed field for Account",
                id="not a key",
            ),
            pytest.param(
                {"Nope__c": "1"},
                "INVALID_FIELD",
                "No such column 'Nope__c' on sobject of type Account",
                id="no field",
            ),
        ],
    )
    def test_a_reference_that_finds_no_single_row_is_refused(
        self, org: Org, admin: User, make: Make, given: dict[str, str], code: str, message: str
    ) -> None:
        for _ in range(2):
            make("Account", Name="Double", Key__c="twice")
        (error,) = org.dml.create(admin, "Contact", {"LastName": "L", "Account": given}).errors
        assert error.status_code == code
        assert error.message.startswith(message)

    def test_a_relationship_that_is_no_object_is_unreadable(self, org: Org, admin: User) -> None:
        (error,) = org.dml.create(admin, "Contact", {"LastName": "L", "Account": "Acme"}).errors
        assert error.status_code == "JSON_PARSER_ERROR"

    def test_a_relationship_takes_one_key(self, org: Org, admin: User) -> None:
        (error,) = org.dml.create(
            admin, "Contact", {"LastName": "L", "Account": {"Key__c": 1, "Id": 2}}
        ).errors
        assert error.status_code == "INVALID_FIELD"


class TestUniqueFields:
    """Values that one row may have."""

    @pytest.fixture
    def key(self, org: Org, request: pytest.FixtureRequest) -> str:
        sensitive = request.param
        org.create_custom_field(
            "Account.Code__c", type="Text", length=20, unique=True, externalId=True, caseSensitive=sensitive
        )
        return "Code__c"

    @pytest.mark.parametrize(
        ("key", "second", "accepted"),
        [(False, "abc", False), (True, "abc", True), (True, "ABC", False), (False, "ABD", True)],
        ids=["without case", "with case differs", "with case equal", "another value"],
        indirect=["key"],
    )
    def test_a_taken_value_names_the_row_that_has_it(
        self, org: Org, admin: User, make: Make, key: str, second: str, accepted: bool
    ) -> None:
        first = make("Account", Name="A", Code__c="ABC")
        outcome = org.dml.create(admin, "Account", {"Name": "B", key: second})
        assert outcome.success is accepted
        if not accepted:
            message = f"duplicate value found: Code__c duplicates value on record with id: {first[:15]}"
            assert outcome.errors == (RowError("DUPLICATE_VALUE", message),)

    @pytest.mark.parametrize("key", [False], indirect=True, ids=["without case"])
    def test_null_is_no_value_and_the_recycle_bin_holds_none(
        self, org: Org, admin: User, make: Make, key: str
    ) -> None:
        gone = make("Account", Name="A", **{key: "1"})
        org.dml.delete(admin, "Account", gone)
        make("Account", Name="B", **{key: "1"})
        make("Account", Name="C")
        make("Account", Name="D", **{key: None})
        (error,) = org.dml.undelete(admin, gone).errors
        assert error.status_code == "DUPLICATE_VALUE"

    @pytest.mark.parametrize("key", [False], indirect=True, ids=["without case"])
    def test_rows_of_one_request_do_not_share_a_value_but_may_swap_theirs(
        self, org: Org, admin: User, make: Make, rows: Rows, key: str
    ) -> None:
        outcomes = org.dml.create_many(admin, "Account", [{"Name": "A", key: "x"}, {"Name": "B", key: "X"}])
        assert [outcome.success for outcome in outcomes] == [True, False]
        assert outcomes[1].errors[0].message.endswith("record with id: <unknown>")
        a, b = outcomes[0].id, make("Account", Name="B", **{key: "y"})
        outcomes = org.dml.update_many(admin, "Account", [{"Id": a, key: "y"}, {"Id": b, key: "x"}])
        assert all(outcome.success for outcome in outcomes)
        assert rows("SELECT Name, Code__c FROM Account ORDER BY Name") == [("A", "y"), ("B", "x")]
