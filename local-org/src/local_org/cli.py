"""The `local-org` command: start an org, and make its life hard while it runs."""

from __future__ import annotations

import errno
import json
import re
import signal
import socket
import sqlite3
import ssl
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from local_org import __version__, defaults
from local_org.testing import RunningOrg, Seed, start

if TYPE_CHECKING:
    from types import FrameType

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SHOWN = ("Account", "Contact", "Lead", "Opportunity", "Campaign", "Task", "Event")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="local-org", message="%(prog)s %(version)s")
def main() -> None:
    """A Salesforce org on your own machine."""


class SeedType(click.ParamType[Seed]):
    """`demo`, `empty`, a number of accounts, or `1000x3`: each with so many contacts."""

    name = "demo|empty|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Seed:
        """Check the text."""
        text = str(value)
        if re.fullmatch(r"demo|empty|\d+(x\d+)?", text):
            return text
        return self.fail(f"{text!r} is neither demo, empty nor a number of accounts", param, ctx)


@main.command("start")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=defaults.PORT, show_default=True, help="Port; 0 takes a free one.")
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="Keep the org in this file.")
@click.option("--seed", type=SeedType(), default="demo", show_default=True, help="What a new org holds.")
@click.option("--tls", is_flag=True, help="Serve https with a certificate made for the occasion.")
def start_command(host: str, port: int, data: Path | None, seed: Seed, *, tls: bool) -> None:
    """Serve an org until Ctrl-C."""
    stop = threading.Event()
    received: list[int] = []

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        del frame
        received.append(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    try:
        running = start(seed, host=host, port=port, data=data, tls=tls)
    except OSError as error:
        raise click.ClickException(_why_not(error, host, port, data)) from None
    except sqlite3.Error as error:
        raise click.ClickException(f"{data} does not hold a local org: {error}") from None
    running.application.on_error = lambda problem: click.echo(f"Unexpected error: {problem}", err=True)
    with running:
        click.echo(_welcome(running, data))
        sys.stdout.flush()
        stop.wait()
    click.echo("Stopped.")
    sys.exit(130 if received[0] == signal.SIGINT else 0)


def _why_not(error: OSError, host: str, port: int, data: Path | None) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use: stop what listens there, or choose another with --port"
    if error.errno == errno.EACCES and port < 1024:
        return f"port {port} needs privileges: choose one above 1023 with --port"
    if error.errno in {errno.EADDRNOTAVAIL, None} or isinstance(error, socket.gaierror):
        return f"cannot listen on {host}: {error}"
    return f"cannot start{f' with {data}' if data else ''}: {error.strerror or error}"


def _welcome(running: RunningOrg, data: Path | None) -> str:
    org = running.org
    counts = [(name, org.store.count(name)) for name in _SHOWN]
    inside = ", ".join(f"{count:,} {name}" for name, count in counts if count) or "no records yet"
    lines = [
        f"Local Org {__version__} is open on {running.url}",
        "",
        f"  Inside        {inside}" + (f" (kept in {data})" if data else " (forgotten when it stops)"),
        (
            f"  User          {defaults.ADMIN_USERNAME}, password {defaults.PASSWORD},"
            f" security token {defaults.SECURITY_TOKEN}"
        ),
        f"  May only read {defaults.READER_USERNAME}, same password and token",
        f"  App           client id {defaults.CLIENT_ID}, client secret {defaults.CLIENT_SECRET}",
        f"  Refresh token {defaults.REFRESH_TOKEN}",
        f"  API versions  {defaults.API_VERSIONS[0]}.0 to {defaults.NEWEST_API_VERSION}",
    ]
    if running.certificate is not None:
        lines.append(f"  Certificate   {running.certificate}")
    if running.host not in _LOOPBACK:
        lines.append("  Everybody who can reach this machine can read and change this org.")
    lines += ["", "Look around in a browser at that address. Ctrl-C stops it."]
    return "\n".join(lines)


# --- the running org ----------------------------------------------------------------------------------

_url = click.option(
    "--url",
    default=f"http://127.0.0.1:{defaults.PORT}",
    envvar="LOCAL_ORG_URL",
    show_default=True,
    help="The running org.",
)


@main.group()
def fault() -> None:
    """Let things go wrong in a running org."""


@fault.command("add")
@click.argument("kind")
@click.argument("options", nargs=-1, metavar="[NAME=VALUE]...")
@_url
def add_fault(kind: str, options: tuple[str, ...], url: str) -> None:
    """Switch a fault on.

    \b
    local-org fault add status status=503 times=3 path=/query
    local-org fault add latency seconds=2 times=none
    local-org fault add reset when=after method=PATCH
    local-org fault add job outcome=Failed sobject=Account
    """  # noqa: D301 - click wants the character itself
    body = {"kind": kind} | dict(_option(text) for text in options)
    click.echo(json.dumps(_ask(url, "POST", "/local-org/faults", body)))


@fault.command("list")
@_url
def list_faults(url: str) -> None:
    """Show the faults that are on, and the kinds there are."""
    answer = _ask(url, "GET", "/local-org/faults")
    for item in answer["active"]:
        click.echo(json.dumps(item))
    click.echo(f"kinds: {', '.join(answer['kinds'])}")


@fault.command("clear")
@_url
def clear_faults(url: str) -> None:
    """Switch all faults off."""
    _ask(url, "DELETE", "/local-org/faults")


@main.command("clock")
@click.option("--set", "moment", help="Stand still at this moment, such as 2026-01-31T12:00:00Z.")
@click.option("--shift", type=float, help="Move by so many seconds.")
@click.option("--run", is_flag=True, help="Follow the machine's clock again.")
@_url
def clock_command(moment: str | None, shift: float | None, url: str, *, run: bool) -> None:
    """Tell or change the time of a running org."""
    body: dict[str, Any] = {"run": True} if run else {}
    if moment is not None:
        body["set"] = moment
    if shift is not None:
        body["shift"] = shift
    click.echo(_ask(url, "POST" if body else "GET", "/local-org/clock", body or None)["now"])


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads({"none": "null"}.get(value.lower(), value))
    except ValueError:
        return name, value


def _ask(url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One request to the admin API of a running org."""
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter(f"{url!r} is no http address", param_hint="--url")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data=data, method=method)  # noqa: S310 - checked above
    context = None
    if url.startswith("https://"):
        # The certificate was made by the org itself.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:  # noqa: S310
            content = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            raise click.ClickException(_message(error.read())) from None
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise click.ClickException(f"no local org answers on {url}: {reason}") from None
    return json.loads(content) if content else None


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)[0]["message"])
    except (ValueError, LookupError, TypeError):
        return content.decode("utf-8", "replace")[:200]
