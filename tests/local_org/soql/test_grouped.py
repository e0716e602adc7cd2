"""Aggregates and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_org.soql import run_query

if TYPE_CHECKING:
    from .conftest import Sample


@pytest.mark.parametrize(
    ("soql", "rows"),
    [
        pytest.param("SELECT COUNT(Id) FROM Account", [{"expr0": 4}], id="count-id"),
        pytest.param("SELECT COUNT(Industry) FROM Account", [{"expr0": 3}], id="count-skips-null"),
        pytest.param(
            "SELECT COUNT(Id), MAX(AnnualRevenue) most, MIN(AnnualRevenue), SUM(NumberOfEmployees), "
            "AVG(NumberOfEmployees), COUNT_DISTINCT(Industry) FROM Account",
            [{"expr0": 4, "most": 1.39e8, "expr1": 0.0005, "expr2": 22, "expr3": 22 / 3, "expr4": 2}],
            id="all-functions",
        ),
        pytest.param(
            "SELECT MAX(CreatedDate), MIN(Name) FROM Account",
            [{"expr0": "2024-05-15T07:00:00.000+0000", "expr1": "100%_Pure"}],
            id="extremes-of-other-types",
        ),
        pytest.param(
            "SELECT COUNT(Id) FROM Account WHERE Name = 'none'", [{"expr0": 0}], id="count-of-nothing"
        ),
        pytest.param(
            "SELECT SUM(Amount) FROM Opportunity WHERE Name = 'x'", [{"expr0": None}], id="sum-of-nothing"
        ),
        pytest.param(
            "SELECT Industry, COUNT(Id) n FROM Account GROUP BY Industry ORDER BY COUNT(Id) DESC, Industry",
            [{"Industry": "Banking", "n": 2}, {"Industry": None, "n": 1}, {"Industry": "Energy", "n": 1}],
            id="group",
        ),
        pytest.param(
            "SELECT Account.Name, COUNT(Id) FROM Opportunity GROUP BY Account.Name ORDER BY Account.Name",
            [{"Name": None, "expr0": 1}, {"Name": "Acme", "expr0": 2}],
            id="parent-group-under-its-field-name",
        ),
        pytest.param(
            "SELECT Account.Name who, COUNT(Id) FROM Opportunity GROUP BY Account.Name HAVING COUNT(Id) > 1",
            [{"who": "Acme", "expr0": 2}],
            id="having",
        ),
        pytest.param(
            "SELECT Industry FROM Account GROUP BY Industry HAVING Industry LIKE 'B%' OR Industry = null ORDER BY Industry",
            [{"Industry": None}, {"Industry": "Banking"}],
            id="having-on-groups",
        ),
        pytest.param(
            "SELECT CALENDAR_YEAR(CloseDate) y, CALENDAR_MONTH(CloseDate), SUM(Amount) FROM Opportunity "
            "GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate) ORDER BY CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate)",
            [
                {"y": 2023, "expr0": 1, "expr1": None},
                {"y": 2024, "expr0": 1, "expr1": 100.5},
                {"y": 2024, "expr0": 5, "expr1": 50.0},
            ],
            id="date-functions",
        ),
        pytest.param(
            "SELECT StageName, COUNT(Id) c FROM Opportunity GROUP BY StageName ORDER BY StageName LIMIT 2",
            [{"StageName": "Prospecting", "c": 1}, {"StageName": "Qualification", "c": 1}],
            id="picklist-order-and-limit",
        ),
        pytest.param(
            "SELECT FORMAT(SUM(Amount)) total FROM Opportunity", [{"total": "$150.50"}], id="formatted"
        ),
        pytest.param(
            "SELECT AccountId, GROUPING(AccountId) g, COUNT(Id) c FROM Opportunity WHERE AccountId = null "
            "GROUP BY ROLLUP(AccountId)",
            [{"AccountId": None, "g": 0, "c": 1}, {"AccountId": None, "g": 1, "c": 1}],
            id="grouping-tells-null-from-total",
        ),
        pytest.param(
            "SELECT CALENDAR_YEAR(CloseDate) y, StageName s, COUNT(Id) c FROM Opportunity "
            "GROUP BY ROLLUP(CALENDAR_YEAR(CloseDate), StageName)",
            [
                {"y": 2023, "s": "Qualification", "c": 1},
                {"y": 2023, "s": None, "c": 1},
                {"y": 2024, "s": "Closed Won", "c": 1},
                {"y": 2024, "s": "Prospecting", "c": 1},
                {"y": 2024, "s": None, "c": 2},
                {"y": None, "s": None, "c": 3},
            ],
            id="rollup",
        ),
        pytest.param(
            "SELECT CALENDAR_YEAR(CloseDate) y, AccountId a, COUNT(Id) c FROM Opportunity WHERE Amount > 0 "
            "GROUP BY CUBE(CALENDAR_YEAR(CloseDate), AccountId) HAVING COUNT(Id) > 0 ORDER BY COUNT(Id), AccountId NULLS LAST",
            None,
            id="cube",
        ),
    ],
)
def test_groups(sample: Sample, soql: str, rows: list[dict[str, Any]] | None) -> None:
    acme = sample.ids["Acme"]
    expected = rows or [{"y": y, "a": a, "c": 2} for a in (acme, None) for y in (None, 2024)]
    found = sample.ask(soql)
    if rows is None:
        assert sorted(map(str, found)) == sorted(map(str, expected))
    else:
        assert found == expected


def test_groups_are_aggregate_results(sample: Sample) -> None:
    result = run_query(sample.org, sample.user, "SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry")
    assert (result.total_size, result.is_aggregate, result.columns) == (3, True, ("Industry", "expr0"))
    assert result.records(0, 1, version="60.0")[0]["attributes"] == {"type": "AggregateResult"}
    assert len(result.records(1, 10, version="60.0")) == 2


def test_more_than_2000_groups_cannot_be_paged(own_sample: Sample) -> None:
    org = own_sample.org
    rows = [(f"n{n}",) for n in range(2001)]
    org.store.bulk_insert(
        org.schema.object("Account"), ["Name"], rows, stamp="2024-01-01T00:00:00Z", user_id=own_sample.user.id
    )
    error = own_sample.refusal("SELECT Name, COUNT(Id) FROM Account GROUP BY Name")
    assert error.code == "EXCEEDED_ID_LIMIT"
    assert error.message.startswith("Aggregate query does not support queryMore(), use LIMIT")
    assert len(own_sample.ask("SELECT Name, COUNT(Id) FROM Account GROUP BY Name LIMIT 2000")) == 2000


@pytest.mark.parametrize(
    ("start", "by_start", "answer"),
    [
        (1, 0, (2024, 2, 5)),
        (2, 0, (2025, 2, 4)),
        (2, 1, (2024, 2, 4)),
        (7, 0, (2024, 4, 11)),
    ],
    ids=["calendar", "february", "february-named-by-start", "july"],
)
def test_fiscal_functions_follow_the_organization(
    own_sample: Sample, start: int, by_start: int, answer: tuple[int, int, int]
) -> None:
    with own_sample.org.store.write() as connection:
        connection.execute(
            'UPDATE "Organization" SET "FiscalYearStartMonth" = ?, "UsesStartDateAsFiscalYearName" = ?',
            (start, by_start),
        )
    found = own_sample.ask(
        "SELECT FISCAL_YEAR(CloseDate) y, FISCAL_QUARTER(CloseDate) q, FISCAL_MONTH(CloseDate) m FROM Opportunity "
        "WHERE Name = 'Small' GROUP BY FISCAL_YEAR(CloseDate), FISCAL_QUARTER(CloseDate), FISCAL_MONTH(CloseDate)"
    )
    assert found == [dict(zip("yqm", answer, strict=True))]
