"""Whatever the text: an answer, or Salesforce's refusal. Nothing else comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from local_org.soql import SoqlError
from local_org.soql.run import answer

from .conftest import examples

if TYPE_CHECKING:
    from .conftest import Sample

VALID = [
    "SELECT Id, Name, Owner.Name, BillingAddress FROM Account WHERE Name LIKE 'a\\_%' AND (Industry != null OR AnnualRevenue > 1.5) ORDER BY Name DESC NULLS LAST LIMIT 3 OFFSET 1",
    "SELECT Name, (SELECT LastName FROM Contacts WHERE Email != null ORDER BY LastName LIMIT 2) FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity WHERE CloseDate = LAST_N_DAYS:30)",
    "SELECT TYPEOF What WHEN Account THEN Name, Owner.Name ELSE Name END, Who.Type FROM Task WHERE CreatedDate >= 2024-01-31T12:00:00+01:00 AND Status IN ('Completed', 'x')",
    "SELECT CALENDAR_YEAR(CloseDate) y, StageName, SUM(Amount) s, COUNT(Id) FROM Opportunity WHERE Amount != 5 GROUP BY ROLLUP(CALENDAR_YEAR(CloseDate), StageName) HAVING COUNT(Id) > 0 ORDER BY SUM(Amount) LIMIT 5",
    "SELECT FIELDS(ALL) FROM Contact c, c.Account a USING SCOPE mine WHERE a.Name = 'x' AND (NOT (Birthdate < THIS_YEAR OR IsEmailBounced = true)) LIMIT 200 FOR VIEW",
    "SELECT FORMAT(Amount) f, toLabel(StageName), convertCurrency(Amount), DISTANCE(Account.BillingAddress, GEOLOCATION(1.5,-2), 'km') d FROM Opportunity WHERE DAY_ONLY(convertTimezone(CreatedDate)) > 2024-01-01 ALL ROWS",
    "SELECT COUNT() FROM Account WHERE Id NOT IN ('001000000000001', '001000000000002AAA') AND Name IN ('a', null, 'b')",
]
WORDS = sorted(
    {
        word
        for query in VALID
        for word in query.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
    }
)
MORE_WORDS = [
    "SELECT", "FROM", "WHERE", "GROUP", "BY", "ORDER", "HAVING", "NOT", "IN", "INCLUDES", "EXCLUDES", "AND", "OR", "CUBE", "GROUPING", "COUNT_DISTINCT", "AVG", "MIN",
    "MAX", "=", "!=", "<>", "<", ">=", "'", "''", "\\", "null", "TRUE", "TODAY", "N_DAYS_AGO:0", "LAST_N_YEARS:99999999", "1e5", "-1", "99999999999999999999", "0001-01-01",
    "9999-12-31", "9999-12-31T23:59:59-12:00", "12:00:00Z", "USD5", "Account", "Contact", "Task", "Name", "Id", "Who.Name", "Parent.Parent.Name", "CreatedDate", "Description",
    "TYPEOF", "WHEN", "END", "FIELDS(STANDARD)", "HOUR_IN_DAY(CreatedDate)", "WEEK_IN_YEAR(CreatedDate)", "MAX(CreatedDate)", "$", "\n", "é", "\ud800", "\x00", ":x", "*", ";", "--",
]  # fmt: skip


def survive(sample: Sample, text: str) -> None:
    for options in ({}, {"bulk": True}, {"all_rows": True}):
        try:
            result = answer(sample.org, sample.user, text, **options)
        except SoqlError:
            pass
        else:
            assert len(result.records(0, 50, version="60.0")) <= 50
            if options:
                assert all(len(row) == len(result.columns) for row in result.csv_rows())


@given(text=st.text(max_size=200))
@examples(100)
def test_any_text(sample: Sample, text: str) -> None:
    survive(sample, text)


@given(words=st.lists(st.sampled_from(WORDS + MORE_WORDS), max_size=25))
@examples(200)
def test_any_words_of_the_language(sample: Sample, words: list[str]) -> None:
    survive(sample, "SELECT " + " ".join(words))


@given(query=st.sampled_from(VALID), data=st.data())
@examples(250)
def test_any_query_with_mistakes(sample: Sample, query: str, data: st.DataObject) -> None:
    parts = query.split(" ")
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(parts) - 1))
        change = data.draw(st.sampled_from(["drop", "repeat", "swap", "replace", "cut"]))
        if change == "drop" and len(parts) > 1:
            del parts[at]
        elif change == "repeat":
            parts.insert(at, parts[at])
        elif change == "swap":
            other = data.draw(st.integers(0, len(parts) - 1))
            parts[at], parts[other] = parts[other], parts[at]
        elif change == "replace":
            parts[at] = data.draw(st.sampled_from(WORDS + MORE_WORDS))
        else:
            parts[at] = parts[at][: data.draw(st.integers(0, len(parts[at])))]
    survive(sample, " ".join(parts))


@given(
    field=st.sampled_from(["Id", "Name", "AnnualRevenue", "NumberOfEmployees", "CreatedDate", "IsDeleted", "Industry", "OwnerId", "BillingAddress", "Description", "Owner.Name", "LastActivityDate"]),
    operator=st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES"]),
    value=st.sampled_from(["null", "TRUE", "5", "-1.5", "99999999999999999999", "'x'", "''", "'%'", "'\\u0000'", "'\\ud800'", "TODAY", "LAST_N_DAYS:5", "2024-01-31", "2024-01-31T00:00:00Z", "10:00:00Z", "USD5", "'0015500001QdQWf'"]),
)  # fmt: skip
@examples(200)
def test_any_operator_with_any_literal(sample: Sample, field: str, operator: str, value: str) -> None:
    shown = f"({value})" if operator in ("IN", "NOT IN", "INCLUDES", "EXCLUDES") else value
    survive(sample, f"SELECT Id FROM Account WHERE {field} {operator} {shown}")


def test_the_queries_the_mistakes_are_made_of_are_right(sample: Sample) -> None:
    for query in VALID:
        assert answer(sample.org, sample.user, query) is not None
