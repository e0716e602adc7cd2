"""Which way a change goes: at once through Collections, or on disk until a Bulk job is worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_salesforce_abm.rows import Action, Change, Result
from target_salesforce_abm.settings import ApiType
from target_salesforce_abm.write.bulk import MAX_JOB_ROWS
from target_salesforce_abm.write.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_salesforce_abm.write.bulk import BulkWriter
    from target_salesforce_abm.write.collections import CollectionsWriter

__all__ = ["BULK_FROM", "Outbox"]

BULK_FROM: Final = 2_000
"""Changed records of one object from which a Bulk job costs fewer requests and less time."""
_MAX_SPOOL_BYTES: Final = 1_000_000_000


class Outbox:
    """Takes changes and sees that they get into Salesforce.

    Args:
        api_type: which API carries the writes.
        rest: writes at once.
        bulk: writes spooled changes.
        rest_only: a setting that Bulk cannot honour is on.
    """

    def __init__(
        self, api_type: ApiType, rest: CollectionsWriter, bulk: BulkWriter, *, rest_only: bool = False
    ) -> None:
        self._api_type = ApiType.REST if rest_only else api_type
        self._rest = rest
        self._bulk = bulk
        self._spools: dict[tuple[str, Action, str | None], Spool] = {}

    def send(self, changes: Sequence[Change], *, at_once: bool = False) -> Iterator[Result]:
        """Take changes of one object; no two for the same record.

        Args:
            changes: to be written.
            at_once: not by a Bulk job.

        Yields:
            Results of the changes that were written at once. The others come from `settle`.
        """
        now: list[Change] = []
        many = len(changes) > BULK_FROM or (bool(changes) and self.waits_for(changes[0].sobject))
        for change in sorted(changes, key=lambda change: change.parent):
            if not at_once and self._waits(change, many=many):
                spool = self._spool(change)
                spool.append(change)
                if len(spool) >= MAX_JOB_ROWS or spool.size >= _MAX_SPOOL_BYTES:
                    yield from self._empty(spool)
            else:
                now.append(change)
        yield from self._rest.write(now)

    def settle(self, sobjects: Iterable[str] | None = None) -> Iterator[Result]:
        """Write what waits, of these objects or of all, and wait for the outcome."""
        wanted = None if sobjects is None else set(sobjects)
        for spool in [s for s in self._spools.values() if wanted is None or s.sobject in wanted]:
            yield from self._empty(spool)

    @property
    def waiting(self) -> int:
        """How many rows wait."""
        return sum(spool.rows for spool in self._spools.values())

    def waits_for(self, sobject: str) -> bool:
        """Whether changes of this object wait."""
        return any(spool.sobject == sobject for spool in self._spools.values())

    def holds(self, sobject: str, name: str) -> bool:
        """Whether a change of this record (its Id, or the key of a new one) waits."""
        return any(spool.sobject == sobject and name in spool.names for spool in self._spools.values())

    def writes(self, sobject: str, field: str) -> bool:
        """Whether a waiting change writes this field."""
        return any(spool.sobject == sobject and field in spool.fields for spool in self._spools.values())

    def deletes(self, sobject: str) -> bool:
        """Whether deletions of this object wait."""
        return any(s.sobject == sobject and s.action is Action.DELETE for s in self._spools.values())

    def close(self) -> None:
        """Drop what waits."""
        for spool in self._spools.values():
            spool.close()
        self._spools.clear()

    def _waits(self, change: Change, *, many: bool) -> bool:
        if self._api_type is ApiType.REST or (change.action is Action.CREATE and change.key is None):
            return False
        return self._api_type is ApiType.BULK2 or many

    def _spool(self, change: Change) -> Spool:
        key_field = change.key[0] if change.key else None
        identity = (change.sobject, change.action, key_field)
        if identity not in self._spools:
            self._spools[identity] = Spool(*identity)
        return self._spools[identity]

    def _empty(self, spool: Spool) -> Iterator[Result]:
        del self._spools[spool.sobject, spool.action, spool.key_field]
        try:
            yield from self._bulk.write(spool)
        finally:
            spool.close()
