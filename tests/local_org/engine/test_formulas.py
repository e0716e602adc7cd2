from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local_org.customise import MetadataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.org import Org
    from local_org.security import User

    Rows = Callable[..., list[tuple[Any, ...]]]
    Make = Callable[..., str]


def value(org: Org, sobject: str, field: str) -> Any:
    sql = org.schema.object(sobject)[field].sql
    assert sql is not None
    return org.store.read().execute(f'SELECT {sql.replace("{t}", "x")} FROM "{sobject}" x').fetchone()[0]


@pytest.fixture(autouse=True)
def _account(org: Org, make: Make) -> None:
    org.create_custom_field("Account.When__c", type="Date")
    org.create_custom_field(
        "Account.Tags__c", type="MultiselectPicklist", visibleLines=4, valueSet={"valueSetDefinition": {}}
    )
    make(
        "Account",
        Name="Acme",
        AnnualRevenue=1000,
        NumberOfEmployees=7,
        Industry="Banking",
        When__c="2026-02-28",
        Tags__c="a;b",
        Website="acme.example",
    )


@pytest.mark.parametrize(
    ("kind", "formula", "expected"),
    [
        ("Number", "1 + 2 * 3 ^ 2", 19.0),
        ("Number", "(1 + 2) * -3", -9.0),
        ("Number", "AnnualRevenue / NumberOfEmployees", 142.86),
        ("Number", "Sic + 1", 1.0),
        ("Number", "MOD(-7, 3) + MAX(1, 5, 3) + MIN(4, 2) + ABS(-1)", 10.0),
        ("Number", "ROUND(2.345, 2) + CEILING(1.2) + FLOOR(1.8)", 5.35),
        ("Number", "LEN(Name) + VALUE('3.5')", 7.5),
        ("Number", "TODAY() - When__c", 4.0),
        ("Number", "YEAR(When__c) * 10000 + MONTH(When__c) * 100 + DAY(When__c)", 20_260_228.0),
        ("Percent", "0.25", 25.0),
        ("Text", "Name & ' (' & TEXT(NumberOfEmployees) & \")\"", "Acme (7)"),
        ("Text", "Phone & Fax", None),
        ("Text", "UPPER(LEFT(Name, 2)) + LOWER(RIGHT(Name, 2)) & MID('abcdef', 2, 3)", "ACmebcd"),
        ("Text", "SUBSTITUTE(TRIM('  a-b '), '-', '+')", "a+b"),
        ("Text", "IF(AND(AnnualRevenue > 500, NOT(ISBLANK(Industry))), 'big', 'small')", "big"),
        ("Text", "IF(AnnualRevenue >= 5000 || ISPICKVAL(Industry, 'Banking'), 'yes', 'no')", "yes"),
        ("Text", "CASE(Industry, 'Energy', 'E', 'Banking', 'B', '?')", "B"),
        ("Text", "BLANKVALUE(Phone, 'none') & NULLVALUE(Name, 'x')", "noneAcme"),
        (
            "Text",
            "HYPERLINK('https://' & Website, Name)",
            '<a href="https://acme.example" target="_blank">Acme</a>',
        ),
        ("Text", "/* a comment */ 'It\\'s'", "It's"),
        ("Text", "Owner.FirstName & ' ' & Owner.Profile.Name", "Ada System Administrator"),
        ("Text", "Account.Name", "Acme"),
        ("Checkbox", "Name = 'acme' && Name <> 'x' && true", 1),
        ("Checkbox", "OR(CONTAINS(Name, 'cm'), false) && BEGINS(Name, 'Ac')", 1),
        ("Checkbox", "INCLUDES(Tags__c, 'b') && !INCLUDES(Tags__c, 'c')", 1),
        ("Checkbox", "ISBLANK(Phone) && ISNULL(Sic) && ISNUMBER('12') && !ISNUMBER('a')", 1),
        ("Checkbox", "NumberOfEmployees == 7 && NumberOfEmployees != 8", 1),
        ("Date", "When__c + 1", "2026-03-01"),
        ("Date", "DATE(2026, 1, 31) - 31", "2025-12-31"),
        ("Date", "DATEVALUE(CreatedDate)", "2026-03-04"),
        ("DateTime", "NOW() + 0.5", "2026-03-04T17:06:07Z"),
    ],
)
def test_a_formula_is_worth_what_salesforce_says(org: Org, kind: str, formula: str, expected: Any) -> None:
    sizes: dict[str, Any] = {"precision": 18, "scale": 2} if kind in {"Number", "Percent"} else {}
    org.create_custom_field("Account.F__c", type=kind, formula=formula, **sizes)
    found = value(org, "Account", "F__c")
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(("treatment", "expected"), [("BlankAsZero", 1.0), ("BlankAsBlank", None)])
def test_blanks_are_zero_or_stay_blank(org: Org, treatment: str, expected: float | None) -> None:
    org.create_custom_field("Account.Score__c", type="Number", precision=5, scale=0)
    org.create_custom_field(
        "Account.F__c",
        type="Number",
        precision=18,
        scale=0,
        formula="Score__c + 1",
        formulaTreatBlanksAs=treatment,
    )
    assert value(org, "Account", "F__c") == expected


def test_formulas_build_on_each_other_across_objects(org: Org, make: Make, rows: Rows) -> None:
    (account,) = rows("SELECT Id FROM Account")[0]
    org.create_custom_field("Account.Loud__c", type="Text", formula="UPPER(Name) & Owner.LastName")
    org.create_custom_field("Account.Louder__c", type="Text", formula="Loud__c & '!'")
    org.create_custom_field(
        "Contact.Firm__c", type="Text", formula="Account.Louder__c & Account.Owner.FirstName"
    )
    make("Contact", LastName="L", AccountId=account)
    assert value(org, "Contact", "Firm__c") == "ACMEAdmin!Ada"


def test_a_formula_changes_without_touching_the_row(org: Org, admin: User, make: Make, rows: Rows) -> None:
    (account,) = rows("SELECT Id FROM Account")[0]
    make("Contact", LastName="L", AccountId=account)
    org.create_custom_field("Contact.Firm__c", type="Text", formula="Account.Name")
    before = rows("SELECT SystemModstamp FROM Contact")
    org.clock.shift(timedelta(days=1))
    org.dml.update(admin, "Account", account, {"Name": "Renamed"})
    assert value(org, "Contact", "Firm__c") == "Renamed"
    assert rows("SELECT SystemModstamp FROM Contact") == before


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("Nope__c", "Error: Field Nope__c does not exist. Check spelling."),
        ("Owner.Nope", "Error: Field Owner.Nope does not exist. Check spelling."),
        ("Nobody.Name", "Error: Field Nobody.Name does not exist. Check spelling."),
        ("BillingAddress", "Error: Field BillingAddress does not exist. Check spelling."),
        ("VLOOKUP(Name)", "Error: Unknown function VLOOKUP. Check spelling."),
        ("IF(true, 1)", "Error: Incorrect number of parameters for function 'IF()'. Expected 3, received 2"),
        (
            "CASE(Name, 1, 2)",
            "Error: Incorrect number of parameters for function 'CASE()'. Expected at least 4, received 3",
        ),
        ("CASE(Name, 1, 2, 3, 4)", "Error: Incorrect number of parameters for function 'CASE()'"),
        ("1 +", "Error: Syntax error. Found 'end of formula'"),
        ("1 2", "Error: Syntax error. Found '2'"),
        ("(1", "Error: Syntax error. Missing ')' before 'end of formula'"),
        ("1 ? 2", "Error: Syntax error. Found '?'"),
        ("1 + )", "Error: Syntax error. Found ')'"),
    ],
)
def test_a_mistake_in_a_formula_is_told(org: Org, formula: str, message: str) -> None:
    with pytest.raises(MetadataError) as caught:
        org.create_custom_field("Account.F__c", type="Text", formula=formula)
    assert (caught.value.code, caught.value.message) == ("FIELD_INTEGRITY_EXCEPTION", message)


def test_an_expression_can_be_given_directly(org: Org) -> None:
    org.create_custom_field("Account.F__c", type="Text", formula="whatever", sql="'x' || {t}.\"Name\"")
    assert value(org, "Account", "F__c") == "xAcme"


class TestRollUps:
    @pytest.fixture(autouse=True)
    def _lines(self, org: Org, make: Make, rows: Rows) -> None:
        org.create_custom_object("Line__c")
        org.create_custom_field(
            "Line__c.Account__c", type="MasterDetail", referenceTo="Account", relationshipName="Lines"
        )
        org.create_custom_field("Line__c.Amount__c", type="Currency", precision=18, scale=2)
        (account,) = rows("SELECT Id FROM Account")[0]
        for amount in (10, 20.5, None):
            make("Line__c", Account__c=account, Amount__c=amount)

    @pytest.mark.parametrize(
        ("operation", "expected"), [("count", 3), ("sum", 30.5), ("min", 10.0), ("max", 20.5)], ids=str
    )
    def test_children_add_up(self, org: Org, operation: str, expected: float) -> None:
        org.create_custom_field(
            "Account.Sum__c",
            type="Summary",
            summaryForeignKey="Line__c.Account__c",
            summarizedField="Line__c.Amount__c",
            summaryOperation=operation,
        )
        assert value(org, "Account", "Sum__c") == expected

    def test_deleted_children_do_not_count(self, org: Org, admin: User, rows: Rows) -> None:
        org.create_custom_field(
            "Account.Sum__c", type="Summary", summaryForeignKey="Line__c.Account__c", summaryOperation="count"
        )
        org.dml.delete_many(admin, [row[0] for row in rows("SELECT Id FROM Line__c")])
        assert value(org, "Account", "Sum__c") == 0

    @pytest.mark.parametrize(
        "metadata",
        [
            {"summaryForeignKey": "Line__c.Nope__c", "summaryOperation": "count"},
            {"summaryForeignKey": "Contact.OwnerId", "summaryOperation": "count"},
            {
                "summaryForeignKey": "Line__c.Account__c",
                "summaryOperation": "sum",
                "summarizedField": "Line__c.No__c",
            },
            {"summaryForeignKey": "Line__c.Account__c", "summaryOperation": "median"},
        ],
        ids=["no lookup", "another parent", "no field", "no such operation"],
    )
    def test_a_roll_up_of_nothing_is_refused(self, org: Org, metadata: dict[str, Any]) -> None:
        with pytest.raises(MetadataError):
            org.create_custom_field("Account.Sum__c", type="Summary", **metadata)
