"""Text to tree."""

from __future__ import annotations

import pytest

from local_org.soql import SoqlError
from local_org.soql.ast import And, Call, Comparison, Literal, Not, Or, Path, Query, TypeOf
from local_org.soql.parse import parse


def select(query: Query) -> list[str]:
    return [str(item.expr) for item in query.select]


@pytest.mark.parametrize(
    ("text", "sobject"),
    [
        pytest.param("SELECT Id FROM Order", "Order", id="order"),
        pytest.param("SELECT Id FROM Order ORDER BY Name", "Order", id="order-by"),
        pytest.param("SELECT Id FROM Group LIMIT 5", "Group", id="group"),
        pytest.param("SELECT Count, End, Today, All FROM X__c", "X__c", id="keywords-as-fields"),
        pytest.param("sElEcT Id fRoM Account wHeRe Name = 'x'", "Account", id="any-case"),
        pytest.param("SELECT\n\tId\nFROM\r\nAccount", "Account", id="line-breaks"),
        pytest.param("SELECT Id FROM Account AS a", "Account", id="as"),
    ],
)
def test_words_are_keywords_only_where_they_can_be(text: str, sobject: str) -> None:
    assert str(parse(text).sources[0].path) == sobject


def test_every_clause_finds_its_place() -> None:
    query = parse(
        "SELECT Name, COUNT(Id) c FROM Contact x, x.Account a USING SCOPE mine WHERE Name = 'a' "
        "WITH SECURITY_ENFORCED GROUP BY ROLLUP(Name) HAVING COUNT(Id) > 1 ORDER BY Name DESC NULLS LAST, COUNT(Id) "
        "LIMIT 5 OFFSET 3 ALL ROWS FOR VIEW FOR REFERENCE UPDATE TRACKING, VIEWSTAT"
    )
    assert [(str(s.path), s.alias) for s in query.sources] == [("Contact", "x"), ("x.Account", "a")]
    assert query.select[1].alias == "c"
    assert str(query.scope) == "mine"
    assert query.group_by is not None
    assert (query.group_by.kind, [str(g) for g in query.group_by.items]) == ("ROLLUP", ["Name"])
    assert isinstance(query.group_by.having, Comparison)
    assert [(o.descending, o.nulls_last) for o in query.order_by] == [(True, True), (False, False)]
    assert (query.limit, query.offset, query.all_rows) == (5, 3, True)
    assert query.locks == ("FOR_VIEW", "FOR_REFERENCE")


def test_conditions_keep_their_shape() -> None:
    where = parse(
        "SELECT Id FROM A WHERE (x = 1 OR (NOT y = 2)) AND z IN ('a', 'b') AND w NOT IN (1, TODAY)"
    ).where
    assert isinstance(where, And)
    either, inside, outside = where.items
    assert isinstance(either, Or)
    assert isinstance(either.items[1], Not)
    assert isinstance(inside, Comparison)
    assert isinstance(inside.right, tuple)
    assert [literal.text for literal in inside.right] == ["a", "b"]
    assert isinstance(outside, Comparison)
    assert isinstance(outside.right, tuple)
    assert (outside.operator, [literal.kind for literal in outside.right]) == (
        "NOT IN",
        ["number", "relative"],
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'it\\'s'", "string"),
        ("''", "string"),
        ("-12.5", "number"),
        ("+3", "number"),
        (".5", "number"),
        ("2024-01-31", "date"),
        ("2024-01-31T12:00:00Z", "datetime"),
        ("2024-01-31t12:00:00.123+01:00", "datetime"),
        ("13:05:00Z", "time"),
        ("true", "boolean"),
        ("NULL", "null"),
        ("last_n_days:30", "relative"),
        ("LAST_N_FISCAL_QUARTERS : 2", "relative"),
        ("THIS_FISCAL_YEAR", "relative"),
        ("USD5000", "currency"),
        ("eur-1.50", "currency"),
    ],
)
def test_literals_are_recognised(text: str, kind: str) -> None:
    where = parse(f"SELECT Id FROM A WHERE x = {text}").where
    assert isinstance(where, Comparison)
    assert isinstance(where.right, Literal)
    assert where.right.kind == kind


def test_subqueries_and_typeof() -> None:
    query = parse(
        "SELECT Id, (SELECT Name FROM Contacts WHERE x = 1 LIMIT 2), TYPEOF What WHEN Account THEN Phone, Owner.Name "
        "WHEN Opportunity THEN Amount ELSE Name END FROM Event WHERE WhoId IN (SELECT Id FROM Contact)"
    )
    child, typeof = query.select[1].expr, query.select[2].expr
    assert isinstance(child, Query)
    assert (str(child.sources[0].path), child.limit) == ("Contacts", 2)
    assert isinstance(typeof, TypeOf)
    assert [str(when.sobject) for when in typeof.whens] == ["Account", "Opportunity"]
    assert [str(path) for path in typeof.whens[0].fields] == ["Phone", "Owner.Name"]
    assert [str(path) for path in typeof.otherwise] == ["Name"]
    assert isinstance(query.where, Comparison)
    assert isinstance(query.where.right, Query)


def test_calls_nest() -> None:
    query = parse(
        "SELECT DAY_ONLY(convertTimezone(CreatedDate)) d FROM A WHERE DISTANCE(L__c, GEOLOCATION(1,-2), 'mi') < 3"
    )
    call = query.select[0].expr
    assert isinstance(call, Call)
    assert call.name == "DAY_ONLY"
    inner = call.args[0]
    assert isinstance(inner, Call)
    assert (inner.name, inner.args) == ("CONVERTTIMEZONE", (Path(("CreatedDate",), 32),))
    assert isinstance(query.where, Comparison)
    assert isinstance(query.where.left, Call)


def block(query: str, blanks: int, row: int, column: int, sentence: str) -> str:
    return f"\n{query}\n{' ' * blanks}^\nERROR at Row:{row}:Column:{column}\n{sentence}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("SELEKT Name FROM Account", "unexpected token: SELEKT", id="first-token"),
        pytest.param("", "SOQL statements cannot be empty or null", id="empty"),
        pytest.param(" \n ", "SOQL statements cannot be empty or null", id="blank"),
        pytest.param(
            "SELECT Id FROM Account" + " " * 100_000,
            "SOQL statements can not be longer than 100000 characters",
            id="too-long",
        ),
        pytest.param(
            "SELECT Id, FROM Bar__c",
            block("SELECT Id, FROM Bar__c", 10, 1, 11, "unexpected token: 'FROM'"),
            id="comma-before-from",
        ),
        pytest.param(
            "SELECT FROM Account",
            block("SELECT FROM Account", 6, 1, 7, "unexpected token: 'SELECT FROM'"),
            id="nothing-selected",
        ),
        pytest.param(
            "SELECT Id FROM Bar__c WHERE",
            block("SELECT Id FROM Bar__c WHERE", 26, 1, 27, "unexpected token: '<EOF>'"),
            id="end-of-text",
        ),
        pytest.param(
            "SELECT Id FROM A WHERE B IN ()",
            block("SELECT Id FROM A WHERE B IN ()", 28, 1, 29, "unexpected token: 'B IN ()'"),
            id="empty-list",
        ),
        pytest.param(
            "SELECT Id FROM A WHERE a=1 AND b=2 OR c=3",
            block("SELECT Id FROM A WHERE a=1 AND b=2 OR c=3", 34, 1, 35, "unexpected token: 'OR'"),
            id="and-with-or",
        ),
        pytest.param(
            "SELECT Id FROM A WHERE a=1 AND NOT b=2",
            block("SELECT Id FROM A WHERE a=1 AND NOT b=2", 30, 1, 31, "unexpected token: 'NOT'"),
            id="bare-not-after-and",
        ),
        pytest.param(
            "SELECT Id\nFROM A\nWHERE x ~ 1",
            block("WHERE x ~ 1", 7, 3, 8, "unexpected token: '~'"),
            id="third-line",
        ),
        pytest.param(
            "SELECT Id FROM $Case", "line 1:15 unexpected token: '$'", id="character-outside-the-alphabet"
        ),
        pytest.param(
            "SELECT Id FROM A\nWHERE n='abc",
            "line 2:12 mismatched character '<EOF>' expecting '''",
            id="open-string",
        ),
        pytest.param(
            "SELECT * FROM A", block("SELECT * FROM A", 6, 1, 7, "unexpected token: '*'"), id="star"
        ),
        pytest.param(
            "SELECT Id FROM A WHERE n = :x",
            block("SELECT Id FROM A WHERE n = :x", 27, 1, 28, "Bind variables only allowed in Apex code"),
            id="bind",
        ),
        pytest.param(
            "SELECT Id FROM A WHERE n = foo.bar",
            block("SELECT Id FROM A WHERE n = foo.bar", 26, 1, 27, "unexpected token: 'foo'"),
            id="unquoted-text",
        ),
        pytest.param(
            "SELECT Id FROM A USING everything",
            block("SELECT Id FROM A USING everything", 22, 1, 23, "unexpected token: 'everything'"),
            id="using-without-scope",
        ),
        pytest.param(
            "SELECT Id FROM A WHERE d > 2020-01-01T00:00:00 01:00",
            block(
                "SELECT Id FROM A WHERE d > 2020-01-01T00:00:00 01:00", 36, 1, 37, "unexpected token: 'T00'"
            ),
            id="plus-lost-in-the-url",
        ),
        pytest.param(
            "SELECT Id FROM A LIMIT 1.5",
            block("SELECT Id FROM A LIMIT 1.5", 22, 1, 23, "unexpected token: '1.5'"),
            id="fractional-limit",
        ),
        pytest.param(
            "SELECT Id FROM A HAVING x = 1",
            block("SELECT Id FROM A HAVING x = 1", 16, 1, 17, "unexpected token: 'HAVING'"),
            id="having-without-group",
        ),
    ],
)
def test_bad_text_is_refused_in_salesforces_words(text: str, message: str) -> None:
    with pytest.raises(SoqlError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.message) == ("MALFORMED_QUERY", message)


IDS = ",".join(["'0015500001QdQWfAAN'"] * 4_700)
NUMBERS = ",".join("1" * 49_000)
CONDITIONS = " OR ".join(["a__c = 12"] * 7_000)


@pytest.mark.parametrize(
    "where",
    [f"Id IN ({IDS})", f"n IN ({NUMBERS})", CONDITIONS, "(" * 20_000 + "a=1" + ")" * 20_000],
    ids=["ids", "numbers", "conditions", "parentheses"],
)
def test_the_longest_queries_parse(where: str) -> None:
    assert parse(f"SELECT Id FROM A WHERE {where}").where is not None
