"""SOAP for clients that still log in so: `login()` up to version 64.0, `logout()`, `getUserInfo()`.

Partner (`/u/`) and enterprise (`/c/`) endpoints.
<https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-login.html>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from local_org.api import soap
from local_org.api.soap import SoapFault
from local_org.clock import bulk
from local_org.http import Request, Response, Routes

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

    from local_org.security import User
    from local_org.sessions import Session

routes = Routes()

_KINDS = {"u": "partner", "c": "enterprise"}
_DETAILS = {"INVALID_LOGIN": "LoginFault", "UNSUPPORTED_API_VERSION": "UnexpectedErrorFault"}
_LAST_VERSION = 64
_NO_SESSION = "Invalid Session ID found in SessionHeader: Illegal Session"
_INVALID = "Invalid username, password, security token; or user locked out."


@routes.post("/services/Soap/u/{version}", auth=False)
@routes.post("/services/Soap/u/{version}/{org_id}", auth=False)
def partner(request: Request) -> Response:
    """The partner endpoint."""
    return _serve(request, "u")


@routes.post("/services/Soap/c/{version}", auth=False)
@routes.post("/services/Soap/c/{version}/{org_id}", auth=False)
def enterprise(request: Request) -> Response:
    """The enterprise endpoint."""
    return _serve(request, "c")


def _serve(request: Request, letter: str) -> Response:
    kind = _KINDS[letter]
    try:
        return soap.answer(f"urn:{kind}.soap.sforce.com", _perform(request, letter))
    except SoapFault as error:
        return soap.fault(kind, error, detail=_DETAILS.get(error.code))


def _perform(request: Request, letter: str) -> str:
    envelope, operation = soap.parse(request.body)
    name = soap.local(operation)
    if name == "login":
        _check_version(request.version)
        return _login(request, letter, operation)
    if name not in {"logout", "getUserInfo", "getServerTimestamp"}:
        raise SoapFault("INVALID_OPERATION", f"{name} is not offered here: use the REST API")
    org = request.org
    session = org.sessions.find(soap.text(envelope, "sessionId"))
    user = org.users.by_id(session.user_id) if session else None
    if session is None or user is None:
        raise SoapFault("INVALID_SESSION_ID", _NO_SESSION)
    if name == "logout":
        org.sessions.expire(session.token)
        return "<logoutResponse/>"
    if name == "getServerTimestamp":
        moment = bulk(org.clock.stamp())
        return f"<{name}Response><result><timestamp>{moment}</timestamp></result></{name}Response>"
    return f"<{name}Response><result>{_user_info(request, user)}</result></{name}Response>"


def _login(request: Request, letter: str, operation: ET.Element) -> str:
    username, password = soap.text(operation, "username"), soap.text(operation, "password")
    user = request.org.users.authenticate(username, password, token_required=True)
    if user is None:
        raise SoapFault("INVALID_LOGIN", _INVALID)
    return _login_result(request, letter, user, request.org.sessions.open(user.id))


def _check_version(version: str) -> None:
    found = re.fullmatch(r"(\d+)\.0", version)
    if found is None or int(found[1]) > _LAST_VERSION or int(found[1]) < 31:
        raise SoapFault("UNSUPPORTED_API_VERSION", f"Unsupported API version {version} for login()")


def _user_info(request: Request, user: User) -> str:
    org = request.org
    info = {
        "accessibilityMode": "false",
        "chatterExternal": "false",
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": "5242880",
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": "false",
        "orgHasPersonAccounts": "false",
        "organizationId": org.id,
        "organizationMultiCurrency": "false",
        "organizationName": org.name,
        "profileId": user.profile_id,
        "roleId": "",
        "sessionSecondsValid": str(int(org.sessions.timeout.total_seconds())),
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user.email,
        "userFullName": user.name,
        "userId": user.id,
        "userLanguage": "en_US",
        "userLocale": "en_US",
        "userName": user.username,
        "userTimeZone": user.time_zone,
        "userType": "Standard",
        "userUiSkin": "Theme3",
    }
    return "".join(
        f'<{name} xsi:nil="true"/>' if value is None else f"<{name}>{escape(value)}</{name}>"
        for name, value in info.items()
    )


def _login_result(request: Request, letter: str, user: User, session: Session) -> str:
    org, base, version = request.org, request.base_url, request.version
    short = org.id[:15]
    return (
        "<loginResponse><result>"
        f"<metadataServerUrl>{base}/services/Soap/m/{version}/{short}</metadataServerUrl>"
        "<passwordExpired>false</passwordExpired><sandbox>false</sandbox>"
        f"<serverUrl>{base}/services/Soap/{letter}/{version}/{short}</serverUrl>"
        f"<sessionId>{session.token}</sessionId><userId>{user.id}</userId>"
        f"<userInfo>{_user_info(request, user)}</userInfo></result></loginResponse>"
    )
