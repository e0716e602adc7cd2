"""Composite requests: up to 25 subrequests that may refer to one another, for one API call.

<https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm>
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.api import references
from local_org.http import ApiError, Headers, Request, Response, Routes
from local_org.http.application import subrequest
from local_org.store import Rollback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

routes = Routes()

_MOST = 25
_MOST_QUERIES = 5
_COUNTED = re.compile(r"/services/data/v[^/]+/(?:query|queryAll|composite/sobjects)(?:[/?]|$)", re.IGNORECASE)
_COLLECTION = re.compile(r"/services/data/v[^/]+/composite/sobjects(?:[/?]|$)", re.IGNORECASE)
_NESTED = re.compile(r"/services/data/v[^/]+/composite/?(?:$|\?|graph|batch)", re.IGNORECASE)
_FORBIDDEN_HEADERS = {"accept", "authorization", "content-type"}
_INHERITED = ("Sforce-Auto-Assign", "Sforce-Duplicate-Rule-Header", "Sforce-Query-Options")

ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."


@dataclass(frozen=True, slots=True)
class Step:
    """One subrequest."""

    method: str
    url: str
    reference: str
    body: Any
    headers: dict[str, str]


@dataclass(slots=True)
class Done:
    """What a subrequest answered."""

    step: Step
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def failed(self) -> bool:
        """Whether it undoes an all-or-none request; a collection with a refused row does, despite its 200."""
        if self.status >= 300 and self.status != 304:
            return True
        rows = self.body if isinstance(self.body, list) and _COLLECTION.match(self.step.url) else []
        return any(isinstance(row, dict) and row.get("success") is False for row in rows)

    def answer(self) -> dict[str, Any]:
        """Its entry in the answer."""
        return {
            "body": self.body,
            "httpHeaders": self.headers,
            "httpStatusCode": self.status,
            "referenceId": self.step.reference,
        }


@routes.post("/services/data/v{version}/composite")
def composite(request: Request) -> Response:
    """Carry out the subrequests in order."""
    value = request.json()
    if not isinstance(value, dict):
        raise ApiError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
    steps = read_steps(value.get("compositeRequest"))
    if len(steps) > _MOST:
        raise ApiError(
            400, "LIMIT_EXCEEDED", f"Limit exceeded: a composite request has at most {_MOST} subrequests"
        )
    if sum(_COUNTED.match(step.url) is not None for step in steps) > _MOST_QUERIES:
        raise ApiError(
            400,
            "LIMIT_EXCEEDED",
            f"Limit exceeded: a composite request has at most {_MOST_QUERIES} queries and collections",
        )
    if value.get("allOrNone") is True:
        done = together(request, steps, ROLLED_BACK)
    else:
        done = list(each(request, steps))
    return Response.json({"compositeResponse": [item.answer() for item in done]})


def read_steps(value: Any) -> list[Step]:
    """The subrequests of a `compositeRequest`.

    Raises:
        ApiError: 400 when the list cannot be understood.
    """
    if not isinstance(value, list) or not value:
        raise ApiError(400, "INVALID_INPUT", "At least one subrequest is required in compositeRequest")
    steps = [_step(item) for item in value]
    seen: set[str] = set()
    for step in steps:
        if step.reference in seen:
            raise ApiError(400, "INVALID_INPUT", f"Duplicate referenceId: {step.reference}")
        seen.add(step.reference)
    return steps


def _step(item: Any) -> Step:
    if not isinstance(item, dict):
        raise ApiError(400, "INVALID_INPUT", "A subrequest must be a JSON object")
    for key in ("method", "url", "referenceId"):
        if not isinstance(item.get(key), str) or not item[key]:
            raise ApiError(400, "INVALID_INPUT", f"A subrequest has no {key}")
    if not references.valid_name(item["referenceId"]):
        raise ApiError(
            400,
            "INVALID_INPUT",
            f"Provided referenceId ('{item['referenceId']}') must start with a letter or a number, and it can"
            " contain only letters, numbers and underscores ('_').",
        )
    headers = item.get("httpHeaders") or {}
    if not isinstance(headers, dict) or {str(name).lower() for name in headers} & _FORBIDDEN_HEADERS:
        raise ApiError(
            400, "INVALID_INPUT", "httpHeaders cannot contain Accept, Authorization or Content-Type"
        )
    return Step(
        method=item["method"].upper(),
        url=item["url"],
        reference=item["referenceId"],
        body=item.get("body"),
        headers={str(name): str(text) for name, text in headers.items()},
    )


def each(request: Request, steps: Iterable[Step]) -> Iterable[Done]:
    """Carry out the subrequests one after the other, whatever happens."""
    bodies: dict[str, Any] = {}
    for step in steps:
        done = perform(request, step, bodies)
        if done.status < 300:
            bodies[step.reference] = done.body
        yield done


def together(request: Request, steps: Sequence[Step], message: str) -> list[Done]:
    """Carry out the subrequests all or none: after a failure the others read PROCESSING_HALTED.

    The one that failed keeps its own answer, even where it claims rows that are rolled back now.
    """
    done: list[Done] = []
    with request.org.store.write():
        for item in each(request, steps):
            done.append(item)
            if item.failed:
                raise Rollback
    if not done[-1].failed:
        return done
    guilty = done[-1]
    return [guilty if step is guilty.step else halted(step, message) for step in steps]


def perform(request: Request, step: Step, bodies: dict[str, Any]) -> Done:
    """Carry out one subrequest."""
    try:
        url = references.resolve(step.url, bodies)
        body = references.resolve(step.body, bodies)
    except references.UnresolvedError as error:
        return halted(step, str(error))
    if _NESTED.match(url) or not url.lower().startswith("/services/data/v"):
        url = "/services/data/nowhere"
    inherited = {name: request.headers[name] for name in _INHERITED if name in request.headers}
    inner = subrequest(request, step.method, url, value=body, headers=inherited | step.headers)
    return finished(step, request.app.dispatch, inner)


def finished(step: Step, dispatch: Callable[[Request], Response], inner: Request) -> Done:
    """Run a subrequest and note its answer."""
    response = dispatch(inner)
    body = response.value
    if response.chunks is not None:
        body = b"".join(response.chunks).decode("utf-8", "replace")
    shown = Headers(response.headers.items())
    headers = {name: shown[name] for name in ("Location", "ETag", "Last-Modified") if name in shown}
    return Done(step, response.status, body, headers)


def halted(step: Step, message: str) -> Done:
    """A subrequest that was not carried out, or undone."""
    return Done(step, 400, [{"errorCode": "PROCESSING_HALTED", "message": message}], {})
