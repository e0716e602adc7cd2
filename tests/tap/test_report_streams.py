"""Reports as streams."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import discover, insert, run_tap

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

TABULAR = {
    "name": "Big Accounts",
    "reportType": {"type": "AccountList"},
    "reportFormat": "TABULAR",
    "detailColumns": ["ACCOUNT.NAME", "SALES", "EMPLOYEES", "CREATED_DATE", "URL"],
}


@pytest.fixture
def accounts(org: RunningOrg, noon: datetime) -> None:
    """Two Accounts, one of them nearly empty."""
    insert(
        org,
        "Account",
        [
            {"Name": "Acme", "AnnualRevenue": 1234567.89, "NumberOfEmployees": 12, "Website": "acme.example"},
            {"Name": "Bolt & Co", "AnnualRevenue": None, "NumberOfEmployees": None, "Website": None},
        ],
        at=noon - timedelta(days=2),
    )


def _report(org: RunningOrg, **metadata: Any) -> Any:
    return org.org.reports.definitions.create(org.org.admin, {**TABULAR, **metadata})


def test_a_tabular_report_is_a_stream_of_typed_columns(
    org: RunningOrg, accounts: None, config: dict[str, Any]
) -> None:
    report = _report(org)
    result = run_tap({**config, "objects": ["RecordType"], "reports": [{"name": "Big Accounts"}]})
    assert result.code == 0, result.log
    stream = f"report_{report.metadata['developerName'].lower()}"
    schema = result.schemas[stream]["schema"]["properties"]
    assert schema["SALES"]["type"] == ["number", "null"]
    assert schema["EMPLOYEES"]["type"] == ["integer", "null"]
    assert schema["ACCOUNT_NAME"] == {"type": ["string", "null"], "title": "Account Name"}
    acme, bolt = sorted(result.records[stream], key=lambda record: record["ACCOUNT_NAME"])
    assert acme["ACCOUNT_NAME"] == "Acme"
    assert acme["ACCOUNT_NAME_id"].startswith("001")
    assert acme["SALES"] == Decimal("1234567.89")
    assert acme["SALES_label"]
    assert acme["EMPLOYEES"] == 12
    assert acme["CREATED_DATE"] == "2026-05-18"
    assert bolt["ACCOUNT_NAME"] == "Bolt & Co"
    assert bolt["SALES"] is bolt["EMPLOYEES"] is bolt["URL"] is None
    assert {frozenset(record) for record in result.records[stream]} == {frozenset(schema)}


def test_a_report_is_found_by_id_and_named_as_wished_with_a_key(
    org: RunningOrg, accounts: None, config: dict[str, Any]
) -> None:
    report = _report(org)
    setting = {"id": report.id, "stream": "big", "key": ["ACCOUNT_NAME_id"]}
    result = run_tap({**config, "reports": [setting]})
    assert result.code == 0, result.log
    assert len(result.records["big"]) == 2
    assert result.schemas["big"]["key_properties"] == ["ACCOUNT_NAME_id"]


@pytest.mark.parametrize(
    ("more", "first"),
    [
        (
            {
                "reportFormat": "SUMMARY",
                "groupingsDown": [{"name": "INDUSTRY", "sortOrder": "Asc", "dateGranularity": "None"}],
            },
            "INDUSTRY",
        ),
        (
            {
                "reportFormat": "MATRIX",
                "groupingsDown": [{"name": "INDUSTRY", "sortOrder": "Asc", "dateGranularity": "None"}],
                "groupingsAcross": [{"name": "TYPE", "sortOrder": "Asc", "dateGranularity": "None"}],
            },
            "INDUSTRY",
        ),
    ],
    ids=["summary", "matrix"],
)
def test_rows_of_grouped_reports_carry_their_groups(
    org: RunningOrg, accounts: None, config: dict[str, Any], more: dict[str, Any], first: str
) -> None:
    _report(org, name="Grouped", **more)
    result = run_tap({**config, "objects": ["RecordType"], "reports": ["Grouped"]})
    assert result.code == 0, result.log
    records = result.records["report_grouped"]
    assert {record["ACCOUNT_NAME"] for record in records} == {"Acme", "Bolt & Co"}
    assert first in records[0]


def test_only_selected_columns_of_a_report_are_sent(
    org: RunningOrg, accounts: None, config: dict[str, Any]
) -> None:
    _report(org)
    settings = {**config, "objects": ["RecordType"], "reports": ["Big Accounts"]}
    catalog = discover(settings, "report_big_accounts")
    [entry] = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == "report_big_accounts"]
    for item in entry["metadata"]:
        if item["breadcrumb"]:
            item["metadata"]["selected"] = item["breadcrumb"][1] == "SALES"
    result = run_tap(settings, catalog=catalog)
    assert {frozenset(record) for record in result.records["report_big_accounts"]} == {frozenset({"SALES"})}


def test_an_unknown_report_is_one_line_with_the_nearest_name(
    org: RunningOrg, accounts: None, config: dict[str, Any]
) -> None:
    _report(org)
    result = run_tap({**config, "reports": ["Big Acounts"]})
    assert result.code == 1
    assert result.messages == []
    [line] = result.errors
    assert "'Big Acounts'" in line
    assert "'Big Accounts'" in line


def test_two_reports_of_one_stream_name_are_refused(
    org: RunningOrg, accounts: None, config: dict[str, Any]
) -> None:
    _report(org)
    result = run_tap({**config, "reports": ["Big Accounts", {"name": "Big Accounts"}]})
    assert result.code == 1
    assert "two streams named report_big_accounts" in result.errors[0]


def test_a_key_that_is_no_column_is_refused(org: RunningOrg, accounts: None, config: dict[str, Any]) -> None:
    _report(org)
    result = run_tap({**config, "reports": [{"name": "Big Accounts", "key": "NO_SUCH"}]})
    assert result.code == 1
    assert "NO_SUCH" in result.errors[0]
    assert "ACCOUNT_NAME" in result.errors[0]


def _many(org: RunningOrg, noon: datetime, rows: int, **more: Any) -> None:
    listed = [{"Name": f"{n:05}", **{name: value(n) for name, value in more.items()}} for n in range(rows)]
    insert(org, "Account", listed, at=noon - timedelta(days=2))


def _names(result: Any, stream: str = "report_big_accounts") -> list[str]:
    assert result.code == 0, result.log
    return sorted(record["ACCOUNT_NAME"] for record in result.records[stream])


def test_a_report_of_more_rows_than_a_run_gives_is_read_by_a_sortable_column(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    _many(org, noon, 4500, NumberOfEmployees=lambda n: None if n % 100 == 0 else n // 3)
    _report(org)
    result = run_tap({**config, "objects": ["RecordType"], "reports": ["Big Accounts"]})
    assert _names(result) == [f"{n:05}" for n in range(4500)]
    assert result.summary["tags"]["api_requests"]["report"] <= 1 + 1 + 1 + 4


@pytest.mark.parametrize("form", ["TABULAR", "SUMMARY", "MATRIX"])
def test_a_report_of_more_rows_than_a_run_gives_is_read_by_its_date_filter(
    org: RunningOrg, noon: datetime, config: dict[str, Any], form: str
) -> None:
    stamps = lambda n: (noon - timedelta(days=n // 100)).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: E731
    _many(org, noon, 4100, CreatedDate=stamps)
    groups = [{"name": "INDUSTRY", "sortOrder": "Asc", "dateGranularity": "None"}]
    across = [{"name": "TYPE", "sortOrder": "Asc", "dateGranularity": "None"}]
    _report(
        org,
        reportFormat=form,
        detailColumns=["ACCOUNT.NAME"],
        groupingsDown=[] if form == "TABULAR" else groups,
        groupingsAcross=across if form == "MATRIX" else [],
        standardDateFilter={
            "column": "CREATED_DATE",
            "durationValue": "CUSTOM",
            "startDate": None,
            "endDate": None,
        },
    )
    result = run_tap({**config, "objects": ["RecordType"], "reports": ["Big Accounts"]})
    assert _names(result) == [f"{n:05}" for n in range(4100)]


def test_a_report_that_cannot_be_cut_fails_alone_and_says_what_to_add(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    _many(org, noon, 2500, NumberOfEmployees=lambda _: 7)
    _report(org, detailColumns=["ACCOUNT.NAME", "EMPLOYEES"])
    result = run_tap({**config, "reports": ["Big Accounts"]})
    assert result.code == 1
    assert len(result.records["Account"]) == 2500
    assert "more rows than the 2,000" in result.errors[0]
    assert "Add a number or date column" in result.errors[0]
    assert result.records["report_big_accounts"] == []


def test_globs_take_reports_by_folder_and_name(
    org: RunningOrg, accounts: None, config: dict[str, Any]
) -> None:
    _report(org, name="One", folderName="Sales")
    _report(org, name="Two", folderName="Sales")
    _report(org, name="Other", folderName="Private")
    settings = {**config, "objects": ["RecordType"]}
    assert set(run_tap({**settings, "reports": ["sales/*"]}).records) == {"report_one", "report_two"}
    everything = run_tap({**settings, "reports": [{"name": "One", "stream": "first"}, "*"]})
    assert set(everything.records) == {"first", "report_two", "report_other"}
    missed = run_tap({**settings, "reports": ["Marketing/*"]})
    assert missed.code == 1
    assert "Marketing/* matches no report" in missed.errors[0]


def test_a_report_of_the_catalog_that_is_gone_fails_alone(
    org: RunningOrg, accounts: None, config: dict[str, Any]
) -> None:
    report = _report(org)
    settings = {**config, "reports": ["Big Accounts"]}
    catalog = discover(settings)
    org.org.reports.definitions.delete(report.id)
    result = run_tap(settings, catalog=catalog)
    assert result.code == 1
    assert len(result.records["Account"]) == 2
    assert any(line.startswith("report_big_accounts failed") for line in result.errors)
