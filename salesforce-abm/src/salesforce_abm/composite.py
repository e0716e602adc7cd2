"""Several GETs for one API call.

`POST /composite` carries up to 25 subrequests and counts as one request against the daily limit; at most five
of them may be queries
(https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite_post.htm).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from salesforce_abm.errors import ApiError, DataError, api_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from salesforce_abm.session import Session
    from salesforce_abm.usage import Kind

__all__ = ["MOST", "MOST_QUERIES", "get_together"]

MOST: Final = 25
"""Subrequests in one request."""
MOST_QUERIES: Final = 5
"""Queries among them."""


class _Part(msgspec.Struct, rename="camel"):
    http_status_code: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Composite(msgspec.Struct, rename="camel"):
    composite_response: list[_Part]


class _Error(msgspec.Struct, rename="camel"):
    error_code: str = "UNKNOWN"
    message: str = ""
    fields: tuple[str, ...] = ()


def get_together(
    session: Session, paths: Sequence[str], *, kind: Kind, headers: Mapping[str, str] | None = None
) -> list[bytes | ApiError]:
    """GET several resources in one API call; they do not depend on each other.

    Args:
        session: the signed-in session.
        paths: at most 25, with their query strings: below `/services/data/vXX.0/`, or absolute.
        kind: what the request is for, to count it by.
        headers: sent with each.

    Returns:
        In the order of the paths, the body of each answer, or the error Salesforce gave in its place.

    Raises:
        ApiError: the request as a whole was refused.
        DataError: the answer is not that of a composite request, or lacks parts.
    """
    root = f"/services/data/v{session.api_version}/"
    parts = [
        {
            "method": "GET",
            "url": path if path.startswith("/") else root + path,
            "referenceId": f"part{number}",
            **({"httpHeaders": dict(headers)} if headers else {}),
        }
        for number, path in enumerate(paths)
    ]
    answer = session.request(
        "POST",
        "composite",
        kind=kind,
        json={"allOrNone": False, "compositeRequest": parts},
        idempotent=True,
    )
    try:
        found = msgspec.json.decode(answer.content, type=_Composite).composite_response
    except msgspec.DecodeError as error:
        raise DataError(f"the answer to a composite request is not what it should be: {error}") from error
    # Subrequests run, and are answered, in the order in which they were sent.
    if len(found) != len(parts):
        raise DataError(f"{len(found)} parts of a composite request were answered, not {len(parts)}")
    return [_outcome(part, path) for part, path in zip(found, paths, strict=True)]


def _outcome(part: _Part, path: str) -> bytes | ApiError:
    if 200 <= part.http_status_code < 300:
        return bytes(part.body)
    try:
        errors = msgspec.json.decode(part.body, type=list[_Error])
    except msgspec.DecodeError:
        errors = []
    first = errors[0] if errors else _Error()
    # The query string may hold record values: it stays out of the message.
    where = path.partition("?")[0].rpartition("/")[2]
    return api_error(
        part.http_status_code,
        first.error_code,
        first.message,
        first.fields,
        operation=f"{where} in composite",
    )
