"""What an answer says: errors in every shape Salesforce uses, and the quota header.

REST, Bulk 2.0, Tooling and Analytics send a list of objects, OAuth one object, Bulk 1.0 an object or XML,
SOAP a fault, the front end HTML or nothing at all. Nothing here trusts a body to be what its status promises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from http.client import responses
from typing import Any, Final

import msgspec

__all__ = ["Problem", "Used", "read_problem", "read_usage"]


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as Salesforce reports it.

    Attributes:
        code: its error code, or a name made from the HTTP status when the body has none.
        message: its words.
        fields: the fields it blames.
        foreign: the body is no error document of an API; the front end or a proxy may have sent it.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """API requests of the last 24 hours, from `Sforce-Limit-Info`.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
    """

    used: int
    maximum: int


_BY_STATUS: Final = {
    300: "MULTIPLE_CHOICES",
    401: "INVALID_SESSION_ID",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    410: "GONE",
    413: "EXCEEDED_MAX_SIZE_REQUEST",
    414: "URI_TOO_LONG",
    415: "UNSUPPORTED_MEDIA_TYPE",
    503: "SERVER_UNAVAILABLE",
}
_XML_CODE = re.compile(r"<(?:\w+:)?(?:exceptionCode|faultcode)[^>]*>\s*(?:\w+:)?([^<\s]+)\s*<")
_XML_MESSAGE = re.compile(r"<(?:\w+:)?(?:exceptionMessage|faultstring)[^>]*>([^<]*)<")
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_PLAIN_CODE = re.compile(r"\w*_OAuth_Token")
_USAGE = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")


def read_problem(status: int, body: bytes) -> Problem:
    """Read the error in a body.

    Args:
        status: HTTP status.
        body: decoded from gzip; may be empty or anything at all.

    Returns:
        The first error with a code; the messages of all.
    """
    text = body.decode("utf-8", "replace").strip()
    found = _from_json(body) if text[:1] in ("[", "{") else None
    if found is None and text.startswith("<"):
        found = _from_xml(text)
    if found is None and _PLAIN_CODE.fullmatch(text):
        found = Problem(text, text)
    if found is not None:
        return found
    words = unescape(_TAGS.sub(" ", text))
    return Problem(
        _BY_STATUS.get(status, f"HTTP_{status}"),
        " ".join(words.split())[:300] or responses.get(status) or "no explanation",
        foreign=True,
    )


def _from_json(body: bytes) -> Problem | None:
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if isinstance(document, list) and document and all(isinstance(item, str) for item in document):
        return Problem("MULTIPLE_CHOICES", "more than one record has this key: " + ", ".join(document[:5]))
    if isinstance(document, dict) and isinstance(document.get("errors"), list):
        document = document["errors"]
    problems = [_from_object(item) for item in (document if isinstance(document, list) else [document])]
    known = [problem for problem in problems if problem is not None]
    if not known:
        return None
    return Problem(known[0].code, "; ".join(dict.fromkeys(p.message for p in known)), known[0].fields)


def _from_object(item: Any) -> Problem | None:
    if not isinstance(item, dict):
        return None
    code = item.get("errorCode") or item.get("statusCode") or item.get("exceptionCode") or item.get("error")
    if not isinstance(code, str):
        return None
    message = item.get("message") or item.get("exceptionMessage") or item.get("error_description") or ""
    fields = item.get("fields") or ()
    named = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
    return Problem(code, str(message), named)


def _from_xml(text: str) -> Problem | None:
    code, message = _XML_CODE.search(text), _XML_MESSAGE.search(text)
    if not code:
        return None
    # SOAP repeats the code in front of the words: INVALID_LOGIN: Invalid username, ...
    words = unescape(message[1]).strip() if message else ""
    return Problem(code[1], words.removeprefix(f"{code[1]}:").strip())


def read_usage(header: str | None) -> Used | None:
    """Read `Sforce-Limit-Info`.

    Args:
        header: `api-usage=25/5000`, or with the app's own allowance behind it,
            `api-usage=25/5000; per-app-api-usage=17/250(appName=x)`; the org's figures are read.

    Returns:
        None when the header is missing or says nothing about API requests.
    """
    found = _USAGE.search(header or "")
    if not found or int(found[2]) <= 0:
        return None
    return Used(int(found[1]), int(found[2]))
