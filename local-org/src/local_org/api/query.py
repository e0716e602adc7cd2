"""SOQL over REST: first pages, next pages, plans.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local_org.http import ApiError, Request, Response, Routes
from local_org.soql import query_columns, run_query

if TYPE_CHECKING:
    from local_org.org import Org
    from local_org.soql import QueryResult

routes = Routes()

_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_SMALLEST, _LARGEST = 200, 2000
_MANY_COLUMNS = 150
_LONG_TEXT = 4_000


@routes.get("/services/data/v{version}/query")
def query(request: Request) -> Response:
    """Run a query, or explain how it would be run."""
    if "explain" in request.query:
        return _explain(request)
    return _first_page(request, all_rows=False)


@routes.get("/services/data/v{version}/queryAll")
def query_all(request: Request) -> Response:
    """Run a query that also finds deleted rows."""
    return _first_page(request, all_rows=True)


@routes.get("/services/data/v{version}/query/{locator}")
@routes.get("/services/data/v{version}/queryAll/{locator}")
def next_page(request: Request) -> Response:
    """A further page of a query."""
    cursor_id, _, offset = request.params["locator"].rpartition("-")
    org = request.org
    cursor = org.cursors.find(cursor_id, request.user.id, org.behaviour.cursor_life)
    if cursor is None or not offset.isdecimal() or int(offset) > cursor.result.total_size:
        raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return Response.json(_page(request, cursor.result, int(offset), cursor.size, cursor.id))


def _first_page(request: Request, *, all_rows: bool) -> Response:
    text = request.query.get("q")
    if text is None:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    if request.query.get("columns", "").lower() == "true":
        return Response.json(query_columns(request.org, request.user, text))
    result = run_query(request.org, request.user, text, all_rows=all_rows)
    # Aggregates cannot be paged: they come whole, or were refused for having too many groups.
    size = result.total_size if result.is_aggregate else page_size(request, result)
    if result.total_size <= size or result.is_count:
        return Response.json(_page(request, result, 0, size, None))
    cursor = request.org.cursors.open(result, request.user.id, size)
    return Response.json(_page(request, result, 0, size, cursor.id))


def _page(
    request: Request, result: QueryResult, start: int, size: int, cursor_id: str | None
) -> dict[str, Any]:
    def open_list(rest: QueryResult, shown: int) -> str:
        cursor = request.org.cursors.open(rest, request.user.id, size)
        return f"{request.prefix}/query/{cursor.id}-{shown}"

    records = (
        [] if result.is_count else result.records(start, size, version=request.version, open_list=open_list)
    )
    answer: dict[str, Any] = {"totalSize": result.total_size, "done": True}
    if cursor_id is not None and start + size < result.total_size:
        answer["done"] = False
        answer["nextRecordsUrl"] = f"{request.prefix}/query/{cursor_id}-{start + size}"
    answer["records"] = records
    return answer


def page_size(request: Request, result: QueryResult) -> int:
    """Rows per page: what the client asks for within 200..2000, less when rows are wide.

    Salesforce calls `batchSize` a hint; answers of 200 and 500 rows are on record for wide queries.
    """
    behaviour = request.org.behaviour
    asked = _BATCH_SIZE.search(request.headers.get("Sforce-Query-Options", ""))
    size = min(max(int(asked[1]), _SMALLEST), _LARGEST) if asked else _LARGEST
    size = min(size, behaviour.page_size)
    if behaviour.small_pages:
        long_texts = _has_long_text(request.org, result)
        many = len(result.columns) > _MANY_COLUMNS
        size = min(size, 200 if many and long_texts else 500 if many or long_texts else size)
    return size


def _has_long_text(org: Org, result: QueryResult) -> bool:
    item = org.schema.get(result.sobject)
    if item is None:
        return False
    fields = (item.field(column) for column in result.columns)
    return any(f is not None and f.type in {"textarea", "base64"} and f.length > _LONG_TEXT for f in fields)


def _explain(request: Request) -> Response:
    result = run_query(request.org, request.user, request.query["explain"])
    rows = request.org.store.count(result.sobject)
    plan = {
        "cardinality": result.total_size,
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [],
        "relativeCost": round(result.total_size / max(rows, 1), 3),
        "sobjectCardinality": rows,
        "sobjectType": result.sobject,
    }
    return Response.json({"plans": [plan], "sourceQuery": request.query["explain"]})
