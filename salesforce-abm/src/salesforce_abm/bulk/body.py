"""The bytes of one result download, as a stream that knows when it was cut short.

urllib3 hands out decoded (gunzipped) bytes; here they become a file object for Python's text and CSV readers,
with a running length and checksum, so that a second download of the same page can be compared with the part
of it that was already used.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError

from salesforce_abm.errors import DataError, TransientError

if TYPE_CHECKING:
    import requests
    from _typeshed import WriteableBuffer

BUFFER = 1 << 16
"""Bytes read ahead of the CSV reader; first rows do not wait for more than this."""


@dataclass(frozen=True, slots=True)
class Received:
    """How much of a body has arrived: its length and the CRC-32 of just that much."""

    length: int = 0
    crc: int = 0


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

    def __init__(self, response: requests.Response, what: str, earlier: Received | None = None) -> None:
        super().__init__()
        self._response = response
        self._what = what
        self._earlier = earlier
        self.received = Received()

    def readable(self) -> bool:
        """Say that this is a stream to read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next decoded bytes."""
        view = memoryview(buffer).cast("B")
        try:
            data: bytes = self._response.raw.read(len(view), decode_content=True)
        except (HTTPError, OSError, zlib.error) as error:
            raise BrokenBody(f"{self._what}: the answer broke off ({type(error).__name__})") from error
        view[: len(data)] = data
        self._count(data)
        return len(data)

    def close(self) -> None:
        """Give the connection back; closing before the end drops it."""
        if not self.closed:
            self._response.close()
        super().close()

    def buffered(self) -> io.BufferedReader:
        """Wrap this in a buffer of useful size; closing the buffer closes this."""
        return io.BufferedReader(self, BUFFER)

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
