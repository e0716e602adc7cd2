"""The OAuth token endpoint: one function per flow.

<https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm>
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import jwt

from local_org.http import Refusal, Request, Response, Routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.apps import App
    from local_org.security import User

routes = Routes()

_NO_CACHE = {"Expires": "Thu, 01 Jan 1970 00:00:00 GMT", "X-ReadOnlyMode": "false"}
# Salesforce asks for 3 minutes and grants a little more.
_LONGEST_ASSERTION = 300
_MILLISECONDS = 1e11


class OAuthError(Refusal):
    """A refusal in OAuth's shape, an object rather than REST's array."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        """The answer."""
        value = {"error": self.error, "error_description": self.description}
        return Response.json(value, status=self.status, headers=_NO_CACHE)


@routes.route("GET POST", "/services/oauth2/token", auth=False)
def token(request: Request) -> Response:
    """Give an access token for whatever the flow shows."""
    if request.method != "POST":
        raise OAuthError("invalid_request", "must use HTTP POST")
    flow = FLOWS.get(request.form.get("grant_type", ""))
    if flow is None:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    return Response.json(flow(request, request.form), headers=_NO_CACHE)


def client(request: Request, form: dict[str, str]) -> tuple[str, str | None]:
    """Consumer key and secret, from the body or from HTTP Basic."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic" and "client_id" not in form:
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            raise OAuthError("invalid_client", "invalid client credentials") from None
        return unquote_plus(name), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret")


def find_app(request: Request, form: dict[str, str], flow: str, *, secret_required: bool = False) -> App:
    """The calling app, its secret checked.

    Raises:
        OAuthError: unknown, wrong secret, or the flow is switched off.
    """
    client_id, secret = client(request, form)
    app = request.org.apps.get(client_id)
    if app is None:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if secret is None and secret_required and app.client_secret:
        raise OAuthError("invalid_client", "invalid client credentials")
    if secret is not None and not hmac.compare_digest(secret.encode(), app.client_secret.encode()):
        raise OAuthError("invalid_client", "invalid client credentials")
    if flow not in app.flows:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    return app


def active_user(request: Request, username: str) -> User:
    """The user of that name.

    Raises:
        OAuthError: unknown, or not active.
    """
    user = request.org.users.by_username(username)
    if user is None:
        raise OAuthError("invalid_grant", "authentication failure")
    if not user.active:
        raise OAuthError("invalid_grant", "inactive user")
    return user


def grant(
    request: Request, app: App, user: User, *, scope: str, refresh_token: str | None = None
) -> dict[str, Any]:
    """Open a session and describe it."""
    org = request.org
    session = org.sessions.open(user.id, client_id=app.client_id, scope=scope, refresh_token=refresh_token)
    identity = f"{request.base_url}/id/{org.id}/{user.id}"
    issued_at = str(int(session.issued.timestamp() * 1000))
    digest = hmac.new(app.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": session.token,
        "signature": base64.b64encode(digest).decode(),
        "scope": scope,
        "instance_url": request.base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def _password(request: Request, form: dict[str, str]) -> dict[str, Any]:
    app = find_app(request, form, "password", secret_required=True)
    users = request.org.users
    user = users.authenticate(form.get("username", ""), form.get("password", ""), token_required=True)
    if user is None:
        raise OAuthError("invalid_grant", "authentication failure")
    answer = grant(request, app, user, scope=app.scopes)
    del answer["scope"]
    return answer


def _refresh_token(request: Request, form: dict[str, str]) -> dict[str, Any]:
    app = find_app(request, form, "refresh_token")
    sessions = request.org.sessions
    known = sessions.refresh_token(form.get("refresh_token", ""))
    if known is None or known.client_id != app.client_id:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    user = active_user(request, known.username)
    if not app.rotate_refresh_tokens:
        return grant(request, app, user, scope=known.scope, refresh_token=known.token)
    new = sessions.rotate(known.token)
    if new is None:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    answer = grant(request, app, user, scope=new.scope, refresh_token=new.token)
    return {"access_token": answer["access_token"], "refresh_token": new.token} | answer


def _jwt_bearer(request: Request, form: dict[str, str]) -> dict[str, Any]:
    assertion = form.get("assertion", "")
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise OAuthError("invalid_grant", "invalid assertion") from None
    app = request.org.apps.get(str(claims.get("iss", "")))
    if app is None:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if "jwt" not in app.flows:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    if not any(_signed_by(assertion, key) for key in app.public_keys):
        raise OAuthError("invalid_grant", "invalid assertion")
    _check_claims(request, claims)
    user = request.org.users.by_username(str(claims.get("sub") or claims.get("prn") or ""))
    if user is None or not app.approved:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    if not user.active:
        raise OAuthError("invalid_grant", "inactive user")
    return grant(request, app, user, scope=" ".join(s for s in app.scopes.split() if s != "refresh_token"))


def _signed_by(assertion: str, key: str) -> bool:
    # Only the signature: PyJWT would refuse `exp` as text, which simple-salesforce sends.
    try:
        jwt.api_jws.decode(assertion, _public_key(key), algorithms=["RS256"])
    except (jwt.PyJWTError, ValueError):
        return False
    return True


def _public_key(pem: str) -> Any:
    if "BEGIN CERTIFICATE" not in pem:
        return pem
    from cryptography import x509  # noqa: PLC0415 - takes long to import, and only certificates need it

    return x509.load_pem_x509_certificate(pem.encode()).public_key()


def _check_claims(request: Request, claims: dict[str, Any]) -> None:
    audience = claims.get("aud")
    wanted = request.org.apps.audiences | {request.base_url}
    given = audience if isinstance(audience, list) else [audience]
    if not any(item in wanted for item in given):
        raise OAuthError("invalid_grant", "audience is invalid")
    try:
        expires = float(claims["exp"])
    except (KeyError, TypeError, ValueError):
        raise OAuthError("invalid_grant", "invalid assertion") from None
    # The client's clock counts here, not the org's, which tests set to other days.
    now = time.time()
    if expires < now:
        raise OAuthError("invalid_grant", "expired authorization code")
    # Salesforce's own CLI writes milliseconds (sfdx-core, `exp: Date.now() + 300`) and is let in.
    if now + _LONGEST_ASSERTION < expires < _MILLISECONDS:
        raise OAuthError("invalid_grant", "invalid assertion")


def _client_credentials(request: Request, form: dict[str, str]) -> dict[str, Any]:
    app = find_app(request, form, "client_credentials", secret_required=True)
    if not app.client_secret:
        raise OAuthError("invalid_client", "invalid client credentials")
    user = request.org.users.by_username(app.run_as) if app.run_as else None
    if user is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    if not user.active:
        raise OAuthError("invalid_grant", "inactive user")
    return grant(request, app, user, scope=" ".join(s for s in app.scopes.split() if s != "refresh_token"))


def _authorization_code(request: Request, form: dict[str, str]) -> dict[str, Any]:
    app = find_app(request, form, "authorization_code")
    code = request.org.sessions.redeem_code(form.get("code", ""))
    if code is None or code.client_id != app.client_id:
        raise OAuthError("invalid_grant", "expired authorization code")
    if form.get("redirect_uri", "") != code.redirect_uri:
        raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
    if code.challenge is not None:
        verifier = form.get("code_verifier", "")
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not secrets.compare_digest(challenge.encode(), code.challenge.rstrip("=").encode()):
            raise OAuthError("invalid_grant", "invalid code verifier")
    user = active_user(request, code.username)
    if not {"refresh_token", "offline_access"} & set(code.scope.split()):
        return grant(request, app, user, scope=code.scope)
    refresh = request.org.sessions.issue_refresh_token(user.username, app.client_id, code.scope)
    answer = grant(request, app, user, scope=code.scope, refresh_token=refresh.token)
    return {"access_token": answer["access_token"], "refresh_token": refresh.token} | answer


FLOWS: dict[str, Callable[[Request, dict[str, str]], dict[str, Any]]] = {
    "password": _password,
    "refresh_token": _refresh_token,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _jwt_bearer,
    "client_credentials": _client_credentials,
    "authorization_code": _authorization_code,
}
