"""Who is behind a token: introspection, revocation, userinfo, the identity URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.api.oauth_token import OAuthError, find_app
from local_org.http import Refusal, Request, Response, Routes
from local_org.ids import normalise

if TYPE_CHECKING:
    from local_org.security import User
    from local_org.sessions import Session

routes = Routes()


class PlainRefusal(Refusal):
    """A refusal in plain text, as userinfo and the identity URL give them; HTTP 403."""

    def response(self) -> Response:
        """The answer."""
        return Response.text(str(self), status=403)


@routes.post("/services/oauth2/introspect", auth=False)
def introspect(request: Request) -> Response:
    """Say whether a token is good. <https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oidc_token_introspection.htm>."""
    find_app(request, request.form, "refresh_token", secret_required=True)
    token = request.form.get("token", "")
    sessions = request.org.sessions
    session = sessions.find(token)
    if session is not None:
        user = request.org.users.by_id(session.user_id)
        issued = int(session.issued.timestamp())
        return Response.json(
            {
                "active": True,
                "scope": session.scope,
                "client_id": session.client_id,
                "username": user.username if user else None,
                "sub": f"{request.base_url}/id/{request.org.id}/{session.user_id}",
                "token_type": "access_token",
                "exp": int((session.used + sessions.timeout).timestamp()),
                "iat": issued,
                "nbf": issued,
            }
        )
    refresh = sessions.refresh_token(token)
    if refresh is not None:
        return Response.json(
            {
                "active": True,
                "scope": refresh.scope,
                "client_id": refresh.client_id,
                "username": refresh.username,
                "token_type": "refresh_token",
            }
        )
    return Response.json({"active": False})


@routes.route("GET POST", "/services/oauth2/revoke", auth=False)
def revoke(request: Request) -> Response:
    """End a session, or a refresh token and all its sessions."""
    token = request.form.get("token") or request.query.get("token", "")
    if request.org.sessions.revoke(token):
        return Response.empty(200)
    raise OAuthError("unsupported_token_type", "this token type is not supported")


@routes.route("GET POST", "/services/oauth2/userinfo", auth=False)
def userinfo(request: Request) -> Response:
    """OpenID claims. Refusals are plain text here."""
    session = _session(request)
    user = request.user
    identity = _identity_url(request, session)
    return Response.json(
        {
            "sub": identity,
            "user_id": user.id,
            "organization_id": request.org.id,
            "preferred_username": user.username,
            "nickname": _nickname(user),
            "name": user.name,
            "email": user.email,
            "email_verified": True,
            "given_name": user.name.rpartition(" ")[0],
            "family_name": user.name.rpartition(" ")[2],
            "zoneinfo": user.time_zone,
            "photos": _photos(request),
            "profile": f"{request.base_url}/{user.id}",
            "picture": f"{request.base_url}/profilephoto/F",
            "address": {},
            "is_salesforce_integration_user": False,
            "urls": _urls(request),
            "active": user.active,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_US",
            "utcOffset": 0,
            "updated_at": request.org.clock.stamp(),
        }
    )


@routes.route("GET POST", "/id/{org_id}/{user_id}", auth=False)
def identity(request: Request) -> Response:
    """The identity URL of the token answer."""
    session = _session(request)
    org, user = request.org, request.user
    try:
        same = (
            normalise(request.params["user_id"]) == user.id and normalise(request.params["org_id"]) == org.id
        )
    except ValueError:
        same = False
    if not same:
        return Response.text(
            "Wrong_Org" if request.params["org_id"][:15] != org.id[:15] else "Wrong_Id", status=403
        )
    return Response.json(
        {
            "id": _identity_url(request, session),
            "asserted_user": True,
            "user_id": user.id,
            "organization_id": org.id,
            "username": user.username,
            "nick_name": _nickname(user),
            "display_name": user.name,
            "email": user.email,
            "email_verified": True,
            "first_name": user.name.rpartition(" ")[0],
            "last_name": user.name.rpartition(" ")[2],
            "timezone": user.time_zone,
            "photos": _photos(request),
            "addr_street": None,
            "addr_city": None,
            "addr_state": None,
            "addr_country": None,
            "addr_zip": None,
            "mobile_phone": None,
            "mobile_phone_verified": False,
            "is_lightning_login_user": False,
            "status": {"created_date": None, "body": None},
            "urls": _urls(request),
            "active": user.active,
            "user_type": "STANDARD",
            "language": "en_US",
            "locale": "en_US",
            "utcOffset": 0,
            "last_modified_date": org.clock.stamp(),
            "is_app_installed": True,
        }
    )


def _session(request: Request) -> Session:
    """The session of this request; these resources word their refusals their own way."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "oauth"}:
        token = request.query.get("oauth_token") or request.form.get("access_token", "")
    if not token:
        raise PlainRefusal("Missing_OAuth_Token")
    session = request.org.sessions.find(token.strip())
    if session is None:
        raise PlainRefusal("Bad_OAuth_Token")
    request.app.become(request, session.user_id)
    return session


def _identity_url(request: Request, session: Session) -> str:
    return f"{request.base_url}/id/{request.org.id}/{session.user_id}"


def _nickname(user: User) -> str:
    return user.username.partition("@")[0]


def _photos(request: Request) -> dict[str, Any]:
    return {
        "picture": f"{request.base_url}/profilephoto/F",
        "thumbnail": f"{request.base_url}/profilephoto/T",
    }


def _urls(request: Request) -> dict[str, str]:
    base, short = request.base_url, request.org.id[:15]
    user: User = request.user
    data = f"{base}/services/data/v{{version}}"
    return {
        "enterprise": f"{base}/services/Soap/c/{{version}}/{short}",
        "metadata": f"{base}/services/Soap/m/{{version}}/{short}",
        "partner": f"{base}/services/Soap/u/{{version}}/{short}",
        "rest": f"{data}/",
        "sobjects": f"{data}/sobjects/",
        "search": f"{data}/search/",
        "query": f"{data}/query/",
        "recent": f"{data}/recent/",
        "tooling_soap": f"{base}/services/Soap/T/{{version}}/{short}",
        "tooling_rest": f"{data}/tooling/",
        "profile": f"{base}/{user.id}",
        "custom_domain": base,
    }
