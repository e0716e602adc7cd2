"""What a run has used of the org's API, and the guard that stops it in time."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from salesforce_abm.errors import QuotaError

if TYPE_CHECKING:
    from salesforce_abm.wire import Used

__all__ = ["Kind", "QuotaGuard", "Usage"]

Kind = Literal[
    "auth",
    "limits",
    "describe",
    "query",
    "bulk_job",
    "bulk_poll",
    "bulk_result",
    "bulk_upload",
    "retrieve",
    "write",
    "report",
    "tooling",
    "metadata",
    "other",
]
"""What a request is for; the run report counts by it."""

_FREE: Final = frozenset({"auth"})
_NEVER: Final = 100


@dataclass(eq=False)
class Usage:
    """Counters of one session, safe to read and write from several threads.

    Attributes:
        requests: requests sent by kind, repetitions included.
        retries: how many of them were repetitions.
        bytes_sent: request bodies.
        bytes_received: answer bodies, compressed where that is known.
        daily_used: API requests of the whole org in the last 24 hours; None until the org told.
        daily_max: how many it may make; None until the org told.
    """

    requests: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    daily_used: int | None = None
    daily_max: int | None = None
    _in_flight: int = field(default=0, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def counted(self) -> int:
        """Requests of this session that count against the org's daily limit; sign-ins do not."""
        with self._lock:
            return sum(count for kind, count in self.requests.items() if kind not in _FREE)

    def sent(self, kind: Kind, size: int, *, again: bool) -> None:
        """Count a request that goes out; `answered` or `unanswered` follows.

        Each moves the org's total, so that calls whose answer carries no usage header (Bulk) are covered
        until the next header corrects the sum.
        """
        with self._lock:
            self.requests[kind] += 1
            self.retries += again
            self.bytes_sent += size
            if kind not in _FREE:
                self._in_flight += 1
                if self.daily_used is not None:
                    self.daily_used += 1

    def done(self, kind: Kind, told: Used | None = None) -> None:
        """Note that a request is over, and what its answer says about the daily limit."""
        with self._lock:
            if kind not in _FREE:
                self._in_flight -= 1
            if told is not None:
                self.learn(told)

    def learn(self, told: Used) -> None:
        """Take over what the org says about its daily limit."""
        with self._lock:
            # The org has not counted what is still on its way to it.
            self.daily_used, self.daily_max = told.used + self._in_flight, told.maximum

    def received(self, size: int) -> None:
        """Count bytes of an answer's body."""
        with self._lock:
            self.bytes_received += size

    def as_dict(self) -> dict[str, Any]:
        """Give the counters for a run report."""
        with self._lock:
            return {
                "requests": dict(sorted(self.requests.items())),
                "retries": self.retries,
                "bytes_sent": self.bytes_sent,
                "bytes_received": self.bytes_received,
                "daily_used": self.daily_used,
                "daily_max": self.daily_max,
            }


@dataclass(frozen=True, slots=True)
class QuotaGuard:
    """Refuses a request that would pass the share of the daily limit the settings allow.

    Attributes:
        usage: the counters it reads.
        percent_total: of the daily limit, for the org as a whole; 100 never refuses.
        percent_per_run: of the daily limit, for this session; 100 never refuses.
    """

    usage: Usage
    percent_total: int
    percent_per_run: int

    def reserve(self, kind: Kind, size: int, *, again: bool) -> None:
        """Count one more request, unless it does not fit.

        Raises:
            QuotaError: it does not fit. Nothing has been sent or counted.
        """
        with self.usage._lock:  # noqa: SLF001 - looking and counting must be one step
            self._check(kind)
            self.usage.sent(kind, size, again=again)

    def _check(self, kind: Kind) -> None:
        used, maximum = self.usage.daily_used, self.usage.daily_max
        if kind in _FREE or used is None or maximum is None:
            return
        own = self.usage.counted
        if self.percent_total < _NEVER and (used + 1) * 100 > maximum * self.percent_total:
            raise QuotaError(
                f"stopped: the org has used {used:,} of its {maximum:,} API requests of 24 hours, "
                f"and `quota_percent_total` is {self.percent_total}",
                remedy="Run again later: everything done so far is kept.",
                code="QUOTA_PERCENT_TOTAL",
            )
        if self.percent_per_run < _NEVER and (own + 1) * 100 > maximum * self.percent_per_run:
            raise QuotaError(
                f"stopped: this run has made {own:,} of the org's {maximum:,} API requests of 24 hours, "
                f"and `quota_percent_per_run` is {self.percent_per_run}",
                remedy="Run again to go on from here, or raise `quota_percent_per_run`.",
                code="QUOTA_PERCENT_PER_RUN",
            )
