"""Objects with rules of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import discover, insert, run_tap

if TYPE_CHECKING:
    from local_org.testing import RunningOrg


def _ids(org: RunningOrg, sobject: str) -> list[str]:
    return [row[0] for row in org.org.store.read().execute(f'SELECT "Id" FROM "{sobject}" ORDER BY "Id"')]


def test_links_of_documents_are_read_through_their_documents(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    insert(org, "Account", [{"Name": "a"}], at=noon - timedelta(days=2))
    insert(org, "ContentDocument", [{"Title": f"{n}"} for n in range(1200)], at=noon - timedelta(days=2))
    [account] = _ids(org, "Account")
    links = [
        {"ContentDocumentId": document, "LinkedEntityId": account}
        for document in _ids(org, "ContentDocument")
    ]
    insert(org, "ContentDocumentLink", links, at=noon - timedelta(days=1))
    settings = {**config, "objects": ["ContentDocumentLink"]}
    first = run_tap(settings)
    assert first.code == 0, first.log
    assert sorted(r["ContentDocumentId"] for r in first.records["ContentDocumentLink"]) == sorted(
        link["ContentDocumentId"] for link in links
    )
    assert first.bookmark("ContentDocumentLink")["replication_key_value"] == "2026-05-20T12:00:00.000Z"
    org.org.clock.set(noon + timedelta(hours=1))
    again = run_tap(settings, state=first.state)
    assert again.code == 0, again.log
    assert again.records["ContentDocumentLink"] == []


@pytest.mark.parametrize("api", ["REST", "BULK2"])
def test_history_goes_by_its_creation_and_its_values_are_text(
    org: RunningOrg, noon: datetime, config: dict[str, Any], api: str
) -> None:
    insert(org, "Account", [{"Name": "a"}], at=noon - timedelta(days=2))
    [account] = _ids(org, "Account")
    rows: list[dict[str, Any]] = [
        {"AccountId": account, "Field": "NumberOfEmployees", "OldValue": None, "NewValue": "12"},
        {"AccountId": account, "Field": "Rating", "OldValue": "Cold", "NewValue": "Hot"},
    ]
    insert(org, "AccountHistory", rows, at=noon - timedelta(days=1))
    result = run_tap({**config, "objects": ["AccountHistory"], "api_type": api})
    assert result.code == 0, result.log
    found = {r["Field"]: (r["OldValue"], r["NewValue"]) for r in result.records["AccountHistory"]}
    assert found == {"NumberOfEmployees": (None, "12"), "Rating": ("Cold", "Hot")}
    assert result.bookmark("AccountHistory")["replication_key"] == "CreatedDate"


def test_polymorphic_references_are_ids(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    insert(org, "Account", [{"Name": "a"}], at=noon - timedelta(days=2))
    [account] = _ids(org, "Account")
    insert(org, "Task", [{"Subject": "t", "WhatId": account}], at=noon - timedelta(days=1))
    [record] = run_tap({**config, "objects": ["Task"]}).records["Task"]
    assert record["WhatId"] == account


def test_statuses_that_bulk_refuses_are_read_by_rest(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    result = run_tap({**config, "objects": ["LeadStatus", "CaseStatus"], "api_type": "BULK2"})
    assert result.code == 0, result.log
    assert result.records["LeadStatus"]


COMPLICATED = "Query is either selecting too many fields or the filter conditions are too complicated."


@pytest.mark.parametrize(("api", "path"), [("REST", "/queryAll"), ("BULK2", "/jobs/query$")])
@pytest.mark.parametrize("times", [1, 2])
def test_columns_too_many_for_one_query_are_read_in_parts(
    org: RunningOrg, noon: datetime, config: dict[str, Any], api: str, path: str, times: int
) -> None:
    rows = [{"Name": f"{n}", "NumberOfEmployees": n, "BillingCity": "Zürich"} for n in range(700)]
    insert(org, "Account", rows, at=noon - timedelta(days=1))
    settings = {**config, "api_type": api}
    whole = run_tap(settings)
    org.faults.status(
        400,
        "QUERY_TOO_COMPLICATED",
        COMPLICATED,
        path=path,
        times=times,
        method="POST" if "job" in path else "GET",
    )
    parts = run_tap(settings)
    assert parts.code == 0, parts.log
    assert any("in parts" in line for line in parts.warnings)
    by_id = {record["Id"]: record for record in whole.records["Account"]}
    assert {record["Id"]: record for record in parts.records["Account"]} == by_id
    assert len(parts.records["Account"]) == 700


def test_a_row_changed_between_its_parts_is_read_again(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    names = (
        "Name",
        "Rating",
        "Site",
        "Industry",
        "AccountNumber",
        "BillingCity",
        "Ownership",
        "TickerSymbol",
    )
    insert(org, "Account", [dict.fromkeys(names, "before") for _ in range(3)], at=noon - timedelta(days=1))
    identifier = _ids(org, "Account")[1]
    org.faults.status(400, "QUERY_TOO_COMPLICATED", COMPLICATED, path="/queryAll", times=1)
    # The first part has been read when the row changes.
    org.faults.change_row("Account", identifier, dict.fromkeys(names, "after"), path="/queryAll", skip=2)
    catalog = discover(config)
    catalog["streams"][0]["replication_method"] = "FULL_TABLE"
    result = run_tap({**config, "api_type": "REST"}, catalog=catalog)
    assert result.code == 0, result.log
    assert len(result.records["Account"]) == 3
    found = {frozenset(record[name] for name in names) for record in result.records["Account"]}
    assert found == {frozenset({"before"}), frozenset({"after"})}, "no row of two versions"


def test_every_object_of_the_org_can_be_read(org: RunningOrg, config: dict[str, Any]) -> None:
    """Whatever the org calls queryable is extracted or passed over with a reason, and nothing fails."""
    settings = {**config, "objects": ["*"], "account_domains": True}
    result = run_tap(settings)
    assert result.code == 0, "\n".join(result.errors)
    assert len(result.schemas) == len(discover(settings)["streams"])
