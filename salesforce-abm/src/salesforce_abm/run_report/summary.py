"""The numbers the page shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from salesforce_abm.run_report.model import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from salesforce_abm.run_report.model import Reject, Run

__all__ = ["Age", "Reason", "ages", "latest_by_stream", "match_rate", "only", "outcomes", "reasons"]

_FOUND: Final = ("written", "unchanged", "rejected")
"""Outcomes of rows whose record was found, or made."""
_STALE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were set aside.

    Attributes:
        code: `unmatched`, `ambiguous`, or Salesforce's.
        count: rows, in the latest run of each stream.
        examples: some of them.
    """

    code: str
    count: int
    examples: tuple[Reject, ...]


@dataclass(frozen=True, slots=True)
class Age:
    """How fresh a stream is.

    Attributes:
        stream: its name.
        direction: `in` or `out`.
        at: the end of the last run that brought it and did not fail; None when there is none.
        rows: rows it brought then.
        stale: it is older than two days, or than twice its usual pause.
    """

    stream: str
    direction: str
    at: datetime | None
    rows: int
    stale: bool


def outcomes(runs: Iterable[Run]) -> Counter[str]:
    """Count rows by outcome."""
    counted: Counter[str] = Counter()
    for run in runs:
        for counts in run.streams.values():
            counted.update({name: counts.outcomes.get(name, 0) for name in OUTCOMES})
    return counted


def only(run: Run, stream: str) -> Run:
    """Give a run as if it had carried this stream alone."""
    return replace(run, streams={stream: run.streams[stream]})


def match_rate(counted: Counter[str]) -> float | None:
    """Give the share of rows, 0 to 1, whose record was found; None when no row was looked for."""
    found = sum(counted[name] for name in _FOUND)
    looked_for = found + counted["unmatched"] + counted["ambiguous"]
    return found / looked_for if looked_for else None


def latest_by_stream(runs: Sequence[Run]) -> dict[str, Run]:
    """Find the latest run that carried each stream into Salesforce."""
    latest: dict[str, Run] = {}
    for run in runs:
        if run.direction == "in":
            latest |= {name: run for name, counts in run.streams.items() if counts.received}
    return latest


def reasons(runs: Sequence[Run], rejects: Sequence[Reject], most_examples: int) -> list[Reason]:
    """Count why rows are not in Salesforce as of the latest runs, most frequent first."""
    counted: Counter[str] = Counter()
    for name, run in latest_by_stream(runs).items():
        counted.update(run.streams[name].reasons)
    waiting = Counter(reject.code for reject in rejects)
    # A rejects file may hold rows of streams whose runs are not among the reports.
    for code, count in waiting.items():
        counted[code] = counted[code] or count
    return [
        Reason(code, count, tuple([one for one in rejects if one.code == code][:most_examples]))
        for code, count in counted.most_common()
    ]


def ages(runs: Sequence[Run], now: datetime) -> list[Age]:
    """Say how fresh each stream is, those into Salesforce first, the oldest first."""
    seen: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        for name in run.streams:
            if not run.dry_run:
                seen.setdefault((run.direction, name), []).append(run)
    found = []
    for (direction, name), its in seen.items():
        good = [run for run in its if run.exit_code in (0, 2)]
        last = good[-1] if good else None
        at = last.started + timedelta(seconds=last.seconds) if last else None
        stale = at is None or now - at > max(_STALE, 2 * _pause(good))
        found.append(Age(name, direction, at, last.streams[name].received if last else 0, stale))
    return sorted(found, key=lambda age: (age.direction, age.at is not None, age.at, age.stream))


def _pause(runs: Sequence[Run]) -> timedelta:
    """The usual time between runs of a stream: the median."""
    pauses = sorted(later.started - earlier.started for earlier, later in pairwise(runs))
    return pauses[len(pauses) // 2] if pauses else timedelta()
