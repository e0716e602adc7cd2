from __future__ import annotations

import pytest

from salesforce_abm import errors
from salesforce_abm.codes import CODES, REFINEMENTS, Refinement
from salesforce_abm.errors import Action, ApiError, SalesforceAbmError, advice_for, api_error


@pytest.mark.parametrize("code", sorted(CODES), ids=sorted(CODES))
def test_every_code_has_an_action_and_a_remedy_that_is_a_sentence(code: str) -> None:
    advice = CODES[code]
    assert isinstance(advice.action, Action)
    assert advice.remedy is None or advice.remedy.endswith((".", ")."))
    error = api_error(400, code, "words of Salesforce")
    assert error.action is advice.action
    assert error.code == code
    assert "\n" not in str(error)
    assert (advice.remedy or "words of Salesforce") in str(error)


@pytest.mark.parametrize("refinement", REFINEMENTS, ids=[f"{r.code} {r.words}" for r in REFINEMENTS])
def test_a_refinement_wins_over_the_plain_code(refinement: Refinement) -> None:
    code = refinement.code or "MALFORMED_QUERY"
    assert advice_for(code, f"before {refinement.words.upper()} after") == refinement.advice
    assert advice_for(code, "other words") == CODES.get(code)


MEANINGS = [
    ("INVALID_SESSION_ID", "Session expired or invalid", Action.REAUTH),
    ("INVALID_SESSION_ID", "This session is not valid for use with the REST API", Action.FAIL),
    ("INVALID_SESSION_ID", "Connected app is not attached to Agent", Action.FAIL),
    ("INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT", Action.REAUTH),
    ("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", Action.FAIL),
    ("INVALID_AUTH_HEADER", "INVALID_SCOPES", Action.FAIL),
    ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Action.WAIT),
    ("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.", Action.RETRY),
    ("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", Action.RETRY),
    ("MALFORMED_QUERY", "unexpected token: SELEKT", Action.FAIL),
    (
        "MALFORMED_QUERY",
        "Implementation restriction: ContentDocumentLink requires a filter",
        Action.SKIP_STREAM,
    ),
    ("INVALIDENTITY", "Entity 'TaskStatus' is not supported by the Bulk API.", Action.FALLBACK_REST),
    ("API_ERROR", "Selecting compound data not supported in Bulk Query", Action.FALLBACK_REST),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "abc: UNABLE_TO_LOCK_ROW, unable to obtain", Action.RETRY),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "trigger failed", Action.SKIP_ROW),
    ("FORBIDDEN", "You can\u2019t run more than 500 reports synchronously every 60 minutes.", Action.WAIT),
]


@pytest.mark.parametrize(("code", "message", "action"), MEANINGS, ids=[f"{c}: {m}" for c, m, _ in MEANINGS])
def test_one_code_can_mean_several_things(code: str, message: str, action: Action) -> None:
    advice = advice_for(code, message)
    assert advice is not None
    assert advice.action is action


def test_an_unknown_code_gives_no_advice_and_fails() -> None:
    assert advice_for("NEVER_SEEN", "x") is None
    assert api_error(400, "NEVER_SEEN", "x").action is Action.FAIL


CLASSES = [
    (400, "QUERY_TIMEOUT", "Your query request was running for too long.", errors.QueryTimeout),
    (400, "INVALID_FIELD", "No such column", errors.InvalidField),
    (400, "INVALID_TYPE", "sObject type 'X' is not supported.", errors.InvalidType),
    (404, "NOT_FOUND", "The requested resource does not exist", errors.NotFound),
    (400, "INVALID_QUERY_LOCATOR", "invalid query locator", errors.InvalidLocator),
    (414, "URI_TOO_LONG", "reason: URI Too Long", errors.RequestTooLong),
    (431, "HTTP_431", "", errors.RequestTooLong),
    (
        400,
        "MALFORMED_QUERY",
        "SOQL statements can not be longer than 100000 characters",
        errors.RequestTooLong,
    ),
    (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", errors.Forbidden),
    (400, "INVALIDENTITY", "Entity 'X' is not supported by the Bulk API.", errors.NotSupported),
    (400, "SOMETHING_NEW", "x", errors.ApiError),
]


@pytest.mark.parametrize(("status", "code", "message", "kind"), CLASSES, ids=[row[1] for row in CLASSES])
def test_an_answer_becomes_the_exception_that_says_how_to_recover(
    status: int, code: str, message: str, kind: type[ApiError]
) -> None:
    assert type(api_error(status, code, message)) is kind


def test_a_hidden_object_is_both_an_api_and_an_access_error() -> None:
    error = api_error(400, "INVALID_TYPE", "sObject type 'X' is not supported.")
    assert isinstance(error, errors.AccessError)
    assert isinstance(error, errors.ApiError)


def test_an_api_error_is_one_line_and_keeps_the_words_of_salesforce() -> None:
    words = (
        "\nSELECT Bacon__c FROM Account\n       ^\nERROR at Row:1:Column:8\n"
        "No such column 'Bacon__c' on entity 'Account'."
    )
    error = api_error(400, "INVALID_FIELD", words, ("Bacon__c",), "5a79", operation="GET query")
    assert error.detail == words
    assert str(error).startswith(
        "Salesforce refused GET query: INVALID_FIELD: No such column 'Bacon__c' on entity 'Account'. [Bacon__c] "
        "(HTTP 400, request 5a79). The field does not exist or"
    )


def test_only_an_exhausted_quota_has_its_own_exit_code() -> None:
    assert errors.QuotaError("x").exit_code == 2
    others = [cls for cls in SalesforceAbmError.__subclasses__() if cls is not errors.QuotaError]
    assert {cls.exit_code for cls in others} == {1}


def test_the_remedy_follows_the_message_as_a_sentence_of_its_own() -> None:
    assert str(errors.AuthError("refused", remedy="Ask.")) == "refused. Ask."
    assert str(errors.AuthError("refused.", remedy="Ask.")) == "refused. Ask."
    assert str(errors.AuthError("refused")) == "refused"


def test_several_configuration_problems_are_one_error_with_one_line_each() -> None:
    error = errors.ConfigError.of(["a is missing", "b is wrong"])
    assert str(error) == "a is missing\nb is wrong"
    assert error.problems == ("a is missing", "b is wrong")


def test_the_hierarchy_in_the_docstring_names_every_exception() -> None:
    assert errors.__doc__ is not None
    for name in errors.__all__:
        cls = getattr(errors, name)
        if isinstance(cls, type) and issubclass(cls, Exception):
            assert name in errors.__doc__, name
