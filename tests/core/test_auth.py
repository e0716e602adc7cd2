from __future__ import annotations

import json
import logging
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from core.keys import elliptic_pem, private_pem, public_pem
from core.loopback import Asked, Reply, serving

from local_org import defaults
from salesforce_abm.auth import Token, TokenStore, refusal
from salesforce_abm.auth.refusals import REFUSALS
from salesforce_abm.connection import Connection
from salesforce_abm.errors import ApiError, AuthError, ConfigError, TransientError
from salesforce_abm.session import Session
from salesforce_abm.wire import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.apps import App
    from local_org.testing import RunningOrg

APP = {"client_id": defaults.CLIENT_ID, "client_secret": defaults.CLIENT_SECRET}
REFRESH = {**APP, "refresh_token": defaults.REFRESH_TOKEN}
PASSWORD = {
    **APP,
    "username": defaults.ADMIN_USERNAME,
    "password": defaults.PASSWORD,
    "security_token": defaults.SECURITY_TOKEN,
}


def jwt_settings(**more: Any) -> dict[str, Any]:
    return {
        "client_id": defaults.CLIENT_ID,
        "username": defaults.ADMIN_USERNAME,
        "private_key": private_pem(),
        **more,
    }


def signed_in_as(org: RunningOrg, settings: dict[str, Any]) -> str:
    """Sign in for real and ask the org who that is."""
    with Session(Connection.from_config({"instance_url": org.url, **settings})) as session:
        me = session.get_json("/services/oauth2/userinfo", kind="other")
        return str(me["preferred_username"])


def app_of(org: RunningOrg) -> App:
    app = org.org.apps.get(defaults.CLIENT_ID)
    assert app is not None
    return app


# ------------------------------------------------------------------------------------------------ each flow, for real


def test_client_credentials_sign_in_as_the_run_as_user(org: RunningOrg) -> None:
    assert signed_in_as(org, APP) == defaults.ADMIN_USERNAME


def test_a_refresh_token_signs_in_with_and_without_the_secret(org: RunningOrg) -> None:
    assert signed_in_as(org, REFRESH) == defaults.ADMIN_USERNAME
    assert signed_in_as(org, {**REFRESH, "client_secret": None}) == defaults.ADMIN_USERNAME


def test_a_password_signs_in_with_the_security_token_behind_it(org: RunningOrg) -> None:
    assert signed_in_as(org, PASSWORD) == defaults.ADMIN_USERNAME


def test_a_signed_assertion_signs_in(org: RunningOrg) -> None:
    org.org.apps.register_key(defaults.CLIENT_ID, public_pem())
    assert signed_in_as(org, jwt_settings()) == defaults.ADMIN_USERNAME


def test_an_encrypted_key_signs_in_with_its_passphrase(org: RunningOrg) -> None:
    org.org.apps.register_key(defaults.CLIENT_ID, public_pem())
    settings = jwt_settings(private_key=private_pem("open sesame"), private_key_passphrase="open sesame")
    assert signed_in_as(org, settings) == defaults.ADMIN_USERNAME


def test_an_access_token_from_elsewhere_is_used_as_it_is(org: RunningOrg) -> None:
    with Session(Connection.from_config({"instance_url": org.url, **APP})) as session:
        token = session.current().access_token
    assert signed_in_as(org, {"access_token": token}) == defaults.ADMIN_USERNAME


REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "secret",
        {**APP, "client_secret": "wrong-secret"},
        "invalid client credentials",
        "Check `client_secret`",
    ),
    ("app", {**APP, "client_id": "nobody"}, "client identifier invalid", "Check `client_id`"),
    (
        "refresh token",
        {**REFRESH, "refresh_token": "stale"},
        "expired access/refresh token",
        "salesforce-abm login",
    ),
    ("password", {**PASSWORD, "password": "wrong-password"}, "authentication failure", "a locked user"),
    ("security token", {**PASSWORD, "security_token": None}, "authentication failure", "`security_token`"),
    (
        "signature",
        jwt_settings(),
        "invalid assertion",
        "the certificate in the app must belong to `private_key`",
    ),
]


@pytest.mark.parametrize(
    ("settings", "words", "remedy"), [row[1:] for row in REFUSED], ids=[f"wrong {row[0]}" for row in REFUSED]
)
def test_a_refused_sign_in_says_why_and_what_to_do_and_is_tried_once(
    org: RunningOrg, settings: dict[str, Any], words: str, remedy: str
) -> None:
    with pytest.raises(AuthError) as caught:
        signed_in_as(org, settings)
    assert words in caught.value.message
    assert caught.value.remedy is not None
    assert remedy in caught.value.remedy
    assert "\n" not in str(caught.value)
    assert len([r for r in org.requests if r.path == "/services/oauth2/token"]) == 1


def test_no_run_as_user_is_named_as_such(org: RunningOrg) -> None:
    app_of(org).run_as = None
    with pytest.raises(AuthError, match="Set 'Run As'"):
        signed_in_as(org, APP)


def test_an_unapproved_user_is_named_as_such(org: RunningOrg) -> None:
    org.org.apps.register_key(defaults.CLIENT_ID, public_pem())
    app_of(org).approved = False
    with pytest.raises(AuthError, match=f"as {defaults.ADMIN_USERNAME} .*pre-authorized"):
        signed_in_as(org, jwt_settings())


def test_a_switched_off_flow_is_named_as_such(org: RunningOrg) -> None:
    app_of(org).flows = {"refresh_token"}
    with pytest.raises(AuthError, match="Enable the flow in the app"):
        signed_in_as(org, APP)


def test_an_ended_session_is_renewed_in_the_middle_of_a_run(org: RunningOrg) -> None:
    with Session(Connection.from_config({"instance_url": org.url, **APP})) as session:
        session.get_json("limits", kind="limits")
        org.faults.expire_all_sessions()
        session.get_json("limits", kind="limits")
        assert session.usage.requests["auth"] == 2


def test_a_certificate_nobody_trusts_is_a_configuration_error_at_once() -> None:
    from local_org.testing import start  # noqa: PLC0415 - only this test runs an org of its own

    with start(tls=True) as org, pytest.raises(ConfigError, match=r"the certificate of .* is not trusted"):
        signed_in_as(org, APP)


def test_a_certificate_authority_of_ones_own_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    from local_org.testing import start  # noqa: PLC0415

    with start(tls=True) as org:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(org.certificate))
        assert org.url.startswith("https://")
        assert signed_in_as(org, APP) == defaults.ADMIN_USERNAME


# ------------------------------------------------------------------------------------------------ the JWT flow


def asked_claims(asked: Asked) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        _form(asked)["assertion"], public_pem(), algorithms=["RS256"], options={"verify_aud": False}
    )
    return claims


def _form(asked: Asked) -> dict[str, str]:
    from urllib.parse import parse_qsl  # noqa: PLC0415

    return dict(parse_qsl(asked.body.decode()))


def test_the_assertion_has_the_claims_salesforce_wants() -> None:
    with serving(
        lambda asked: Reply({"access_token": "t", "instance_url": "http://127.0.0.1:1"})
    ) as loopback:
        connection = Connection.from_config({"instance_url": loopback.url, **jwt_settings()})
        with Session(connection) as session:
            session.current()
        claims = asked_claims(loopback.asked[0])
    assert claims["iss"] == defaults.CLIENT_ID
    assert claims["sub"] == defaults.ADMIN_USERNAME
    assert claims["aud"] == loopback.url
    assert 0 < claims["exp"] - time.time() <= 180
    assert _form(loopback.asked[0])["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_another_audience_is_tried_only_when_the_audience_was_refused() -> None:
    def answer(asked: Asked) -> Reply:
        if asked_claims(asked)["aud"] != "https://login.salesforce.com":
            return Reply({"error": "invalid_grant", "error_description": "audience is invalid"}, 400)
        return Reply({"access_token": "t", "instance_url": "http://127.0.0.1:1"})

    with serving(answer) as loopback:
        connection = Connection.from_config({"instance_url": loopback.url, **jwt_settings()})
        with Session(connection) as session:
            first = session.current()
            session.renew(first, "ended")
        audiences = [asked_claims(asked)["aud"] for asked in loopback.asked]
    assert audiences == [loopback.url, "https://login.salesforce.com", "https://login.salesforce.com"]
    assert len({_form(asked)["assertion"] for asked in loopback.asked}) == 3


KEYS = [
    ("damaged", {"private_key": private_pem().replace(private_pem()[100:160], "A" * 60)}, "cannot be read"),
    ("no passphrase", {"private_key": private_pem("secret")}, "`private_key_passphrase` is missing"),
    (
        "wrong passphrase",
        {"private_key": private_pem("secret"), "private_key_passphrase": "other"},
        "is wrong",
    ),
    ("needless passphrase", {"private_key_passphrase": "other"}, "the private key has none"),
    ("wrong kind", {"private_key": elliptic_pem()}, "must be an RSA key"),
]


@pytest.mark.parametrize(("key", "message"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_a_key_that_cannot_sign_is_refused_before_salesforce_is_asked(
    key: dict[str, str], message: str
) -> None:
    with serving(lambda asked: Reply(b"", 500)) as loopback:
        connection = Connection.from_config({"instance_url": loopback.url, **jwt_settings(**key)})
        with Session(connection) as session, pytest.raises(ConfigError, match=message) as caught:
            session.current()
        assert loopback.asked == []
    assert "secret" not in str(caught.value)


def test_a_clock_that_is_wrong_is_named_as_the_reason() -> None:
    problem = Problem("invalid_grant", "invalid assertion")
    connection = Connection.from_config({"domain": "acme.my", **jwt_settings()})
    assert "clock is 600 seconds ahead of" in str(refusal(problem, connection, clock_ahead=600))
    assert "clock is 600 seconds behind" in str(refusal(problem, connection, clock_ahead=-600))
    assert "certificate" in str(refusal(problem, connection, clock_ahead=3))


# ------------------------------------------------------------------------------------------------ rotation


@pytest.fixture
def rotating(org: RunningOrg) -> RunningOrg:
    app_of(org).rotate_refresh_tokens = True
    return org


def test_a_rotated_refresh_token_is_kept_for_the_next_run(rotating: RunningOrg, tmp_path: Path) -> None:
    store = tmp_path / "token.json"
    settings = {**REFRESH, "token_store_path": str(store)}
    for _ in range(3):
        assert signed_in_as(rotating, settings) == defaults.ADMIN_USERNAME
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert defaults.REFRESH_TOKEN not in store.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["token.json", "token.json.lock"]
    with pytest.raises(AuthError):
        signed_in_as(rotating, REFRESH)


def test_the_kept_token_is_enough_when_the_settings_have_none(rotating: RunningOrg, tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "token.json")
    store.write(defaults.REFRESH_TOKEN, configured=None)
    settings = {**APP, "token_store_path": str(tmp_path / "token.json")}
    for _ in range(2):
        assert signed_in_as(rotating, settings) == defaults.ADMIN_USERNAME


def test_a_token_is_on_disk_before_the_answer_is_used(tmp_path: Path) -> None:
    store = tmp_path / "token.json"
    with serving(lambda asked: Reply({"access_token": "t", "refresh_token": "the-next"})) as loopback:
        connection = Connection.from_config(
            {"instance_url": loopback.url, **REFRESH, "token_store_path": str(store)}
        )
        with (
            Session(connection) as session,
            pytest.raises(AuthError, match="no access token and instance URL"),
        ):
            session.current()
    assert json.loads(store.read_text())["refresh_token"] == "the-next"


def test_sessions_that_share_a_store_take_turns(rotating: RunningOrg, tmp_path: Path) -> None:
    settings = {**REFRESH, "token_store_path": str(tmp_path / "token.json")}
    with ThreadPoolExecutor(3) as pool:
        users = list(pool.map(lambda _: signed_in_as(rotating, settings), range(5)))
    assert users == [defaults.ADMIN_USERNAME] * 5


def test_a_store_that_cannot_be_written_is_found_before_the_token_is_rotated(
    rotating: RunningOrg, tmp_path: Path
) -> None:
    settings = {**REFRESH, "token_store_path": str(tmp_path / "missing" / "token.json")}
    with pytest.raises(ConfigError, match="`token_store_path`: cannot write beside"):
        signed_in_as(rotating, settings)
    assert signed_in_as(rotating, REFRESH) == defaults.ADMIN_USERNAME


def test_without_a_store_the_new_token_serves_this_run_and_a_warning_says_so(
    rotating: RunningOrg, caplog: pytest.LogCaptureFixture
) -> None:
    with Session(Connection.from_config({"instance_url": rotating.url, **REFRESH})) as session:
        for _ in range(3):
            session.renew(session.current(), "ended")
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings[0].startswith("The app rotates its refresh tokens and `token_store_path` is not set")


def test_no_refresh_token_anywhere_names_the_command_that_gets_one(org: RunningOrg, tmp_path: Path) -> None:
    settings = {**APP, "auth_flow": "refresh_token", "token_store_path": str(tmp_path / "token.json")}
    with pytest.raises(ConfigError, match=r"there is none in .*token\.json\. Run `salesforce-abm login`\."):
        signed_in_as(org, settings)


def test_a_newer_token_in_the_settings_wins_over_the_kept_one(tmp_path: Path) -> None:
    store = TokenStore(tmp_path / "token.json")
    assert store.read("first") == "first"
    store.write("first-rotated", configured="first")
    assert store.read("first") == "first-rotated"
    assert store.read(None) == "first-rotated"
    assert store.read("second") == "second"


def test_the_store_replaces_what_a_link_points_to(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}")
    link = tmp_path / "link.json"
    link.symlink_to(real)
    TokenStore(link).write("token", configured=None)
    assert link.is_symlink()
    assert json.loads(real.read_text())["refresh_token"] == "token"


@pytest.mark.parametrize("text", ["not json", "[]", '{"other": 1}', '{"refresh_token": ""}'])
def test_a_file_that_is_no_token_store_is_refused_and_not_overwritten(text: str, tmp_path: Path) -> None:
    path = tmp_path / "token.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="is not a token store"):
        TokenStore(path).read("x")
    assert path.read_text() == text


def test_a_write_that_fails_leaves_the_old_token_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TokenStore(tmp_path / "token.json")
    store.write("old", configured=None)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        store.write("new", configured=None)
    assert store.read(None) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["token.json"]


# ------------------------------------------------------------------------------------------------ the endpoint


def signing_in(*replies: Reply) -> tuple[Session, list[float], list[Asked]]:
    """Sign in against scripted answers; the last one stays."""
    script = list(replies)
    pauses: list[float] = []
    with serving(lambda asked: script.pop(0) if len(script) > 1 else script[0]) as loopback:
        session = Session(Connection.from_config({"instance_url": loopback.url, **APP}), sleep=pauses.append)
        with session:
            try:
                session.current()
            finally:
                loopback.answer = lambda _: Reply(b"", 500)
        return session, pauses, loopback.asked


GOOD = Reply({"access_token": "t", "instance_url": "http://127.0.0.1:1", "issued_at": "1278448832702"})


@pytest.mark.parametrize(
    "passing",
    [
        pytest.param(
            Reply({"error": "retry_request", "error_description": "retry your request"}, 400), id="retry"
        ),
        pytest.param(
            Reply({"error": "invalid_grant", "error_description": "login rate exceeded"}, 400), id="rate"
        ),
        pytest.param(Reply({"error": "server_error"}, 400), id="server error"),
        pytest.param(Reply({"error": "unknown_error", "error_description": "x"}, 500), id="unknown error"),
        pytest.param(Reply(b"", 503), id="503"),
        pytest.param(Reply(b"", 429), id="429"),
        pytest.param(Reply(lost=True), id="lost"),
    ],
)
def test_a_passing_failure_of_the_sign_in_is_repeated(passing: Reply) -> None:
    _, pauses, asked = signing_in(passing, GOOD)
    assert len(pauses) == 1
    assert len(asked) == 2


def test_a_sign_in_that_keeps_failing_is_transient() -> None:
    with pytest.raises(TransientError, match=r"POST /services/oauth2/token at 127.*HTTP 503"):
        signing_in(Reply(b"", 503))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(b"<html>a page</html>"), id="page"),
        pytest.param(Reply([]), id="list"),
        pytest.param(Reply({}), id="no token"),
        pytest.param(Reply({"access_token": "t"}), id="no instance URL"),
        pytest.param(
            Reply({"access_token": "t", "instance_url": "http://acme.example"}), id="unsafe instance URL"
        ),
        pytest.param(Reply(b"", 404), id="404"),
    ],
)
def test_an_address_that_is_no_salesforce_sign_in_is_said_so(reply: Reply) -> None:
    with pytest.raises(AuthError, match=r"sign-in"):
        signing_in(reply)


def test_the_credentials_travel_in_the_body_only() -> None:
    _, _, asked = signing_in(GOOD)
    assert asked[0].query == {}
    assert asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert _form(asked[0]) == {"grant_type": "client_credentials", **APP}


def test_a_token_is_read_from_its_answer() -> None:
    token = Token.from_answer(
        {
            "access_token": "00D!x",
            "instance_url": "https://ACME.my.salesforce.com/",
            "id": "https://login.salesforce.com/id/00D/005",
            "issued_at": "1278448832702",
            "refresh_token": "r",
        }
    )
    assert token.instance_url == "https://acme.my.salesforce.com"
    assert token.issued_at is not None
    assert token.issued_at.year == 2010
    assert "00D!x" not in repr(token)
    assert "'r'" not in repr(token)


SEEN = [
    ("invalid_grant", "user hasn't approved this consumer", "jwt", "pre-authorized"),
    ("invalid_grant", "user hasn\u2019t approved this consumer", "jwt", "pre-authorized"),
    ("invalid_grant", "user hasn't approved this consumer", "refresh_token", "salesforce-abm login"),
    ("invalid_app_access", "user is not admin approved to access this app", "jwt", "pre-authorized"),
    (
        "OAUTH_APP_BLOCKED",
        "this app is blocked by admin",
        "refresh_token",
        "Approve Uninstalled Connected Apps",
    ),
    ("OAUTH_APP_ACCESS_DENIED", "", "refresh_token", "Use Any API Client"),
    ("app_must_be_installed", "x", "refresh_token", "Approve Uninstalled Connected Apps"),
    ("invalid_grant", "ip restricted", "password", "Login IP Ranges"),
    ("invalid_grant", "inactive user", "password", "frozen or deactivated"),
    ("invalid_grant", "inactive organization", "password", "ask Salesforce"),
    ("invalid_grant", "no client credentials user enabled", "client_credentials", "Run As"),
    ("invalid_grant", "request not supported on this domain", "client_credentials", "My Domain"),
    ("invalid_grant", "audience is invalid", "jwt", "`test` for a sandbox"),
    ("invalid_grant", "Audience validation failed", "jwt", "`test` for a sandbox"),
    ("invalid_grant", "expired access/refresh token", "refresh_token", "salesforce-abm login"),
    ("invalid_grant", "token validity expired", "refresh_token", "salesforce-abm login"),
    ("invalid_grant", "authentication failure - Invalid Password", "password", "`security_token`"),
    ("invalid_grant", "authentication failure", "client_credentials", "Login History"),
    ("invalid_grant", "something new", "jwt", "Login History"),
    ("invalid_client_id", "client identifier invalid", "jwt", "`client_id`"),
    ("invalid_client", "invalid client credentials", "client_credentials", "`client_secret`"),
    ("unsupported_grant_type", "grant type not supported", "password", "Enable the flow"),
    ("redirect_uri_mismatch", "x", "refresh_token", "callback address"),
    ("invalid_scope", "x", "jwt", "OAuth scopes"),
]


@pytest.mark.parametrize(
    ("code", "words", "flow", "remedy"), SEEN, ids=[f"{c} {w} ({f})" for c, w, f, _ in SEEN]
)
def test_every_refusal_seen_has_its_remedy(code: str, words: str, flow: str, remedy: str) -> None:
    connection = Connection(flow=flow, login_url="https://acme.my.salesforce.com", username="u@example.com")
    error = refusal(Problem(code, words), connection)
    assert error.remedy is not None
    assert remedy in error.remedy
    assert error.code == code
    assert str(error).startswith(f"Salesforce refused the {flow} sign-in")


def test_a_refusal_nobody_has_seen_is_passed_on_in_salesforces_words() -> None:
    connection = Connection(flow="jwt", login_url="https://acme.my.salesforce.com")
    error = refusal(Problem("brand_new", "no idea"), connection)
    assert str(error).endswith("at https://acme.my.salesforce.com: brand_new: no idea")


def test_every_remedy_is_a_sentence() -> None:
    assert all(row.remedy.endswith(".") for row in REFUSALS)


# ------------------------------------------------------------------------------------------------ secrets


def test_a_secret_that_a_server_repeats_is_not_repeated_by_us() -> None:
    def echo(asked: Asked) -> Reply:
        return Reply(b"<html>You sent " + asked.body + str(asked.headers).encode() + b"</html>", 400)

    with serving(echo) as loopback:
        connection = Connection.from_config(
            {"instance_url": loopback.url, **APP, "client_secret": "planted/s3cr3t"}
        )
        with Session(connection) as session, pytest.raises(AuthError) as refused:
            session.current()
        given = Connection.from_config({"instance_url": loopback.url, "access_token": "00D!planted-s3cr3t"})
        with Session(given) as session, pytest.raises(ApiError) as repeated:
            session.request("GET", "x", kind="query")
    assert "You sent" in str(refused.value)
    assert "You sent" in str(repeated.value)
    assert "s3cr3t" not in str(refused.value) + str(repeated.value) + repr(repeated.value.__dict__)


def test_no_secret_reaches_a_log_or_an_error_even_at_debug(
    org: RunningOrg, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    planted = "planted-s3cr3t/+="
    key = tmp_path / "key.pem"
    key.write_text(private_pem("planted-s3cr3t-passphrase"))
    tries: list[dict[str, Any]] = [
        {**APP, "client_secret": planted},
        {**REFRESH, "refresh_token": planted},
        {**PASSWORD, "password": planted, "security_token": planted},
        {"access_token": planted},
        jwt_settings(
            private_key=None, private_key_path=str(key), private_key_passphrase="planted-s3cr3t-passphrase"
        ),
        jwt_settings(
            private_key=None, private_key_path=str(key), private_key_passphrase="planted-s3cr3t-wrong"
        ),
        {**PASSWORD, "password": [planted]},
        {**APP, "instance_url": f"https://user:{planted}@acme.my.salesforce.com"},
    ]
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        for settings in tries:
            try:
                signed_in_as(org, settings)
            except (AuthError, ConfigError) as error:
                logging.getLogger("somewhere").exception("failed")
                said.append(f"{error} {error!r} {error.__dict__}")
        assert signed_in_as(org, APP)
    assert len(said) == len(tries)
    text = caplog.text + "".join(said)
    assert "s3cr3t" not in text
    assert "AQ" not in text.replace("INVALID", ""), "the beginning of the org's access tokens"
    assert not any(line in text for line in key.read_text().splitlines()[1:-1])
    assert "POST /services/oauth2/token" in text
