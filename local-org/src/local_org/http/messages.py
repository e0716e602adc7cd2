"""Requests and responses as the handlers of the org see them, free of sockets."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qs

from local_org import defaults

if TYPE_CHECKING:
    from local_org.http.application import Application
    from local_org.org import Org
    from local_org.security import User

JSON = "application/json;charset=UTF-8"


class Refusal(Exception):
    """Raised by handlers instead of returning an answer that says no."""

    def response(self) -> Response:
        """The answer the client gets."""
        raise TypeError(f"{type(self).__name__} has no answer")


class ApiError(Refusal):
    """A refusal in Salesforce's REST shape: `[{"message": ..., "errorCode": ...}]`.

    Args:
        status: HTTP status code.
        code: Salesforce's `errorCode`, such as `NOT_FOUND`.
        message: the text Salesforce sends with it.
        fields: API names of the fields concerned; the key is sent only when some are given.
        code_first: the router's own errors spell `errorCode` before `message`, record errors after it.
        extra: further keys of the error object, such as `duplicateResult`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Iterable[str] | None = None,
        code_first: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = None if fields is None else tuple(fields)
        self.code_first = code_first
        self.extra = dict(extra or {})

    def body(self) -> list[dict[str, Any]]:
        """The JSON value of the answer."""
        item: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.code_first:
            item = {"errorCode": self.code, "message": self.message}
        if self.fields is not None:
            item["fields"] = list(self.fields)
        item.update(self.extra)
        return [item]

    def response(self) -> Response:
        """The whole answer."""
        headers = {"WWW-Authenticate": "Token"} if self.status == 401 else None
        return Response.json(self.body(), status=self.status, headers=headers)


class Headers(Mapping[str, str]):
    """HTTP headers: names in any case, one value each (repeated ones joined by a comma)."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: dict[str, tuple[str, str]] = {}
        for name, value in items:
            known = self._items.get(name.lower())
            self._items[name.lower()] = (name, f"{known[1]}, {value}" if known else value)

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items


@dataclass(slots=True)
class Request:
    """One HTTP request, already routed and authenticated when a handler gets it.

    Attributes:
        method: upper-case verb.
        path: path of the URL, percent-decoded, without the query string.
        query_string: what follows `?`, as sent.
        headers: case-insensitive.
        stream: the body, transfer and content encodings undone.
        org: the org that is asked.
        base_url: `http://host:port` as the client spelt it (no trailing slash).
        app: the application that serves it; composite resources send their subrequests through it.
        params: what the `{name}` parts of the route matched.
        token: the access token it came with.
        app_name: name of the app the session was opened through.
    """

    method: str
    path: str
    query_string: str
    headers: Headers
    stream: IO[bytes]
    org: Org
    base_url: str
    app: Application
    params: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    app_name: str = ""
    _user: User | None = None
    _body: bytes | None = None
    _query: dict[str, list[str]] | None = None

    @property
    def user(self) -> User:
        """Who asks. Only on routes that need a session.

        Raises:
            RuntimeError: the route was declared with `auth=False`.
        """
        if self._user is None:
            raise RuntimeError(f"{self.path} is open to everybody, it has no user")
        return self._user

    @property
    def version(self) -> str:
        """API version in the URL, such as `66.0` (the newest when the URL names none)."""
        return self.params.get("version", defaults.NEWEST_API_VERSION)

    @property
    def version_number(self) -> float:
        """API version as a number, for comparisons."""
        return float(self.version)

    @property
    def prefix(self) -> str:
        """`/services/data/vXX.0`, the beginning of the URLs in answers."""
        return f"/services/data/v{self.version}"

    @property
    def query(self) -> dict[str, str]:
        """Query parameters, the first value of each; blank ones included."""
        return {name: values[0] for name, values in self.query_lists.items()}

    @property
    def query_lists(self) -> dict[str, list[str]]:
        """Query parameters with all their values."""
        if self._query is None:
            self._query = parse_qs(self.query_string, keep_blank_values=True)
        return self._query

    @property
    def body(self) -> bytes:
        """The whole body; read `stream` instead when it can be big."""
        if self._body is None:
            self._body = self.stream.read()
        return self._body

    @property
    def form(self) -> dict[str, str]:
        """An `application/x-www-form-urlencoded` body."""
        fields = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in fields.items()}

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ApiError: 400 JSON_PARSER_ERROR when it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ApiError(400, "JSON_PARSER_ERROR", _parser_message(error)) from None


def _parser_message(error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return "Invalid UTF-8 in the request body"
    if error.pos >= len(error.doc):
        return f"Unexpected end-of-input at [line:{error.lineno}, column:{error.colno}]"
    found = error.doc[error.pos]
    return (
        f"Unexpected character ('{found}' (code {ord(found)})) at [line:{error.lineno}, column:{error.colno}]"
    )


@dataclass(frozen=True, slots=True)
class Damage:
    """What a fault does to an answer on its way.

    Attributes:
        reset: drop the connection instead of answering.
        cut_after: send so many bytes of the body, then drop the connection.
        whole_length: announce the full `Content-Length` before cutting; otherwise cut a chunked body.
    """

    reset: bool = False
    cut_after: int | None = None
    whole_length: bool = False


@dataclass(slots=True)
class Response:
    """One HTTP answer.

    Use the constructors `json`, `csv`, `html`, `text`, `raw`, `stream`, `empty`, `redirect`. `value` keeps
    the JSON value unserialised, so that composite resources can put it into their own answer. `packed` is the
    same body as `chunks`, compressed already.
    """

    status: int = 200
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    value: Any = None
    is_json: bool = False
    chunks: Iterable[bytes] | None = None
    packed: Iterable[bytes] | None = None
    damage: Damage | None = None

    @classmethod
    def json(cls, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """A JSON document."""
        return cls(status=status, content_type=JSON, headers=dict(headers or {}), value=value, is_json=True)

    @classmethod
    def stream(
        cls,
        chunks: Iterable[bytes],
        *,
        content_type: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A body sent piece by piece (chunked), never held whole."""
        return cls(status=status, content_type=content_type, headers=dict(headers or {}), chunks=chunks)

    @classmethod
    def csv(cls, chunks: Iterable[bytes], *, headers: Mapping[str, str] | None = None) -> Response:
        """A CSV document, streamed."""
        return cls.stream(chunks, content_type="text/csv", headers=headers)

    @classmethod
    def raw(
        cls,
        content: bytes,
        *,
        content_type: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A body of one piece."""
        return cls.stream((content,), content_type=content_type, status=status, headers=headers)

    @classmethod
    def text(
        cls, text: str, *, status: int = 200, content_type: str = "text/plain;charset=UTF-8"
    ) -> Response:
        """Plain text."""
        return cls.raw(text.encode(), content_type=content_type, status=status)

    @classmethod
    def html(cls, text: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """A web page."""
        return cls.raw(text.encode(), content_type="text/html;charset=UTF-8", status=status, headers=headers)

    @classmethod
    def empty(cls, status: int = 204, *, headers: Mapping[str, str] | None = None) -> Response:
        """An answer without a body."""
        return cls(status=status, headers=dict(headers or {}))

    @classmethod
    def redirect(cls, location: str, *, status: int = 302) -> Response:
        """A redirect to another address."""
        return cls(status=status, headers={"Location": location})


def no_body() -> IO[bytes]:
    """The stream of a request without a body."""
    return io.BytesIO()
