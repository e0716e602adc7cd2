"""The Tooling API: custom fields made, read, changed and deleted; its own objects queried.

<https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/>
"""

from __future__ import annotations

import json
from typing import Any

from local_org.api import rows
from local_org.clock import rest
from local_org.customise import CustomField, MetadataError
from local_org.http import ApiError, Request, Response, Routes
from local_org.metadata import tooling
from local_org.metadata.components import CustomFields, checked

routes = Routes()

_BASE = "/services/data/v{version}/tooling"
_PAGE = 2000


@routes.get(f"{_BASE}/query")
def query(request: Request) -> Response:
    """Answer a query; the envelope has three keys more than that of the data."""
    text = request.query.get("q")
    if text is None:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    result = tooling.query(request.org, request.user, text)
    if result.total_size > _PAGE and not result.is_count:
        message = (
            f"{result.sobject} does not support queryMore(), use LIMIT to restrict the results"
            " to a single batch"
        )
        raise ApiError(400, "EXCEEDED_ID_LIMIT", message)
    records = [] if result.is_count else result.records(0, _PAGE, version=request.version)
    return Response.json(
        {
            "size": len(records),
            "totalSize": result.total_size,
            "done": True,
            "queryLocator": None,
            "entityTypeName": result.sobject,
            "records": records,
        }
    )


@routes.post(f"{_BASE}/sobjects/CustomField")
def create_field(request: Request) -> Response:
    """Make a custom field. It is visible to nobody until permissions grant it."""
    _check_rights(request)
    body = {key.lower(): value for key, value in rows.body_object(request).items()}
    full_name = body.get("fullname")
    if not isinstance(full_name, str) or not full_name:
        raise ApiError(
            400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]", fields=["FullName"]
        )
    try:
        made = request.org.customiser.create_field(full_name, checked(_metadata(body)))
    except MetadataError as error:
        raise _refused(error) from None
    answer = {"id": made.id, "success": True, "errors": [], "warnings": [], "infos": []}
    location = f"{request.prefix}/tooling/sobjects/CustomField/{made.id}"
    return Response.json(answer, status=201, headers={"Location": location})


@routes.get(f"{_BASE}/sobjects/CustomField/{{id}}")
def read_field(request: Request) -> Response:
    """A custom field with all its metadata."""
    field = _field(request)
    row = tooling.field_row(request.org, field)
    row["Metadata"] = json.loads(row["Metadata"])
    for name in ("CreatedDate", "LastModifiedDate"):
        row[name] = rest(row[name])
    url = f"{request.prefix}/tooling/sobjects/CustomField/{field.id}"
    return Response.json({"attributes": {"type": "CustomField", "url": url}, **row})


@routes.patch(f"{_BASE}/sobjects/CustomField/{{id}}")
def update_field(request: Request) -> Response:
    """Replace a custom field's metadata, all of it."""
    _check_rights(request)
    field = _field(request)
    body = {key.lower(): value for key, value in rows.body_object(request).items()}
    try:
        request.org.customiser.update_field(field.full_name, checked(_metadata(body)))
    except MetadataError as error:
        raise _refused(error) from None
    return Response.empty()


@routes.delete(f"{_BASE}/sobjects/CustomField/{{id}}")
def delete_field(request: Request) -> Response:
    """Delete a custom field with its values."""
    _check_rights(request)
    field = _field(request)
    try:
        CustomFields(request.org, request.user).delete(field.full_name)
    except MetadataError as error:
        raise _refused(error) from None
    return Response.empty()


@routes.post(f"{_BASE}/sobjects/CustomObject")
def create_object(request: Request) -> Response:
    """Refuse: objects are made through the Metadata API."""
    del request
    message = "entity type cannot be inserted: Custom Object"
    raise ApiError(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, fields=[])


@routes.get(f"{_BASE}/sobjects")
def all_objects(request: Request) -> Response:
    """The Tooling API's own objects, in short."""
    listed = [
        {
            "name": item.name,
            "label": item.label,
            "labelPlural": item.label_plural,
            "queryable": True,
            "createable": item.name == "CustomField",
            "updateable": item.name == "CustomField",
            "deletable": item.name == "CustomField",
            "urls": {"sobject": f"{request.prefix}/tooling/sobjects/{item.name}"},
        }
        for item in tooling.OBJECTS.values()
    ]
    return Response.json({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def _metadata(body: dict[str, Any]) -> dict[str, Any]:
    value = body.get("metadata")
    if isinstance(value, dict):
        return value
    kind = "VALUE_STRING" if isinstance(value, str) else "VALUE_NULL" if value is None else "VALUE"
    message = f"Cannot deserialize instance of complexvalue from {kind} value {value} at [line:1, column:1]"
    raise ApiError(400, "JSON_PARSER_ERROR", message)


def _field(request: Request) -> CustomField:
    found = request.org.customiser.field(request.params["id"])
    if found is None:
        raise rows.not_found()
    return found


def _check_rights(request: Request) -> None:
    if not request.org.access(request.user).has("ModifyAllData"):
        message = "insufficient access rights on object id"
        raise ApiError(403, "INSUFFICIENT_ACCESS_OR_READONLY", message, fields=[])


def _refused(error: MetadataError) -> ApiError:
    return ApiError(400, error.code, error.message, fields=error.fields)
