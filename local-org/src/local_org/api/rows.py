"""What all resources that write rows share: the object in the URL, header options, outcomes as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local_org.dml.outcome import RowError, RowOutcome, WriteOptions
from local_org.http import ApiError, Request, Response
from local_org.http.application import NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_org.schema import ObjectDef

_FLAG = re.compile(r"(\w+)\s*=\s*(\w+)")


def not_found() -> ApiError:
    """The answer to paths that lead nowhere."""
    return ApiError(404, "NOT_FOUND", NOT_FOUND, code_first=True)


def object_of(request: Request, name: str | None = None) -> ObjectDef:
    """The object in the URL, in any case of letters.

    Raises:
        ApiError: 404; an object the user may not see looks like a missing one.
    """
    item = request.org.schema.get(name or request.params["object"])
    if item is None or not request.org.access(request.user).can_read(item):
        raise not_found()
    return item


def write_options(request: Request) -> WriteOptions:
    """What `Sforce-Auto-Assign` and `Sforce-Duplicate-Rule-Header` say."""
    assign = request.headers.get("Sforce-Auto-Assign", "TRUE").strip().lower()
    duplicates = request.headers.get("Sforce-Duplicate-Rule-Header", "")
    flags = {name.lower(): text.lower() == "true" for name, text in _FLAG.findall(duplicates)}
    return WriteOptions(
        assignment_rules=assign != "false",
        allow_duplicates=flags.get("allowsave", False),
        include_record_details=flags.get("includerecorddetails", False),
    )


def body_object(request: Request) -> dict[str, Any]:
    """The record in the body.

    Raises:
        ApiError: no JSON object.
    """
    value = request.json()
    if not isinstance(value, dict):
        raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
    return value


class RowRefusal(ApiError):
    """The refusal of a row that was written alone: `errorCode`, and no `fields` key for some codes."""

    def __init__(self, errors: Sequence[RowError]) -> None:
        first = errors[0]
        super().__init__(first.http_status, first.status_code, first.message, fields=first.fields)
        self._errors = errors

    def body(self) -> list[dict[str, Any]]:
        """One object per error."""
        return [_single(error) for error in self._errors]


def _single(error: RowError) -> dict[str, Any]:
    value: dict[str, Any] = dict(error.extra)
    value |= {"message": error.message, "errorCode": error.status_code}
    if error.has_fields:
        value["fields"] = list(error.fields)
    return value


def saved(outcome: RowOutcome) -> dict[str, Any]:
    """A written row: `{"id": ..., "success": true, "errors": []}`."""
    return {"id": outcome.id, "success": True, "errors": []}


def in_collection(outcome: RowOutcome, *, keep_id: bool = False) -> dict[str, Any]:
    """A row in the layout of collections: `statusCode`, and no `id` for most failed rows.

    Args:
        outcome: what became of the row.
        keep_id: failed rows show their id too (rolled-back deletes do).
    """
    value: dict[str, Any] = {}
    if outcome.id is not None and (outcome.success or keep_id):
        value["id"] = outcome.id
    value["success"] = outcome.success
    value["errors"] = [in_list(error) for error in outcome.errors]
    if outcome.created is not None and outcome.success:
        value["created"] = outcome.created
    return value


def in_list(error: RowError) -> dict[str, Any]:
    """One error of a row in a collection."""
    value: dict[str, Any] = {
        "statusCode": error.status_code,
        "message": error.message,
        "fields": list(error.fields),
    }
    # The ids behind an ambiguous external id are for the 300 answer of single rows.
    return value | {key: item for key, item in error.extra.items() if key != "ids"}


def created(
    request: Request, item: ObjectDef, outcome: RowOutcome, extra: Mapping[str, Any] | None = None
) -> Response:
    """201 with the relative address of the new row."""
    location = f"{request.prefix}/sobjects/{item.name}/{outcome.id}"
    return Response.json(saved(outcome) | dict(extra or {}), status=201, headers={"Location": location})
