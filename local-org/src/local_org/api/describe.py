"""What objects and fields there are, for one user.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm>
"""

from __future__ import annotations

import zlib
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from local_org import describe
from local_org.api import rows
from local_org.clock import http_date
from local_org.http import Request, Response, Routes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

routes = Routes()


@routes.get("/services/data/v{version}/sobjects")
def all_objects(request: Request) -> Response:
    """Every object the user can see, in short."""
    return _fresh(request, lambda: describe.global_describe(request.org, request.user, request.version))


@routes.get("/services/data/v{version}/sobjects/{object}")
def one_object(request: Request) -> Response:
    """One object in short, with recently viewed rows (this org has no memory of those)."""
    item = rows.object_of(request)
    short = describe.summary(request.org, request.user, item, request.version)
    return Response.json({"objectDescribe": short, "recentItems": []})


@routes.get("/services/data/v{version}/sobjects/{object}/describe")
def one_describe(request: Request) -> Response:
    """One object in full."""
    item = rows.object_of(request)

    def made() -> dict[str, Any]:
        return describe.sobject(request.org, request.user, item, request.version, request.base_url)

    return _fresh(request, made)


def _fresh(request: Request, made: Callable[[], dict[str, Any]]) -> Response:
    """Answer 304 when nothing has changed since the client's `If-Modified-Since`."""
    modified = request.app.metadata_modified()
    tag = zlib.crc32(f"{modified.isoformat()} {request.path}".encode())
    headers = {"ETag": f'"{tag:08x}"', "Last-Modified": http_date(modified)}
    since = _date(request.headers.get("If-Modified-Since", ""))
    if since is not None and modified <= since:
        return Response.empty(304, headers=headers)
    return Response.json(made(), headers=headers)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
