"""Which failures are worth repeating, how often, and after what pause: data, and pure functions over it.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm; 406 with an empty
body and 420 are answers of the front end that other clients have met in production.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import requests
import urllib3.exceptions

from salesforce_abm import times
from salesforce_abm.codes import Action, advice_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from salesforce_abm.wire import Problem

__all__ = [
    "RETRIABLE_ERRORS",
    "STATUSES",
    "RetryPolicy",
    "Setback",
    "from_answer",
    "from_exception",
    "is_untrusted",
]


@dataclass(frozen=True, slots=True)
class Setback:
    """A request that failed in a way that a repetition can mend.

    Attributes:
        reason: what happened, for a person.
        maybe_done: Salesforce may have carried the request out all the same.
        reached: the server answered, or at least took the connection.
        status: HTTP status, None when there was no answer.
        code: Salesforce's error code.
        tries: how often to try in all, when that differs from the policy.
        wait: seconds the server asks us to wait.
    """

    reason: str
    maybe_done: bool
    reached: bool = True
    status: int | None = None
    code: str | None = None
    tries: int | None = None
    wait: float | None = None


STATUSES: Final[Mapping[int, bool]] = MappingProxyType(
    {406: True, 408: False, 420: False, 429: False, 500: True, 502: True, 503: True, 504: True},
)
"""HTTP statuses to repeat, and whether the request may have been carried out behind one of them."""

RETRIABLE_ERRORS: Final = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
"""What `requests` raises when a connection or a body breaks."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how slowly to repeat.

    Attributes:
        tries: requests in all, the first one included.
        tries_by_status: the same for single HTTP statuses. Maintenance (503) is waited for longer; an
            UNKNOWN_EXCEPTION (500) is often one broken object and stays.
        first_contact_tries: the same while the host has never taken a connection: a wrong address is more
            likely than an outage.
        pause: seconds before the first repetition; doubles each time.
        longest_pause: it does not grow beyond.
        longest_wait: a server that asks for more than this many seconds is not waited for.
    """

    tries: int = 8
    tries_by_status: Mapping[int, int] = field(default_factory=lambda: {500: 4, 503: 10})
    first_contact_tries: int = 3
    pause: float = 0.5
    longest_pause: float = 60.0
    longest_wait: float = 900.0

    def allowed(self, setback: Setback, *, contacted: bool) -> int:
        """Say how many tries a setback is worth in all."""
        if not (setback.reached or contacted):
            return self.first_contact_tries
        if setback.wait is not None and setback.wait > self.longest_wait:
            return 1
        if setback.tries is not None:
            return setback.tries
        return self.tries_by_status.get(setback.status or 0, self.tries)

    def delay(self, setback: Setback, tried: int, chance: float) -> float:
        """Say how many seconds to pause.

        Args:
            setback: what went wrong last; a wait the server asked for is kept to.
            tried: requests made so far, from 1.
            chance: random number in [0, 1), so that clients that failed together do not return together.
        """
        ceiling: float = min(self.longest_pause, self.pause * 2.0 ** min(tried - 1, 20))
        return max(ceiling * (0.5 + chance / 2), setback.wait or 0.0)


def from_answer(
    status: int,
    problem: Problem,
    *,
    retry_after: str | None = None,
    now: datetime | None = None,
) -> Setback | None:
    """Judge an error answer.

    Args:
        status: HTTP status.
        problem: the error in its body.
        retry_after: the `Retry-After` header, seconds or a date.
        now: the moment to count a date from.

    Returns:
        None when the same request would fail again.
    """
    advice = advice_for(problem.code, problem.message)
    by_code = advice is not None and not problem.foreign
    if by_code and advice is not None and advice.action is not Action.RETRY:
        return None
    if not by_code and status not in STATUSES:
        return None
    # A 4xx in Salesforce's own form says that the transaction was rolled back. Behind a 5xx the work may be
    # done and only its answer lost, whoever wrote the body.
    rolled_back = by_code and status < 500
    return Setback(
        reason=f"HTTP {status} {problem.code}",
        maybe_done=not rolled_back and STATUSES.get(status, True),
        status=status,
        code=problem.code,
        tries=advice.tries if by_code and advice is not None else None,
        wait=_seconds(retry_after, now),
    )


def from_exception(error: Exception, timeout: float) -> Setback | None:
    """Judge a broken connection or body.

    Args:
        error: what `requests` raised.
        timeout: seconds that were waited, for the message.

    Returns:
        None when it is no such failure, or one that stays (an untrusted certificate).
    """
    if not isinstance(error, RETRIABLE_ERRORS) or is_untrusted(error):
        return None
    cause = error.args[0] if error.args else None
    inner = getattr(cause, "reason", cause)
    for kinds, reason, sent in _BREAKS:
        if isinstance(error, kinds) or isinstance(inner, kinds):
            return Setback(reason.format(timeout=timeout), maybe_done=sent, reached=sent)
    return Setback("the connection broke", maybe_done=True)


# What broke, in a person's words, and whether the request had left by then; the first that fits counts.
_BREAKS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, bool], ...]] = (
    (urllib3.exceptions.NameResolutionError, "the host name is not known", False),
    (requests.exceptions.ProxyError, "the proxy gives no connection", False),
    ((requests.ConnectTimeout, urllib3.exceptions.NewConnectionError), "no connection", False),
    ((requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError), "no answer within {timeout:g} s", True),
    (
        (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError),
        "the answer broke off",
        True,
    ),
)


def is_untrusted(error: Exception) -> bool:
    """Tell whether the server's certificate is not trusted, which no repetition changes."""
    return isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _seconds(retry_after: str | None, now: datetime | None) -> float | None:
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    moment = times.parse_http_date(retry_after)
    if moment is None or now is None:
        return None
    return max(0.0, (moment - now).total_seconds())
