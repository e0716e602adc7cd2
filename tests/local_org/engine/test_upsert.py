from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org.dml import RowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]


@pytest.fixture(autouse=True)
def _fields(org: Org) -> None:
    org.create_custom_field("Account.Key__c", type="Text", length=20, externalId=True, unique=True)
    org.create_custom_field("Account.Loose__c", type="Text", length=20, externalId=True)
    org.create_custom_field("Account.Number__c", type="Number", precision=5, scale=0, externalId=True)


def test_a_new_key_inserts_and_a_known_one_changes(org: Org, admin: User, rows: Rows) -> None:
    first = org.dml.upsert(admin, "Account", "key__c", " K1 ", {"Name": "A"})
    assert (first.success, first.created) == (True, True)
    second = org.dml.upsert(admin, "Account", "Key__c", "k1", {"Phone": "1"})
    assert (second.id, second.created) == (first.id, False)
    assert rows("SELECT Name, Phone, Key__c FROM Account") == [("A", "1", "K1")]


def test_a_number_can_be_the_key(org: Org, admin: User, rows: Rows) -> None:
    org.dml.upsert(admin, "Account", "Number__c", 7, {"Name": "A"})
    again = org.dml.upsert(admin, "Account", "Number__c", "7.0", {"Name": "B"})
    assert again.created is False
    assert rows("SELECT Name, Number__c FROM Account") == [("B", 7.0)]


def test_a_deleted_row_is_not_found(org: Org, admin: User) -> None:
    first = org.dml.upsert(admin, "Account", "Loose__c", "1", {"Name": "A"})
    org.dml.delete(admin, "Account", str(first.id))
    assert org.dml.upsert(admin, "Account", "Loose__c", "1", {"Name": "B"}).created is True


@pytest.mark.parametrize(
    ("field", "key", "values", "error"),
    [
        pytest.param(
            "Namez",
            "1",
            {},
            RowError(
                "NOT_FOUND",
                "Provided external ID field does not exist or is not accessible: Namez",
                http_status=404,
                has_fields=False,
            ),
            id="no such field",
        ),
        pytest.param(
            "Phone",
            "1",
            {},
            RowError(
                "NOT_FOUND",
                "Provided external ID field does not exist or is not accessible: Phone",
                http_status=404,
                has_fields=False,
            ),
            id="a field that is no key",
        ),
        pytest.param(
            "Key__c", " ", {"Name": "A"}, RowError("MISSING_ARGUMENT", "Key__c not specified"), id="no key"
        ),
        pytest.param(
            "Key__c",
            "1",
            {"KEY__C": "1"},
            RowError(
                "INVALID_FIELD",
                "The Key__c field should not be specified in the sobject data.",
                has_fields=False,
            ),
            id="key in the body",
        ),
        pytest.param(
            "Key__c",
            "1",
            {},
            RowError("REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ("Name",)),
            id="new row without what it needs",
        ),
    ],
)
def test_an_upsert_that_cannot_be_says_why(
    org: Org, admin: User, field: str, key: str, values: dict[str, Any], error: RowError
) -> None:
    assert org.dml.upsert(admin, "Account", field, key, values).errors == (error,)


def test_a_key_that_several_rows_have_writes_nothing_and_names_them(
    org: Org, admin: User, make: Make
) -> None:
    found = [make("Account", Name="A", Loose__c="x") for _ in range(2)]
    (error,) = org.dml.upsert(admin, "Account", "Loose__c", "x", {"Name": "B"}).errors
    assert error.status_code == "DUPLICATE_EXTERNAL_ID"
    assert (
        error.message == f"Loose: more than one record found for external id field: [{found[0]}, {found[1]}]"
    )
    assert error.http_status == 300
    assert error.extra["ids"] == tuple(found)


def test_update_only_never_inserts(org: Org, admin: User) -> None:
    (error,) = org.dml.upsert(admin, "Account", "Key__c", "new", {"Name": "A"}, update_only=True).errors
    assert (error.status_code, error.http_status) == ("INVALID_CROSS_REFERENCE_KEY", 404)
    assert org.store.count("Account") == 0


def test_the_same_key_twice_in_a_chunk_refuses_both_rows(org: Org, admin: User) -> None:
    asked = [{"Key__c": "a-1", "Name": "A"}, {"Key__c": "b", "Name": "B"}, {"Key__c": "A-1", "Name": "C"}]
    outcomes = org.dml.upsert_many(admin, "Account", "Key__c", asked)
    assert [outcome.success for outcome in outcomes] == [False, True, False]
    assert outcomes[0].errors[0].status_code == "DUPLICATE_VALUE"
    assert [o.errors[0].message for o in (outcomes[0], outcomes[2])] == [
        "Duplicate external id specified: a-1",
        "Duplicate external id specified: A-1",
    ]


def test_a_key_made_in_one_chunk_is_found_in_the_next(org: Org, admin: User) -> None:
    asked = [{"Key__c": str(n), "Name": "A"} for n in range(200)] + [{"Key__c": "0", "Name": "B"}]
    outcomes = org.dml.upsert_many(admin, "Account", "Key__c", asked)
    assert [outcome.created for outcome in outcomes] == [True] * 200 + [False]


def test_upserting_by_id_inserts_the_rows_that_have_none(
    org: Org, admin: User, make: Make, rows: Rows
) -> None:
    account = make("Account", Name="A")
    outcomes = org.dml.upsert_many(
        admin, "Account", "Id", [{"Id": None, "Name": "N"}, {"Id": account, "Name": "B"}]
    )
    assert [outcome.created for outcome in outcomes] == [True, False]
    assert rows("SELECT Name FROM Account ORDER BY Name") == [("B",), ("N",)]


def test_csv_rows_can_be_upserted_with_their_key_among_the_columns(org: Org, admin: User, rows: Rows) -> None:
    asked = [{"Key__c": "1", "Name": "A", "Phone": "5"}, {"Key__c": "#N/A", "Name": "B"}]
    outcomes = org.dml.upsert_many(admin, "Account", "Key__c", asked, csv=True)
    assert [outcome.success for outcome in outcomes] == [True, False]
    org.dml.upsert_many(admin, "Account", "Key__c", [{"Key__c": "1", "Name": "", "Phone": "#N/A"}], csv=True)
    assert rows("SELECT Name, Phone FROM Account") == [("A", None)]


def test_a_reader_can_neither_insert_nor_change(org: Org, make: Make) -> None:
    org.grant("Account.Key__c", org.reader)
    make("Account", Name="A", Key__c="1")
    known = org.dml.upsert(org.reader, "Account", "Key__c", "1", {"Name": "B"})
    new = org.dml.upsert(org.reader, "Account", "Key__c", "2", {"Name": "B"})
    assert known.errors[0].status_code == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert new.errors[0].status_code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
