"""Every exception of this library, by what can be done about it.

    SalesforceAbmError          one line for a person; `exit_code` for the process
    ├── ConfigError             a setting is missing, wrong or unknown: change the settings
    ├── AuthError               Salesforce refused the sign-in: change the app, the user or the credentials
    ├── AccessError             signed in, but not allowed: grant a permission
    ├── QuotaError              API requests used up: run again later (exit code 2, state is good)
    ├── TransientError          retries exhausted: the same thing can work later
    ├── DataError               counts do not agree, or a body is cut short: the data must not be trusted
    └── ApiError                Salesforce answered with an error to this one request
        ├── QueryTimeout        ask for less
        ├── InvalidField        a column is gone or hidden: describe again, drop it
        ├── InvalidType         the object is gone or hidden: skip it (also an AccessError)
        ├── NotFound            no such resource or record
        ├── NotSupported        this API refuses the object or query: use REST
        ├── InvalidLocator      a cursor has expired: read the window again
        ├── RequestTooLong      URL, query or body too long: split
        └── Forbidden           not allowed (also an AccessError)

`error.action` says what a program does next, from the table in `codes`.
"""

from __future__ import annotations

import re

from salesforce_abm.codes import CODES, Action, Advice, advice_for

__all__ = [
    "CODES",
    "AccessError",
    "Action",
    "Advice",
    "ApiError",
    "AuthError",
    "ConfigError",
    "DataError",
    "Forbidden",
    "InvalidField",
    "InvalidLocator",
    "InvalidType",
    "NotFound",
    "NotSupported",
    "QueryTimeout",
    "QuotaError",
    "RequestTooLong",
    "SalesforceAbmError",
    "TransientError",
    "advice_for",
    "api_error",
]


class SalesforceAbmError(Exception):
    """Base of everything this library raises on purpose.

    Args:
        message: what failed, in one line.
        remedy: what to do about it, a full sentence.
        code: Salesforce's error code, where there is one.

    Attributes:
        exit_code: what the process returns when nobody handles the error.
        action: what a program should do next.
    """

    exit_code: int = 1
    action: Action = Action.FAIL

    def __init__(self, message: str, *, remedy: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        stop = "" if self.message.endswith((".", "!", "?")) else "."
        return f"{self.message}{stop} {self.remedy}"


class ConfigError(SalesforceAbmError, ValueError):
    """The settings do not make sense.

    Args:
        message: one problem, or several joined by line feeds.
        problems: the problems one by one; the message alone when not given.
    """

    def __init__(
        self,
        message: str,
        *,
        problems: tuple[str, ...] = (),
        remedy: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.problems = problems or (str(self),)

    @classmethod
    def of(cls, problems: list[str] | tuple[str, ...]) -> ConfigError:
        """One error for several problems, one line each."""
        return cls("\n".join(problems), problems=tuple(problems))


class AuthError(SalesforceAbmError):
    """Salesforce refused the sign-in, or the session cannot be renewed."""


class AccessError(SalesforceAbmError):
    """The connected user may not see or change an object or field, or may not use the API."""


class QuotaError(SalesforceAbmError):
    """The org's API requests are used up, or the share this run may use."""

    exit_code = 2
    action = Action.WAIT


class TransientError(SalesforceAbmError):
    """Retries are exhausted; nothing says that it cannot work later.

    Attributes:
        outcome_unknown: the request may have been carried out although no answer came; it was not repeated,
            because repeating it could do the work twice. Look before sending it again.
        status: HTTP status of the last answer, None when there was none.
    """

    action = Action.RETRY

    def __init__(
        self,
        message: str,
        *,
        remedy: str | None = None,
        code: str | None = None,
        outcome_unknown: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.outcome_unknown = outcome_unknown
        self.status = status


class DataError(SalesforceAbmError):
    """What arrived is not what Salesforce said it sent."""


class ApiError(SalesforceAbmError):
    """Salesforce answered a request with an error.

    Args:
        status: HTTP status; the one of a failed job's last answer for errors a job reports.
        code: `errorCode`, or a name made from the status when the body carries none.
        message: Salesforce's words as sent, line feeds included.
        fields: API names of the fields Salesforce blames.
        request_id: `X-Sfdc-Request-Id`, for Salesforce support.
        operation: what was asked, `GET /services/data/v66.0/query`.
    """

    code: str

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: tuple[str, ...] = (),
        request_id: str | None = None,
        *,
        operation: str | None = None,
    ) -> None:
        advice = advice_for(code, message)
        trail = f"HTTP {status}" + (f", request {request_id}" if request_id else "")
        about = f" [{', '.join(fields)}]" if fields else ""
        words = f"{code}: {first_sentences(message)}{about}"
        super().__init__(
            f"Salesforce refused {operation or 'the request'}: {words} ({trail})",
            remedy=advice.remedy if advice else None,
            code=code,
        )
        self.status = status
        self.detail = message
        self.fields = fields
        self.request_id = request_id
        self.operation = operation
        self.action = advice.action if advice else Action.FAIL


class QueryTimeout(ApiError):
    """The query ran too long; a smaller one may not."""


class InvalidField(ApiError):
    """A column does not exist, or field-level security hides it."""


class InvalidType(ApiError, AccessError):
    """An object does not exist, or the user may not see it: Salesforce makes no difference."""


class NotFound(ApiError):
    """No such resource or record."""


class NotSupported(ApiError):
    """This API does not serve the object or query; REST may."""


class InvalidLocator(ApiError):
    """A query cursor or result locator has expired."""


class RequestTooLong(ApiError):
    """The URL, the headers, the query or the body is too long."""


class Forbidden(ApiError, AccessError):
    """The connected user is not allowed to do this."""


_BY_CODE: dict[str, type[ApiError]] = {
    "QUERY_TIMEOUT": QueryTimeout,
    "INVALID_FIELD": InvalidField,
    "INVALID_TYPE": InvalidType,
    "NOT_FOUND": NotFound,
    "INVALID_QUERY_LOCATOR": InvalidLocator,
    "INVALIDLOCATOR": InvalidLocator,
    "URI_TOO_LONG": RequestTooLong,
    "EXCEEDED_MAX_SIZE_REQUEST": RequestTooLong,
    "API_DISABLED_FOR_ORG": Forbidden,
    "API_CURRENTLY_DISABLED": Forbidden,
    "INSUFFICIENT_ACCESS": Forbidden,
    "INSUFFICIENT_ACCESS_OR_READONLY": Forbidden,
    "TXN_SECURITY_NO_ACCESS": Forbidden,
    "FORBIDDEN": Forbidden,
}
_TOO_LONG = re.compile(
    r"SOQL statements can ?not be longer than|URI Too Long|Request Entity Too Large", re.IGNORECASE
)


def api_error(
    status: int,
    code: str,
    message: str,
    fields: tuple[str, ...] = (),
    request_id: str | None = None,
    *,
    operation: str | None = None,
) -> ApiError:
    """Make the `ApiError` subclass that fits an answer.

    Args:
        status: HTTP status.
        code: Salesforce's error code.
        message: Salesforce's words.
        fields: the fields it blames.
        request_id: `X-Sfdc-Request-Id`.
        operation: what was asked.

    Returns:
        The error, not raised.
    """
    kind = _BY_CODE.get(code, ApiError)
    advice = advice_for(code, message)
    if advice is not None and advice.action is Action.FALLBACK_REST:
        kind = NotSupported
    elif status in (413, 414, 431) or _TOO_LONG.search(message):
        kind = RequestTooLong
    return kind(status, code, message, fields, request_id, operation=operation)


def first_sentences(message: str) -> str:
    """Bring Salesforce's words on one line, without the query echo and caret of its SOQL errors."""
    echo, found, rest = message.partition("ERROR at Row:")
    if found:
        _position, _, words = rest.partition("\n")
        message = words or echo
    return " ".join(message.split())[:500]
