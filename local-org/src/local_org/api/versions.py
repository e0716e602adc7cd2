"""The first things a client asks: which versions there are, and what a version offers.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_versions.htm>
"""

from __future__ import annotations

from typing import Any

from local_org import defaults
from local_org.http import Request, Response, Routes

routes = Routes()

_SEASONS = ("Summer", "Winter", "Spring")
_FIRST, _FIRST_YEAR = 31, 14
_RESOURCES = (
    "tooling",
    "queryAll",
    "analytics",
    "composite",
    "limits",
    "query",
    "jobs",
    "sobjects",
)


def label(version: int) -> str:
    """The season an API version came out in: 31 is Summer '14, 66 Spring '26."""
    count = version - _FIRST
    year = _FIRST_YEAR + (count + 2) // 3
    return f"{_SEASONS[count % 3]} '{year}"


@routes.get("/services/data", auth=False)
def versions(request: Request) -> Response:
    """All versions, oldest first. Open to everybody and not counted."""
    del request
    return Response.json(
        [
            {"label": label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in defaults.API_VERSIONS
        ]
    )


@routes.get("/services/data/v{version}")
def resources(request: Request) -> Response:
    """What the version offers, as a map from name to URL."""
    found: dict[str, Any] = {name: f"{request.prefix}/{name}" for name in _RESOURCES}
    found["identity"] = f"{request.base_url}/id/{request.org.id}/{request.user.id}"
    return Response.json(found)
