"""Sockets: HTTP/1.1 with keep-alive, one daemon thread per connection."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, TYPE_CHECKING, Any, cast

from local_org.http.body import gzipped, pieces, request_body
from local_org.http.messages import ApiError, Headers, Request, Response, no_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local_org.http.application import Application
    from local_org.http.body import BodyReader

LONGEST_URL = 16_384
_DRAIN = 4 * 1024 * 1024
_GZIP_FROM = 512


class OrgServer(ThreadingHTTPServer):
    """Listens for one org.

    Args:
        application: answers.
        host: address to listen on.
        port: 0 picks a free one.
        tls: serve https with this context.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(
        self, application: Application, host: str, port: int, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.application = application
        self.tls = tls
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._idle = threading.Condition(self._open_lock)
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        """Base address, `http://127.0.0.1:8765`."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"{'https' if self.tls else 'http'}://{name}:{port}"

    def server_bind(self) -> None:
        """Bind without asking DNS for the machine's name, which can take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the TLS handshake is left to its own thread."""
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        super().close_request(request)
        with self._open_lock:
            self._open.discard(request)
            self._idle.notify_all()

    def shutdown_request(self, request: Any) -> None:
        """End a connection; one that was reset is closed already."""
        if request.fileno() == -1:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients come and go; what goes wrong inside a handler is recorded by the application."""

    def stop(self) -> None:
        """Stop listening and drop the open connections."""
        stopper = threading.Thread(target=self.shutdown)
        stopper.start()
        # The accept loop looks at its stop flag only when something happens.
        with contextlib.suppress(OSError):
            address = (str(self.server_address[0]), int(self.server_address[1]))
            socket.create_connection(address, timeout=1).close()
        stopper.join()
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with self._open_lock:
            self._idle.wait_for(lambda: not self._open, timeout=5)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "sfdcedge"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 300

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Be quiet: the requests are in the log of the application."""

    def setup(self) -> None:
        """Finish the TLS handshake, in this connection's own thread."""
        if isinstance(self.request, ssl.SSLSocket):
            self.request.settimeout(self.timeout)
            self.request.do_handshake()
        super().setup()

    def finish(self) -> None:
        """Flush what is left; a client that is gone is no error."""
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def handle(self) -> None:
        """Serve requests until the client has enough."""
        with contextlib.suppress(ConnectionError, TimeoutError, ssl.SSLError):
            super().handle()

    def serve(self) -> None:
        """Answer one request."""
        application = cast("OrgServer", self.server).application
        size = len(self.requestline) + sum(len(key) + len(text) + 4 for key, text in self.headers.items())
        if len(self.path) > LONGEST_URL:
            self._refuse(414, "URI Too Long")
            return
        if size > LONGEST_URL + 4:
            self._refuse(431, "Request Header Fields Too Large")
            return
        headers = Headers(self.headers.items())
        path, _, query = self.path.partition("?")
        if not path.startswith("/"):
            path = "/" + path.partition("://")[2].partition("/")[2]
        request = Request(
            method=self.command,
            path=path,
            query_string=query.partition("#")[0],
            headers=headers,
            stream=no_body(),
            org=application.org,
            base_url=self._base_url(headers),
            app=application,
        )
        try:
            reader, request.stream = request_body(cast("IO[bytes]", self.rfile), headers)
        except ApiError as error:
            self.close_connection = True
            self._send(application, request, error.response())
            return
        response = application.handle(request)
        self._leave_clean(reader)
        self._send(application, request, response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = serve  # noqa: N815

    def _base_url(self, headers: Headers) -> str:
        server = cast("OrgServer", self.server)
        host = headers.get("Host")
        return f"{'https' if server.tls else 'http'}://{host}" if host else server.url

    def _leave_clean(self, reader: BodyReader) -> None:
        if not reader.drain(_DRAIN):
            self.close_connection = True

    def _refuse(self, status: int, reason: str) -> None:
        """The front end's own answer, HTML as in recorded ones."""
        self.close_connection = True
        body = f"<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>".encode()
        headers = {"Content-Type": "text/html;charset=iso-8859-1", "Content-Length": str(len(body))}
        self._head(status, {**headers, "Connection": "close"})
        self.wfile.write(body)
        self.wfile.flush()

    def _send(self, application: Application, request: Request, response: Response) -> None:
        damage = response.damage
        if damage is not None and damage.reset:
            self._drop()
            return
        if damage is not None or self.close_connection:
            response.headers["Connection"] = "close"
            self.close_connection = True
        chunks, chunked = self._encode(application, request, response)
        self._head(response.status, response.headers)
        if damage is not None and damage.cut_after is not None:
            chunks = _first(chunks, damage.cut_after)
        try:
            self._body(chunks, chunked=chunked)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - the status is out already; all that is left is to break off
            application.record(f"{request.method} {request.path}", error)
            self.close_connection = True
        else:
            if chunked and damage is None:
                self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _encode(
        self, application: Application, request: Request, response: Response
    ) -> tuple[Iterable[bytes], bool]:
        """Choose content and transfer encoding; gives the body's pieces and whether they go out as chunks."""
        headers = response.headers
        if response.content_type is None or request.method == "HEAD":
            if response.status not in {204, 304}:
                headers["Content-Length"] = "0"
            return (), False
        whole = application.body(request, response)
        chunks: Iterable[bytes] = (whole,) if whole is not None else response.chunks or ()
        if self._gzip(application, request, whole):
            headers["Content-Encoding"] = "gzip"
            chunks = gzipped(chunks) if response.packed is None else response.packed
        else:
            chunks = pieces(chunks)
        announced = response.damage is not None and response.damage.whole_length
        if announced or self.request_version == "HTTP/1.0":
            body = b"".join(chunks)
            headers["Content-Length"] = str(len(body))
            return (body,), False
        headers["Transfer-Encoding"] = "chunked"
        return chunks, True

    def _body(self, chunks: Iterable[bytes], *, chunked: bool) -> None:
        for chunk in chunks:
            if chunk:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no proper HTTP request."""
        del explain
        self._refuse(code, message or self.responses[code][0])

    def _head(self, status: int, headers: dict[str, str]) -> None:
        reason = self.responses[status][0] if status in self.responses else ""
        lines = [f"HTTP/1.1 {status} {reason}", "Server: sfdcedge"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace"))

    @staticmethod
    def _gzip(application: Application, request: Request, whole: bytes | None) -> bool:
        if not application.gzip or (whole is not None and len(whole) < _GZIP_FROM):
            return False
        return "gzip" in request.headers.get("Accept-Encoding", "").lower()

    def _drop(self) -> None:
        """Send the client a TCP reset."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # `close` would wait for the readers and writers made from the socket.
        os.close(self.connection.detach())


def _first(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:count]
        count -= len(chunk)
        if count <= 0:
            return
