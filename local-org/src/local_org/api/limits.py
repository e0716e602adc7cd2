"""The limits resource and the approximate record counts.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm>
"""

from __future__ import annotations

from local_org.http import Request, Response, Routes

routes = Routes()


@routes.get("/services/data/v{version}/limits")
def limits(request: Request) -> Response:
    """Allowances and what is left of them."""
    return Response.json(request.org.limits.document())


@routes.get("/services/data/v{version}/limits/recordCount")
def record_count(request: Request) -> Response:
    """Rows per object. Objects without rows, or unknown, are absent."""
    org = request.org
    wanted = [name.strip() for name in request.query.get("sObjects", "").split(",") if name.strip()]
    objects = [org.schema.get(name) for name in wanted] if wanted else list(org.schema)
    counts = []
    for item in objects:
        if item is None or not item.allows("queryable"):
            continue
        count = org.store.count(item.name)
        if count:
            counts.append({"count": count, "name": item.name})
    return Response.json({"sObjects": counts})
