"""What Salesforce refuses once the text is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local_org.soql import SoqlError
from local_org.soql.run import answer

if TYPE_CHECKING:
    from .conftest import Sample

WSDL = " Please reference your WSDL or the describe call for the appropriate names."


def no_column(name: str, entity: str) -> str:
    return (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append "
        f"the '__c' after the custom field name.{WSDL}"
    )


def no_type(name: str) -> str:
    return (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the "
        f"'__c' after the entity name.{WSDL}"
    )


def no_relationship(name: str, where: str) -> str:
    return (
        f"Didn't understand relationship '{name}' in {where}. If you are attempting to use a custom relationship, be "
        f"sure to append the '__r' after the custom relationship name.{WSDL}"
    )


def wrong_literal(field: str, wanted: str) -> str:
    return f"value of filter criterion for field '{field}' must be of type {wanted} and should not be enclosed in quotes"


@pytest.mark.parametrize(
    ("soql", "code", "token", "sentence"),
    [
        pytest.param("SELECT Bacon__c FROM Account LIMIT 2", "INVALID_FIELD", "Bacon", no_column("Bacon__c", "Account"), id="column"),
        pytest.param("SELECT Id FROM Account WHERE nope = 1", "INVALID_FIELD", "nope", no_column("nope", "Account"), id="filter-column"),
        pytest.param("SELECT Id FROM Account ORDER BY Nope", "INVALID_FIELD", "Nope", no_column("Nope", "Account"), id="order-column"),
        pytest.param("SELECT Owner.Nope FROM account", "INVALID_FIELD", "Owner", no_column("Nope", "User"), id="parent-column"),
        pytest.param("SELECT Who.Nope FROM Task", "INVALID_FIELD", "Who", no_column("Nope", "Name"), id="name-column"),
        pytest.param("SELECT Owner FROM Account", "INVALID_FIELD", "Owner", no_column("Owner", "Account"), id="relationship-as-column"),
        pytest.param("select count() from XYZZY", "INVALID_TYPE", "XYZZY", no_type("XYZZY"), id="type"),
        pytest.param("SELECT Foo.Name FROM Account", "INVALID_FIELD", "Foo", no_relationship("Foo", "field path"), id="relationship"),
        pytest.param("SELECT Owner.Foo.Name FROM Account", "INVALID_FIELD", "Owner", no_relationship("Foo", "field path"), id="second-relationship"),
        pytest.param("SELECT What.Account.Name FROM Task", "INVALID_FIELD", "What", no_relationship("Account", "field path"), id="beyond-name"),
        pytest.param("SELECT Id, (SELECT Id FROM Foos) FROM Account", "INVALID_TYPE", "Foos", no_relationship("Foos", "FROM part of query call"), id="children"),
        pytest.param("SELECT Id, (SELECT Id FROM Contact) FROM Account", "INVALID_TYPE", "Contact", no_relationship("Contact", "FROM part of query call"), id="children-by-object"),
        pytest.param("SELECT Id FROM Account WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "Id =", "invalid ID field: abc", id="id"),
        pytest.param("SELECT Id FROM Account WHERE OwnerId IN ('abc')", "INVALID_QUERY_FILTER_OPERATOR", "OwnerId", "invalid ID field: abc", id="reference"),
        pytest.param("SELECT Id FROM Account WHERE Id = ''", "INVALID_QUERY_FILTER_OPERATOR", "Id =", "invalid ID field: ", id="empty-id"),
        pytest.param("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR", "Id LIKE", "invalid operator on id field", id="like-on-id"),
        pytest.param("SELECT Id FROM Account WHERE IsDeleted > false", "INVALID_QUERY_FILTER_OPERATOR", "IsDeleted", "invalid operator", id="order-of-booleans"),
        pytest.param("SELECT Id FROM Account WHERE AnnualRevenue LIKE '1%'", "INVALID_QUERY_FILTER_OPERATOR", "AnnualRevenue", "invalid operator", id="like-on-number"),
        pytest.param("SELECT Id FROM Account WHERE Name INCLUDES ('a')", "INVALID_QUERY_FILTER_OPERATOR", "Name", "invalid operator", id="includes-on-text"),
        pytest.param("SELECT Id FROM Account WHERE Name LIKE ''", "INVALID_QUERY_FILTER_OPERATOR", "Name", "invalid LIKE value: ", id="like-nothing"),
        pytest.param("SELECT Id FROM Opportunity WHERE CloseDate > '2024-01-31'", "INVALID_FIELD", "CloseDate", wrong_literal("CloseDate", "date"), id="date-in-quotes"),
        pytest.param("SELECT Id FROM Opportunity WHERE CloseDate > 2024-01-31T00:00:00Z", "INVALID_FIELD", "CloseDate", wrong_literal("CloseDate", "date"), id="datetime-for-date"),
        pytest.param("SELECT Id FROM Account WHERE CreatedDate > 2024-01-31", "INVALID_FIELD", "CreatedDate", wrong_literal("CreatedDate", "dateTime"), id="date-for-datetime"),
        pytest.param("SELECT Id FROM Account WHERE AnnualRevenue = '5'", "INVALID_FIELD", "AnnualRevenue", wrong_literal("AnnualRevenue", "double"), id="number-in-quotes"),
        pytest.param("SELECT Id FROM Account WHERE NumberOfEmployees IN (1, 'x')", "INVALID_FIELD", "NumberOfEmployees", wrong_literal("NumberOfEmployees", "int"), id="integer-in-quotes"),
        pytest.param("SELECT Id FROM Account WHERE IsDeleted = 'true'", "INVALID_FIELD", "IsDeleted", wrong_literal("IsDeleted", "boolean"), id="boolean-in-quotes"),
        pytest.param(
            "SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "Name",
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes", id="text-without-quotes",
        ),
        pytest.param("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "Description", "field 'Description' can not be filtered in a query call", id="long-text-filter"),
        pytest.param("SELECT Id FROM Account WHERE BillingAddress = 'x'", "INVALID_FIELD", "BillingAddress", "Address fields can only be filtered using Distance expressions", id="address-filter"),
        pytest.param("SELECT Id FROM Account ORDER BY Description", "MALFORMED_QUERY", "Description", "field 'Description' can not be sorted in a query call", id="long-text-order"),
        pytest.param("SELECT COUNT(Id) FROM Account GROUP BY AnnualRevenue", "MALFORMED_QUERY", "AnnualRevenue", "field 'AnnualRevenue' can not be grouped in a query call", id="group-by-number"),
        pytest.param("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Name", "Field must be grouped or aggregated: Name", id="ungrouped-field"),
        pytest.param("SELECT Name FROM Account GROUP BY Industry", "MALFORMED_QUERY", "Name", "Field must be grouped or aggregated: Name", id="other-group"),
        pytest.param("SELECT COUNT(Id) FROM Account GROUP BY Industry ORDER BY Name", "MALFORMED_QUERY", "Name", "Ordered field must be grouped or aggregated: Name", id="ungrouped-order"),
        pytest.param("SELECT FIELDS(STANDARD), COUNT(Id) n FROM Account GROUP BY Id", "MALFORMED_QUERY", "FIELDS", "Field must be grouped or aggregated: IsDeleted", id="fields-with-group"),
        pytest.param("SELECT COUNT(IsDeleted) FROM Account", "MALFORMED_QUERY", "COUNT", "field IsDeleted does not support aggregate operator COUNT", id="count-of-boolean"),
        pytest.param("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "SUM", "field Name does not support aggregate operator SUM", id="sum-of-text"),
        pytest.param("SELECT MAX(Description) FROM Account", "MALFORMED_QUERY", "MAX", "field Description does not support aggregate operator MAX", id="max-of-long-text"),
    ],
)  # fmt: skip
def test_errors_that_point_at_their_cause(
    sample: Sample, soql: str, code: str, token: str, sentence: str
) -> None:
    error = sample.refusal(soql)
    column = soql.index(token) + 1
    _, echo, caret, position, rest = error.message.split("\n", 4)
    assert (error.code, rest) == (code, sentence)
    assert position == f"ERROR at Row:1:Column:{column}"
    assert soql.find(echo) + caret.index("^") == column - 1


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        pytest.param("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000", id="offset"),
        pytest.param("SELECT Name n FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing", id="alias"),
        pytest.param("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200", id="fields-all"),
        pytest.param("SELECT FIELDS(CUSTOM) FROM Account LIMIT 201", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200", id="fields-custom"),
        pytest.param("SELECT Id, FIELDS(ALL) FROM User LIMIT 200", "INVALID_FIELD", "duplicate field selected: Id", id="fields-twice"),
        pytest.param(
            "SELECT FIELDS(CUSTOM) FROM Organization LIMIT 200", "MALFORMED_QUERY",
            "'FIELDS(...)' expansion function must result in at least one field being selected.", id="fields-nothing",
        ),
        pytest.param(
            "SELECT FIELDS(SOME) FROM Account LIMIT 200", "MALFORMED_QUERY",
            "The SOQL FIELDS function only supports arguments of (all), (custom), (standard); (SOME) is not supported.", id="fields-argument",
        ),
        pytest.param("SELECT Id FROM Account WHERE CreatedDate > 2020-12-12t12:12:00-25:00", "MALFORMED_QUERY", "Invalid datetime: 2020-12-12t12:12:00-25:00", id="datetime"),
        pytest.param("SELECT Id FROM Opportunity WHERE CloseDate = 2023-02-29", "MALFORMED_QUERY", "Invalid date: 2023-02-29", id="date"),
        pytest.param("SELECT Id FROM Account WHERE Name = 'a\\qb'", "MALFORMED_QUERY", "line 1:39 no viable alternative at character 'q'", id="escape"),
        pytest.param("SELECT Id FROM Account WHERE Name = 'a\\%b'", "MALFORMED_QUERY", "line 1:39 no viable alternative at character '%'", id="like-escape-elsewhere"),
        pytest.param(
            "SELECT Id FROM ContentDocumentLink", "MALFORMED_QUERY",
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using "
            "the equals operator or multiple Id's using the IN operator.", id="content-document-link",
        ),
        pytest.param(
            "SELECT COUNT(Id) FROM Account LIMIT 1", "MALFORMED_QUERY",
            "Non-grouped query that uses overall aggregate functions cannot also use LIMIT", id="aggregate-limit",
        ),
        pytest.param("SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", "MALFORMED_QUERY", "only root queries support aggregate expressions", id="aggregate-in-child"),
        pytest.param("SELECT Name x, COUNT(Id) x FROM Account GROUP BY Name", "MALFORMED_QUERY", "duplicate alias: x", id="alias-twice"),
        pytest.param("SELECT Name FROM Account GROUP BY Name, Name", "MALFORMED_QUERY", "duplicate grouping expression: Name", id="group-twice"),
        pytest.param(
            "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY",
            "Semi join sub-selects are not allowed with the 'OR' operator", id="semi-join-in-or",
        ),
        pytest.param(
            "SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY",
            "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.", id="semi-join-in-not",
        ),
        pytest.param(
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT WhoId FROM Task))", "MALFORMED_QUERY",
            "Nesting of semi join sub-selects is not supported", id="semi-join-in-semi-join",
        ),
        pytest.param(
            "SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Account)", "MALFORMED_QUERY",
            "The inner and outer selects should not be on the same object type", id="semi-join-on-itself",
        ),
        pytest.param(
            "SELECT Id FROM Account WHERE Id IN (SELECT OwnerId FROM Contact)", "MALFORMED_QUERY",
            "The selected field 'OwnerId' in the subquery and the left operand field in the where expression in the outer query 'Id' should "
            "point to the same object type", id="semi-join-of-types",
        ),
        pytest.param(
            "SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)", "MALFORMED_QUERY",
            "Semi join sub-selects can only query id fields, cannot use: 'LastName'", id="semi-join-of-text",
        ),
        pytest.param("SELECT Id FROM Account USING SCOPE nonsense", "INVALID_QUERY_SCOPE", "Scope 'nonsense' is not supported for Account", id="scope"),
    ],
)  # fmt: skip
def test_errors_that_only_say_what_is_wrong(sample: Sample, soql: str, code: str, message: str) -> None:
    error = sample.refusal(soql)
    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize(
    "where",
    [
        "ContentDocumentId = '069000000000001'",
        "LinkedEntityId IN ('001000000000001')",
        "Id = '06A000000000001' AND Visibility = 'AllUsers'",
        "LinkedEntityId IN (SELECT Id FROM Account)",
    ],
    ids=["document", "entities", "id", "semi-join"],
)
def test_content_document_links_are_found_by_one_of_their_ids(sample: Sample, where: str) -> None:
    assert sample.ask(f"SELECT Id FROM ContentDocumentLink WHERE {where}") == []


def test_three_semi_joins_are_too_many(sample: Sample) -> None:
    one = "Id IN (SELECT AccountId FROM Contact)"
    assert sample.refusal(f"SELECT Id FROM Account WHERE {one} AND {one} AND {one}").code == "MALFORMED_QUERY"


def test_deep_nesting_is_too_complicated(sample: Sample) -> None:
    where = "(NOT " * 500 + "Name = 'x'" + ")" * 500
    assert sample.refusal(f"SELECT Id FROM Account WHERE {where}").code == "QUERY_TOO_COMPLICATED"


def test_long_string_literals_are_refused(sample: Sample) -> None:
    assert sample.refusal(f"SELECT Id FROM Account WHERE Name = '{'x' * 4001}'").code == "MALFORMED_QUERY"
    assert sample.names(f"Name = '{'x' * 4000}'") == []


def test_refusals_can_be_written_in_utf8(sample: Sample) -> None:
    for text in (
        "SELECT \ud800 FROM Account",
        "SELECT Id FROM Account WHERE Id = '\ud800'",
        "SELECT Id FROM Account WHERE Id = '\\ud800'",
    ):
        sample.refusal(text).message.encode()


def test_queries_that_run_too_long_are_stopped(own_sample: Sample) -> None:
    org, user = own_sample.org, own_sample.user
    rows = [(f"n{n}",) for n in range(3000)]
    org.store.bulk_insert(
        org.schema.object("Account"), ["Name"], rows, stamp="2024-01-01T00:00:00Z", user_id=user.id
    )
    slow = "SELECT Id FROM Account WHERE Name LIKE '%a%' OR Name LIKE '%b%' OR Name LIKE '%c%'"
    with pytest.raises(SoqlError) as caught:
        answer(org, user, slow, time_limit=0)
    assert (caught.value.code, caught.value.message) == (
        "QUERY_TIMEOUT",
        "Your query request was running for too long.",
    )
    assert answer(org, user, slow).total_size == 2


def test_paths_have_at_most_five_levels(sample: Sample) -> None:
    assert sample.ask("SELECT Parent.Parent.Parent.Parent.Parent.Name FROM Account LIMIT 1")[0] == {
        "Parent": None
    }
    assert (
        sample.refusal("SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account").code
        == "INVALID_FIELD"
    )


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        pytest.param("SELECT BillingAddress FROM Account", "FUNCTIONALITY_NOT_ENABLED", "Selecting compound data not supported in Bulk Query", id="compound"),
        pytest.param("SELECT VersionData FROM ContentVersion", "FUNCTIONALITY_NOT_ENABLED", "Binary fields cannot be selected in bulk queries", id="binary"),
        pytest.param("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "FUNCTIONALITY_NOT_ENABLED", "Aggregate Relationships not supported in Bulk Query", id="children"),
        pytest.param("SELECT COUNT() FROM Account", "FUNCTIONALITY_NOT_ENABLED", "Aggregate queries are not supported in Bulk Query", id="count"),
        pytest.param("SELECT Name FROM Account GROUP BY Name", "FUNCTIONALITY_NOT_ENABLED", "Aggregate queries are not supported in Bulk Query", id="group"),
        pytest.param("SELECT Id FROM Account OFFSET 5", "FUNCTIONALITY_NOT_ENABLED", "OFFSET clause is not supported in Bulk Query", id="offset"),
        pytest.param("SELECT TYPEOF What WHEN Account THEN Name END FROM Task", "FUNCTIONALITY_NOT_ENABLED", "TYPEOF clause is not supported in Bulk Query", id="typeof"),
        pytest.param("SELECT Id FROM TaskStatus", "INVALIDENTITY", "Entity 'TaskStatus' is not supported by the Bulk API.", id="entity"),
        pytest.param(
            "SELECT FIELDS(ALL) FROM Account LIMIT 200", "MALFORMED_QUERY",
            "The SOQL FIELDS function is not supported with an unbounded set of fields in this API.", id="fields-all",
        ),
    ],
)  # fmt: skip
def test_bulk_refuses_more(sample: Sample, soql: str, code: str, message: str) -> None:
    error = sample.refusal(soql, bulk=True)
    assert (error.code, error.message) == (code, message)
    if "ALL" not in soql:
        assert sample.ask(soql) is not None
