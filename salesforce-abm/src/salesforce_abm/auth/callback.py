"""Waits on this machine for the browser to come back from the sign-in page."""

from __future__ import annotations

import hmac
import queue
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from salesforce_abm import urls
from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["Callback"]

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>salesforce-abm</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}}
@media(prefers-color-scheme:dark){{body{{background:#16181d;color:#e8e8e8}}}}</style>
<h1>{title}</h1><p>{text}</p></html>
"""
_PATIENCE: Final = 10.0
"""Seconds for one request of the browser; it may open connections it never uses."""


class Callback:
    """A small web server that takes one answer. Use it as a context manager.

    Args:
        redirect_uri: loopback address to listen on, as registered in the app. Port 0 takes a free one.
        state: only a request with this state is an answer.

    Raises:
        ConfigError: it is not an address of this machine, or the port is taken.
    """

    def __init__(self, redirect_uri: str, state: str = "") -> None:
        parts = urlsplit(redirect_uri)
        if parts.scheme != "http" or not urls.is_loopback(parts.hostname or ""):
            raise ConfigError(
                f"the callback {redirect_uri} is not http on this machine",
                remedy="Use an address such as http://localhost:1717/OauthRedirect, registered in the app.",
            )
        self.state = state
        self._path = parts.path or "/"
        self._answers: queue.Queue[dict[str, str]] = queue.Queue()
        host = "::1" if parts.hostname == "::1" else "127.0.0.1"
        try:
            self._server = _server(host, parts.port if parts.port is not None else 80, self)
        except OSError as error:
            raise ConfigError(
                f"cannot listen at {redirect_uri}: {error.strerror}",
                remedy="Choose another port with --port, and register that address in the app too.",
            ) from None
        self.redirect_uri = f"http://{parts.hostname}:{self._server.server_port}{parts.path}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> dict[str, str] | None:
        """Wait for the answer.

        Returns:
            Its query parameters; None when none came in time.
        """
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def take(self, target: str) -> tuple[int, str, str]:
        """Judge a request: status, title and text of the page to show."""
        parts = urlsplit(target)
        if parts.path != self._path:
            return 404, "Nothing here", "This is where salesforce-abm waits for a sign-in."
        query = dict(parse_qsl(parts.query))
        known = hmac.compare_digest(query.get("state", "").encode(), self.state.encode())
        if not known or not ("code" in query or "error" in query):
            return 400, "Not this sign-in", "This answer does not belong to the sign-in under way."
        self._answers.put(query)
        if "error" in query:
            words = query.get("error_description") or query["error"]
            return 200, "Sign-in refused", f"Salesforce says: {words}. The terminal says what to do."
        return 200, "Signed in", "You can close this window and go back to the terminal."


def _server(host: str, port: int, callback: Callback) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE

        def do_GET(self) -> None:
            status, title, text = callback.take(self.path)
            body = _PAGE.format(title=escape(title), text=escape(text)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            # The address holds the code: no page learns it, and no cache keeps it.
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the standard library
            """Say nothing: the request line holds the code."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        # Two listeners on one port would share the answers between them.
        allow_reuse_port = False

    return Server((host, port), Handler)
