"""Stage 5: what became of every row, counted, and checked at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import DataError
from target_salesforce_abm.rows import Outcome

if TYPE_CHECKING:
    from target_salesforce_abm.rows import Verdict

__all__ = ["Accounting", "Tally"]


@dataclass(eq=False, slots=True)
class Tally:
    """The rows of one stream.

    Attributes:
        received: rows taken in, once for each load they go through.
        outcomes: how many ended how.
        reasons: code to count, of rows that are not in Salesforce.
        retried: outcomes of rows from the rejects of earlier runs; they are not among `received`.
        records: records written, fewer than rows when several rows meant the same one.
        truncated: texts shortened to fit.
        checked: values under `overwrite: never` that differ from Salesforce.
        expired: records whose fields were cleared because their date is too old.
        removed: rows that a mirror removed.
        failed: expiries and removals that Salesforce refused.
    """

    received: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    retried: Counter[Outcome] = field(default_factory=Counter)
    records: int = 0
    truncated: int = 0
    checked: int = 0
    expired: int = 0
    removed: int = 0
    failed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Give the numbers for the report."""
        numbers: dict[str, Any] = {"received": self.received}
        numbers |= {outcome.value: self.outcomes[outcome] for outcome in Outcome}
        numbers |= {
            "records_written": self.records,
            "truncated": self.truncated,
            "differing": self.checked,
            "expired": self.expired,
            "removed": self.removed,
            "failed": self.failed,
            "reasons": dict(sorted(self.reasons.items())),
        }
        if self.retried:
            numbers["retried"] = {outcome.value: self.retried[outcome] for outcome in Outcome}
        return numbers


class Accounting:
    """The rows of all streams."""

    def __init__(self) -> None:
        self._streams: dict[str, Tally] = {}

    def of(self, stream: str) -> Tally:
        """Give the tally of a stream, an empty one the first time."""
        tally = self._streams.get(stream)
        if tally is None:
            tally = self._streams[stream] = Tally()
        return tally

    @property
    def streams(self) -> dict[str, Tally]:
        """Every stream announced, in order."""
        return self._streams

    def take(self, verdict: Verdict) -> None:
        """Note the outcome of a row."""
        tally = self.of(verdict.row.stream.name)
        if verdict.row.retried:
            tally.retried[verdict.outcome] += 1
            return
        tally.outcomes[verdict.outcome] += 1
        if verdict.problem is not None:
            tally.reasons[verdict.problem.code] += 1

    def check(self) -> None:
        """Check that every row received has exactly one outcome.

        Raises:
            DataError: rows were lost or counted twice.
        """
        for name, tally in self._streams.items():
            outcomes = sum(tally.outcomes.values())
            if outcomes != tally.received:
                told = ", ".join(f"{tally.outcomes[outcome]} {outcome.value}" for outcome in Outcome)
                raise DataError(
                    f"{name}: {tally.received} rows received, but {outcomes} accounted for ({told})"
                )

    def rejected_percent(self) -> float:
        """Give the share of rows that were rejected."""
        received = sum(tally.received for tally in self._streams.values())
        rejected = sum(tally.outcomes[Outcome.REJECTED] for tally in self._streams.values())
        return 100 * rejected / received if received else 0.0

    def rejected(self) -> int:
        """Count the rejected rows."""
        return sum(tally.outcomes[Outcome.REJECTED] for tally in self._streams.values())

    def failed(self) -> int:
        """Count the expiries and removals that Salesforce refused."""
        return sum(tally.failed for tally in self._streams.values())
