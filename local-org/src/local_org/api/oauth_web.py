"""The web-server flow's page: who are you, may this app in?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from local_org.http import Refusal, Request, Response, Routes

if TYPE_CHECKING:
    from jinja2 import Environment

    from local_org.apps import App

routes = Routes()

_SCOPES = {
    "api": "Manage user data via APIs",
    "web": "Manage user data via web browsers",
    "refresh_token": "Perform requests at any time",
    "offline_access": "Perform requests at any time",
    "full": "Full access",
    "id": "Access the identity URL service",
    "openid": "Access unique user identifiers",
    "profile": "Access the identity URL service",
    "email": "Access the identity URL service",
}
_CARRIED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


class LinkError(Refusal):
    """The link that opened the page cannot work, and there is nowhere safe to send the browser."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description

    def response(self) -> Response:
        """A page that says so."""
        return Response.html(_page(error=self.error, description=self.description), status=400)


class SentBack(Refusal):
    """The app asked for something it cannot have; the browser goes back with the reason."""

    def __init__(self, asked: dict[str, str], error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self._response = _back(asked, error=error, error_description=description)

    def response(self) -> Response:
        """A redirect."""
        return self._response


@routes.get("/services/oauth2/authorize", auth=False)
def ask(request: Request) -> Response:
    """Show the page, or say what is wrong with the link."""
    return _form(_check(request, request.query), request.query)


@routes.post("/services/oauth2/authorize", auth=False)
def decide(request: Request) -> Response:
    """Send the browser back to the app, with a code or a refusal."""
    asked = request.form
    app = _check(request, asked)
    if asked.get("decision") == "deny":
        raise SentBack(asked, "access_denied", "end-user denied authorization")
    user = request.org.users.authenticate(asked.get("username", ""), asked.get("password", ""))
    if user is None:
        return _form(app, asked, problem="Please check your username and password.")
    code = request.org.sessions.issue_code(
        user.username,
        client_id=app.client_id,
        scope=_granted(app, asked),
        redirect_uri=asked["redirect_uri"],
        challenge=asked.get("code_challenge"),
    )
    return _back(asked, code=code.code)


def _check(request: Request, asked: dict[str, str]) -> App:
    app = request.org.apps.get(asked.get("client_id", ""))
    if app is None:
        raise LinkError("invalid_client_id", "client identifier invalid")
    target = asked.get("redirect_uri", "")
    if not target:
        raise LinkError("redirect_uri_missing", "missing required parameter: redirect_uri")
    if not _callback_allowed(app, target):
        raise LinkError("redirect_uri_mismatch", "redirect_uri must match configuration")
    if asked.get("response_type") != "code":
        raise SentBack(asked, "unsupported_response_type", "response type not supported")
    if "authorization_code" not in app.flows:
        raise SentBack(asked, "invalid_request", "flow is not enabled for this app")
    if app.require_pkce and not asked.get("code_challenge"):
        raise SentBack(asked, "invalid_request", "missing required code challenge")
    return app


def _callback_allowed(app: App, target: str) -> bool:
    if app.callbacks:
        return target in app.callbacks
    parts = urlsplit(target)
    return parts.scheme in {"http", "https"} and parts.hostname in {"localhost", "127.0.0.1", "::1"}


def _granted(app: App, asked: dict[str, str]) -> str:
    wanted = asked.get("scope", "").split()
    # Without a scope parameter Salesforce grants all the app has.
    allowed = {*app.scopes.split(), "offline_access"}
    return " ".join(scope for scope in wanted if scope in allowed) if wanted else app.scopes


def _form(app: App, asked: dict[str, str], *, problem: str = "") -> Response:
    scopes = _granted(app, asked).split()
    return Response.html(
        _page(
            app=app.name,
            problem=problem,
            carried=[(name, asked[name]) for name in _CARRIED if name in asked],
            meanings=list(dict.fromkeys(_SCOPES[scope] for scope in scopes if scope in _SCOPES)),
            username=asked.get("username", asked.get("login_hint", "")),
        )
    )


def _page(**values: Any) -> str:
    return _environment().get_template("authorize.html").render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader  # noqa: PLC0415 - only the login page needs it

    return Environment(loader=PackageLoader("local_org", "api/templates"), autoescape=True, trim_blocks=True)


def _back(asked: dict[str, str], **answer: str) -> Response:
    target = asked["redirect_uri"]
    parameters = dict(answer)
    if "state" in asked:
        parameters["state"] = asked["state"]
    return Response.redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(parameters)}")
