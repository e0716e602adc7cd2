"""What to do about each Salesforce error code: one table.

A code alone sometimes says too little (`REQUEST_LIMIT_EXCEEDED` is both "wait until tomorrow" and "slow
down"), so `REFINEMENTS` looks at the words of the message too. `advice_for` reads both.

Sources: the error code pages of the REST, Bulk 2.0 and SOAP guides
(https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm), recorded answers,
and what other Salesforce clients had to learn.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CODES", "REFINEMENTS", "Action", "Advice", "Refinement", "advice_for"]


class Action(enum.Enum):
    """What the caller should do next."""

    RETRY = "retry"
    """Repeat after a pause: the same request can succeed."""
    WAIT = "wait"
    """Stop with a resumable state: it will not succeed within this run."""
    REAUTH = "reauth"
    """Get a new access token, once, and repeat."""
    SPLIT = "split"
    """Ask for less: a smaller window, fewer fields, fewer rows."""
    FALLBACK_REST = "fallback_rest"
    """This API refuses the object or query; the REST query API may serve it."""
    SKIP_ROW = "skip_row"
    """This record is refused; the others are not concerned."""
    SKIP_STREAM = "skip_stream"
    """This object or report cannot be read; the others can."""
    FAIL = "fail"
    """Configuration, permission or programming: a person has to change something."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about an error.

    Attributes:
        action: what the program does next.
        remedy: what a person does about it, a full sentence, or None when the message says it all.
        tries: how often to try in all, when that differs from the general retry policy.
    """

    action: Action
    remedy: str | None = None
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class Refinement:
    """Advice for one meaning of a code, told apart by words in the message.

    Attributes:
        code: the error code, or None for any.
        words: text that the message contains, in any letter case.
        advice: what to do then.
    """

    code: str | None
    words: str
    advice: Advice


_RETRY = Advice(Action.RETRY)
_REAUTH = Advice(Action.REAUTH)
_SKIP_ROW = Advice(Action.SKIP_ROW)
_REST = Advice(Action.FALLBACK_REST)
_FAIL = Advice(Action.FAIL)
_SPLIT = Advice(Action.SPLIT, "Ask for fewer fields or a narrower range.")
_NO_API = Advice(
    Action.FAIL,
    "Give the connected user the system permission 'API Enabled' (Setup > Permission Sets > System "
    "Permissions); Group and most Professional editions have no API at all.",
)
_HIDDEN_FIELD = Advice(
    Action.FAIL,
    "The field does not exist or field-level security hides it from the connected user: check the spelling, "
    "then Setup > Object Manager > Fields & Relationships > Set Field-Level Security.",
)
_NOT_ALLOWED = Advice(
    Action.SKIP_STREAM,
    "Give the connected user the object and record permissions it needs (Setup > Permission Sets > Object "
    "Settings).",
)
_DAILY_LIMIT = Advice(
    Action.WAIT,
    "The org has used its API requests of the last 24 hours (Setup > Company Information): run again later.",
)
_RETIRED = Advice(
    Action.FAIL, "This API version is retired or not there yet: set `api_version` to one the org serves."
)
_CURSOR_GONE = Advice(Action.FAIL, "The cursor has expired: read the window again from its start.")
_JOB_GONE = Advice(Action.FAIL, "The job was deleted or is older than seven days: make it again.")

CODES: Final[Mapping[str, Advice]] = MappingProxyType(
    {
        # The session
        "INVALID_SESSION_ID": _REAUTH,
        "InvalidSessionId": _REAUTH,
        "Bad_OAuth_Token": _REAUTH,
        "Missing_OAuth_Token": _REAUTH,
        "INVALID_AUTH_HEADER": _FAIL,
        "API_DISABLED_FOR_ORG": _NO_API,
        "API_CURRENTLY_DISABLED": _NO_API,
        "TXN_SECURITY_NO_ACCESS": Advice(
            Action.FAIL,
            "A transaction security policy blocks the connected user (Setup > Transaction Security).",
        ),
        "TXN_SECURITY_METERING_ERROR": Advice(
            Action.RETRY,
            "Give the connected user the permission 'Exempt from Transaction Security'.",
            tries=3,
        ),
        # The token endpoint; what it refuses for good is in auth.refusals
        "retry_request": _RETRY,
        "server_error": _RETRY,
        "unknown_error": _RETRY,
        "temporarily_unavailable": _RETRY,
        "rate_limit_exceeded": _RETRY,
        # Limits
        "REQUEST_LIMIT_EXCEEDED": _DAILY_LIMIT,
        "EXCEEDED_QUOTA": _DAILY_LIMIT,
        "EXCEEDEDQUOTA": _DAILY_LIMIT,
        "ExceededQuota": _DAILY_LIMIT,
        "LIMIT_EXCEEDED": _REST,
        "STORAGE_LIMIT_EXCEEDED": Advice(Action.FAIL, "The org's storage is full (Setup > Storage Usage)."),
        # The service
        "SERVER_UNAVAILABLE": _RETRY,
        "REQUEST_RUNNING_TOO_LONG": _RETRY,
        "UNKNOWN_EXCEPTION": Advice(Action.RETRY, tries=4),
        "UNSUPPORTED_API_VERSION": _RETIRED,
        "InvalidVersion": _RETIRED,
        "GONE": _RETIRED,
        # Reading
        "MALFORMED_QUERY": _FAIL,
        "INVALID_TYPE": Advice(
            Action.SKIP_STREAM,
            "The object does not exist, or the connected user has no Read permission on it "
            "(Setup > Permission Sets > Object Settings).",
        ),
        "INVALID_FIELD": _HIDDEN_FIELD,
        "INVALID_QUERY_FILTER_OPERATOR": _FAIL,
        "INVALID_QUERY_LOCATOR": _CURSOR_GONE,
        "INVALIDLOCATOR": _CURSOR_GONE,
        "QUERY_TIMEOUT": Advice(Action.SPLIT, "Read a smaller window or fewer fields."),
        "QUERY_TOO_COMPLICATED": _SPLIT,
        "OPERATION_TOO_LARGE": _SPLIT,
        "EXCEEDED_ID_LIMIT": _SPLIT,
        "NUMBER_OUTSIDE_VALID_RANGE": _SKIP_ROW,
        "EXTERNAL_OBJECT_EXCEPTION": Advice(Action.SKIP_STREAM),
        "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION": Advice(Action.SKIP_STREAM),
        "INSUFFICIENT_ACCESS": _NOT_ALLOWED,
        "INSUFFICIENT_ACCESS_OR_READONLY": _NOT_ALLOWED,
        "FORBIDDEN": _NOT_ALLOWED,
        "NOT_FOUND": Advice(Action.SKIP_STREAM),
        "INVALID_REPLICATION_DATE": Advice(Action.SKIP_STREAM),
        "METHOD_NOT_ALLOWED": _FAIL,
        "UNSUPPORTED_MEDIA_TYPE": _FAIL,
        "URI_TOO_LONG": _SPLIT,
        # Bulk
        "INVALIDENTITY": _REST,
        "InvalidEntity": _REST,
        "FUNCTIONALITY_NOT_ENABLED": _REST,
        "API_ERROR": _FAIL,
        "INVALIDJOB": _JOB_GONE,
        "InvalidJob": _JOB_GONE,
        "INVALIDJOBSTATE": _FAIL,
        "INVALIDBATCH": _FAIL,
        "InvalidBatch": _FAIL,
        "CLIENTINPUTERROR": _FAIL,
        # Writing
        "UNABLE_TO_LOCK_ROW": _RETRY,
        "JSON_PARSER_ERROR": _SKIP_ROW,
        "REQUIRED_FIELD_MISSING": _SKIP_ROW,
        "STRING_TOO_LONG": _SKIP_ROW,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": _SKIP_ROW,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION": _SKIP_ROW,
        "FIELD_FILTER_VALIDATION_EXCEPTION": _SKIP_ROW,
        "FIELD_INTEGRITY_EXCEPTION": _SKIP_ROW,
        "INVALID_EMAIL_ADDRESS": _SKIP_ROW,
        "INVALID_TYPE_ON_FIELD_IN_RECORD": _SKIP_ROW,
        "INVALID_CROSS_REFERENCE_KEY": _SKIP_ROW,
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _SKIP_ROW,
        "MALFORMED_ID": _SKIP_ROW,
        "ENTITY_IS_DELETED": _SKIP_ROW,
        "DUPLICATE_VALUE": _SKIP_ROW,
        "DUPLICATE_EXTERNAL_ID": _SKIP_ROW,
        "DUPLICATES_DETECTED": Advice(
            Action.SKIP_ROW,
            "A duplicate rule stopped this record: merge the records, or set `allow_duplicates` if the "
            "rule only alerts.",
        ),
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _SKIP_ROW,
        "CANNOT_EXECUTE_FLOW_TRIGGER": _SKIP_ROW,
        "APEX_ERROR": _SKIP_ROW,
        "DELETE_FAILED": _SKIP_ROW,
        "INVALID_STATUS": _SKIP_ROW,
        "INVALID_FIELD_FOR_INSERT_UPDATE": Advice(
            Action.FAIL,
            "The field is read-only for the connected user: give it Edit access (Setup > Object Manager > "
            "Fields & Relationships > Set Field-Level Security), or do not map it.",
        ),
        "ALL_OR_NONE_OPERATION_ROLLED_BACK": _SKIP_ROW,
        "PROCESSING_HALTED": _SKIP_ROW,
        "EXCEEDED_MAX_SIZE_REQUEST": Advice(Action.SPLIT, "Send fewer rows at a time."),
    },
)

REFINEMENTS: Final[tuple[Refinement, ...]] = (
    Refinement(
        "INVALID_SESSION_ID",
        "not valid for use with the REST API",
        Advice(
            Action.FAIL,
            "The app lacks the OAuth scope 'Manage user data via APIs (api)', or API Access Control or a "
            "high-assurance session policy shuts this user out of the API.",
        ),
    ),
    Refinement(
        "INVALID_SESSION_ID",
        "not attached to Agent",
        Advice(Action.FAIL, "Use an External Client App that is not bound to an agent."),
    ),
    Refinement("INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT", _REAUTH),
    Refinement(
        "INVALID_AUTH_HEADER",
        "INVALID_SCOPES",
        Advice(Action.FAIL, "Add the OAuth scope 'Manage user data via APIs (api)' to the app."),
    ),
    Refinement("invalid_grant", "login rate exceeded", _RETRY),
    Refinement("invalid_grant", "rate_limit_exceeded", _RETRY),
    Refinement("REQUEST_LIMIT_EXCEEDED", "Concurrent", Advice(Action.RETRY, "Lower `concurrency`.")),
    Refinement(
        "MALFORMED_QUERY",
        "Implementation restriction",
        Advice(Action.SKIP_STREAM, "Salesforce serves this object only through a filter on its parent."),
    ),
    Refinement(
        "API_ERROR",
        "Implementation restriction",
        Advice(Action.SKIP_STREAM, "Give the connected user the permission 'View All Data'."),
    ),
    Refinement(None, "is not supported by the Bulk API", _REST),
    Refinement(None, "Selecting compound data not supported in Bulk Query", _REST),
    Refinement(None, "does not support query", _REST),
    Refinement(None, "unable to obtain exclusive access", _RETRY),
    Refinement(None, "UNABLE_TO_LOCK_ROW", _RETRY),
    Refinement(None, "request body is either invalid or incomplete", _FAIL),
    Refinement(None, "is not FilterByDynsql Context", Advice(Action.SKIP_STREAM)),
    Refinement(None, "unsupported report format", Advice(Action.SKIP_STREAM)),
    Refinement(
        None,
        "can't run more than",
        Advice(Action.WAIT, "Salesforce runs only so many reports an hour: run again later."),
    ),
    Refinement(None, "can accept only as many as", _RETRY),
)


def advice_for(code: str | None, message: str = "") -> Advice | None:
    """Look up what to do about an error.

    Args:
        code: the `errorCode`, `statusCode` or `exceptionCode` Salesforce sent.
        message: its message; decides between the meanings of one code.

    Returns:
        The advice, or None for a code this table does not know.
    """
    # Salesforce writes typographic apostrophes in some messages and plain ones in others.
    text = message.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold()
    for refinement in REFINEMENTS:
        if refinement.code in (None, code) and refinement.words.casefold() in text:
            return refinement.advice
    return CODES.get(code) if code else None
