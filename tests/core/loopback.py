"""A small HTTP server on the loopback interface that answers as a test tells it to.

For the edges of the protocol: bodies that break off, headers that are missing, answers that get lost. What
Salesforce does in ordinary life is tested against the local org.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from salesforce_abm.connection import Connection
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

VERSION = "66.0"
ROOT = f"/services/data/v{VERSION}"


@dataclass(frozen=True)
class Asked:
    """A request as the server saw it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.method} {self.path.removeprefix(ROOT)}"


@dataclass(frozen=True)
class Reply:
    """What to answer.

    Attributes:
        body: bytes, or anything that becomes JSON.
        status: HTTP status.
        headers: more headers.
        cut: send only so many bytes of the body (as they go over the wire), then break the connection.
        short: send only so many bytes of the body, in good order, as if that was all.
        lost: do the work but break the connection before any answer.
    """

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    short: int | None = None
    lost: bool = False

    def encoded(self) -> bytes:
        """Give the body as bytes."""
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return body if self.short is None else body[: self.short]


class Loopback:
    """The running server.

    Attributes:
        url: its address.
        asked: every request so far, in order.
        pauses: seconds the session was told to sleep.
        answer: decides what to reply; may be replaced at any time.
    """

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.pauses: list[float] = []
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet, or each answer waits 40 ms for an acknowledgement

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

            def handle_any(self) -> None:
                loopback._serve(self)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, start: str) -> int:
        """Count the requests whose `METHOD /path` starts so."""
        return sum(str(asked).startswith(start) for asked in self.asked)

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        asked = Asked(
            handler.command,
            parts.path,
            {name: values[0] for name, values in parse_qs(parts.query).items()},
            dict(handler.headers.items()),
            _body_of(handler),
        )
        self.asked.append(asked)
        self._send(handler, asked, self.answer(asked))

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, asked: Asked, reply: Reply) -> None:
        if reply.lost:
            _hang_up(handler)
            return
        body = reply.encoded()
        headers = {
            "Content-Type": "application/json;charset=UTF-8",
            "Sforce-Limit-Info": "api-usage=1/100000",
            **reply.headers,
        }
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.compress(body, mtime=0)
        handler.send_response(reply.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with contextlib.suppress(OSError):  # a client may hang up early, that is its right
            handler.wfile.write(body if reply.cut is None else body[: reply.cut])
        if reply.cut is not None:
            _hang_up(handler)


def _body_of(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding") == "chunked":
        chunks = []
        while size := int(handler.rfile.readline(), 16):
            chunks.append(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
        return b"".join(chunks)
    return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.wfile.flush()
    with contextlib.suppress(OSError):
        handler.connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serving(answer: Callable[[Asked], Reply]) -> Iterator[Loopback]:
    """Run a server for the length of a `with` block."""
    loopback = Loopback(answer)
    try:
        yield loopback
    finally:
        loopback.close()


@contextlib.contextmanager
def talking(answer: Callable[[Asked], Reply]) -> Iterator[tuple[Loopback, Session]]:
    """Run a server with a session signed in to it; the session's pauses take no time.

    The seconds asked for are in `loopback.pauses`.
    """
    with serving(answer) as loopback:
        settings = {"instance_url": loopback.url, "access_token": "TOKEN", "api_version": VERSION}
        session = Session(Connection.from_config(settings), sleep=loopback.pauses.append, chance=lambda: 1.0)
        with session:
            yield loopback, session


def refusal(status: int, code: str, message: str) -> Reply:
    """Answer with an error as Salesforce words it."""
    return Reply([{"errorCode": code, "message": message}], status)
