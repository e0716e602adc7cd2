"""Which rows changed or went in a span of time.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm>
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from local_org.api import rows
from local_org.clock import rest
from local_org.dml import changes
from local_org.http import ApiError, Request, Response, Routes

if TYPE_CHECKING:
    from local_org.schema import ObjectDef

routes = Routes()

_UPDATED_DAYS, _DELETED_DAYS = 30, 15
_MOST = 600_000


@routes.get("/services/data/v{version}/sobjects/{object}/updated")
def updated(request: Request) -> Response:
    """Ids of the rows made or changed."""
    item = _replicateable(request)
    start, end = _span(request, _UPDATED_DAYS)
    found = changes.updated(request.org, item, start, end)
    _check_count(len(found.ids))
    return Response.json({"ids": list(found.ids), "latestDateCovered": rest(found.latest)})


@routes.get("/services/data/v{version}/sobjects/{object}/deleted")
def deleted(request: Request) -> Response:
    """Ids of the rows deleted, with the moment."""
    item = _replicateable(request)
    start, end = _span(request, _DELETED_DAYS)
    found = changes.deleted(request.org, item, start, end)
    _check_count(len(found.records))
    return Response.json(
        {
            "deletedRecords": [
                {"id": record_id, "deletedDate": rest(moment)} for record_id, moment in found.records
            ],
            "earliestDateAvailable": rest(found.earliest),
            "latestDateCovered": rest(found.latest),
        }
    )


def _replicateable(request: Request) -> ObjectDef:
    item = rows.object_of(request)
    if not item.allows("replicateable"):
        raise ApiError(400, "INVALID_TYPE", f"object {item.name} is not replicable")
    return item


def _span(request: Request, days: int) -> tuple[datetime, datetime]:
    start, end = _moment(request, "start"), _moment(request, "end")
    if end - start < timedelta(minutes=1):
        raise _bad_date("startDate must be before endDate by at least one minute")
    if request.org.clock.now() - start > timedelta(days=days):
        raise _bad_date(f"startDate cannot be more than {days} days ago")
    return start, end


def _moment(request: Request, name: str) -> datetime:
    """A moment in the query string; Salesforce ignores its seconds."""
    text = request.query.get(name, "").strip()
    # A plus that was not percent-encoded arrives as a blank.
    text = text.replace(" ", "+")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad_date(f"{name} is not a valid date: {text}") from None
    moment = moment.replace(second=0, microsecond=0)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bad_date(message: str) -> ApiError:
    return ApiError(400, "INVALID_REPLICATION_DATE", message)


def _check_count(count: int) -> None:
    if count > _MOST:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", f"more than {_MOST} rows: choose a shorter span")
