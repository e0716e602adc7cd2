"""Rows another transaction holds: a switchable table of bad luck.

Salesforce answers UNABLE_TO_LOCK_ROW when a write cannot get a row, or a parent of the row, within ten
seconds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Lock:
    """A hold on one row.

    Attributes:
        record_id: 18-character id of the row.
        times: writes it still spoils; None is for ever.
        struck: how many it spoilt.
    """

    record_id: str
    times: int | None = None
    struck: int = 0


class Locks:
    """The rows that are held. Safe to use from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[str, Lock] = {}

    def lock(self, record_id: str, times: int | None = None) -> Lock:
        """Hold a row against so many writes, or until released.

        Args:
            record_id: 18-character id; writes to its children are spoilt too.
            times: number of writes, None for all.
        """
        held = Lock(record_id, times)
        with self._guard:
            self._held[record_id] = held
        return held

    def release(self, record_id: str) -> None:
        """Let a row go."""
        with self._guard:
            self._held.pop(record_id, None)

    def clear(self) -> None:
        """Let every row go."""
        with self._guard:
            self._held.clear()

    def __len__(self) -> int:
        return len(self._held)

    def blocking(self, record_ids: Iterable[str]) -> str | None:
        """Return the first of the rows that is held, counting the write as spoilt; None when all are free."""
        if not self._held:
            return None
        with self._guard:
            for record_id in record_ids:
                held = self._held.get(record_id)
                if held is None:
                    continue
                held.struck += 1
                if held.times is not None and held.struck >= held.times:
                    del self._held[record_id]
                return record_id
        return None
