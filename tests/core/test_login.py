"""Signing in with a browser: a scripted one that opens the page, fills the form in and follows it back."""

from __future__ import annotations

import re
import stat
import threading
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from click.testing import CliRunner, Result
from core.commands import flat

from local_org import defaults
from salesforce_abm.auth.callback import Callback
from salesforce_abm.auth.keys import make_key_pair
from salesforce_abm.auth.web_server import Authorization, problem_in_page
from salesforce_abm.cli import main
from salesforce_abm.connection import Connection
from salesforce_abm.errors import ConfigError
from salesforce_abm.session import Session
from salesforce_abm.wire import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.commands import Desk

    from local_org.apps import App
    from local_org.testing import RunningOrg


class Form(HTMLParser):
    """The fields a page's form carries."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input":
            self.fields[str(given["name"])] = given.get("value") or ""


class Browser:
    """Opens pages in a thread, as a browser does, and signs in."""

    def __init__(self, **answers: str) -> None:
        self.answers = {"username": defaults.ADMIN_USERNAME, "password": defaults.PASSWORD} | answers
        self.opened: list[str] = []
        self.pages: list[requests.Response] = []
        self.before: Callable[[str], None] = lambda _: None
        self._threads: list[threading.Thread] = []

    def open(self, address: str) -> bool:
        self.opened.append(address)
        thread = threading.Thread(target=self._browse, args=(address,))
        self._threads.append(thread)
        thread.start()
        return True

    def _browse(self, address: str) -> None:
        self.before(address)
        with requests.Session() as http:
            page = http.get(address, timeout=10)
            fields = Form(page.text).fields | {"decision": "allow"} | self.answers
            target = urlsplit(address)._replace(query="").geturl()
            self.pages.append(http.post(target, data=fields, timeout=10))

    def close(self) -> None:
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    made = Browser()
    monkeypatch.setattr("webbrowser.open", made.open)
    yield made
    made.close()


def run(org: RunningOrg, *arguments: str, env: dict[str, str] | None = None) -> Result:
    words = ["login", "--instance-url", org.url, "--client-id", defaults.CLIENT_ID, "--port", "0", *arguments]
    secret = {"SALESFORCE_ABM_CLIENT_SECRET": defaults.CLIENT_SECRET}
    return CliRunner(env=secret if env is None else env).invoke(main, words)


def app(org: RunningOrg) -> App:
    found = org.org.apps.get(defaults.CLIENT_ID)
    assert found is not None
    return found


@pytest.mark.usefixtures("desk")
def test_the_token_goes_into_the_store_and_the_plugins_sign_in_with_it(
    org: RunningOrg, browser: Browser, tmp_path: Path
) -> None:
    app(org).require_pkce = True
    store = tmp_path / "token.json"
    done = run(org, "--store", str(store))
    assert done.exit_code == 0, done.output
    assert f"Signed in as {defaults.ADMIN_USERNAME} at {org.url}." in done.stderr
    assert f"token_store_path: {store}" in done.stderr
    assert done.stdout == ""
    browser.close()
    assert "Signed in" in browser.pages[0].text
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    settings = {"instance_url": org.url, "client_id": defaults.CLIENT_ID, "token_store_path": str(store)}
    with Session(Connection.from_config(settings | {"client_secret": defaults.CLIENT_SECRET})) as session:
        assert session.connection.flow == "refresh_token"
        assert session.get_json("limits", kind="limits")


@pytest.mark.usefixtures("desk", "browser")
def test_the_token_is_printed_only_when_asked(org: RunningOrg) -> None:
    done = run(org, "--print-env")
    assert done.exit_code == 0, done.output
    tap, target = done.stdout.splitlines()
    assert re.fullmatch(r"TAP_SALESFORCE_ABM_REFRESH_TOKEN=\S+", tap)
    assert target == "TARGET_" + tap.removeprefix("TAP_")
    assert tap.partition("=")[2] not in done.stderr


@pytest.mark.usefixtures("desk")
def test_nothing_is_opened_before_it_is_known_where_the_token_goes(
    org: RunningOrg, browser: Browser, tmp_path: Path
) -> None:
    done = run(org)
    assert done.exit_code == 1
    assert "Give --store FILE" in done.stderr
    done = run(org, "--store", str(tmp_path / "no" / "folder"))
    assert done.exit_code == 1
    assert "cannot write" in done.stderr
    assert browser.opened == []


@pytest.mark.usefixtures("desk")
def test_a_denial_ends_at_once_and_says_so_in_browser_and_terminal(org: RunningOrg, browser: Browser) -> None:
    browser.answers["decision"] = "deny"
    done = run(org, "--print-env")
    assert done.exit_code == 1
    assert "access_denied: end-user denied authorization" in done.stderr
    assert "sign in again and allow the access" in done.stderr
    browser.close()
    assert "Sign-in refused" in browser.pages[0].text


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        (None, ("--client-id", "nobody"), "Check `client_id`"),
        ("callbacks", (), "Register http://localhost:"),
        ("flows", (), "Check the app's OAuth settings"),
    ],
    ids=["unknown app", "callback not registered", "flow not enabled"],
)
@pytest.mark.usefixtures("desk")
def test_what_the_sign_in_page_would_refuse_is_known_before_the_browser_opens(
    org: RunningOrg, browser: Browser, change: str | None, arguments: tuple[str, ...], said: str
) -> None:
    if change == "callbacks":
        app(org).callbacks = ["http://localhost:1717/Other"]
    if change == "flows":
        app(org).flows.discard("authorization_code")
    done = run(org, "--print-env", *arguments)
    assert done.exit_code == 1
    assert said in done.stderr
    assert browser.opened == []


@pytest.mark.usefixtures("desk", "browser")
def test_a_missing_secret_and_a_missing_scope_are_told(org: RunningOrg) -> None:
    done = run(org, "--print-env", env={"SALESFORCE_ABM_CLIENT_SECRET": "wrong-secret"})
    assert done.exit_code == 1
    assert "'Require secret for Web Server Flow'" in done.stderr
    assert "wrong-secret" not in done.output
    app(org).scopes = "api id"
    # The org grants offline access to whoever asks for it by that name; the command asks for the other.
    done = run(org, "--print-env")
    assert done.exit_code == 1
    assert "gave no refresh token" in done.stderr
    assert "'Perform requests at any time" in done.stderr


@pytest.mark.usefixtures("desk")
def test_answers_of_other_sign_ins_are_not_taken(org: RunningOrg, browser: Browser) -> None:
    strangers: list[int] = []

    def intrude(address: str) -> None:
        target = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        queries = ({"code": "x", "state": "guess"}, {"code": "x"}, {"state": ""})
        pages = [f"{target}?{urlencode(query)}" for query in queries]
        pages.append(target.replace("OauthRedirect", "favicon.ico"))
        strangers.extend(requests.get(page, timeout=10).status_code for page in pages)

    browser.before = intrude
    assert run(org, "--print-env").exit_code == 0
    assert strangers == [400, 400, 400, 404]


@pytest.mark.usefixtures("desk")
def test_nobody_signing_in_ends_with_the_address_to_register(
    org: RunningOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    done = run(org, "--print-env", "--timeout", "1")
    assert done.exit_code == 1
    assert "nobody signed in within 1 seconds" in done.stderr
    assert re.search(r"register http://localhost:\d+/OauthRedirect as a callback", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--callback", "https://example.com/x"), "is not http on this machine"),
        (("--callback", "http://192.168.1.2/x"), "is not http on this machine"),
        (("--instance-url", "http://example.com"), "would send credentials unencrypted"),
        (("--instance-url", "", "--client-id", ""), "`client_id` is missing"),
    ],
    ids=["callback https", "callback elsewhere", "plain http", "no app"],
)
@pytest.mark.usefixtures("desk", "browser")
def test_wrong_addresses_are_told(org: RunningOrg, arguments: tuple[str, ...], said: str) -> None:
    done = run(org, "--print-env", *arguments)
    assert done.exit_code == 1
    assert said in done.stderr


def test_a_taken_port_is_told() -> None:
    with Callback("http://localhost:0/x", "s") as first, pytest.raises(ConfigError, match="--port"):
        Callback(first.redirect_uri, "s")


def test_state_and_verifier_are_new_each_time_and_not_shown() -> None:
    first, second = Authorization("c", "http://localhost/x"), Authorization("c", "http://localhost/x")
    assert first.state != second.state
    assert first.verifier != second.verifier
    assert 43 <= len(first.verifier) <= 128
    assert first.verifier not in first.path()
    assert first.verifier not in repr(first)
    assert "code_challenge_method=S256" in first.path()


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (
            "<p>error=invalid_client_id&amp;error_description=client+identifier%20invalid</p>",
            Problem("invalid_client_id", "client identifier invalid"),
        ),
        ("error=OAUTH_APP_BLOCKED", Problem("OAUTH_APP_BLOCKED", "")),
        ("<h1>Allow access?</h1>", None),
    ],
    ids=["words", "code alone", "none"],
)
def test_a_refusal_is_read_off_the_page(page: str, problem: Problem | None) -> None:
    assert problem_in_page(page) == problem


def test_jwt_makes_a_key_pair_and_says_what_to_upload_and_then_tries_it(org: RunningOrg, desk: Desk) -> None:
    key = desk.directory / "abm.key"
    arguments = ("--jwt", "--key", str(key), "--username", defaults.ADMIN_USERNAME)
    done = run(org, *arguments, env={})
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    certificate = key.with_suffix(".crt")
    assert f"upload {certificate}" in flat(done.stderr)
    assert "'Admin approved users are pre-authorized'" in done.stderr
    assert "PRIVATE KEY" not in done.output
    refused = run(org, *arguments, env={})
    assert refused.exit_code == 1
    assert "the certificate in the app must belong to `private_key`" in refused.stderr
    org.org.apps.register_key(defaults.CLIENT_ID, certificate.read_text())
    works = run(org, *arguments, env={})
    assert works.exit_code == 0, works.output
    assert f"works: signed in as {defaults.ADMIN_USERNAME}" in works.stderr


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    make_key_pair(tmp_path / "k", tmp_path / "c", "me")
    before = (tmp_path / "k").read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        make_key_pair(tmp_path / "k", tmp_path / "c", "me")
    assert (tmp_path / "k").read_bytes() == before
    with pytest.raises(ConfigError, match="cannot write"):
        make_key_pair(tmp_path / "no" / "k", tmp_path / "c", "me")


def test_the_options_know_no_secret() -> None:
    names = {str(parameter.name) for parameter in main.commands["login"].params}
    assert not any("secret" in name or "token" in name for name in names)
