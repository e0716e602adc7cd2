"""One request as data, with a body that can be sent more than once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from salesforce_abm.usage import Kind

__all__ = ["Body", "Call"]


class Body:
    """A request body: nothing, bytes, a seekable binary file, or a function that opens one.

    Args:
        source: the body. A plain iterator is refused: it could not be sent again.
        headers: what the body says of itself.

    Raises:
        TypeError: another kind of source.
    """

    def __init__(self, source: Any = None, headers: Mapping[str, str] | None = None) -> None:
        if isinstance(source, str):
            source = source.encode()
        self._start: int | None = None
        if hasattr(source, "read"):
            self._start = source.tell()
        elif not (source is None or isinstance(source, bytes | bytearray) or callable(source)):
            raise TypeError("a body is bytes, a seekable binary file, or a function that gives either")
        self._source = source
        self.headers = dict(headers or {})

    @classmethod
    def of_json(cls, encoded: bytes) -> Body:
        """Make a body of an encoded JSON document."""
        return cls(encoded, {"Content-Type": "application/json; charset=UTF-8"})

    @classmethod
    def of_form(cls, form: Mapping[str, str]) -> Body:
        """Make a body of form fields; they go here and never into the URL, which is logged on the way."""
        return cls(urlencode(form).encode("ascii"), {"Content-Type": "application/x-www-form-urlencoded"})

    def fresh(self) -> Any:
        """Give the body from its beginning, for another try."""
        if self._start is not None:
            self._source.seek(self._start)
            return self._source
        return self._source() if callable(self._source) else self._source

    @staticmethod
    def size(data: Any) -> int:
        """Count the bytes of what `fresh` gave; 0 when they cannot be known in advance."""
        if data is None:
            return 0
        if hasattr(data, "seek"):
            start = data.tell()
            end: int = data.seek(0, os.SEEK_END)
            data.seek(start)
            return end - int(start)
        return len(data) if hasattr(data, "__len__") else 0


@dataclass(frozen=True, slots=True)
class Call:
    """A request to send.

    Attributes:
        method: upper case.
        url: without query string.
        kind: what it is for.
        params: query string.
        headers: all but Authorization and what the body says of itself.
        body: can be sent again.
        stream: leave the answer's body unread.
        idempotent: repeating does no harm.
        timeout: seconds.
    """

    method: str
    url: str
    kind: Kind
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = field(default_factory=Body)
    stream: bool = False
    idempotent: bool = True
    timeout: float = 300.0

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    @property
    def name(self) -> str:
        """The request in a message: method and path, no query string, since that carries record values."""
        return f"{self.method} {urlsplit(self.url).path}"
