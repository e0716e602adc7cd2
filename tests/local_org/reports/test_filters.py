"""Report filters as SOQL."""

from __future__ import annotations

import datetime as dt

import pytest

from local_org import facts
from local_org.clock import from_stored
from local_org.defaults import BORN
from local_org.reports.columns import ReportType, report_types
from local_org.reports.errors import ReportError
from local_org.reports.filters import Context, condition, split_values
from local_org.reports.formats import Formatter
from local_org.schema import Schema

TODAY = dt.date(2025, 6, 18)
CONTEXT = Context(TODAY, Formatter("en_US", time_zone="America/Los_Angeles"))
ACCOUNT = "0015500001QdQWfAAN"


@pytest.fixture(scope="module")
def opportunity() -> ReportType:
    schema = Schema(facts.objects(), facts.relationships(), from_stored(BORN))
    return report_types(schema)["Opportunity"]


@pytest.mark.parametrize(
    ("column", "operator", "value", "soql"),
    [
        ("TYPE", "equals", "New, Old", "(Type IN ('New', 'Old'))"),
        ("TYPE", "equals", "", "(Type = null)"),
        ("TYPE", "equals", '"a, b",c', "(Type IN ('a, b', 'c'))"),
        ("TYPE", "equals", "it's", "(Type IN ('it\\'s'))"),
        ("TYPE", "notEqual", "New", "(Type = null OR (Type NOT IN ('New')))"),
        ("TYPE", "notEqual", "", "(Type != null)"),
        ("NEXT_STEP", "contains", "50%,a_b", r"(NextStep LIKE '%50\%%' OR NextStep LIKE '%a\_b%')"),
        ("NEXT_STEP", "notContain", "x", "(NextStep = null OR (NOT (NextStep LIKE '%x%')))"),
        ("OPPORTUNITY_NAME", "startsWith", "A", "(Name LIKE 'A%')"),
        ("OPPORTUNITY_NAME", "greaterThan", "M", "Name > 'M'"),
        ("ACCOUNT_NAME", "equals", "Acme", "(Account.Name IN ('Acme'))"),
        ("ACCOUNT_NAME", "equals", ACCOUNT[:15], f"(Account.Id IN ('{ACCOUNT}'))"),
        ("ACCOUNT_ID", "equals", ACCOUNT[:15], f"(AccountId IN ('{ACCOUNT}'))"),
        ("AMOUNT", "greaterOrEqual", '"$1,000.50"', "Amount >= 1000.5"),
        ("AMOUNT", "equals", "1,2", "(Amount = 1 OR Amount = 2)"),
        ("AMOUNT", "notEqual", "", "(Amount != null)"),
        ("WON", "equals", "True", "(IsWon = true)"),
        ("WON", "notEqual", "1", "(IsWon != true)"),
        ("CLOSE_DATE", "equals", "2025-01-31", "((CloseDate >= 2025-01-31 AND CloseDate < 2025-02-01))"),
        ("CLOSE_DATE", "equals", "1/31/2025", "((CloseDate >= 2025-01-31 AND CloseDate < 2025-02-01))"),
        ("CLOSE_DATE", "equals", "THIS_MONTH", "((CloseDate >= 2025-06-01 AND CloseDate < 2025-07-01))"),
        ("CLOSE_DATE", "lessThan", "last month", "(CloseDate < 2025-05-01)"),
        ("CLOSE_DATE", "greaterThan", "last month", "(CloseDate >= 2025-06-01)"),
        # a day of the running user begins seven hours after midnight UTC in summer, eight in winter
        ("CREATED_DATE", "greaterOrEqual", "2025-06-01", "(CreatedDate >= 2025-06-01T07:00:00Z)"),
        ("CREATED_DATE", "lessOrEqual", "2025-01-31", "(CreatedDate < 2025-02-01T08:00:00Z)"),
        ("CREATED_DATE", "greaterThan", "2025-06-01T10:00:00Z", "(CreatedDate > 2025-06-01T10:00:00Z)"),
        ("FISCAL_QUARTER", "equals", "Q4-2024", "((CloseDate >= 2024-10-01 AND CloseDate < 2025-01-01))"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_filter_is_a_soql_condition(
    opportunity: ReportType, column: str, operator: str, value: str, soql: str
) -> None:
    found = opportunity.column(column)
    assert found is not None
    assert condition(found, operator, value, CONTEXT) == soql


@pytest.mark.parametrize(
    ("column", "operator", "value", "message"),
    [
        ("WON", "greaterThan", "True", "Specify a valid condition because greaterThan is invalid."),
        ("ACCOUNT_ID", "greaterThan", ACCOUNT, "Specify a valid condition because greaterThan is invalid."),
        ("TYPE", "within", "x", "Specify a valid condition because within is invalid."),
        ("AMOUNT", "equals", "many", "Specify a valid condition because many is invalid."),
        ("DESCRIPTION", "contains", "x", "Specify a valid filterable column because DESCRIPTION is invalid."),
        ("AGE", "greaterThan", "3", "Specify a valid filterable column because AGE is invalid."),
        (
            "ACCOUNT_ID",
            "equals",
            "abc",
            (
                "The filter value for ID abc is incorrect. Specify an ID that is 15 or 18 characters long,"
                " such as 006D000000CrRLw or 005U0000000Rg2CIAS."
            ),
        ),
        (
            "CLOSE_DATE",
            "equals",
            "someday",
            "Filter the date in the correct format. Accepted formats are yyyy-MM-dd'T'HH:mm:ss'Z' and yyyy-MM-dd.",
        ),
        (
            "CLOSE_DATE",
            "equals",
            "LAST_N_DAYS:999999",
            "Filter the date in the correct format. Accepted formats are yyyy-MM-dd'T'HH:mm:ss'Z' and yyyy-MM-dd.",
        ),
        (
            "CLOSE_DATE",
            "equals",
            "LAST_N_YEARS:9999",
            "The date formula is too large. Specify a reasonable value.",
        ),
    ],
    ids=[
        "boolean",
        "id",
        "operator",
        "number",
        "long text",
        "computed",
        "wrong id",
        "date",
        "six digits",
        "too far",
    ],
)
def test_a_filter_that_cannot_work_is_refused(
    opportunity: ReportType, column: str, operator: str, value: str, message: str
) -> None:
    found = opportunity.column(column)
    assert found is not None
    with pytest.raises(ReportError) as caught:
        condition(found, operator, value, CONTEXT)
    assert (caught.value.status, caught.value.code, caught.value.message) == (400, "BAD_REQUEST", message)


@pytest.mark.parametrize(
    ("text", "values"),
    [("", [""]), ("a", ["a"]), (" a , b ", ["a", "b"]), ('"1,5", 2', ["1,5", "2"]), (",", ["", ""])],
    ids=["nothing", "one", "two", "quoted", "two empty ones"],
)
def test_commas_part_values_unless_quoted(text: str, values: list[str]) -> None:
    assert split_values(text) == values
