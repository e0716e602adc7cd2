"""The bytes of one result download, as a stream that knows when it was cut short.

The session's answer hands out decoded (gunzipped) pieces; here they become a file object for Python's text
and CSV readers, with a running length and checksum, so that a second download of the same page can be
compared with the part of it that was already used.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from salesforce_abm.errors import DataError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from _typeshed import WriteableBuffer

PIECE = 1 << 14
"""Bytes asked of the connection at a time: the first rows wait for one piece, and a piece that breaks off is
lost."""

BUFFER = 1 << 16
"""Bytes copied at a time from a download to a file."""


@dataclass(frozen=True, slots=True)
class Received:
    """How much of a body has arrived: its length and the CRC-32 of just that much."""

    length: int = 0
    crc: int = 0


class Answer(Protocol):
    """What is needed of a streamed answer of the session."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""

    def iter_content(self, chunk_size: int) -> Iterator[bytes]:
        """Give the decoded body in pieces; raises an OSError of some kind when it breaks off."""

    def close(self) -> None:
        """Give the connection back, or drop it when the body is not at its end."""


class BrokenBody(TransientError):
    """A download that ended too early; another one may bring the rest.

    A plain TransientError is something else: the session has tried that request often enough.
    """


class ResponseBody(io.RawIOBase):
    """Reads a streamed response.

    Args:
        response: made with `stream=True`.
        what: names it in messages.
        earlier: what an earlier download of the same body had brought; the new one must begin with the same.

    Raises:
        BrokenBody: while reading: the connection broke, or the body ended before its length.
        DataError: while reading: the body begins differently than the earlier download.
    """

    # From Python 3.13 on, a stream is closed when collected, also when `__init__` was refused its answer.
    _response: Answer | None = None

    def __init__(self, response: Answer, what: str, earlier: Received | None = None) -> None:
        super().__init__()
        self._response = response
        self._pieces = response.iter_content(PIECE)
        self._left = memoryview(b"")
        self._what = what
        self._earlier = earlier
        self.received = Received()

    def readable(self) -> bool:
        """Say that this is a stream to read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next decoded bytes."""
        view = memoryview(buffer).cast("B")
        if not self._left:
            self._left = memoryview(self._next())
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def close(self) -> None:
        """Give the connection back; closing before the end drops it."""
        if self._response is not None and not self.closed:
            self._response.close()
        super().close()

    def buffered(self) -> io.BufferedReader:
        """Wrap this in a buffer of useful size; closing the buffer closes this."""
        return io.BufferedReader(self, PIECE)

    def _next(self) -> bytes:
        try:
            data = next(self._pieces, b"")
        except OSError as error:  # everything the HTTP library raises is one
            raise BrokenBody(f"{self._what}: the answer broke off ({type(error).__name__})") from error
        self._count(data)
        return data

    def _count(self, data: bytes) -> None:
        length, crc = self.received.length, self.received.crc
        earlier = self._earlier
        if earlier is not None and (not data or length + len(data) >= earlier.length):
            known = data[: earlier.length - length]
            if length + len(known) != earlier.length:
                raise BrokenBody(f"{self._what}: the second download is shorter than the first")
            if zlib.crc32(known, crc) != earlier.crc:
                raise DataError(f"{self._what}: two downloads of the same page differ")
            self._earlier = None
        self.received = Received(length + len(data), zlib.crc32(data, crc))
