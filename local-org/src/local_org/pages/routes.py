"""Addresses of the pages. Salesforce's own Lightning addresses lead to the same places here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from local_org import ids
from local_org.http.messages import ApiError, Response
from local_org.http.router import Routes
from local_org.pages import exports, lists, records, render, runs, setup
from local_org.pages.fetch import like
from local_org.pages.layout import TABS, list_fields, searched_fields
from local_org.pages.render import PageError, guarded, not_found, page
from local_org.pages.values import record_url
from local_org.reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.http.messages import Request
    from local_org.http.router import Handler
    from local_org.pages.fetch import Viewer
    from local_org.schema import ObjectDef

routes = Routes()
_SETUP = "/lightning/setup"
_FOUND_ROWS = 10


def _at(*patterns: str) -> Callable[[Callable[[Request], Response]], Handler]:
    def register(handler: Callable[[Request], Response]) -> Handler:
        served = guarded(handler)
        for pattern in patterns:
            routes.get(pattern, auth=False, counted=False)(served)
        return served

    return register


@_at("/", "/lightning", "/lightning/page/home", "/home/home.jsp")
def home(request: Request) -> Response:
    """The org's objects and how many rows they have."""
    counted = setup.object_counts(render.viewer(request))
    tabs = [item.name for item in render.tabs(request.org)]
    main = sorted(
        (entry for entry in counted if entry[0].name in tabs), key=lambda entry: tabs.index(entry[0].name)
    )
    others = [entry for entry in counted if entry not in main]
    usage = setup.allowances(render.viewer(request))[0]
    return page(
        request,
        "home.html",
        title="Home",
        main=main,
        others=[entry for entry in others if entry[1]],
        empty=[entry[0] for entry in others if not entry[1]],
        usage=usage,
        faults=[fault.describe() for fault in request.org.faults],
    )


@_at("/lightning/o/{object}/list", "/lightning/o/{object}/home", "/lightning/o/{object}")
def show_list(request: Request) -> Response:
    """An object's rows."""
    viewer = render.viewer(request)
    item = _object(viewer, request.params["object"])
    view = lists.list_view(viewer, item, request.query)
    return page(request, "list.html", title=item.label_plural, view=view)


@_at("/lightning/r/Report/{id}/view", "/lightning/r/{id}/run")
def show_report(request: Request) -> Response:
    """A report's run."""
    viewer = render.viewer(request)
    report_id = _id(request.params["id"])
    try:
        table = runs.report_table(viewer, report_id)
    except ReportError as error:
        raise PageError(error.status, "This report cannot be shown", error.message) from None
    return page(request, "report.html", title=table.name, table=table, report_id=report_id)


@_at("/lightning/r/{object}/{id}/view", "/lightning/r/{object}/{id}", "/sObject/{id}/view", "/sObject/{id}")
def show_record(request: Request) -> Response:
    """A record."""
    viewer = render.viewer(request)
    record_id = _id(request.params["id"])
    named = request.params.get("object")
    item = _object(viewer, named) if named else _owner(viewer, record_id)
    found = records.record_page(viewer, item, record_id)
    if found is None:
        raise not_found(f"{item.label} with the Id {record_id}")
    return page(request, "record.html", title=found.name, record=found)


@_at("/lightning/r/{object}/{id}/related/{relationship}/view")
def show_related(request: Request) -> Response:
    """All rows of a related list."""
    viewer = render.viewer(request)
    record_id = _id(request.params["id"])
    item = _object(viewer, request.params["object"])
    related = records.related_list(viewer, item, record_id, request.params["relationship"])
    parent = records.record_page(viewer, item, record_id)
    if related is None or parent is None:
        raise not_found("such related list")
    return page(
        request, "related.html", title=f"{related.label} of {parent.name}", related=related, record=parent
    )


@_at("/search", "/_ui/search/ui/UnifiedSearchResults")
def search(request: Request) -> Response:
    """Names and e-mail addresses anywhere in the org."""
    viewer = render.viewer(request)
    text = request.query.get("q", request.query.get("str", "")).strip()
    if ids.is_id(text) and (item := viewer.org.schema.by_prefix(text)) is not None:
        return Response.redirect(record_url(item.name, ids.normalise(text)))
    found = []
    for name in (*TABS, "User", "Product2"):
        item = viewer.object(name)
        fields = searched_fields(item) if item is not None else []
        if item is None or not fields or not text:
            continue
        columns = list_fields(item, viewer.access.fields(item))
        rows, total = viewer.rows(item, columns, where=like(fields, text), order="Id", size=_FOUND_ROWS)
        if total:
            headings = [lists.label(field) for field in columns]
            lines = [viewer.line(item, columns, row) for row in rows]
            found.append((item, headings, lines, total))
    return page(request, "search.html", title="Search", text=text, found=found)


@_at(_SETUP, f"{_SETUP}/SetupOneHome/home", f"{_SETUP}/ObjectManager/home", "/setup")
def show_objects(request: Request) -> Response:
    """All objects, for their fields."""
    viewer = render.viewer(request)
    return page(request, "setup_objects.html", title="Object Manager", objects=viewer.objects())


@_at(
    f"{_SETUP}/ObjectManager/{{object}}/FieldsAndRelationships/view",
    f"{_SETUP}/ObjectManager/{{object}}/Details/view",
    f"{_SETUP}/ObjectManager/{{object}}",
)
def show_fields(request: Request) -> Response:
    """An object's fields."""
    viewer = render.viewer(request)
    item = _object(viewer, request.params["object"])
    rows = setup.field_rows(viewer, item)
    return page(request, "setup_fields.html", title=f"{item.label}: Fields", item=item, rows=rows)


@_at(f"{_SETUP}/PermSets/home")
def show_permission_sets(request: Request) -> Response:
    """Permission sets and profiles."""
    rows = setup.permission_sets(render.viewer(request))
    return page(request, "setup_permission_sets.html", title="Permission Sets", rows=rows)


@_at(f"{_SETUP}/PermSets/{{id}}/view", f"{_SETUP}/PermSets/{{id}}")
def show_permission_set(request: Request) -> Response:
    """What a permission set allows, and to whom."""
    found = setup.permission_set(render.viewer(request), _id(request.params["id"]))
    if found is None:
        raise not_found("such permission set")
    return page(request, "setup_permission_set.html", title=found.label, found=found)


@_at(f"{_SETUP}/AsyncApiJobStatus/home")
def show_jobs(request: Request) -> Response:
    """Bulk jobs."""
    viewer = render.viewer(request)
    rows = setup.jobs(viewer)
    return page(
        request,
        "setup_jobs.html",
        title="Bulk Data Load Jobs",
        rows=rows,
        users=setup.users(viewer),
        fmt=viewer.fmt,
    )


@_at(f"{_SETUP}/ApiUsage/home", f"{_SETUP}/CompanyProfileInfo/home")
def show_usage(request: Request) -> Response:
    """How much of the org's allowances is used."""
    rows = setup.allowances(render.viewer(request))
    return page(request, "setup_usage.html", title="API Usage", rows=rows)


@_at(f"{_SETUP}/RecentRequests/home")
def show_requests(request: Request) -> Response:
    """The latest API requests."""
    text = request.query.get("q", "").strip()
    rows = setup.recent(request.app.requests, text)
    total = len(request.app.requests)
    return page(request, "setup_requests.html", title="Recent Requests", rows=rows, text=text, total=total)


@_at("/static/{name}")
def show_static(request: Request) -> Response:
    """Style sheet, script, icon."""
    return render.static(request.params["name"])


@_at("/favicon.ico")
def icon(_: Request) -> Response:
    """Browsers that do not read the page ask here."""
    return render.static("icon.svg")


@_at("/{object}/{id}")
def deep_link(request: Request) -> Response:
    """`/Account/001…`: short, to be typed or printed by programs."""
    viewer = render.viewer(request)
    item = viewer.object(request.params["object"])
    if item is None or not ids.is_id(request.params["id"]):
        raise _unknown()
    return Response.redirect(record_url(item.name, ids.normalise(request.params["id"])))


@guarded
def _classic(request: Request) -> Response:
    viewer = render.viewer(request)
    text = request.params["id"]
    if ids.is_id(text) and (item := viewer.org.schema.by_prefix(text)) is not None:
        return Response.redirect(record_url(item.name, ids.normalise(text)))
    item = viewer.object(text)
    if item is None:
        raise _unknown()
    return Response.redirect(lists.list_url(quote(item.name)))


@routes.get("/{id}", auth=False, counted=False)
def classic_link(request: Request) -> Response:
    """`/001…` as in Salesforce Classic, `/Account` for a list, and the CSV export of a report."""
    return exports.csv_export(request) if exports.is_export(request) else _classic(request)


def _unknown() -> ApiError:
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist", code_first=True)


def _object(viewer: Viewer, name: str) -> ObjectDef:
    item = viewer.object(name)
    if item is None:
        raise not_found(f"object {name}")
    return item


def _id(text: str) -> str:
    if not ids.is_id(text):
        raise not_found(f"record with the Id {text}")
    return ids.normalise(text)


def _owner(viewer: Viewer, record_id: str) -> ObjectDef:
    item = viewer.org.schema.by_prefix(record_id)
    if item is None or viewer.object(item.name) is None:
        raise not_found(f"record with the Id {record_id}")
    return item
