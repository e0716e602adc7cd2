"""From method and path to the function that answers.

Patterns: `{name}` matches one path segment, `{name:path}` any number of them, `v{version}` an API version.
A trailing slash is accepted everywhere, and letters of fixed segments match in any case, as on Salesforce.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from local_org.http.messages import Request, Response

Handler = Callable[[Request], Response]
Decorator = Callable[[Handler], Handler]

_PART = re.compile(r"\{(?P<name>\w+)(?P<path>:path)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path pattern.

    Attributes:
        method: upper-case verb.
        pattern: as written in the decorator.
        regex: the pattern, compiled.
        handler: answers.
        auth: a valid session is needed; `request.user` is set.
        counted: the request counts as an API call and the answer carries `Sforce-Limit-Info`.
    """

    method: str
    pattern: str
    regex: re.Pattern[str]
    handler: Handler
    auth: bool = True
    counted: bool = True


class Routes:
    """The routes one module serves; filled by decorators."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def route(
        self, methods: str, pattern: str, *, auth: bool = True, counted: bool | None = None
    ) -> Decorator:
        """Serve a path.

        Args:
            methods: verbs, separated by blanks.
            pattern: such as `/services/data/v{version}/sobjects/{object}/{id}`.
            auth: refuse requests without a valid session with 401.
            counted: counts against the daily API requests; by default what needs a session does.
        """

        def register(handler: Handler) -> Handler:
            regex = compile_pattern(pattern)
            for method in methods.split():
                self.routes.append(
                    Route(method, pattern, regex, handler, auth, auth if counted is None else counted)
                )
            return handler

        return register

    def get(self, pattern: str, *, auth: bool = True, counted: bool | None = None) -> Decorator:
        """Serve GET."""
        return self.route("GET", pattern, auth=auth, counted=counted)

    def post(self, pattern: str, *, auth: bool = True, counted: bool | None = None) -> Decorator:
        """Serve POST."""
        return self.route("POST", pattern, auth=auth, counted=counted)

    def put(self, pattern: str, *, auth: bool = True, counted: bool | None = None) -> Decorator:
        """Serve PUT."""
        return self.route("PUT", pattern, auth=auth, counted=counted)

    def patch(self, pattern: str, *, auth: bool = True, counted: bool | None = None) -> Decorator:
        """Serve PATCH."""
        return self.route("PATCH", pattern, auth=auth, counted=counted)

    def delete(self, pattern: str, *, auth: bool = True, counted: bool | None = None) -> Decorator:
        """Serve DELETE."""
        return self.route("DELETE", pattern, auth=auth, counted=counted)


@dataclass(frozen=True, slots=True)
class Match:
    """What a path leads to.

    Attributes:
        route: the route, or None when no route has this path and method.
        params: values of the pattern's names, percent-decoded.
        allowed: the verbs the path does have (empty: the path is unknown).
    """

    route: Route | None
    params: dict[str, str]
    allowed: tuple[str, ...]


class Router:
    """All routes of the org. Fixed segments win over named ones, whatever the order of registration."""

    def __init__(self, groups: Iterable[Routes]) -> None:
        routes = [route for group in groups for route in group.routes]
        self.routes = sorted(routes, key=lambda route: _specificity(route.pattern))

    def match(self, method: str, path: str) -> Match:
        """Find the route of a raw (percent-encoded) path."""
        allowed: list[str] = []
        for route in self.routes:
            found = route.regex.fullmatch(path)
            if found is None:
                continue
            if route.method == method:
                params = {name: unquote(text) for name, text in found.groupdict().items()}
                return Match(route, params, ())
            allowed.append(route.method)
        return Match(None, {}, tuple(dict.fromkeys(allowed)))


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The regular expression of a path pattern."""
    text, position = "", 0
    for part in _PART.finditer(pattern):
        text += re.escape(pattern[position : part.start()])
        text += f"(?P<{part['name']}>.+)" if part["path"] else f"(?P<{part['name']}>[^/]+)"
        position = part.end()
    return re.compile(text + re.escape(pattern[position:]) + "/?", re.IGNORECASE)


def _specificity(pattern: str) -> tuple[tuple[int, str], ...]:
    def rank(segment: str) -> tuple[int, str]:
        if ":path}" in segment:
            return (2, "")
        return (1, "") if segment.startswith("{") else (0, segment.lower())

    return tuple(rank(segment) for segment in pattern.strip("/").split("/"))
