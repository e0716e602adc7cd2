"""Formula and roll-up fields: they change without the row's timestamp moving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import discover, insert, run_tap

from tap_salesforce_abm.digests import BUCKETS
from tap_salesforce_abm.formulas import Comparison, Known

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

AT = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def contacts(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> dict[str, Any]:
    """Thirty Contacts of three Accounts; a formula shows the Account's employees."""
    org.org.customiser.create_field(
        "Contact.Employees__c",
        {
            "type": "Number",
            "label": "Employees",
            "precision": 18,
            "scale": 0,
            "formula": "Account.NumberOfEmployees",
        },
    )
    org.org.grant("Contact.Employees__c", org.org.admin, edit=False)
    insert(org, "Account", [{"Name": n, "NumberOfEmployees": 1} for n in "abc"], at=noon - timedelta(days=9))
    ids = [row[0] for row in org.org.store.read().execute('SELECT "Id" FROM "Account" ORDER BY "Name"')]
    rows = [{"LastName": f"{number:02}", "AccountId": ids[number % 3]} for number in range(30)]
    insert(org, "Contact", rows, at=noon - timedelta(days=9))
    return {**config, "objects": ["Contact"]}


def _employ(org: RunningOrg, name: str, employees: int) -> None:
    [[identifier]] = org.org.store.read().execute('SELECT "Id" FROM "Account" WHERE "Name" = ?', (name,))
    outcome = org.org.dml.update(org.org.admin, "Account", identifier, {"NumberOfEmployees": employees})
    assert outcome.success, outcome.errors


def _found(result: Any) -> dict[str, Any]:
    assert result.code == 0, result.log
    return {record["LastName"]: record["Employees__c"] for record in result.records["Contact"]}


@pytest.mark.parametrize("api", ["REST", "BULK2"])
def test_changed_formulas_come_after_a_day_and_the_others_do_not(
    org: RunningOrg, noon: datetime, contacts: dict[str, Any], api: str
) -> None:
    settings = {**contacts, "api_type": api}
    first = run_tap(settings)
    assert set(_found(first).values()) == {1}
    org.org.clock.set(noon + timedelta(hours=20))
    _employ(org, "b", 500)
    early = run_tap(settings, state=first.state)
    assert _found(early) == {}, "not yet time"
    org.org.clock.set(noon + timedelta(hours=25))
    later = run_tap(settings, state=early.state)
    assert _found(later) == {f"{number:02}": 500 for number in range(1, 30, 3)}
    [record] = [record for record in later.records["Contact"] if record["LastName"] == "01"]
    assert set(record) == set(later.schemas["Contact"]["schema"]["properties"]), "whole rows"
    org.org.clock.set(noon + timedelta(hours=50))
    assert _found(run_tap(settings, state=later.state)) == {}, "told once"


def test_new_and_edited_rows_do_not_make_the_others_look_changed(
    org: RunningOrg, noon: datetime, contacts: dict[str, Any]
) -> None:
    first = run_tap(contacts)
    org.org.clock.set(noon + timedelta(hours=25))
    insert(org, "Contact", [{"LastName": f"new {n}"} for n in range(BUCKETS)], at=noon + timedelta(hours=20))
    [[identifier]] = org.org.store.read().execute('SELECT "Id" FROM "Contact" WHERE "LastName" = ?', ("05",))
    assert org.org.dml.update(org.org.admin, "Contact", identifier, {"Title": "x"}).success
    org.org.clock.set(noon + timedelta(hours=26))
    found = _found(run_tap(contacts, state=first.state))
    assert set(found) == {"05", *(f"new {n}" for n in range(BUCKETS))}


def test_it_can_be_switched_off(org: RunningOrg, noon: datetime, contacts: dict[str, Any]) -> None:
    settings = {**contacts, "formula_refresh_hours": 0}
    first = run_tap(settings)
    assert "formulas" not in first.bookmark("Contact")
    org.org.clock.set(noon + timedelta(hours=25))
    _employ(org, "b", 500)
    assert _found(run_tap(settings, state=first.state)) == {}


def test_it_costs_nothing_when_no_formula_is_selected(
    org: RunningOrg, noon: datetime, contacts: dict[str, Any]
) -> None:
    catalog = discover(contacts)
    for item in catalog["streams"][0]["metadata"]:
        if item["breadcrumb"] == ["properties", "Employees__c"]:
            item["metadata"]["selected"] = False
    result = run_tap(contacts, catalog=catalog)
    assert result.summary["tags"]["api_requests"]["query"] == 1
    assert "formulas" not in result.bookmark("Contact")


def test_a_pipeline_that_comes_from_another_tap_is_not_loaded_again(
    org: RunningOrg, noon: datetime, contacts: dict[str, Any]
) -> None:
    state = {"bookmarks": {"Contact": {"SystemModstamp": "2026-05-19T00:00:00.000000Z"}}}
    result = run_tap(contacts, state=state)
    assert _found(result) == {}
    assert result.bookmark("Contact")["formulas"]["at"] == "2026-05-20T12:00:00.000Z"


def test_the_column_says_that_it_is_calculated(contacts: dict[str, Any]) -> None:
    schema = run_tap(contacts).schemas["Contact"]["schema"]["properties"]["Employees__c"]
    assert "without the row's timestamp" in schema["description"]


def _state(rows: list[dict[str, Any]], fields: tuple[str, ...] = ("F__c",)) -> dict[str, Any]:
    with Comparison(fields, None, AT) as comparison:
        comparison.add(rows)
        return comparison.state()


def _changed(
    state: dict[str, Any], rows: list[dict[str, Any]], fields: tuple[str, ...] = ("F__c",)
) -> set[str]:
    with Comparison(fields, Known.read(state, fields), AT + timedelta(days=1)) as comparison:
        comparison.add(rows)
        return set(comparison.changed())


ROWS: list[dict[str, Any]] = [
    {"Id": f"{n:018}", "CreatedDate": "2026-01-01T00:00:00.000Z", "F__c": n} for n in range(20)
]


def test_the_order_of_rows_and_the_spelling_of_numbers_do_not_matter() -> None:
    respelt = [{**row, "F__c": Decimal(row["F__c"]) * Decimal("1.0")} for row in reversed(ROWS)]
    before = [{**row, "F__c": Decimal(f"{row['F__c']}.00")} for row in ROWS]
    assert _changed(_state(before), respelt) == set()


def test_a_changed_row_is_named_and_few_others() -> None:
    changed = [dict(row) for row in ROWS]
    changed[7]["F__c"] = None
    found = _changed(_state(ROWS), changed)
    assert ROWS[7]["Id"] in found
    assert len(found) <= 3


def test_another_choice_of_fields_begins_afresh() -> None:
    assert _changed(_state(ROWS), ROWS, ("F__c", "G__c")) == set()


@pytest.mark.parametrize("state", [None, "x", {}, {"at": None}], ids=str)
def test_state_of_another_making_is_no_comparison(state: Any) -> None:
    assert Known.read(state, ("F__c",)) is None
