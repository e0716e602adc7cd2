"""Jinja set-up and what every page has: tabs, titles, errors as pages."""

from __future__ import annotations

import ipaddress
from functools import cache, wraps
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jinja2

from local_org.http.messages import Response
from local_org.pages.fetch import Viewer
from local_org.pages.layout import TABS
from local_org.pages.values import record_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.http.messages import Request
    from local_org.http.router import Handler
    from local_org.org import Org
    from local_org.schema import ObjectDef

# Pages load nothing from elsewhere, and nothing in a record can make them.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_STATIC = {"css": "text/css;charset=UTF-8", "js": "text/javascript;charset=UTF-8", "svg": "image/svg+xml"}
_COLOURS = 8


class PageError(Exception):
    """A page that says what is wrong."""

    def __init__(self, status: int, title: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.title = title
        self.message = message


def not_found(what: str) -> PageError:
    """404: no such thing in this org."""
    return PageError(404, "Not found", f"This org has no {what}.")


def page(request: Request, template: str, *, title: str, status: int = 200, **context: Any) -> Response:
    """Renders a page.

    Args:
        request: what was asked.
        template: file name below `templates`.
        title: of the page.
        status: HTTP status code.
        context: what the template shows.
    """
    html = (
        _environment()
        .get_template(template)
        .render(
            title=title,
            org=request.org,
            tabs=tabs(request.org),
            here=request.path,
            now=request.org.now(),
            **context,
        )
    )
    return Response.html(html, status=status, headers=_HEADERS)


def guarded(handler: Callable[[Request], Response]) -> Handler:
    """Lets a handler say no with a page, and keeps strangers out."""

    @wraps(handler)
    def answer(request: Request) -> Response:
        try:
            _keep_out_strangers(request)
            return handler(request)
        except PageError as error:
            return page(request, "error.html", title=error.title, status=error.status, message=error.message)

    return answer


def viewer(request: Request) -> Viewer:
    """Who looks at pages: the administrator the org was born with."""
    return Viewer(request.org, request.org.admin)


def static(name: str) -> Response:
    """A style sheet, script or image.

    Raises:
        PageError: 404 for any other name.
    """
    kind = _STATIC.get(name.rpartition(".")[2])
    files = {entry.name: entry for entry in (resources.files(__package__) / "static").iterdir()}
    if kind is None or name not in files:
        raise not_found("such file")
    headers = {"Cache-Control": "max-age=60"}
    return Response.raw(files[name].read_bytes(), content_type=kind, headers=headers)


def colour(name: str) -> int:
    """A number from 0 to 7 that an object's icon is coloured by; the same for the same name."""
    return sum(position * ord(letter) for position, letter in enumerate(name, 1)) % _COLOURS


def initials(label: str) -> str:
    """Up to two letters that stand for an object."""
    words = [word for word in label.split() if word[:1].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[1][0] if len(words) > 1 else words[0][:2]).upper()


def tabs(org: Org) -> list[ObjectDef]:
    """Objects with a tab on every page."""
    schema = org.schema
    standard = [schema.object(name) for name in TABS if name in schema]
    own = [item for item in schema if item.custom and item.name.endswith("__c")]
    return [*standard, *own]


def _keep_out_strangers(request: Request) -> None:
    if not _loopback(request.base_url):
        message = "Its pages need no login, so they open at this machine's own address only."
        raise PageError(403, "Open the org on its own machine", message)


def _loopback(base_url: str) -> bool:
    try:
        host = urlsplit(base_url).hostname or ""
    except ValueError:  # the client's Host header is no host: `[::1`
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("local_org.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["colour"] = colour
    environment.filters["initials"] = initials
    environment.filters["thousands"] = lambda number: f"{number:,}"
    environment.globals["record_url"] = record_url
    return environment
