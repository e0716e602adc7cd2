"""The browser's CSV export of a report, as scripts fetch it with a `sid` cookie."""

from __future__ import annotations

from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from local_org.http.messages import Response
from local_org.reports import export
from local_org.reports.errors import ReportError

if TYPE_CHECKING:
    from local_org.http.messages import Request
    from local_org.security import User

_BROWSER_SCOPES = frozenset({"web", "full"})
_VERSION = 60.0
_LOGIN = (
    "<!DOCTYPE html><html lang='en'><head><title>Login | Salesforce</title></head>"
    "<body><h1>Log in</h1><p>The sid cookie holds no session that may use the browser.</p></body></html>"
)


def is_export(request: Request) -> bool:
    """Whether a report's address is asked for its data rather than its page."""
    return request.query.get("export") == "1" and request.params.get("id", "").startswith("00O")


def csv_export(request: Request) -> Response:
    """The report's rows; the login page, with status 200, to whoever has no session for the browser."""
    user = _browser_user(request)
    if user is None:
        return Response.html(_LOGIN)
    org = request.org
    try:
        result = org.reports.run(
            user, request.params["id"], details=True, version=_VERSION, most=export.MAX_ROWS
        )
    except ReportError as error:
        return Response.html(f"<!DOCTYPE html><title>Error</title><p>{escape(error.message)}</p>")
    now = org.now()
    text = export.csv_text(
        result,
        user=user.name,
        company=org.name,
        generated=org.reports.formatter(user).moment(now),
        year=now.year,
    )
    name = export.filename(result.definition.name, now, "csv")
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f'attachment; filename="{ascii_name}"'
    return Response.raw(
        text.encode(), content_type="text/csv; charset=UTF-8", headers={"Content-Disposition": disposition}
    )


def _browser_user(request: Request) -> User | None:
    try:
        cookie = SimpleCookie(request.headers.get("Cookie", "")).get("sid")
    except CookieError:
        return None
    session = request.org.sessions.find(cookie.value) if cookie is not None else None
    # a SOAP login has no scopes: it is a whole session
    if session is None or (session.scope and not _BROWSER_SCOPES & set(session.scope.split())):
        return None
    return request.org.users.by_id(session.user_id)
