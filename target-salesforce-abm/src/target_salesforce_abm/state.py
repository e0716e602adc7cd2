"""When a STATE may go out: what it covers must be durable first.

Durable means in Salesforce, or in the rejects file on disk.

A STATE covers the rows received before it, so it can go as soon as all of those are settled. Settling costs
requests: a part-filled request with Collections, a whole job with Bulk. So a STATE is honoured when it comes

* and nothing is pending: at once;
* and at least 1,000 rows are pending: they are processed, and it goes;
* and rows wait for a Bulk job: when they are a quarter of what is settled already (at least 1,000, at most
  100,000), so that a long run makes few jobs and a restart repeats little.

At the latest it goes after five minutes, and at the end. A mirror is the exception: it needs the whole set in
one run, and a restart that began in the middle would take the first half for gone, so from its first row on
every STATE waits for the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["States"]

_ENOUGH_ROWS: Final = 1_000
_MOST_ROWS: Final = 100_000
_SHARE: Final = 4


@dataclass(slots=True)
class States:
    """Decides about STATE messages.

    Attributes:
        latest: the value that came last; None before the first.
        sent: the value that went out last.
        held: a mirror has begun.
        settled: rows that are durable.
    """

    latest: Any = None
    sent: Any = None
    held: bool = False
    settled: int = 0

    def wants_processing(self, buffered: int) -> bool:
        """Whether a STATE that has just come is worth processing the rows in memory."""
        return not self.held and buffered >= _ENOUGH_ROWS

    def wants_settling(self, waiting: int) -> bool:
        """Whether it is worth a Bulk job for the changes that wait on disk."""
        enough = min(_MOST_ROWS, max(_ENOUGH_ROWS, self.settled // _SHARE))
        return not self.held and waiting >= enough

    def due(self, pending: int, *, final: bool = False) -> Any:
        """Give the STATE to send now, or None.

        Args:
            pending: rows that are not durable yet.
            final: the input is through.
        """
        if pending or self.latest is None or self.latest == self.sent or (self.held and not final):
            return None
        self.sent = self.latest
        return self.latest
