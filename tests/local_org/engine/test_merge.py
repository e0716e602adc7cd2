from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]


def test_the_winner_gets_the_children_and_the_losers_remember_him(
    org: Org, admin: User, make: Make, rows: Rows
) -> None:
    winner, loser = make("Account", Name="Winner"), make("Account", Name="Loser")
    make("Contact", LastName="L", AccountId=loser)
    make("Account", Name="Daughter", ParentId=loser)
    outcome = org.dml.merge(admin, "Account", winner, [loser], {"Phone": "1"})
    assert outcome.success
    assert rows("SELECT AccountId FROM Contact") == [(winner,)]
    assert rows("SELECT ParentId FROM Account WHERE Name = 'Daughter'") == [(winner,)]
    assert rows("SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = ?", loser) == [(1, winner)]
    assert rows("SELECT Phone, IsDeleted FROM Account WHERE Id = ?", winner) == [("1", 0)]


def test_a_winner_does_not_become_his_own_parent(org: Org, admin: User, make: Make, rows: Rows) -> None:
    parent = make("Account", Name="Parent")
    child = make("Account", Name="Child", ParentId=parent)
    org.dml.merge(admin, "Account", child, [parent])
    assert rows("SELECT ParentId FROM Account WHERE Id = ?", child) == [(parent,)]


@pytest.mark.parametrize(
    ("sobject", "losers", "code"),
    [
        pytest.param("Account", [], "INVALID_OPERATION", id="nobody to merge"),
        pytest.param("Account", ["same"], "INVALID_OPERATION", id="with itself"),
        pytest.param("Account", ["0015g00000000zz"] * 3, "INVALID_OPERATION", id="too many"),
        pytest.param("Account", ["0015g00000000zz"], "INVALID_CROSS_REFERENCE_KEY", id="nothing there"),
        pytest.param("Account", ["nonsense"], "MALFORMED_ID", id="no id"),
        pytest.param("Account", ["gone"], "ENTITY_IS_DELETED", id="deleted"),
        pytest.param("Opportunity", ["x"], "INVALID_OPERATION", id="object without merging"),
    ],
)
def test_a_merge_that_cannot_be_changes_nothing(
    org: Org, admin: User, make: Make, rows: Rows, sobject: str, losers: list[str], code: str
) -> None:
    winner, gone = make("Account", Name="W"), make("Account", Name="G")
    org.dml.delete(admin, "Account", gone)
    asked = [{"same": winner, "gone": gone}.get(loser, loser) for loser in losers]
    outcome = org.dml.merge(admin, sobject, winner, asked)
    assert [error.status_code for error in outcome.errors] == [code]
    assert rows("SELECT count(*) FROM Account WHERE MasterRecordId IS NOT NULL") == [(0,)]


def test_values_the_winner_refuses_undo_the_merge(org: Org, admin: User, make: Make, rows: Rows) -> None:
    winner, loser = make("Account", Name="W"), make("Account", Name="L")
    outcome = org.dml.merge(admin, "Account", winner, [loser], {"Name": None})
    assert not outcome.success
    assert rows("SELECT IsDeleted FROM Account WHERE Id = ?", loser) == [(0,)]


def test_a_reader_cannot_merge(org: Org, make: Make) -> None:
    winner, loser = make("Account", Name="W"), make("Account", Name="L")
    (error,) = org.dml.merge(org.reader, "Account", winner, [loser]).errors
    assert error.status_code == "INSUFFICIENT_ACCESS_OR_READONLY"
