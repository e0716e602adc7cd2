from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_abm import soql
from salesforce_abm.soql import Select, any_of, literal, quote, quote_like, split_by_length

UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def read_literal(text: str) -> str:
    """Read a SOQL string literal the way Salesforce documents it; every other backslash is an error."""
    assert text[0] == text[-1] == "'"
    out, inner = [], iter(text[1:-1])
    for char in inner:
        assert char != "'", "a bare quote ends the literal"
        if char != "\\":
            out.append(char)
            continue
        escape = next(inner)
        out.append(
            chr(int("".join(next(inner) for _ in range(4)), 16)) if escape == "u" else UNESCAPED[escape]
        )
    return "".join(out)


@given(st.text())
def test_a_quoted_text_reads_back_as_itself(text: str) -> None:
    literal_text = quote(text)
    assert read_literal(literal_text) == text
    assert not re.search(r"[\x00-\x1f]", literal_text)


def test_a_quote_cannot_end_the_literal() -> None:
    assert quote("O'Reilly' OR Name != '") == r"'O\'Reilly\' OR Name != \''"
    assert quote("back\\") == r"'back\\'"


def test_wildcards_match_themselves_in_like() -> None:
    assert quote_like("50%_o'x") == r"'50\%\_o\'x'"


LITERALS: list[tuple[Any, str, str]] = [
    (None, "string", "null"),
    ("x'y", "string", r"'x\'y'"),
    ("0015500001QdQWfAAN", "id", "'0015500001QdQWfAAN'"),
    (7, "picklist", "'7'"),
    (True, "boolean", "TRUE"),
    ("false", "boolean", "FALSE"),
    (12, "int", "12"),
    (Decimal("0.10"), "currency", "0.10"),
    (Decimal("1.39E8"), "double", "139000000"),
    (1e-7, "double", "0.0000001"),
    ("12.5", "percent", "12.5"),
    (date(2024, 1, 31), "date", "2024-01-31"),
    ("2024-01-31", "date", "2024-01-31"),
    (datetime(2024, 1, 31, 23, tzinfo=UTC), "date", "2024-01-31"),
    (datetime(2024, 1, 31, 12, tzinfo=UTC), "datetime", "2024-01-31T12:00:00.000Z"),
    ("2024-01-31T12:00:00+0100", "datetime", "2024-01-31T11:00:00.000Z"),
    (time(13, 5), "time", "13:05:00.000Z"),
    ("13:05:00Z", "time", "13:05:00.000Z"),
]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    LITERALS,
    ids=[f"{kind} {value!r}" for value, kind, _ in LITERALS],
)
def test_a_value_becomes_the_literal_of_its_type(value: Any, kind: str, expected: str) -> None:
    assert literal(value, kind) == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1 OR 1 = 1", "int"),
        ("NaN", "double"),
        (float("inf"), "double"),
        (True, "int"),
        ("maybe", "boolean"),
        ("TODAY", "date"),
        ("2024-01-32T00:00:00.000Z", "datetime"),
        ("x", "base64"),
        ({}, "address"),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_its_type_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=r"not|cannot"):
        literal(value, kind)


def test_a_list_filter_names_each_value() -> None:
    assert any_of("Parent.Ext__c", ["a", "b'"]) == r"Parent.Ext__c IN ('a','b\'')"
    assert any_of("Score__c", [1, Decimal("2.5")], "double") == "Score__c IN (1,2.5)"


def test_an_empty_list_filter_is_refused_because_soql_has_none() -> None:
    with pytest.raises(ValueError, match="no values to look for in Name"):
        any_of("Name", [])


@given(st.lists(st.text(max_size=30)), st.integers(min_value=200, max_value=400), st.booleans())
def test_groups_keep_every_value_in_order_and_within_the_budget(
    values: list[str], budget: int, url: bool
) -> None:
    values = [value.encode("utf-8", "ignore").decode()[:15] for value in values]
    groups = list(split_by_length(values, budget, url=url))
    assert [value for group in groups for value in group] == values
    for group in groups:
        text = ",".join(quote(value) for value in group)
        assert len(quote_plus(text) if url else text) <= budget


def test_groups_are_as_big_as_the_budget_allows() -> None:
    assert list(split_by_length(["aa", "bb", "cc"], 9)) == [("aa", "bb"), ("cc",)]
    assert list(split_by_length([], 9)) == []


def test_a_value_longer_than_the_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        list(split_by_length(["x" * 20], 10))


def test_a_select_renders_every_part() -> None:
    query = Select(
        ("Id", "Owner.Name", "MIN(CreatedDate) oldest", "COUNT()"),
        "ABM_Segment__c",
        where=("A__c = 'x'", "B__c = 1 or C__c = 2", "NOT Name LIKE 'z%'"),
        order_by=("SystemModstamp", "Id DESC NULLS LAST"),
        limit=5,
    )
    assert str(query) == (
        "SELECT Id,Owner.Name,MIN(CreatedDate) oldest,COUNT() FROM ABM_Segment__c"
        " WHERE A__c = 'x' AND (B__c = 1 or C__c = 2) AND (NOT Name LIKE 'z%')"
        " ORDER BY SystemModstamp,Id DESC NULLS LAST LIMIT 5"
    )


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(Select((), "Account"), id="no fields"),
        pytest.param(Select(("Id, Name FROM User",), "Account"), id="query in a field"),
        pytest.param(Select(("Id",), "Account WHERE Id != null"), id="query in the object"),
        pytest.param(Select(("Id",), "Account", order_by=("Id LIMIT 1",)), id="query in the order"),
        pytest.param(Select(("Id\n",), "Account"), id="line feed"),
    ],
)
def test_names_cannot_smuggle_a_query(query: Select) -> None:
    with pytest.raises(ValueError, match=r"API name|no fields"):
        query.render()


def test_the_limits_are_those_of_salesforce() -> None:
    assert soql.MAX_QUERY == 100_000
    assert soql.MAX_URL < 16_384
