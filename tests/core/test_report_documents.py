"""Report documents as typed columns and flat rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from salesforce_abm.errors import DataError
from salesforce_abm.reports import Cell, between_days, parse_description, parse_run, sorted_by, with_filter
from salesforce_abm.reports.document import parse_cell

USER = "00558000000FkaVAAS"
ACCOUNT = "00158000002dk2NAAQ"


def cell(value: Any, label: str | None = None) -> dict[str, Any]:
    return {"value": value, "label": str(value) if label is None else label}


def rows(*lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"dataCells": line} for line in lines]


def fact(*lines: list[dict[str, Any]], count: int = 0) -> dict[str, Any]:
    return {"aggregates": [{"value": count, "label": str(count)}], "rows": rows(*lines)}


def group(key: str, value: Any, *children: dict[str, Any], label: str | None = None) -> dict[str, Any]:
    return {"key": key, "groupings": list(children), **cell(value, label)}


def document(report_format: str, facts: dict[str, Any], **more: Any) -> dict[str, Any]:
    metadata = {
        "id": "00O58000000qu8XEAQ",
        "name": "Sample",
        "developerName": "Sample_1",
        "reportFormat": report_format,
        "detailColumns": ["ACCOUNT.NAME", "SALES"],
        "aggregates": ["RowCount"],
        "groupingsDown": [],
        "groupingsAcross": [],
        **more.pop("metadata", {}),
    }
    extended = {
        "detailColumnInfo": {
            "SALES": {"label": "Annual Revenue", "dataType": "currency"},
            "ACCOUNT.NAME": {"label": "Account Name", "dataType": "string", "isLookup": True},
        },
        "groupingColumnInfo": {
            "TYPE": {"label": "Type", "dataType": "picklist", "groupingLevel": 0},
            "CLOSE_DATE": {"label": "Close Date", "dataType": "date", "groupingLevel": 0},
        },
    }
    return {
        "attributes": {"reportId": metadata["id"], "reportName": "Sample", "type": "Report"},
        "allData": True,
        "hasDetailRows": True,
        "factMap": facts,
        "groupingsDown": {"groupings": []},
        "groupingsAcross": {"groupings": []},
        "reportMetadata": metadata,
        "reportExtendedMetadata": extended,
        **more,
    }


def line(name: str, amount: int | None) -> list[dict[str, Any]]:
    money = (
        {"value": None, "label": "-"} if amount is None else cell({"amount": amount, "currency": None}, "£")
    )
    return [cell(ACCOUNT, name), money]


@pytest.mark.parametrize(
    ("raw", "data_type", "expected"),
    [
        (cell("Ms."), "picklist", Cell("Ms.", "Ms.")),
        ({"value": None, "label": "-"}, "string", Cell(None, None)),
        (cell("-"), "string", Cell("-", "-")),
        (cell(ACCOUNT, "GenePoint"), "string", Cell(ACCOUNT, "GenePoint")),
        (
            cell({"amount": Decimal("5.10"), "currency": "EUR"}, "5,10 €"),
            "currency",
            Cell(Decimal("5.10"), "5,10 €", "EUR"),
        ),
        (cell(60, "60%"), "percent", Cell(60, "60%")),
        (cell("12.5", "12.5"), "double", Cell(Decimal("12.5"), "12.5")),
        (cell("many", "many"), "int", Cell("many", "many")),
        (cell("2015-07-31", "7/31/2015"), "date", Cell("2015-07-31", "7/31/2015")),
        (cell("2016-01-16", "16/01/2016"), "datetime", Cell("2016-01-16", "16/01/2016")),
        (cell(True, "true"), "boolean", Cell(True, "true")),
        (cell("false", "false"), "boolean", Cell(False, "false")),
        (
            cell("1 Main St<br>Springfield"),
            "string",
            Cell("1 Main St<br>Springfield", "1 Main St<br>Springfield"),
        ),
    ],
    ids=[
        "text",
        "null",
        "a-dash",
        "lookup",
        "currency",
        "percent",
        "number-text",
        "not-a-number",
        "date",
        "day",
        "true",
        "false-text",
        "street",
    ],
)
def test_a_cell_is_typed_by_its_column(raw: dict[str, Any], data_type: str, expected: Cell) -> None:
    assert parse_cell(raw, data_type) == expected


def test_a_lookup_is_loaded_by_name_and_everything_else_by_value() -> None:
    assert Cell(ACCOUNT, "GenePoint").is_reference
    assert Cell(ACCOUNT, "GenePoint").plain == "GenePoint"
    assert Cell(Decimal(5), "£5").plain == Decimal(5)
    assert not Cell(ACCOUNT, ACCOUNT).is_reference
    assert not Cell(ACCOUNT, ACCOUNT[:15]).is_reference  # columns of Ids show the short form
    assert Cell("2015-07-31", "7/31/2015").plain == "2015-07-31"


def test_a_tabular_report_has_its_rows_at_the_total() -> None:
    run = parse_run(document("TABULAR", {"T!T": fact(line("Acme", 5), line("Beta", None), count=2)}))
    assert [[c.plain for c in row.cells] for row in run.rows] == [["Acme", 5], ["Beta", None]]
    assert [(c.name, c.label, c.data_type, c.is_lookup) for c in run.columns] == [
        ("ACCOUNT.NAME", "Account Name", "string", True),
        ("SALES", "Annual Revenue", "currency", False),
    ]
    assert (run.id, run.name, run.groupings, run.row_count) == ("00O58000000qu8XEAQ", "Sample", (), 2)


def test_a_summary_report_repeats_its_groupings_on_every_row() -> None:
    down = {
        "groupings": [
            group("0", "Customer", group("0_0", USER, label="Chris"), group("0_1", None, label="-")),
            group("1", None, group("1_0", USER, label="Chris"), label="-"),
        ]
    }
    facts = {
        "T!T": fact(count=4),
        "0!T": fact(),
        "1!T": fact(),
        "0_0!T": fact(line("A", 1), line("B", 2)),
        "0_1!T": fact(line("C", 3)),
        "1_0!T": fact(line("D", 4)),
    }
    metadata = {"groupingsDown": [{"name": "TYPE"}, {"name": "OWNER"}]}
    run = parse_run(document("SUMMARY", facts, groupingsDown=down, metadata=metadata))
    assert [column.name for column in run.groupings] == ["TYPE", "OWNER"]
    assert [([g.plain for g in row.groupings], row.cells[0].label) for row in run.rows] == [
        (["Customer", "Chris"], "A"),
        (["Customer", "Chris"], "B"),
        (["Customer", None], "C"),
        ([None, "Chris"], "D"),
    ]


def test_a_matrix_report_has_its_rows_where_groups_cross() -> None:
    down = {"groupings": [group("0", "New"), group("1", "Old")]}
    across = {
        "groupings": [group("0", "2013-05-01", label="May 2013"), group("1", "2013-06-01", label="June 2013")]
    }
    facts = {
        "T!T": fact(count=3),
        "0!T": fact(),
        "T!1": fact(),
        "0!0": fact(line("A", 1)),
        "1!1": fact(line("B", 2), line("C", 3)),
        "0!1": fact(),
    }
    metadata = {"groupingsDown": [{"name": "TYPE"}], "groupingsAcross": [{"name": "CLOSE_DATE"}]}
    run = parse_run(document("MATRIX", facts, groupingsDown=down, groupingsAcross=across, metadata=metadata))
    assert [column.name for column in run.groupings] == ["TYPE", "CLOSE_DATE"]
    assert [([g.value for g in row.groupings], row.cells[0].label) for row in run.rows] == [
        (["New", "2013-05-01"], "A"),
        (["Old", "2013-06-01"], "B"),
        (["Old", "2013-06-01"], "C"),
    ]


def test_rows_that_the_report_counts_but_does_not_send_are_an_error() -> None:
    with pytest.raises(DataError, match="1 rows came, the report counts 2"):
        parse_run(document("TABULAR", {"T!T": fact(line("A", 1), count=2)}))


def test_a_run_cut_at_the_row_limit_says_so() -> None:
    run = parse_run(document("TABULAR", {"T!T": fact(line("A", 1), count=9_000)}, allData=False))
    assert (run.all_data, run.row_count, len(run.rows)) == (False, 9_000, 1)


def test_a_run_without_details_is_an_error_not_an_empty_report() -> None:
    with pytest.raises(DataError, match="includeDetails"):
        parse_run(document("TABULAR", {"T!T": {"aggregates": []}}, hasDetailRows=False))


def test_a_row_of_another_width_is_an_error() -> None:
    with pytest.raises(DataError, match="1 cells under 2 columns"):
        parse_run(document("TABULAR", {"T!T": fact([cell("x")], count=1)}))


@pytest.mark.parametrize("wrong", [{}, {"reportMetadata": None}, {"reportMetadata": {}}], ids=str)
def test_another_document_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="not a report"):
        parse_run(wrong)


def test_a_description_knows_the_fields_behind_the_columns() -> None:
    category = {"label": "Account", "columns": {"SALES": {"entityColumnName": "Account.AnnualRevenue"}}}
    described = parse_description(document("TABULAR", {}, reportTypeMetadata={"categories": [category]}))
    assert [column.entity_column for column in described.columns] == [None, "Account.AnnualRevenue"]
    assert (described.developer_name, described.format) == ("Sample_1", "TABULAR")


def test_a_condition_is_added_to_the_filter_logic() -> None:
    old = {"reportFilters": [{"column": "A"}, {"column": "B"}], "reportBooleanFilter": "1 OR 2"}
    new = with_filter(old, "C", "greaterThan", "100,000")
    assert new["reportFilters"][2] == {"column": "C", "operator": "greaterThan", "value": '"100,000"'}
    assert new["reportBooleanFilter"] == "(1 OR 2) AND 3"
    assert len(old["reportFilters"]) == 2


def test_without_filter_logic_none_is_added() -> None:
    assert with_filter({"reportFilters": None}, "C", "equals", "x") == {
        "reportFilters": [{"column": "C", "operator": "equals", "value": "x"}]
    }


def test_salesforce_takes_no_more_than_twenty_conditions() -> None:
    with pytest.raises(ValueError, match="no room"):
        with_filter({"reportFilters": [{}] * 20}, "C", "equals", "x")


def test_sorting_and_windows_keep_the_filters_a_run_insists_on() -> None:
    assert sorted_by({}, "C", descending=True) == {
        "reportFilters": [],
        "sortBy": [{"sortColumn": "C", "sortOrder": "Desc"}],
    }
    window = between_days({"reportFilters": [{"column": "A"}]}, "D", date(2024, 1, 1), date(2024, 1, 31))
    assert window["standardDateFilter"] == {
        "column": "D",
        "durationValue": "CUSTOM",
        "startDate": "2024-01-01",
        "endDate": "2024-01-31",
    }
    assert window["reportFilters"] == [{"column": "A"}]
