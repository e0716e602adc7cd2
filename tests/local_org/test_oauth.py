"""Logging in: every OAuth flow, the page of the web-server flow, what tells about tokens, and SOAP login."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local_org import defaults
from local_org.testing import start

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg
    from support.rest import Rest

APP = {"client_id": defaults.CLIENT_ID, "client_secret": defaults.CLIENT_SECRET}
USER = {"username": defaults.ADMIN_USERNAME, "password": defaults.PASSWORD + defaults.SECURITY_TOKEN}
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CALLBACK = "http://localhost:1717/OauthRedirect"


def token(org: RunningOrg, **form: Any) -> requests.Response:
    return requests.post(f"{org.url}/services/oauth2/token", data=form, timeout=10)


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def works(org: RunningOrg, access_token: str) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    return (
        requests.get(f"{org.url}/services/data/v60.0/limits", headers=headers, timeout=10).status_code == 200
    )


# --- the answer -------------------------------------------------------------------------------------


def test_a_token_answer_has_the_documented_keys_and_forms(org: RunningOrg) -> None:
    answer = token(org, grant_type="refresh_token", refresh_token=defaults.REFRESH_TOKEN, **APP)
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {
        "access_token",
        "signature",
        "scope",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
    }
    assert re.fullmatch(r"00D\w{12}![.\w]+", body["access_token"])
    assert body["instance_url"] == org.url
    assert re.fullmatch(rf"{re.escape(org.url)}/id/00D\w{{15}}/005\w{{15}}", body["id"])
    assert body["token_type"] == "Bearer"
    assert re.fullmatch(r"\d{13}", body["issued_at"])
    digest = hmac.new(
        defaults.CLIENT_SECRET.encode(), (body["id"] + body["issued_at"]).encode(), hashlib.sha256
    )
    assert base64.b64decode(body["signature"]) == digest.digest()
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert "Sforce-Limit-Info" not in answer.headers
    assert works(org, body["access_token"])


def test_an_unknown_grant_type_is_refused(org: RunningOrg) -> None:
    expected = (400, "unsupported_grant_type", "grant type not supported")
    assert refusal(token(org, grant_type="magic", **APP)) == expected


def test_an_unknown_app_is_refused(org: RunningOrg) -> None:
    answer = token(org, grant_type="client_credentials", client_id="nobody", client_secret="x")
    assert refusal(answer) == (400, "invalid_client_id", "client identifier invalid")


# --- password ---------------------------------------------------------------------------------------


def test_the_password_flow_wants_password_and_security_token(org: RunningOrg) -> None:
    answer = token(org, grant_type="password", **APP, **USER)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert "scope" not in answer.json()


@pytest.mark.parametrize(
    "wrong",
    [{"password": defaults.PASSWORD}, {"password": "x"}, {"username": "nobody@example.com"}],
    ids=["no security token", "wrong password", "unknown user"],
)
def test_every_failed_password_login_reads_the_same(org: RunningOrg, wrong: dict[str, str]) -> None:
    answer = token(org, grant_type="password", **APP, **(USER | wrong))
    assert refusal(answer) == (400, "invalid_grant", "authentication failure")


def test_a_flow_that_is_switched_off_is_not_supported(org: RunningOrg) -> None:
    app = org.org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    app.flows.discard("password")
    assert refusal(token(org, grant_type="password", **APP, **USER))[1] == "unsupported_grant_type"


# --- refresh token ----------------------------------------------------------------------------------


def test_an_unknown_refresh_token_is_expired(org: RunningOrg) -> None:
    answer = token(org, grant_type="refresh_token", refresh_token="nope", **APP)
    assert refusal(answer) == (400, "invalid_grant", "expired access/refresh token")


def test_without_rotation_a_refresh_token_works_again_and_again(org: RunningOrg) -> None:
    for _ in range(3):
        answer = token(org, grant_type="refresh_token", refresh_token=defaults.REFRESH_TOKEN, **APP)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()


def test_with_rotation_the_old_refresh_token_ends_at_once(org: RunningOrg) -> None:
    app = org.org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    app.rotate_refresh_tokens = True
    first = token(org, grant_type="refresh_token", refresh_token=defaults.REFRESH_TOKEN, **APP).json()
    assert first["refresh_token"] != defaults.REFRESH_TOKEN
    again = token(org, grant_type="refresh_token", refresh_token=defaults.REFRESH_TOKEN, **APP)
    assert refusal(again) == (400, "invalid_grant", "expired access/refresh token")
    assert (
        token(org, grant_type="refresh_token", refresh_token=first["refresh_token"], **APP).status_code == 200
    )


def test_a_user_who_left_cannot_refresh(org: RunningOrg) -> None:
    with org.org.store.write() as connection:
        connection.execute(
            'UPDATE "User" SET "IsActive" = 0 WHERE "Username" = ?', (defaults.ADMIN_USERNAME,)
        )
    answer = token(org, grant_type="refresh_token", refresh_token=defaults.REFRESH_TOKEN, **APP)
    assert refusal(answer) == (400, "invalid_grant", "inactive user")


# --- client credentials -----------------------------------------------------------------------------


def test_client_credentials_go_in_the_body_or_in_basic(org: RunningOrg) -> None:
    assert token(org, grant_type="client_credentials", **APP).status_code == 200
    basic = requests.post(
        f"{org.url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(defaults.CLIENT_ID, defaults.CLIENT_SECRET),
        timeout=10,
    )
    assert basic.status_code == 200
    assert works(org, basic.json()["access_token"])


def test_a_wrong_secret_is_an_invalid_client(org: RunningOrg) -> None:
    answer = token(org, grant_type="client_credentials", client_id=defaults.CLIENT_ID, client_secret="x")
    assert refusal(answer) == (400, "invalid_client", "invalid client credentials")


def test_client_credentials_need_a_run_as_user(org: RunningOrg) -> None:
    app = org.org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    app.run_as = None
    answer = token(org, grant_type="client_credentials", **APP)
    assert refusal(answer) == (400, "invalid_grant", "no client credentials user enabled")


# --- JWT bearer -------------------------------------------------------------------------------------


@cache
def keys() -> tuple[str, str]:
    """A private key and its public half, PEM; made once, because that takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def assertion(org: RunningOrg, **changes: Any) -> str:
    private, public = keys()
    org.org.apps.register_key(defaults.CLIENT_ID, public)
    claims = {
        "iss": defaults.CLIENT_ID,
        "sub": defaults.ADMIN_USERNAME,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
    }
    return jwt.encode(claims | changes, private, algorithm="RS256")


@pytest.mark.parametrize("form", ["number", "text", "milliseconds"])
def test_a_signed_assertion_opens_a_session(org: RunningOrg, form: str) -> None:
    expires = int(time.time()) + 180
    forms = {"number": expires, "text": str(expires), "milliseconds": int(time.time() * 1000) + 300}
    text = assertion(org, exp=forms[form])
    answer = token(org, grant_type=JWT_GRANT, assertion=text)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert works(org, answer.json()["access_token"])


def test_the_orgs_own_address_is_an_audience(org: RunningOrg) -> None:
    assert token(org, grant_type=JWT_GRANT, assertion=assertion(org, aud=org.url)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"aud": "https://test.salesforce.com"}, "invalid_grant", "audience is invalid"),
        ({"exp": 1_000_000_000}, "invalid_grant", "expired authorization code"),
        ({"exp": 4_000_000_000}, "invalid_grant", "invalid assertion"),
        ({"iss": "nobody"}, "invalid_client_id", "client identifier invalid"),
        ({"sub": "nobody@example.com"}, "invalid_grant", "user hasn't approved this consumer"),
    ],
    ids=["audience", "expired", "too far ahead", "unknown app", "unknown user"],
)
def test_assertions_that_are_refused(
    org: RunningOrg, changes: dict[str, Any], error: str, description: str
) -> None:
    answer = token(org, grant_type=JWT_GRANT, assertion=assertion(org, **changes))
    assert refusal(answer) == (400, error, description)


def test_an_assertion_signed_by_another_key_is_invalid(org: RunningOrg) -> None:
    claims = jwt.decode(assertion(org), options={"verify_signature": False})
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode(claims, stranger, algorithm="RS256")
    answer = token(org, grant_type=JWT_GRANT, assertion=forged)
    assert refusal(answer) == (400, "invalid_grant", "invalid assertion")


def test_an_unsigned_assertion_is_invalid(org: RunningOrg) -> None:
    claims = jwt.decode(assertion(org), options={"verify_signature": False})
    answer = token(org, grant_type=JWT_GRANT, assertion=jwt.encode(claims, "", algorithm="none"))
    assert refusal(answer) == (400, "invalid_grant", "invalid assertion")


def test_an_app_that_is_not_approved_says_so(org: RunningOrg) -> None:
    app = org.org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    app.approved = False
    answer = token(org, grant_type=JWT_GRANT, assertion=assertion(org))
    assert refusal(answer)[2] == "user hasn't approved this consumer"


# --- web server flow --------------------------------------------------------------------------------


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def link(**changes: str) -> dict[str, str]:
    asked = {
        "response_type": "code",
        "client_id": defaults.CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": "api refresh_token",
        "state": "s & t",
        "code_challenge": challenge("v" * 50),
        "code_challenge_method": "S256",
    }
    return asked | changes


def come_back(org: RunningOrg, form: dict[str, str]) -> dict[str, str]:
    answer = requests.post(
        f"{org.url}/services/oauth2/authorize", data=form, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 302
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return {name: values[0] for name, values in parse_qs(target.query).items()}


def allow(org: RunningOrg, **changes: str) -> dict[str, str]:
    login = {"username": defaults.ADMIN_USERNAME, "password": defaults.PASSWORD, "decision": "allow"}
    return come_back(org, link(**changes) | login)


def test_the_page_carries_the_link_and_says_what_is_asked_for(org: RunningOrg) -> None:
    hostile = link(state='"><script>alert(1)</script>')
    answer = requests.get(f"{org.url}/services/oauth2/authorize", params=hostile, timeout=10)
    assert answer.status_code == 200
    assert "Manage user data via APIs" in answer.text
    assert "<script>" not in answer.text
    assert f'name="redirect_uri" value="{CALLBACK}"' in answer.text


def test_the_code_comes_back_with_the_state_and_becomes_tokens_once(org: RunningOrg) -> None:
    back = allow(org)
    assert back["state"] == "s & t"
    assert back["code"].endswith("==")
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK}
    answer = token(org, **form, code_verifier="v" * 50, **APP)
    assert answer.status_code == 200
    assert works(org, answer.json()["access_token"])
    refreshed = token(org, grant_type="refresh_token", refresh_token=answer.json()["refresh_token"], **APP)
    assert refreshed.status_code == 200
    again = token(org, **form, code_verifier="v" * 50, **APP)
    assert refusal(again) == (400, "invalid_grant", "expired authorization code")


def test_without_the_refresh_scope_there_is_no_refresh_token(org: RunningOrg) -> None:
    code = allow(org, scope="api")["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert "refresh_token" not in token(org, **form, code_verifier="v" * 50, **APP).json()


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        ({"code_verifier": "w" * 50}, "invalid_grant", "invalid code verifier"),
        ({"redirect_uri": "http://localhost:1/x"}, "redirect_uri_mismatch", None),
        ({"code": "aPrxnope=="}, "invalid_grant", "expired authorization code"),
    ],
    ids=["verifier", "redirect", "code"],
)
def test_codes_that_are_refused(
    org: RunningOrg, changes: dict[str, str], error: str, description: str | None
) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": allow(org)["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": "v" * 50,
    }
    status, found, text = refusal(token(org, **(form | changes), **APP))
    assert (status, found) == (400, error)
    assert description in {None, text}


def test_denying_sends_the_browser_back_with_the_reason(org: RunningOrg) -> None:
    back = come_back(org, link() | {"decision": "deny"})
    assert back == {
        "error": "access_denied",
        "error_description": "end-user denied authorization",
        "state": "s & t",
    }


def test_a_wrong_password_shows_the_page_again(org: RunningOrg) -> None:
    form = link() | {"username": "admin@example.com", "password": "x", "decision": "allow"}
    answer = requests.post(f"{org.url}/services/oauth2/authorize", data=form, timeout=10)
    assert answer.status_code == 200
    assert "check your username and password" in answer.text


def test_a_foreign_callback_is_never_redirected_to(org: RunningOrg) -> None:
    answer = requests.get(
        f"{org.url}/services/oauth2/authorize",
        params=link(redirect_uri="https://evil.example.com/"),
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 400
    assert "redirect_uri_mismatch" in answer.text


# --- about tokens -----------------------------------------------------------------------------------


def test_introspection_tells_good_tokens_from_bad(org: RunningOrg, rest: Rest) -> None:
    def introspect(value: str) -> dict[str, Any]:
        answer = requests.post(
            f"{org.url}/services/oauth2/introspect", data={"token": value, **APP}, timeout=10
        )
        body: dict[str, Any] = answer.json()
        return body

    good = introspect(rest.token)
    assert good["active"] is True
    assert good["username"] == defaults.ADMIN_USERNAME
    assert good["client_id"] == defaults.CLIENT_ID
    assert good["exp"] > good["iat"]
    assert introspect("00Dxx!nope") == {"active": False}


def test_revoking_a_refresh_token_ends_its_sessions(org: RunningOrg) -> None:
    session = token(org, grant_type="refresh_token", refresh_token=defaults.REFRESH_TOKEN, **APP).json()
    revoke = f"{org.url}/services/oauth2/revoke"
    assert requests.post(revoke, data={"token": defaults.REFRESH_TOKEN}, timeout=10).status_code == 200
    assert not works(org, session["access_token"])
    answer = requests.post(revoke, data={"token": defaults.REFRESH_TOKEN}, timeout=10)
    assert refusal(answer)[:2] == (400, "unsupported_token_type")


def test_userinfo_and_identity_name_the_user(org: RunningOrg, rest: Rest) -> None:
    info = rest.get("/services/oauth2/userinfo").json()
    assert info["preferred_username"] == defaults.ADMIN_USERNAME
    assert info["organization_id"] == org.org.id
    identity = rest.get(f"/id/{org.org.id}/{info['user_id']}").json()
    assert identity["username"] == defaults.ADMIN_USERNAME
    assert identity["urls"]["rest"] == f"{org.url}/services/data/v{{version}}/"
    assert rest.get("").json()["identity"] == identity["id"]


@pytest.mark.parametrize(
    ("authorization", "text"),
    [(None, "Missing_OAuth_Token"), ("Bearer nope", "Bad_OAuth_Token")],
    ids=["none", "bad"],
)
def test_userinfo_refuses_in_plain_text(org: RunningOrg, authorization: str | None, text: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.get(f"{org.url}/services/oauth2/userinfo", headers=headers, timeout=10)
    assert (answer.status_code, answer.text) == (403, text)


# --- SOAP login -------------------------------------------------------------------------------------


def soap_login(org: RunningOrg, path: str, username: str, password: str) -> requests.Response:
    body = (
        '<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"><se:Header/><se:Body>'
        f'<login xmlns="urn:partner.soap.sforce.com"><username>{username}</username>'
        f"<password>{password}</password></login></se:Body></se:Envelope>"
    )
    headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    return requests.post(org.url + path, data=body, headers=headers, timeout=10)


@pytest.mark.parametrize("kind", ["u", "c"], ids=["partner", "enterprise"])
def test_soap_login_answers_what_old_clients_look_for(org: RunningOrg, kind: str) -> None:
    answer = soap_login(org, f"/services/Soap/{kind}/59.0", USER["username"], USER["password"])
    assert answer.status_code == 200
    found = dict(
        re.findall(r"<(serverUrl|sessionId|userId|organizationId|passwordExpired)>([^<]*)<", answer.text)
    )
    assert found["serverUrl"].startswith(f"{org.url}/services/Soap/{kind}/59.0/00D")
    assert found["organizationId"] == org.org.id
    assert found["passwordExpired"] == "false"
    assert works(org, found["sessionId"])


def test_soap_login_fails_with_a_fault(org: RunningOrg) -> None:
    answer = soap_login(org, "/services/Soap/u/59.0", USER["username"], "wrong")
    assert answer.status_code == 500
    assert "<faultcode>INVALID_LOGIN</faultcode>" in answer.text
    text = "Invalid username, password, security token; or user locked out."
    assert f"<faultstring>INVALID_LOGIN: {text}</faultstring>" in answer.text
    assert "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>" in answer.text
    assert f"<sf:exceptionMessage>{text}</sf:exceptionMessage>" in answer.text
    assert 'xmlns:sf="urn:fault.partner.soap.sforce.com"' in answer.text


def test_soap_login_is_gone_from_version_65(org: RunningOrg) -> None:
    answer = soap_login(org, "/services/Soap/u/65.0", USER["username"], USER["password"])
    assert answer.status_code == 500
    assert "UNSUPPORTED_API_VERSION" in answer.text


def test_a_soap_session_tells_its_user_and_logs_out(org: RunningOrg, rest: Rest) -> None:
    def call(operation: str) -> requests.Response:
        body = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
            f"<e:Header><SessionHeader><sessionId>{rest.token}</sessionId></SessionHeader></e:Header>"
            f"<e:Body><{operation}/></e:Body></e:Envelope>"
        )
        return requests.post(f"{org.url}/services/Soap/u/66.0", data=body, timeout=10)

    assert f"<userName>{defaults.ADMIN_USERNAME}</userName>" in call("getUserInfo").text
    assert call("logout").status_code == 200
    assert not works(org, rest.token)
    assert "INVALID_SESSION_ID" in call("getUserInfo").text


def test_logins_outlive_a_restart_of_an_org_that_keeps_its_data(tmp_path: Path) -> None:
    file = tmp_path / "org.db"
    _, public = keys()
    with start(data=file) as first:
        kept = first.org.sessions.issue_refresh_token(
            defaults.ADMIN_USERNAME, defaults.CLIENT_ID, "api"
        ).token
        gone = first.org.sessions.issue_refresh_token(
            defaults.ADMIN_USERNAME, defaults.CLIENT_ID, "api"
        ).token
        assert first.org.sessions.revoke(gone)
        assert first.org.sessions.rotate(defaults.REFRESH_TOKEN) is not None
        first.org.apps.register_key(defaults.CLIENT_ID, public)
    with start(data=file) as second:
        good = [
            second.org.sessions.refresh_token(text) is not None
            for text in (kept, gone, defaults.REFRESH_TOKEN)
        ]
        assert good == [True, False, False]
        app = second.org.apps.get(defaults.CLIENT_ID)
        assert app is not None
        assert app.public_keys == [public]
