"""Bodies on the wire: request bodies decoded, answers encoded, both piece by piece."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import IO, TYPE_CHECKING

from local_org.http.messages import ApiError, no_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local_org.http.messages import Headers

PIECE = 64 * 1024


class BodyReader(io.RawIOBase):
    """Reads the body of one request and not a byte more, so that the connection can be used again."""

    def __init__(self, source: IO[bytes], length: int | None) -> None:
        """Read `length` bytes, or a chunked body when that is None."""
        super().__init__()
        self._source = source
        self._chunked = length is None
        self._left = length or 0
        self._ended = length == 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read some bytes of the body; 0 at its end."""
        if self._left == 0 and self._chunked and not self._ended:
            self._next_chunk()
        if self._left == 0:
            return 0
        piece = self._source.read(min(len(buffer), self._left))
        if not piece:
            raise ConnectionResetError("the client went away in the middle of the body")
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        if self._left == 0:
            if self._chunked:
                self._source.readline(1024)
            else:
                self._ended = True
        return len(piece)

    def drain(self, at_most: int) -> bool:
        """Read what the handler left. False when there is too much of it: drop the connection then."""
        scratch = bytearray(PIECE)
        while at_most > 0:
            count = self.readinto(scratch)
            if count == 0:
                return True
            at_most -= count
        return False

    def _next_chunk(self) -> None:
        size = self._source.readline(1024).split(b";")[0].strip()
        try:
            self._left = int(size, 16)
        except ValueError:
            raise ConnectionResetError("the client sent no valid chunk size") from None
        if self._left == 0:
            self._ended = True
            while self._source.readline(65536).strip():
                pass


class GunzipReader(io.RawIOBase):
    """Undoes `Content-Encoding: gzip`; a broken body becomes a 400 answer."""

    def __init__(self, source: IO[bytes]) -> None:
        super().__init__()
        self._gzip = gzip.GzipFile(fileobj=source)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read some bytes of the body; 0 at its end."""
        try:
            piece = self._gzip.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            if isinstance(error, ConnectionError):
                raise
            raise ApiError(400, "JSON_PARSER_ERROR", "Not in GZIP format") from None
        buffer[: len(piece)] = piece
        return len(piece)


def request_body(source: IO[bytes], headers: Headers) -> tuple[BodyReader, IO[bytes]]:
    """The raw body, and the stream the handler reads.

    Raises:
        ApiError: 400 when the length makes no sense.
    """
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        reader = BodyReader(source, None)
    else:
        try:
            length = int(headers.get("Content-Length") or 0)
        except ValueError:
            raise ApiError(400, "INVALID_HEADER", "Content-Length is not a number") from None
        reader = BodyReader(source, max(length, 0))
        if length <= 0:
            return reader, no_body()
    stream: IO[bytes] = io.BufferedReader(reader, PIECE)
    if "gzip" in headers.get("Content-Encoding", "").lower():
        stream = io.BufferedReader(GunzipReader(stream), PIECE)
    return reader, stream


def gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Compress a stream; quick rather than small."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for chunk in chunks:
        packed = packer.compress(chunk)
        if packed:
            yield packed
    yield packer.flush()


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Join small chunks: one write per piece of 64 KiB rather than per row."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if size:
        yield b"".join(held)
