"""Faults of the network and of Salesforce's front end."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from local_org.faults.core import Fault
from local_org.http.messages import ApiError, Damage, Response

if TYPE_CHECKING:
    from local_org.http.messages import Request

_CODES = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    404: ("NOT_FOUND", "The requested resource does not exist"),
    500: (
        "UNKNOWN_EXCEPTION",
        "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1 (1)",
    ),
    503: ("SERVER_UNAVAILABLE", "Server unavailable"),
}


@dataclass(slots=True)
class Latency(Fault):
    """Answers late.

    Attributes:
        seconds: how much later.
    """

    kind: ClassVar[str] = "latency"
    seconds: float = 1.0

    def before(self, request: Request) -> Response | None:
        """Wait; switching all faults off does not cut it short."""
        del request
        threading.Event().wait(self.seconds)
        return None


@dataclass(slots=True)
class Status(Fault):
    """Answers with a status of your choice, without doing what was asked (or after doing it).

    Attributes:
        status: HTTP status code.
        code: Salesforce error code; by default the usual one of the status.
        message: text that goes with it.
        retry_after: seconds for a `Retry-After` header.
        body: sent as it is instead of an error in Salesforce's JSON shape (front ends send HTML or nothing).
        when: `before` the effect, or `after` it: the write happened, the client is told otherwise.
    """

    kind: ClassVar[str] = "status"
    status: int = 503
    code: str | None = None
    message: str | None = None
    retry_after: int | None = None
    body: str | None = None
    when: Literal["before", "after"] = "before"

    def before(self, request: Request) -> Response | None:
        """Answer instead of the org."""
        del request
        return self._answer() if self.when == "before" else None

    def after(self, request: Request, response: Response) -> Response:
        """Answer something else than the org did."""
        del request
        return self._answer() if self.when == "after" else response

    def _answer(self) -> Response:
        if self.body is not None:
            response = Response.html(self.body, status=self.status)
        elif self.status in {406, 429, 502, 504} and self.code is None:
            response = Response.empty(self.status)
        else:
            code, message = _CODES.get(self.status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
            response = ApiError(self.status, self.code or code, self.message or message).response()
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


@dataclass(slots=True)
class Reset(Fault):
    """Drops the connection.

    Attributes:
        when: `before` the effect (nothing happened) or `after` it (the answer is lost).
    """

    kind: ClassVar[str] = "reset"
    when: Literal["before", "after"] = "before"

    def before(self, request: Request) -> Response | None:
        """Drop it unread."""
        del request
        return Response(damage=Damage(reset=True)) if self.when == "before" else None

    def after(self, request: Request, response: Response) -> Response:
        """Drop it when the work is done."""
        del request
        if self.when == "after":
            response.damage = Damage(reset=True)
        return response


@dataclass(slots=True)
class Truncate(Fault):
    """Cuts the answer's body short and drops the connection.

    Attributes:
        keep: bytes of the body that still arrive.
        whole_length: `Content-Length` announces the whole body; otherwise a chunked body stops in the middle.
    """

    kind: ClassVar[str] = "truncate"
    keep: int = 100
    whole_length: bool = False

    def after(self, request: Request, response: Response) -> Response:
        """Mark the answer for cutting."""
        del request
        response.damage = Damage(cut_after=self.keep, whole_length=self.whole_length)
        return response
