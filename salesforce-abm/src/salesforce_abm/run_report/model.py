"""Runs and rejects, as read from the files the plugins leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["OUTCOMES", "Material", "Reject", "Run", "StreamCounts"]

OUTCOMES: Final = ("written", "unchanged", "unmatched", "ambiguous", "rejected", "skipped")
"""What can become of a row, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """The rows of one stream in one run.

    Attributes:
        received: rows taken in, or (tap) read out of Salesforce.
        outcomes: how many ended how.
        reasons: code to count, of rows that are not in Salesforce.
        expired: records whose fields were cleared because their date is too old.
        removed: rows a mirror removed.
    """

    received: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    expired: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a plugin.

    Attributes:
        source: the file it was read from, for messages.
        direction: `in` for rows into Salesforce (the target), `out` for rows out of it (the tap).
        started: when, with time zone.
        seconds: how long it took.
        exit_code: 0 done, 1 failed, 2 stopped on the quota, 130 or more by a signal.
        reason: why it ended, in one line.
        dry_run: nothing was written.
        streams: counts by stream.
        requests: API requests by kind.
        daily_used: API requests of the org in 24 hours, at the end; None when unknown.
        daily_max: what the org may use.
    """

    source: str
    direction: str
    started: datetime
    seconds: float
    exit_code: int
    reason: str
    dry_run: bool
    streams: Mapping[str, StreamCounts]
    requests: Mapping[str, int]
    daily_used: int | None = None
    daily_max: int | None = None

    @property
    def rows(self) -> int:
        """Rows of all streams."""
        return sum(counts.received for counts in self.streams.values())


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that is not in Salesforce.

    Attributes:
        stream: where it came from.
        key: what identifies it, as text.
        code: why, as a word.
        message: why, as a sentence.
        field: the field that is to blame.
    """

    stream: str
    key: str
    code: str
    message: str
    field: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything the page is made from.

    Attributes:
        runs: oldest first.
        rejects: rows waiting to be tried again.
    """

    runs: tuple[Run, ...]
    rejects: tuple[Reject, ...]
