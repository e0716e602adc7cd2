"""The way of a request through the org: faults, version, route, session, allowance, handler, headers."""

from __future__ import annotations

import re
import secrets
import threading
import time
import traceback
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from local_org import defaults
from local_org.dml.outcome import UnreadableError
from local_org.http import jsontext
from local_org.http.log import RecordedError, RequestLog
from local_org.http.messages import ApiError, Headers, Refusal, Request, Response
from local_org.http.rendered import Rendered
from local_org.soql.errors import SoqlError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from local_org.http.log import LoggedRequest
    from local_org.http.router import Route, Router
    from local_org.org import Org

NOT_FOUND = "The requested resource does not exist"
_VERSIONED = re.compile(r"/services/data/v([^/]+)(?:/|$)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,3})\.0")
_LOGGED_BODY = 256 * 1024
_ADMIN = "/local-org/"


class Application:
    """Answers requests for one org.

    Attributes:
        org: the org that is served.
        requests: what was asked.
        errors: unexpected exceptions; tests assert that there are none.
        gzip: compress answers when the client accepts it.
        rendered: answers kept for clients that are measured.
        on_error: called with each of `errors` as it comes.
    """

    def __init__(self, org: Org, router: Router) -> None:
        self.org = org
        self.router = router
        self.requests = RequestLog()
        self.errors: list[RecordedError] = []
        self.gzip = True
        self.rendered = Rendered()
        self.on_error: Callable[[RecordedError], None] | None = None
        org.jobs.on_error = self.record
        self._lock = threading.Lock()
        self._permission_changes = 0
        self._metadata: tuple[tuple[int, int], datetime] | None = None
        org.security.on_change(self._permissions_changed)

    def handle(self, request: Request) -> Response:
        """Answer one request from the network. Never raises."""
        request.path = re.sub(r"/{2,}", "/", request.path)
        entry = self.requests.start(
            request.method, unquote(request.path), request.query_string, request.headers
        )
        response = self._guarded(request, lambda: self._with_faults(request, entry))
        entry.status = 0 if response.damage is not None and response.damage.reset else response.status
        _keep_body(request, entry)
        self._finish(request, response, entry)
        return response

    def dispatch(self, request: Request) -> Response:
        """Route a request whose user is known and run its handler: how composite resources make subrequests.

        Errors become answers, as they would on the network.
        """
        return self._guarded(request, lambda: self._inner(request))

    def _inner(self, request: Request) -> Response:
        _check_version(request)
        route = self._route(request)
        if not route.auth:
            # Logins and pages are no subrequests.
            raise ApiError(404, "NOT_FOUND", NOT_FOUND, code_first=True)
        return route.handler(request)

    def metadata_modified(self) -> datetime:
        """When objects, fields or rights changed last: the `Last-Modified` of describes.

        HTTP dates have whole seconds; two changes within one second still get different ones.
        """
        with self._lock:
            version = (self.org.schema.version, self._permission_changes)
            if self._metadata is None:
                self._metadata = (version, self.org.schema.modified.replace(microsecond=0))
            elif self._metadata[0] != version:
                now = self.org.clock.now().replace(microsecond=0)
                self._metadata = (version, max(now, self._metadata[1] + timedelta(seconds=1)))
            return self._metadata[1]

    def _permissions_changed(self) -> None:
        with self._lock:
            self._permission_changes += 1

    # --- the stages -------------------------------------------------------------------------------

    def _with_faults(self, request: Request, entry: LoggedRequest) -> Response:
        admin = request.path.lower().startswith(_ADMIN)
        striking = [] if admin else self.org.faults.striking(request)
        for fault in striking:
            answer = fault.before(request)
            if answer is not None:
                return answer
        response = self._guarded(request, lambda: self._authenticated(request, entry))
        for fault in striking:
            response = fault.after(request, response)
        return response

    def _authenticated(self, request: Request, entry: LoggedRequest) -> Response:
        _check_version(request)
        _check_accept(request)
        if request.method == "POST" and "_HttpMethod" in request.query:
            request.method = request.query["_HttpMethod"].upper()
        if request.method == "OPTIONS":
            allowed = self.router.match("OPTIONS", request.path).allowed
            return Response.empty(200, headers={"Allow": ",".join(sorted(allowed))} if allowed else {})
        versioned = _VERSIONED.match(request.path) is not None
        found = self.router.match("GET" if request.method == "HEAD" else request.method, request.path)
        needs_session = found.route.auth if found.route else versioned
        if needs_session:
            self._log_in(request)
            entry.user = request.user.username
        if found.route.counted if found.route else versioned:
            entry.counted = True
            if not self.org.limits.use_request(request.app_name):
                raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        handler = self._route(request).handler
        if self.org.behaviour.prerendered:
            return self.rendered.answer(request, lambda: handler(request))
        return handler(request)

    def _log_in(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "oauth"} or not token:
            raise ApiError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        session = self.org.sessions.find(token.strip())
        if session is None:
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.become(request, session.user_id)
        if session.scope and not {"api", "full"} & set(session.scope.split()):
            raise ApiError(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
        request.token = session.token
        app = self.org.apps.get(session.client_id)
        request.app_name = app.name if app else ""

    def become(self, request: Request, user_id: str) -> None:
        """Let a request be made by this user.

        Raises:
            ApiError: 401 or 403 when the user may not use the API any more.
        """
        user = self.org.users.by_id(user_id)
        if user is None or not user.active:
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if not self.org.security.access(user).has("ApiEnabled"):
            raise ApiError(403, "API_CURRENTLY_DISABLED", "API is disabled for this User")
        request._user = user  # noqa: SLF001

    def _route(self, request: Request) -> Route:
        method = "GET" if request.method == "HEAD" else request.method
        found = self.router.match(method, request.path)
        if found.route is None and not found.allowed and request.path.lower().endswith(".json"):
            request.path = request.path[: -len(".json")]
            found = self.router.match(method, request.path)
        if found.route is None:
            if not found.allowed:
                raise ApiError(404, "NOT_FOUND", NOT_FOUND, code_first=True)
            allowed = sorted({*found.allowed, *(["HEAD"] if "GET" in found.allowed else [])})
            raise ApiError(
                405,
                "METHOD_NOT_ALLOWED",
                f"HTTP Method '{request.method}' not allowed. Allowed are {','.join(allowed)}",
                code_first=True,
            )
        request.params = found.params
        return found.route

    def _guarded(self, request: Request, answer: Callable[[], Response]) -> Response:
        try:
            return answer()
        except Refusal as error:
            return error.response()
        except SoqlError as error:
            return ApiError(400, error.code, error.message).response()
        except UnreadableError as error:
            return ApiError(400, error.error.status_code, error.error.message).response()
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - the client gets Salesforce's answer, the test gets the error
            self.record(f"{request.method} {request.path}", error)
            return _unexpected()

    def record(self, where: str, error: Exception) -> None:
        """Keep an exception nobody expected, from a request or a background job."""
        problem = RecordedError(where, error, "".join(traceback.format_exception(error)))
        self.errors.append(problem)
        if self.on_error is not None:
            self.on_error(problem)

    # --- the answer's headers ---------------------------------------------------------------------

    def _finish(self, request: Request, response: Response, entry: LoggedRequest) -> None:
        headers: dict[str, str] = {
            "Date": formatdate(self.org.clock.now().timestamp(), usegmt=True),
            "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "none",
            "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
            "X-Sfdc-Request-Id": secrets.token_hex(16),
        }
        if entry.counted:
            headers["Sforce-Limit-Info"] = self.org.limits.header(request.app_name)
        if response.content_type is not None:
            headers["Content-Type"] = response.content_type
            headers["Vary"] = "Accept-Encoding"
        response.headers = headers | response.headers

    def body(self, request: Request, response: Response) -> bytes | None:
        """The serialised body, None when it is streamed."""
        if response.is_json:
            pretty = request.headers.get("X-PrettyPrint", "").strip().lower() in {"1", "true"}
            return jsontext.dumps(response.value, pretty=pretty)
        if response.chunks is None:
            return b""
        if isinstance(response.chunks, tuple):
            return b"".join(response.chunks)
        return None


def subrequest(
    outer: Request, method: str, url: str, *, value: Any = None, headers: dict[str, str] | None = None
) -> Request:
    """A request inside a composite one: same user, its own URL and body.

    Args:
        outer: the request that carries it.
        method: verb.
        url: path and query below the host; blanks need no encoding.
        value: the JSON body; None is none.
        headers: HTTP headers of the subrequest.
    """
    path, _, query = url.partition("?")
    inner = replace(
        outer,
        method=method.upper(),
        path=path.replace(" ", "%20"),
        query_string=query,
        headers=Headers((headers or {}).items()),
        params={},
    )
    inner._query = None  # noqa: SLF001
    inner._body = b"" if value is None else jsontext.dumps(value)  # noqa: SLF001
    return inner


def _check_version(request: Request) -> None:
    found = _VERSIONED.match(request.path)
    if found is None:
        return
    number = _NUMBER.fullmatch(found[1])
    version = int(number[1]) if number else 0
    if 0 < version < min(defaults.API_VERSIONS):
        raise ApiError(410, "GONE", "The requested resource is no longer available", code_first=True)
    if version not in defaults.API_VERSIONS:
        raise ApiError(404, "NOT_FOUND", NOT_FOUND, code_first=True)


def _check_accept(request: Request) -> None:
    """Refuse XML politely: this org speaks JSON (and CSV where Salesforce does)."""
    if not request.path.lower().startswith("/services/data/"):
        return
    accept = request.headers.get("Accept", "").lower()
    # "openxmlformats" is in the media type of Excel workbooks, which reports do answer
    only_xml = "xml" in accept and not re.search(r"json|csv|\*/\*|html|text/plain|openxmlformats", accept)
    if request.path.lower().endswith(".xml") or only_xml:
        raise ApiError(
            406, "NOT_ACCEPTABLE", "This org answers JSON only: ask for application/json", code_first=True
        )


def _unexpected() -> Response:
    number = f"{int(time.time()) % 1_000_000_000}-{secrets.randbelow(100_000)} (-{secrets.randbelow(10**9)})"
    message = "An unexpected error occurred. Please include this ErrorId if you contact support: " + number
    return ApiError(500, "UNKNOWN_EXCEPTION", message).response()


def _keep_body(request: Request, entry: LoggedRequest) -> None:
    body = request._body  # noqa: SLF001
    if body and len(body) <= _LOGGED_BODY and request.path.lower().startswith("/services/data/"):
        entry.body = body
