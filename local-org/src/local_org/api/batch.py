"""Batch requests: up to 25 independent subrequests; each counts as an API call.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm>
"""

from __future__ import annotations

import re
from typing import Any

from local_org.http import ApiError, Request, Response, Routes
from local_org.http.application import subrequest

routes = Routes()

_MOST = 25
_URL = re.compile(r"(?:/?services/data)?/?(v(\d+)\.0/(.*))", re.IGNORECASE | re.DOTALL)
_OFFERED = re.compile(r"(limits|sobjects|query|queryAll|search|connect|chatter|actions)\b", re.IGNORECASE)
_OLDEST = 34


@routes.post("/services/data/v{version}/composite/batch")
def batch(request: Request) -> Response:
    """Carry out the subrequests one after the other."""
    value = request.json()
    items = value.get("batchRequests") if isinstance(value, dict) else None
    if not isinstance(items, list) or not items:
        raise ApiError(400, "INVALID_INPUT", "At least one subrequest is required in batchRequests")
    if len(items) > _MOST:
        raise ApiError(
            400, "LIMIT_EXCEEDED", f"Limit exceeded: a batch request has at most {_MOST} subrequests"
        )
    halt = value.get("haltOnError") is True
    results: list[dict[str, Any]] = []
    failed = False
    for item in items:
        if failed and halt:
            results.append(_error(412, "BATCH_PROCESSING_HALTED", "Batch processing halted per request"))
            continue
        result = _perform(request, item)
        failed = failed or result["statusCode"] >= 300
        results.append(result)
    return Response.json({"hasErrors": failed, "results": results})


def _perform(request: Request, item: Any) -> dict[str, Any]:
    if (
        not isinstance(item, dict)
        or not isinstance(item.get("url"), str)
        or not isinstance(item.get("method"), str)
    ):
        return _error(400, "INVALID_INPUT", "A subrequest needs a method and a url")
    found = _URL.fullmatch(item["url"])
    if found is None or not _OFFERED.match(found[3]):
        return _error(404, "NOT_FOUND", "The requested resource does not exist")
    if not _OLDEST <= int(found[2]) <= request.version_number:
        return _error(
            400, "INVALID_INPUT", f"Version {found[2]}.0 of the subrequest is not supported in this batch"
        )
    if not request.org.limits.use_request(request.app_name):
        return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    inner = subrequest(request, item["method"], f"/services/data/{found[1]}", value=item.get("richInput"))
    response = request.app.dispatch(inner)
    return {"statusCode": response.status, "result": response.value}


def _error(status: int, code: str, message: str) -> dict[str, Any]:
    return {"statusCode": status, "result": [{"errorCode": code, "message": message}]}
