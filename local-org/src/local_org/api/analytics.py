"""The Analytics API: reports, their runs and report types.

<https://developer.salesforce.com/docs/atlas.en-us.api_analytics.meta/api_analytics/>
"""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from local_org.http.messages import ApiError, Response
from local_org.http.router import Routes
from local_org.reports import documents, excel, export, facts, instances
from local_org.reports.errors import ReportError, bad_request, invalid_body, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.http.messages import Request
    from local_org.http.router import Handler
    from local_org.reports.engine import Result

Json = dict[str, Any]
_BASE = "/services/data/v{version}/analytics"
_ONLY_JSON = (
    "The Reports and Dashboards REST API only supports JSON content type in both request and response bodies."
    " Specify requests with content type as application/json."
)
routes = Routes()


def _serve(methods: str, path: str) -> Callable[[Handler], Handler]:
    """Registers a handler whose refusals get the Analytics API's shape."""

    def register(handler: Handler) -> Handler:
        @wraps(handler)
        def guarded(request: Request) -> Response:
            try:
                return handler(request)
            except ReportError as error:
                raise ApiError(error.status, error.code, error.message, code_first=True) from error

        routes.route(methods, f"{_BASE}/{path}")(guarded)
        return handler

    return register


@_serve("GET", "reports")
def list_reports(request: Request) -> Response:
    """Recently viewed reports, not all there are."""
    listed = []
    for item in request.org.reports.definitions.recent():
        url = f"{request.prefix}/analytics/reports/{item.id}"
        listed.append(
            {
                "describeUrl": f"{url}/describe",
                "id": item.id,
                "instancesUrl": f"{url}/instances",
                "name": item.name,
                "url": url,
            }
        )
    return Response.json(listed)


@_serve("POST", "reports")
def create_report(request: Request) -> Response:
    """Save a new report, or a copy of one (`cloneId`)."""
    definitions = request.org.reports.definitions
    body = _body(request) or {}
    changes = body.get("reportMetadata") or {}
    if "cloneId" in request.query:
        source = definitions.get(request.query["cloneId"]).metadata
        fresh = {key: value for key, value in source.items() if key not in {"id", "developerName"}}
        if not changes.get("name"):
            raise bad_request("The report name can't be null.")
        changes = fresh | changes
    made = definitions.create(request.user, changes)
    return _metadata(request, made.id)


@_serve("GET", "reports/{id}/describe")
def describe_report(request: Request) -> Response:
    """A report's metadata and everything it could have."""
    return _metadata(request, request.params["id"])


@_serve("GET", "reports/{id}")
def run_report(request: Request) -> Response:
    """Run now with the saved filters."""
    details = _flag(request, default=False)
    return _answer(request, lambda: _run(request, request.params["id"], details, None))


@_serve("POST", "reports/{id}")
def run_changed_report(request: Request) -> Response:
    """Run now with changed metadata; nothing is saved."""
    body = _body(request)
    # an Excel export is asked for without metadata by clients in the field, and works
    if body is None and not _wants_excel(request):
        raise bad_request(
            "The request is invalid because there is no metadata. Specify metadata in the request body."
        )
    details = _flag(request, default=None)
    return _answer(request, lambda: _run(request, request.params["id"], details, body))


@_serve("POST", "reports/query")
def run_query(request: Request) -> Response:
    """Run metadata that is not saved anywhere."""
    body = _body(request)
    details = _flag(request, default=None)
    reports = request.org.reports
    version = request.version_number
    return _answer(request, lambda: reports.run_unsaved(request.user, body, details=details, version=version))


@_serve("PATCH", "reports/{id}")
def change_report(request: Request) -> Response:
    """Save other metadata."""
    body = _body(request) or {}
    changes = body.get("reportMetadata")
    if not isinstance(changes, dict):
        raise bad_request(
            "The request is invalid because there is no metadata. Specify metadata in the request body."
        )
    request.org.reports.definitions.change(request.user, request.params["id"], changes)
    return _metadata(request, request.params["id"])


@_serve("DELETE", "reports/{id}")
def delete_report(request: Request) -> Response:
    """To the recycle bin."""
    request.org.reports.definitions.delete(request.params["id"])
    return Response.empty(204)


@_serve("GET", "reports/{id}/instances")
def list_instances(request: Request) -> Response:
    """Asynchronous runs of the last day."""
    definition = request.org.reports.definitions.get(request.params["id"])
    found = request.org.reports.instances.of(definition.id)
    return Response.json([instances.handle(item, request.prefix) for item in found])


@_serve("POST", "reports/{id}/instances")
def start_instance(request: Request) -> Response:
    """Run for later."""
    reports = request.org.reports
    definition = reports.definitions.get(request.params["id"])
    body = _body(request)
    details = _flag(request, default=None)
    if details is None:
        details = bool(definition.metadata.get("hasDetailRows", True)) if body else False
    instance = reports.instances.start(
        request.user,
        definition.id,
        details=details,
        run=lambda: _run(request, definition.id, details, body),
    )
    return Response.json(instances.handle(instance, request.prefix, fresh=True))


@_serve("GET", "reports/{id}/instances/{instance}")
def get_instance(request: Request) -> Response:
    """The result of an asynchronous run, or how far it is."""
    reports = request.org.reports
    definition = reports.definitions.get(request.params["id"])
    with reports.instances.reading():
        found = reports.instances.look(definition.id, request.params["instance"])
        return Response.json(instances.document(found))


@_serve("DELETE", "reports/{id}/instances/{instance}")
def delete_instance(request: Request) -> Response:
    """Forget an asynchronous run."""
    definition = request.org.reports.definitions.get(request.params["id"])
    request.org.reports.instances.delete(definition.id, request.params["instance"])
    return Response.empty(204)


@_serve("GET", "reportTypes")
def list_types(request: Request) -> Response:
    """The catalogue of report types."""
    found = request.org.reports.types(request.user).values()
    custom = [item for item in found if item.name.startswith("CustomEntity$")]
    standard = [item for item in found if item not in custom]
    groups = (("Accounts, Contacts & Sales", standard), ("Other Reports", custom))
    return Response.json(
        [
            {
                "label": label,
                "reportTypes": [
                    {
                        "describeUrl": f"{request.prefix}/analytics/reportTypes/{quote(item.name)}",
                        "isEnabled": True,
                        "isHidden": False,
                        "isHistorical": False,
                        "label": item.label,
                        "supportsJoinedFormat": True,
                        "type": item.name,
                    }
                    for item in types
                ],
            }
            for label, types in groups
            if types
        ]
    )


@_serve("GET", "reportTypes/{type}")
def describe_type(request: Request) -> Response:
    """The columns a report of some type can have."""
    reports = request.org.reports
    found = reports.types(request.user).get(request.params["type"])
    if found is None:
        raise not_found()
    return Response.json(
        {
            "attributes": {"type": "ReportType", "reportTypeName": found.name},
            "reportMetadata": {"reportType": {"label": found.label, "type": found.name}},
            "reportTypeMetadata": documents.type_metadata(
                found, reports.today(request.user), request.version_number
            ),
        }
    )


def _metadata(request: Request, report_id: str) -> Response:
    reports = request.org.reports
    definition = reports.definitions.get(report_id)
    described = reports.describe(request.user, definition.id, request.version_number)
    attributes = documents.attributes(definition.id, definition.name, request.prefix)
    return Response.json({"attributes": attributes, **described})


def _run(request: Request, report_id: str, details: bool | None, body: Any) -> Result:  # noqa: FBT001
    return request.org.reports.run(
        request.user,
        report_id,
        details=True if _wants_excel(request) else details,
        version=request.version_number,
        body=body,
        most=export.MAX_ROWS if _wants_excel(request) else facts.MAX_ROWS,
    )


def _answer(request: Request, run: Callable[[], Result]) -> Response:
    """A synchronous run as JSON or as a workbook."""
    reports = request.org.reports
    with reports.instances.synchronous():
        result = run()
    definition = result.definition
    if not _wants_excel(request):
        attributes = documents.attributes(definition.id or None, definition.name, request.prefix)
        return Response.json({"attributes": attributes, **result.document})
    fmt, now = reports.formatter(request.user), request.org.now()
    report_type = reports.types(request.user)[result.plan.metadata["reportType"]["type"]]
    content = excel.workbook(result, report_type, generated=fmt.moment(now), user=request.user.name)
    name = quote(export.filename(definition.name, now, "xlsx"), safe=" ()-_.,")
    disposition = f'attachment; filename="{name}"'
    return Response.stream(
        iter((content,)), content_type=excel.CONTENT_TYPE, headers={"Content-Disposition": disposition}
    )


def _wants_excel(request: Request) -> bool:
    return "spreadsheetml" in request.headers.get("Accept", "").lower()


def _flag(request: Request, *, default: bool | None) -> bool | None:
    text = request.query.get("includeDetails")
    return default if text is None else text.lower() == "true"


def _body(request: Request) -> Any:
    """The JSON body; None when there is none.

    Raises:
        ReportError: 415 when it is sent as something else, 500 when it is no JSON.
    """
    if not request.body.strip():
        return None
    if not request.headers.get("Content-Type", "").lower().startswith("application/json"):
        raise ReportError(415, "UNSUPPORTED_MEDIA_TYPE", _ONLY_JSON)
    try:
        value = json.loads(request.body)
    except ValueError:
        raise invalid_body() from None
    if value is not None and not isinstance(value, dict):
        raise invalid_body()
    return value
