from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org.dml import RowError, WriteOptions
from local_org.rules import DuplicateRule, ValidationRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]


@pytest.mark.parametrize(
    "condition",
    [
        ":AnnualRevenue > 100 AND :Phone IS NULL",
        lambda row: (row["AnnualRevenue"] or 0) > 100 and row["Phone"] is None,
    ],
    ids=["SQL", "function"],
)
def test_a_validation_rule_speaks_in_the_admins_words(org: Org, admin: User, condition: Any) -> None:
    org.rules.validations.append(
        ValidationRule("account", "Rich", condition, "Bitte Telefon angeben", "Phone")
    )
    good = org.dml.create(admin, "Account", {"Name": "A", "AnnualRevenue": 100})
    assert good.success
    (error,) = org.dml.update(admin, "Account", str(good.id), {"AnnualRevenue": 101}).errors
    assert error == RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Bitte Telefon angeben", ("Phone",))
    assert org.dml.update(admin, "Account", str(good.id), {"AnnualRevenue": 101, "Phone": "1"}).success


def test_a_rule_for_the_whole_row_names_no_field_and_other_objects_go_free(org: Org, admin: User) -> None:
    org.rules.validations.append(ValidationRule("Account", "Never", "1", "No accounts today"))
    assert org.dml.create(admin, "Account", {"Name": "A"}).errors[0].fields == ()
    assert org.dml.create(admin, "Contact", {"LastName": "L"}).success
    org.rules.clear()
    assert org.dml.create(admin, "Account", {"Name": "A"}).success


def test_triggers_and_approvals_refuse_with_codes_of_their_own(org: Org, admin: User) -> None:
    rule = ValidationRule("Account", "Approval", "1", "This record is locked.", code="ENTITY_IS_LOCKED")
    org.rules.validations.append(rule)
    (error,) = org.dml.create(admin, "Account", {"Name": "A"}).errors
    assert (error.status_code, error.message) == ("ENTITY_IS_LOCKED", "This record is locked.")


class TestDuplicateRules:
    def test_a_double_is_refused_with_the_misspelt_key(self, org: Org, admin: User, make: Make) -> None:
        org.rules.duplicates.append(
            DuplicateRule("Contact", "Same_Email", ("Email",), "Usar um desses registros?")
        )
        known = make("Contact", LastName="L", Email="l@example.com")
        (error,) = org.dml.create(admin, "Contact", {"LastName": "M", "Email": "L@example.com"}).errors
        assert (error.status_code, error.message, error.fields) == (
            "DUPLICATES_DETECTED",
            "Usar um desses registros?",
            (),
        )
        result = error.extra["duplicateResut"]
        assert result["allowSave"] is True
        assert result["duplicateRule"] == "Same_Email"
        assert result["errorMessage"] == "Usar um desses registros?"
        (match,) = result["matchResults"]
        assert (match["size"], match["matchEngine"], match["entityType"]) == (
            1,
            "ExactMatchEngine",
            "Contact",
        )
        assert match["matchRecords"][0]["record"]["Id"] == known
        assert "Email" not in match["matchRecords"][0]["record"]

    @pytest.mark.parametrize(("block", "saved"), [(False, True), (True, False)], ids=["alert", "block"])
    def test_allow_save_passes_alerts_but_not_blocks(
        self, org: Org, admin: User, make: Make, block: bool, saved: bool
    ) -> None:
        org.rules.duplicates.append(DuplicateRule("Account", "Same", ("Name", "Website"), block=block))
        make("Account", Name="A", Website="a.example")
        options = WriteOptions(allow_duplicates=True, include_record_details=True)
        outcome = org.dml.create(admin, "Account", {"Name": "a", "Website": "A.example"}, options=options)
        assert outcome.success is saved
        if not saved:
            result = outcome.errors[0].extra["duplicateResut"]
            assert result["allowSave"] is False
            assert result["matchResults"][0]["matchRecords"][0]["record"]["Website"] == "a.example"

    def test_only_a_change_of_the_fields_looked_at_counts(self, org: Org, admin: User, make: Make) -> None:
        first, second = make("Account", Name="A"), make("Account", Name="A")
        org.rules.duplicates.append(DuplicateRule("Account", "Same", ("Name",)))
        assert org.dml.update(admin, "Account", first, {"Phone": "1", "Name": "A"}).success
        assert not org.dml.create(admin, "Account", {"Name": "A"}).success
        assert org.dml.update(admin, "Account", second, {"Name": "B"}).success
        assert not org.dml.update(admin, "Account", second, {"Name": "A"}).success

    def test_an_empty_field_is_nobodys_double(self, org: Org, admin: User, make: Make) -> None:
        org.rules.duplicates.append(DuplicateRule("Account", "Same", ("Website",)))
        make("Account", Name="A")
        assert org.dml.create(admin, "Account", {"Name": "B"}).success


def test_an_assignment_rule_runs_unless_the_client_says_no(
    org: Org, admin: User, make: Make, rows: Rows
) -> None:
    queue = make("Group", Name="Inbox", Type="Queue")
    org.rules.assignments["Lead"] = queue
    make("Lead", LastName="A", Company="C")
    org.dml.create(
        admin, "Lead", {"LastName": "B", "Company": "C"}, options=WriteOptions(assignment_rules=False)
    )
    assert rows("SELECT LastName, OwnerId FROM Lead ORDER BY LastName") == [("A", queue), ("B", admin.id)]


class TestLocks:
    def test_a_held_row_cannot_be_written_so_many_times(self, org: Org, admin: User, make: Make) -> None:
        account = make("Account", Name="A")
        org.locks.lock(account, times=2)
        for _ in range(2):
            (error,) = org.dml.update(admin, "Account", account, {"Name": "B"}).errors
            message = f"unable to obtain exclusive access to this record or 1 records: {account}"
            assert (error.status_code, error.message, error.fields) == ("UNABLE_TO_LOCK_ROW", message, ())
        assert org.dml.update(admin, "Account", account, {"Name": "B"}).success

    def test_a_held_parent_holds_its_children_up(self, org: Org, admin: User, make: Make) -> None:
        account = make("Account", Name="A")
        org.locks.lock(account)
        outcomes = org.dml.create_many(
            admin, "Contact", [{"LastName": "L", "AccountId": account}, {"LastName": "M"}]
        )
        assert [outcome.success for outcome in outcomes] == [False, True]
        assert not org.dml.delete(admin, "Account", account).success
        org.locks.release(account)
        assert org.dml.delete(admin, "Account", account).success

    def test_clearing_lets_everything_go(self, org: Org, admin: User, make: Make) -> None:
        held = org.locks.lock(make("Account", Name="A"))
        assert len(org.locks) == 1
        org.locks.clear()
        assert org.dml.update(admin, "Account", held.record_id, {"Name": "B"}).success
        assert held.struck == 0
