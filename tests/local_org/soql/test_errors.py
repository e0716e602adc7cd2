"""How much of the query an error echoes; the expectations are windows seen in real orgs' messages."""

from __future__ import annotations

import pytest

from local_org.soql.errors import Source


@pytest.mark.parametrize(
    ("text", "token", "echo", "blanks", "column"),
    [
        pytest.param(
            "SELECT Bacon__c FROM Account LIMIT 2",
            "Bacon__c",
            "SELECT Bacon__c FROM Account LIMIT 2",
            7,
            8,
            id="short",
        ),
        pytest.param(
            "SELECT Id,Name,BillingCity,IsDeleted FROM Accout",
            "Accout",
            "Name,BillingCity,IsDeleted FROM Accout",
            32,
            43,
            id="cut-at-a-comma",
        ),
        pytest.param(
            "SELECT WebEmail__c, Case_Resolution_Summary__c, MW_Case_ID__c, Escalation_Helper_Contact__c, Id FROM Case",
            "MW_Case_ID__c",
            "WebEmail__c, Case_Resolution_Summary__c, MW_Case_ID__c, Escalation_Helper_Contact__c",
            41,
            49,
            id="widened-to-whole-words",
        ),
        pytest.param(
            "SELECT Id, Name, BillingPostalCode FROM Account WHERE Id = '53'",
            "Id = '53'",
            "BillingPostalCode FROM Account WHERE Id = '53'",
            37,
            55,
            id="filter",
        ),
        pytest.param("SELECT Id\r\nFROM Nope", "Nope", "FROM Nope", 5, 6, id="own-line-only"),
    ],
)
def test_thirty_characters_to_either_side_are_echoed(
    text: str, token: str, echo: str, blanks: int, column: int
) -> None:
    offset = text.index(token)
    row = text[:offset].count("\n") + 1
    expected = f"\n{echo}\n{' ' * blanks}^\nERROR at Row:{row}:Column:{column}\nwrong"
    assert Source(text).block(offset, "wrong") == expected


def test_syntax_errors_point_one_to_the_left() -> None:
    text = "SELECT Id FROM Account SET OPTIONS (honorEmptyStrings = true) LIMIT 1"
    error = Source(text).unexpected(text.index("LIMIT"), "LIMIT")
    assert error.message == (
        "\nOPTIONS (honorEmptyStrings = true) LIMIT 1\n"
        + " " * 34
        + "^\nERROR at Row:1:Column:62\nunexpected token: 'LIMIT'"
    )
