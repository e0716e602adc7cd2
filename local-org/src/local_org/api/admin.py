"""What people and scripts may do to the org from outside: faults, clock, sessions, apps, quota, request log.

None of this exists on Salesforce; it lives below `/local-org/`, needs no session and counts for nothing.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from local_org import __version__
from local_org.clock import stored
from local_org.http import ApiError, Request, Response, Routes

if TYPE_CHECKING:
    from collections.abc import Callable

routes = Routes()

_LATEST = 200


def _refused(message: str) -> ApiError:
    return ApiError(400, "INVALID_INPUT", message)


def _body(request: Request) -> dict[str, Any]:
    value = request.json() if request.body else {}
    if not isinstance(value, dict):
        raise _refused("a JSON object is wanted")
    return value


@routes.get("/local-org", auth=False)
def status(request: Request) -> Response:
    """What this is."""
    org = request.org
    return Response.json(
        {
            "product": "local-org",
            "version": __version__,
            "organizationId": org.id,
            "now": stored(org.now()),
            "requests": len(request.app.requests),
            "errors": [str(error) for error in request.app.errors],
            "faults": len(org.faults),
            "apiUsage": org.limits.header(""),
        }
    )


@routes.get("/local-org/faults", auth=False)
def list_faults(request: Request) -> Response:
    """The faults that are on, and the names of all there are."""
    faults = request.org.faults
    return Response.json({"active": [fault.describe() for fault in faults], "kinds": sorted(faults.KINDS)})


@routes.post("/local-org/faults", auth=False)
def add_fault(request: Request) -> Response:
    """Switch a fault on: `{"kind": "status", "status": 503, "times": 2, "path": "/query"}`."""
    options = _body(request)
    kind = str(options.pop("kind", ""))
    try:
        fault = request.org.faults.named(kind, options)
    except ValueError as error:
        raise _refused(str(error)) from None
    return Response.json(fault.describe(), status=201)


@routes.delete("/local-org/faults", auth=False)
def clear_faults(request: Request) -> Response:
    """Switch all faults off, locks included."""
    request.org.faults.clear()
    request.org.locks.clear()
    return Response.empty()


@routes.post("/local-org/locks", auth=False)
def lock(request: Request) -> Response:
    """Lock a row: `{"id": "001...", "times": 2}`; without `times` until the faults are cleared."""
    body = _body(request)
    request.org.faults.lock(str(body.get("id", "")), body.get("times"))
    return Response.empty()


@routes.post("/local-org/quota", auth=False)
def quota(request: Request) -> Response:
    """Leave so many API requests for today: `{"remaining": 5}`."""
    remaining = _body(request).get("remaining")
    if not isinstance(remaining, int):
        raise _refused("remaining must be a number")
    request.org.faults.quota(remaining)
    return Response.json({"apiUsage": request.org.limits.header("")})


@routes.route("GET POST", "/local-org/clock", auth=False)
def clock(request: Request) -> Response:
    """Tell or change the org's time: `{"set": "2026-01-31T12:00:00Z"}`, `{"shift": 60}`, `{"run": true}`."""
    org_clock = request.org.clock
    if request.method == "POST":
        body = _body(request)
        actions: dict[str, Callable[[Any], None]] = {
            "set": lambda value: org_clock.set(datetime.fromisoformat(str(value))),
            "shift": lambda value: org_clock.shift(timedelta(seconds=float(value))),
            "run": lambda _: org_clock.run(),
        }
        for name, value in body.items():
            if name not in actions:
                raise _refused(f"the clock cannot {name!r}: set, shift or run")
            try:
                actions[name](value)
            except (ValueError, TypeError) as error:
                raise _refused(str(error)) from None
    return Response.json({"now": stored(org_clock.now())})


@routes.post("/local-org/sessions/expire", auth=False)
def expire_sessions(request: Request) -> Response:
    """End all sessions; refresh tokens stay good."""
    return Response.json({"expired": request.org.sessions.expire_all()})


@routes.post("/local-org/cursors/expire", auth=False)
def expire_cursors(request: Request) -> Response:
    """Forget the cursors of REST queries."""
    return Response.json({"expired": request.org.cursors.expire_all()})


@routes.post("/local-org/jobs/{action}", auth=False)
def jobs(request: Request) -> Response:
    """`hold` lets Bulk jobs wait before they begin, `release` lets them run."""
    actions = {"hold": request.org.jobs.hold, "release": request.org.jobs.release}
    action = actions.get(request.params["action"])
    if action is None:
        raise _refused("jobs can hold or release")
    action()
    return Response.empty()


@routes.post("/local-org/apps/{client_id}/keys", auth=False)
def register_key(request: Request) -> Response:
    """Trust a public key or certificate for JWT bearer assertions: `{"public_key": "-----BEGIN ..."}`."""
    try:
        request.org.apps.register_key(request.params["client_id"], str(_body(request)["public_key"]))
    except KeyError:
        raise _refused("an app's client_id and a public_key are wanted") from None
    return Response.empty()


@routes.patch("/local-org/apps/{client_id}", auth=False)
def change_app(request: Request) -> Response:
    """Change an app's policies, such as `{"rotate_refresh_tokens": true}`."""
    app = request.org.apps.get(request.params["client_id"])
    if app is None:
        raise _refused(f"no app has the client_id {request.params['client_id']}")
    body = _body(request)
    if isinstance(body.get("flows"), list):
        body["flows"] = set(body["flows"])
    _change(app, body, keep=frozenset({"client_id"}))
    return Response.empty()


@routes.route("GET PATCH", "/local-org/behaviour", auth=False)
def behaviour(request: Request) -> Response:
    """Tell or change the org's switches, such as `{"bulk_page_rows": 1000}`; spans are seconds."""
    switches = request.org.behaviour
    if request.method == "PATCH":
        body = _body(request)
        for name in ("cursor_life", "job_life"):
            if name in body:
                body[name] = timedelta(seconds=float(body[name]))
        _change(switches, body)
    values = dataclasses.asdict(switches)
    shown = {
        key: item.total_seconds() if isinstance(item, timedelta) else item for key, item in values.items()
    }
    return Response.json(shown)


@routes.route("GET DELETE", "/local-org/requests", auth=False)
def requests(request: Request) -> Response:
    """The latest requests, or forget them."""
    log = request.app.requests
    if request.method == "DELETE":
        log.clear()
        return Response.empty()
    keys = ("number", "method", "path", "query", "status", "user", "counted")
    return Response.json([{key: getattr(item, key) for key in keys} for item in list(log)[-_LATEST:]])


def _change(target: Any, values: dict[str, Any], *, keep: frozenset[str] = frozenset()) -> None:
    """Set attributes of a dataclass, of the types they have."""
    known = {item.name for item in dataclasses.fields(target)} - keep
    for name, value in values.items():
        if name not in known:
            raise _refused(f"there is no {name!r}: {', '.join(sorted(known))}")
        now = getattr(target, name)
        if (
            now is not None
            and not isinstance(value, type(now))
            and not (isinstance(now, float) and isinstance(value, int))
        ):
            raise _refused(f"{name} is a {type(now).__name__}")
        setattr(target, name, value)
