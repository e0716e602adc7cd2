"""`salesforce-abm login`: sign in with a browser and keep the token, or make a key for the JWT flow."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from salesforce_abm import redact, urls
from salesforce_abm.auth import TokenStore, refusal
from salesforce_abm.auth.callback import Callback
from salesforce_abm.auth.keys import make_key_pair
from salesforce_abm.auth.web_server import (
    Authorization,
    WebServerFlow,
    problem_in_page,
    problem_in_query,
    problem_in_redirect,
)
from salesforce_abm.cli.config import PREFIXES, config_option, load_config
from salesforce_abm.cli.output import progress
from salesforce_abm.connection import Connection
from salesforce_abm.errors import AuthError, ConfigError
from salesforce_abm.identity import identify
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from salesforce_abm.auth import Token

__all__ = ["login"]

_CALLBACK: Final = "http://localhost:{port}/OauthRedirect"
_PORT: Final = 1717
_UPLOAD: Final = """\
Made the private key {key} (only you can read it) and the certificate {certificate}, good until {ends}.

In Salesforce, Setup > External Client App Manager > your app:
  1. Settings > OAuth Settings > Flow Enablement > Enable JWT Bearer Flow: upload {certificate}.
  2. Settings > OAuth Scopes: 'Manage user data via APIs (api)' and
     'Perform requests at any time (refresh_token, offline_access)'.
  3. Policies > OAuth Policies > Permitted Users: 'Admin approved users are pre-authorized';
     then add the profile or a permission set of the user.

Settings for both plugins:
  client_id: {client_id}
  username: {username}
  private_key_path: {path}
  {address}

Then run this command again with --client-id and --username: it tries the key."""


@click.command()
@config_option
@click.option("--domain", help="login, test, or a My Domain such as acme.my or acme--uat.sandbox.my.")
@click.option("--instance-url", help="Address of the org, in place of --domain.")
@click.option("--client-id", help="Consumer key of the External Client App.")
@click.option(
    "--store",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that keeps the refresh token (mode 0600); give it to the plugins as token_store_path.",
)
@click.option("--print-env", is_flag=True, help="Print the two lines for .env on stdout. They hold a secret.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=_PORT,
    show_default=True,
    help="Port of the callback http://localhost:PORT/OauthRedirect; 0 takes a free one.",
)
@click.option("--callback", metavar="URL", help="Whole callback address, in place of --port.")
@click.option("--no-browser", is_flag=True, help="Show the address only.")
@click.option("--timeout", type=click.IntRange(1), default=300, show_default=True, help="Seconds to wait.")
@click.option(
    "--jwt", is_flag=True, help="Make a key pair for the JWT flow instead, or try the one there is."
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    default="salesforce-abm.key",
    show_default=True,
    help="With --jwt: file of the private key.",
)
@click.option("--username", help="With --jwt: the user the plugins sign in as.")  # fmt: skip
def login(
    *,
    config_path: str | None,
    domain: str | None,
    instance_url: str | None,
    client_id: str | None,
    store: Path | None,
    print_env: bool,
    port: int,
    callback: str | None,
    no_browser: bool,
    timeout: int,
    jwt: bool,
    key: Path,
    username: str | None,
) -> None:
    """Sign in with a browser, once, and keep the refresh token for the plugins.

    The app needs the callback address, the scopes 'api' and 'refresh_token', and the web-server flow. Its
    consumer secret, if it requires one, is taken from the configuration or SALESFORCE_ABM_CLIENT_SECRET.
    """
    given = {"domain": domain, "instance_url": instance_url, "client_id": client_id, "username": username}
    config = load_config(config_path) | {name: value for name, value in given.items() if value}
    if jwt:
        _jwt(config, key)
        return
    path = store or (Path(config["token_store_path"]) if config.get("token_store_path") else None)
    if path is None and not print_env:
        raise ConfigError(
            "nothing says where the token goes",
            remedy="Give --store FILE (or `token_store_path` in the configuration), or --print-env.",
        )
    connection = _connection(config)
    address = callback or _CALLBACK.format(port=port)
    if path is None:
        token = _sign_in(connection, address, timeout, show_only=no_browser)
    else:
        # Taking the lock proves that the file can be written, before anybody signs in for nothing.
        with TokenStore(path.expanduser()).locked():
            token = _sign_in(connection, address, timeout, show_only=no_browser)
            kept = config.get("refresh_token")
            TokenStore(path.expanduser()).write(str(token.refresh_token), configured=kept)
        _say(f"The refresh token is in {path} (only you can read it). Settings for both plugins:")
        _say(f"  client_id: {connection.client_id}\n  token_store_path: {path.expanduser().resolve()}")
        _say(f"  {_address_setting(config)}")
    if print_env:
        for plugin in ("tap", "target"):
            click.echo(f"{PREFIXES[plugin]}REFRESH_TOKEN={token.refresh_token}")


def _connection(config: dict[str, Any]) -> Connection:
    """Say where to sign in; which flow the plugins use later does not matter here."""
    if not config.get("client_id"):
        raise ConfigError(
            "`client_id` is missing",
            remedy="Give --client-id: the consumer key of your app (Setup > External Client App Manager > "
            "the app > Settings > OAuth Settings > Consumer Key and Secret).",
        )
    name = "instance_url" if config.get("instance_url") else "domain"
    try:
        url = (
            urls.instance_base(config["instance_url"])
            if name == "instance_url"
            else urls.login_base(config.get("domain") or "login")
        )
    except ValueError as error:
        raise ConfigError(f"`{name}`: {error}") from None
    secret = config.get("client_secret") or None
    return Connection("web_server", url, client_id=config["client_id"], client_secret=secret)


def _sign_in(connection: Connection, address: str, timeout: int, *, show_only: bool) -> Token:
    with Callback(address) as callback:
        asked = Authorization(str(connection.client_id), callback.redirect_uri)
        callback.state = asked.state
        redact.register(asked.verifier)
        with Session(connection) as session:
            _look_first(session, asked)
        page = connection.login_url + asked.path()
        _say(
            f"Sign in at {urlsplit(page).netloc} with your browser. If it does not open, go to:\n\n  {page}\n"
        )
        if not show_only:
            webbrowser.open(page)
        with progress("Waiting for the browser"):
            answer = callback.wait(timeout)
    if answer is None:
        raise AuthError(
            f"nobody signed in within {timeout} seconds",
            remedy=f"If the browser shows redirect_uri_mismatch, register {asked.redirect_uri} as a callback "
            "in the app, exactly like this; a new app takes up to ten minutes to work.",
        )
    problem = problem_in_query(answer)
    if problem is not None:
        raise refusal(problem, connection)
    flow = WebServerFlow(asked, answer["code"], connection.client_secret)
    with Session(connection, flow=flow) as session:
        token = session.current()
        if token.refresh_token is None:
            raise AuthError(
                "Salesforce signed you in but gave no refresh token",
                remedy="Give the app the scope 'Perform requests at any time (refresh_token, "
                "offline_access)' (Setup > External Client App Manager > the app > Settings > OAuth "
                "Settings).",
            )
        user = identify(session)
    _say(f"Signed in as {user.username or user.user_id if user else 'somebody'} at {token.instance_url}.")
    return token


def _look_first(session: Session, asked: Authorization) -> None:
    """Open the page as the browser will: some refusals are shown there and never come back.

    Raises:
        AuthError: Salesforce refuses the app or its callback.
    """
    answer = session.peek(asked.path())
    problem = problem_in_redirect(answer.headers.get("Location"), asked.redirect_uri) or problem_in_page(
        answer.text
    )
    if problem is not None:
        error = refusal(problem, session.connection)
        if problem.code.startswith("redirect_uri"):
            register = f"Register {asked.redirect_uri} as a callback in the app, exactly like this."
            raise AuthError(error.message, remedy=register)
        raise error


def _jwt(config: dict[str, Any], key: Path) -> None:
    key = key.expanduser()
    certificate = key.with_suffix(".crt")
    client_id, username = config.get("client_id"), config.get("username")
    if key.exists():
        _try_jwt(config, key)
        return
    ends = make_key_pair(key, certificate, name=str(username or "salesforce-abm"))
    _say(
        _UPLOAD.format(
            key=key,
            certificate=certificate,
            ends=f"{ends:%d %B %Y}",
            client_id=client_id or "(consumer key of the app)",
            username=username or "(the user to sign in as)",
            path=key.resolve(),
            address=_address_setting(config),
        )
    )


def _try_jwt(config: dict[str, Any], key: Path) -> None:
    """The key is there: sign in with it."""
    own = ("domain", "instance_url", "is_sandbox", "client_id", "username", "private_key_passphrase")
    chosen = {name: config[name] for name in own if config.get(name)}
    connection = Connection.from_config(chosen | {"auth_flow": "jwt", "private_key_path": str(key)})
    with Session(connection) as session:
        user = identify(session)
        _say(
            f"The key {key} works: signed in as {user.username if user else connection.username} at "
            f"{session.instance_url}."
        )


def _address_setting(config: dict[str, Any]) -> str:
    if config.get("instance_url"):
        return f"instance_url: {config['instance_url']}"
    return f"domain: {config.get('domain') or 'login'}"


def _say(text: str) -> None:
    """Speak on stderr: stdout is for the lines of --print-env."""
    click.echo(text, err=True)
