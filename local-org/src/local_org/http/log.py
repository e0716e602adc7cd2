"""What was asked of the org, and what went wrong inside it."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from local_org.http.messages import Headers

_HIDDEN = ("authorization", "x-sfdc-session", "cookie")


@dataclass(slots=True)
class LoggedRequest:
    """One request.

    Attributes:
        number: counts from 1.
        method: upper-case verb.
        path: path without the query string, percent-decoded.
        query: the query string as sent.
        headers: without the ones that carry tokens.
        status: of the answer; 0 while it is not given, or when the connection was dropped.
        user: username, empty before authentication.
        counted: took one of the daily API requests.
        body: small JSON bodies (tests look at what was sent); never those of logins.
    """

    number: int
    method: str
    path: str
    query: str
    headers: Headers = field(repr=False)
    status: int = 0
    user: str = ""
    counted: bool = False
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RecordedError:
    """An exception nobody expected; the client saw 500 UNKNOWN_EXCEPTION.

    Attributes:
        where: method and path.
        error: the exception.
        traceback: formatted.
    """

    where: str
    error: BaseException
    traceback: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.error!r}\n{self.traceback}"


class RequestLog(Sequence[LoggedRequest]):
    """The latest requests, oldest first.

    Args:
        size: older requests are forgotten.
    """

    def __init__(self, size: int = 20_000) -> None:
        self._items: deque[LoggedRequest] = deque(maxlen=size)
        self._count = 0
        self._lock = threading.Lock()

    def start(self, method: str, path: str, query: str, headers: Headers) -> LoggedRequest:
        """Note a request that has just come in."""
        kept = Headers((name, value) for name, value in headers.items() if name.lower() not in _HIDDEN)
        with self._lock:
            self._count += 1
            entry = LoggedRequest(self._count, method, path, query, kept)
            self._items.append(entry)
        return entry

    def matching(self, path: str = "", *, method: str | None = None) -> list[LoggedRequest]:
        """The requests whose path holds the regular expression, of one method or any."""
        pattern = re.compile(path)
        return [
            item
            for item in list(self._items)
            if pattern.search(item.path) and (method is None or item.method == method.upper())
        ]

    def clear(self) -> None:
        """Forget them all."""
        self._items.clear()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(list(self._items))

    def __getitem__(self, index: int | slice) -> LoggedRequest | list[LoggedRequest]:  # type: ignore[override]
        return list(self._items)[index]
