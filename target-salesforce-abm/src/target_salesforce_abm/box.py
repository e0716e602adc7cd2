"""Where changes go: the outbox of a real run, or the plan of a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_salesforce_abm.rows import Change, Result

__all__ = ["Box"]


class Box(Protocol):
    """Takes changes, some at once, some later."""

    @property
    def waiting(self) -> int:
        """How many rows wait."""

    def send(self, changes: Sequence[Change], *, at_once: bool = False) -> Iterator[Result]:
        """Take changes of one object, no two for the same record; give the results of those done now.

        Args:
            changes: what to write.
            at_once: none of them may wait.
        """

    def settle(self, sobjects: Iterable[str] | None = None) -> Iterator[Result]:
        """Write what waits, of these objects or of all, and give the results."""

    def waits_for(self, sobject: str) -> bool:
        """Whether changes of this object wait."""

    def holds(self, sobject: str, name: str) -> bool:
        """Whether a change of this record (its Id, or the key of a new one) waits."""

    def writes(self, sobject: str, field: str) -> bool:
        """Whether a waiting change writes this field."""

    def deletes(self, sobject: str) -> bool:
        """Whether deletions of this object wait."""

    def close(self) -> None:
        """Drop what waits."""
