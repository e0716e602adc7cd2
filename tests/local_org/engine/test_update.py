from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local_org.dml import RowError
from local_org.dml.errors import ROLLED_BACK

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]


def test_what_is_sent_changes_and_the_rest_stays(org: Org, admin: User, make: Make, rows: Rows) -> None:
    account = make("Account", Name="A", Phone="1", Fax="2")
    org.clock.shift(timedelta(seconds=90))
    outcome = org.dml.update(
        org.users.require("admin@example.com"), "Account", account[:15], {"Phone": None, "Name": "B"}
    )
    assert (outcome.id, outcome.success) == (account, True)
    columns = "Name, Phone, Fax, CreatedDate, LastModifiedDate, SystemModstamp"
    assert rows(f"SELECT {columns} FROM Account") == [
        ("B", None, "2", "2026-03-04T05:06:07Z", "2026-03-04T05:07:37Z", "2026-03-04T05:07:37Z")
    ]


def test_an_update_that_changes_nothing_still_moves_the_timestamp(
    org: Org, admin: User, make: Make, rows: Rows
) -> None:
    account = make("Account", Name="A")
    org.clock.shift(timedelta(hours=1))
    assert org.dml.update(admin, "Account", account, {}).success
    assert rows("SELECT SystemModstamp FROM Account") == [("2026-03-04T06:06:07Z",)]


def test_the_composed_name_follows_its_parts(org: Org, admin: User, make: Make, rows: Rows) -> None:
    contact = make("Contact", Salutation="Ms.", FirstName="Ada", LastName="Byron")
    assert rows("SELECT Name FROM Contact") == [("Ada Byron",)]
    org.dml.update(admin, "Contact", contact, {"LastName": "Lovelace"})
    assert rows("SELECT Name FROM Contact") == [("Ada Lovelace",)]
    org.dml.update(admin, "Contact", contact, {"FirstName": ""})
    assert rows("SELECT Name FROM Contact") == [("Lovelace",)]


@pytest.mark.parametrize(
    ("record_id", "values", "error", "status"),
    [
        pytest.param(
            "0015g00000000zzAAA",
            {"Name": "B"},
            ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ()),
            404,
            id="no such row",
        ),
        pytest.param(
            "0035g00000000zzAAA",
            {"Name": "B"},
            ("MALFORMED_ID", "Account ID: id value of incorrect type: 0035g00000000zzAAA", ("Id",)),
            400,
            id="another object's id",
        ),
        pytest.param(
            "001",
            {"Name": "B"},
            ("MALFORMED_ID", "Account ID: id value of incorrect type: 001", ("Id",)),
            400,
            id="no id",
        ),
        pytest.param(
            "0015g00000000zzAAA",
            {"Id": "0015g00000000zzAAA"},
            ("INVALID_FIELD", "The Id field should not be specified in the sobject data.", ()),
            400,
            id="id in the body",
        ),
    ],
)
def test_a_row_that_cannot_be_changed_says_why(
    org: Org,
    admin: User,
    record_id: str,
    values: dict[str, Any],
    error: tuple[str, str, tuple[str, ...]],
    status: int,
) -> None:
    outcome = org.dml.update(admin, "Account", record_id, values)
    assert [(e.status_code, e.message, e.fields) for e in outcome.errors] == [error]
    assert outcome.errors[0].http_status == status


def test_a_deleted_row_cannot_be_changed(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    org.dml.delete(admin, "Account", account)
    (error,) = org.dml.update(admin, "Account", account, {"Name": "B"}).errors
    assert (error.status_code, error.message, error.http_status) == (
        "ENTITY_IS_DELETED",
        "entity is deleted",
        404,
    )


def test_a_required_field_cannot_be_cleared(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    (error,) = org.dml.update(admin, "Account", account, {"Name": ""}).errors
    assert error.message == "Required fields are missing: [Name]"


def test_a_field_that_can_only_be_created_is_refused_on_update(org: Org, admin: User, make: Make) -> None:
    campaign, contact = make("Campaign", Name="C"), make("Contact", LastName="L")
    member = make("CampaignMember", CampaignId=campaign, ContactId=contact)
    (error,) = org.dml.update(admin, "CampaignMember", member, {"CampaignId": campaign}).errors
    assert (error.status_code, error.fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ("CampaignId",))


def test_a_reference_sent_back_as_it_was_read_is_no_mistake(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    contact = make("Contact", LastName="L", AccountId=account)
    # The owner has left meanwhile; sending the row back unchanged is still allowed.
    with org.store.write() as connection:
        connection.execute("UPDATE User SET IsActive = 0 WHERE Id = ?", (admin.id,))
    assert org.dml.update(admin, "Contact", contact, {"AccountId": account, "OwnerId": admin.id}).success


class TestManyRows:
    def test_good_rows_are_kept_and_bad_ones_told_in_order(
        self, org: Org, admin: User, make: Make, rows: Rows
    ) -> None:
        first, second = make("Account", Name="A"), make("Account", Name="B")
        outcomes = org.dml.update_many(
            admin,
            "Account",
            [
                {"id": first, "Name": "A2"},
                {"Name": "no id"},
                {"Id": second, "Name": "x" * 256},
                {"Id": second, "Fax": "1"},
            ],
        )
        # A row that is refused anyway does not make the other one a double.
        assert [outcome.success for outcome in outcomes] == [True, False, False, True]
        assert outcomes[1].errors == (RowError("MISSING_ARGUMENT", "Id not specified in an update call"),)
        assert outcomes[2].errors[0].status_code == "STRING_TOO_LONG"
        assert rows("SELECT Name, Fax FROM Account ORDER BY Name") == [("A2", None), ("B", "1")]

    def test_the_same_row_twice_in_one_chunk_is_refused_both_times(
        self, org: Org, admin: User, make: Make
    ) -> None:
        account = make("Account", Name="A")
        outcomes = org.dml.update_many(admin, "Account", [{"Id": account}, {"Id": account[:15]}])
        assert [outcome.errors[0].message for outcome in outcomes] == [
            f"Duplicate id specified: {account}"
        ] * 2

    def test_the_same_row_in_two_chunks_is_written_twice_in_order(
        self, org: Org, admin: User, make: Make, rows: Rows
    ) -> None:
        account = make("Account", Name="A")
        fill = org.dml.create_many(admin, "Account", [{"Name": "x"}] * 199)
        between: list[dict[str, Any]] = [{"Id": outcome.id} for outcome in fill]
        asked = [{"Id": account, "Name": "first"}, *between, {"Id": account, "Name": "last"}]
        assert all(outcome.success for outcome in org.dml.update_many(admin, "Account", asked))
        assert rows("SELECT Name FROM Account WHERE Id = ?", account) == [("last",)]

    def test_all_or_none_undoes_the_good_rows(self, org: Org, admin: User, make: Make, rows: Rows) -> None:
        account = make("Account", Name="A")
        outcomes = org.dml.update_many(
            admin,
            "Account",
            [{"Id": account, "Name": "B"}, {"Id": account[:-3], "Nope": 1}],
            all_or_none=True,
        )
        assert outcomes[0].errors == (ROLLED_BACK,)
        assert outcomes[1].errors[0].status_code == "INVALID_FIELD"
        outcomes = org.dml.create_many(
            admin, "Contact", [{"FirstName": "A"}, {"LastName": "B"}], all_or_none=True
        )
        assert outcomes[0].errors[0].message == "Required fields are missing: [LastName]"
        assert (outcomes[1].id, outcomes[1].success, outcomes[1].errors) == (None, False, (ROLLED_BACK,))
        assert org.store.count("Contact") == 0
        assert rows("SELECT Name FROM Account") == [("A",)]

    def test_a_thousand_rows_go_through_in_one_call(self, org: Org, admin: User) -> None:
        made = org.dml.create_many(admin, "Account", [{"Name": f"A{n}"} for n in range(1_000)])
        changed = org.dml.update_many(admin, "Account", [{"Id": o.id, "Fax": "1"} for o in made])
        assert sum(outcome.success for outcome in changed) == 1_000
        assert len({outcome.id for outcome in changed}) == 1_000
