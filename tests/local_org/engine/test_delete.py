from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local_org.clock import stored
from local_org.dml import changes, remove
from local_org.dml.errors import ROLLED_BACK

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]


def test_a_deleted_row_goes_to_the_recycle_bin_with_a_new_timestamp(
    org: Org, admin: User, make: Make, rows: Rows
) -> None:
    account = make("Account", Name="A")
    org.clock.shift(timedelta(minutes=1))
    outcome = org.dml.delete(admin, "Account", account[:15])
    assert (outcome.id, outcome.success) == (account, True)
    assert rows("SELECT IsDeleted, SystemModstamp, LastModifiedById FROM Account") == [
        (1, "2026-03-04T05:07:07Z", admin.id)
    ]


@pytest.mark.parametrize(
    ("given", "code", "message", "status"),
    [
        pytest.param(
            "0015g00000000zzAAA",
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            404,
            id="no row",
        ),
        pytest.param(
            "001RM000003oLrB000", "MALFORMED_ID", "malformed id 001RM000003oLrB000", 400, id="wrong checksum"
        ),
        pytest.param(
            "zzz5g00000000zz",
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            404,
            id="no object",
        ),
    ],
)
def test_an_id_that_cannot_be_deleted_says_why(
    org: Org, admin: User, given: str, code: str, message: str, status: int
) -> None:
    (outcome,) = org.dml.delete_many(admin, [given])
    (error,) = outcome.errors
    assert (error.status_code, error.message, error.fields, error.http_status) == (code, message, (), status)


def test_a_second_deletion_finds_the_row_deleted(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    outcomes = org.dml.delete_many(admin, [account, account])
    assert [outcome.success for outcome in outcomes] == [True, False]
    (error,) = org.dml.delete(admin, "Account", account).errors
    assert (error.status_code, error.message, error.http_status) == (
        "ENTITY_IS_DELETED",
        "entity is deleted",
        404,
    )


def test_a_named_object_takes_only_its_own_ids(org: Org, admin: User, make: Make) -> None:
    contact = make("Contact", LastName="L")
    (error,) = org.dml.delete(admin, "Account", contact).errors
    assert error.status_code == "MALFORMED_ID"


@pytest.mark.parametrize("name", ["User", "OpportunityStage"])
def test_some_objects_keep_their_rows(org: Org, admin: User, rows: Rows, name: str) -> None:
    (record_id,) = rows(f'SELECT "Id" FROM "{name}" LIMIT 1')[0]
    (error,) = org.dml.delete_many(admin, [record_id])[0].errors
    assert error.status_code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_rows_of_several_objects_are_deleted_in_one_call_and_keep_their_order(
    org: Org, admin: User, make: Make
) -> None:
    asked = [make("Account", Name="A"), make("Lead", LastName="L", Company="C"), make("Account", Name="B")]
    assert [outcome.id for outcome in org.dml.delete_many(admin, asked)] == asked


def test_all_or_none_keeps_every_row_and_the_ids_in_the_answer(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    outcomes = org.dml.delete_many(admin, [account, "0015g00000000zzAAA"], all_or_none=True)
    assert (outcomes[0].id, outcomes[0].success, outcomes[0].errors) == (account, False, (ROLLED_BACK,))
    assert outcomes[1].errors[0].status_code == "INVALID_CROSS_REFERENCE_KEY"
    assert org.store.count("Account") == 1


class TestCascade:
    @pytest.fixture
    def family(self, make: Make) -> dict[str, str]:
        account = make("Account", Name="Parent")
        child = make("Account", Name="Child", ParentId=account)
        contact = make("Contact", LastName="L", AccountId=account)
        deal = make(
            "Opportunity", Name="D", StageName="Prospecting", CloseDate="2026-05-01", AccountId=account
        )
        task = make("Task", Subject="Call", WhatId=deal)
        return {"account": account, "child": child, "contact": contact, "deal": deal, "task": task}

    def test_what_belongs_to_an_account_goes_with_it_and_comes_back_with_it(
        self, org: Org, admin: User, family: dict[str, str], rows: Rows
    ) -> None:
        assert org.dml.delete(admin, "Account", family["account"]).success
        for table in ("Contact", "Opportunity", "Task", "OpportunityHistory"):
            assert rows(f"SELECT DISTINCT IsDeleted FROM {table}") == [(1,)], table
        assert rows("SELECT IsDeleted, ParentId FROM Account WHERE Name = 'Child'") == [(0, None)]
        assert org.dml.undelete(admin, family["account"]).success
        for table in ("Account", "Contact", "Opportunity", "Task", "OpportunityHistory"):
            assert rows(f"SELECT DISTINCT IsDeleted FROM {table}") == [(0,)], table
        assert rows("SELECT ParentId FROM Account WHERE Name = 'Child'") == [(family["account"],)]

    def test_a_row_that_went_along_does_not_come_back_alone(
        self, org: Org, admin: User, family: dict[str, str]
    ) -> None:
        org.dml.delete(admin, "Account", family["account"])
        (error,) = org.dml.undelete(admin, family["contact"]).errors
        assert (error.status_code, error.message) == ("UNDELETE_FAILED", "Entity is not in the recycle bin")

    def test_a_lookup_set_anew_meanwhile_is_not_turned_back(
        self, org: Org, admin: User, family: dict[str, str], make: Make, rows: Rows
    ) -> None:
        org.dml.delete(admin, "Account", family["account"])
        other = make("Account", Name="Other")
        org.dml.update(admin, "Account", family["child"], {"ParentId": other})
        org.dml.undelete(admin, family["account"])
        assert rows("SELECT ParentId FROM Account WHERE Name = 'Child'") == [(other,)]

    def test_a_contact_with_cases_stays(
        self, org: Org, admin: User, family: dict[str, str], make: Make
    ) -> None:
        case = make("Case", Subject="Help", ContactId=family["contact"])
        (error,) = org.dml.delete(admin, "Contact", family["contact"]).errors
        assert error.status_code == "DELETE_FAILED"
        assert (
            f"could not be completed because it is associated with the following records: cases: {case}"
            in error.message
        )
        org.dml.delete(admin, "Case", case)
        assert org.dml.delete(admin, "Contact", family["contact"]).success


def test_a_hard_delete_leaves_nothing_but_the_log(org: Org, admin: User, make: Make) -> None:
    account = make("Account", Name="A")
    make("Contact", LastName="L", AccountId=account)
    binned = make("Account", Name="B")
    org.dml.delete(admin, "Account", binned)
    assert org.dml.hard_delete(admin, "Account", account).success
    assert org.dml.hard_delete(admin, "Account", binned).success
    for table in ("Account", "Contact"):
        assert org.store.read().execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    (error,) = org.dml.undelete(admin, account).errors
    assert error.status_code == "UNDELETE_FAILED"


@pytest.mark.parametrize("sobject", ["CampaignMember", "PermissionSetAssignment"])
def test_some_objects_never_come_back(org: Org, admin: User, make: Make, sobject: str) -> None:
    if sobject == "CampaignMember":
        values = {"CampaignId": make("Campaign", Name="C"), "ContactId": make("Contact", LastName="L")}
    else:
        values = {"AssigneeId": admin.id, "PermissionSetId": make("PermissionSet", Name="P", Label="P")}
    row = make(sobject, **values)
    assert org.dml.delete(admin, sobject, row).success
    (error,) = org.dml.undelete(admin, row).errors
    assert error.status_code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_the_recycle_bin_is_emptied_after_15_days_and_the_log_remembers(
    org: Org, admin: User, make: Make
) -> None:
    old = make("Account", Name="A")
    org.dml.delete(admin, "Account", old)
    org.clock.shift(timedelta(days=16))
    recent = make("Account", Name="B")
    org.dml.delete(admin, "Account", recent)
    assert remove.purge(org, stored(org.now() - timedelta(days=15))) == 1
    assert org.store.read().execute("SELECT Id FROM Account").fetchall() == [(recent,)]


class TestChanges:
    """getUpdated and getDeleted."""

    @pytest.fixture
    def moment(self, org: Org) -> Callable[[int], datetime]:
        start = org.now().replace(microsecond=0)
        return lambda minutes: start + timedelta(minutes=minutes)

    def test_deleted_rows_are_told_from_the_first_moment_to_before_the_last(
        self, org: Org, admin: User, make: Make, moment: Callable[[int], datetime]
    ) -> None:
        made = [make("Account", Name=str(n)) for n in range(3)]
        for record_id in made:
            org.dml.delete(admin, "Account", record_id)
            org.clock.shift(timedelta(minutes=1))
        found = changes.deleted(org, org.schema.object("Account"), moment(0), moment(2))
        assert [record_id for record_id, _ in found.records] == made[:2]
        assert found.records[1][1] == stored(moment(1))
        assert found.latest == stored(moment(2))

    def test_a_hard_deleted_row_is_told_and_a_restored_one_is_not(
        self, org: Org, admin: User, make: Make, moment: Callable[[int], datetime]
    ) -> None:
        hard, back = make("Account", Name="A"), make("Account", Name="B")
        org.dml.hard_delete(admin, "Account", hard)
        org.dml.delete(admin, "Account", back)
        org.dml.undelete(admin, back)
        found = changes.deleted(org, org.schema.object("Account"), moment(0), moment(1))
        assert [record_id for record_id, _ in found.records] == [hard]

    def test_rows_that_went_along_are_told_too(
        self, org: Org, admin: User, make: Make, moment: Callable[[int], datetime]
    ) -> None:
        account = make("Account", Name="A")
        contact = make("Contact", LastName="L", AccountId=account)
        org.dml.delete(admin, "Account", account)
        found = changes.deleted(org, org.schema.object("Contact"), moment(0), moment(1))
        assert [record_id for record_id, _ in found.records] == [contact]

    def test_updated_rows_are_told_in_order_of_their_timestamp(
        self, org: Org, admin: User, make: Make, moment: Callable[[int], datetime]
    ) -> None:
        first, second, gone = (make("Account", Name=str(n)) for n in range(3))
        org.clock.shift(timedelta(minutes=1))
        org.dml.update(admin, "Account", first, {"Name": "new"})
        org.dml.delete(admin, "Account", gone)
        item = org.schema.object("Account")
        assert changes.updated(org, item, moment(0), moment(5)).ids == (second, first)
        assert changes.updated(org, item, moment(1), moment(5)).ids == (first,)
        assert changes.updated(org, item, moment(0), moment(5)).latest == stored(moment(1))

    def test_nothing_is_promised_beyond_15_days(self, org: Org, moment: Callable[[int], datetime]) -> None:
        found = changes.deleted(
            org, org.schema.object("Account"), datetime(2020, 1, 1, tzinfo=UTC), moment(0)
        )
        assert found.records == ()
        assert found.earliest == stored(moment(0) - timedelta(days=15))
