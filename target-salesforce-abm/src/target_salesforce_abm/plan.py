"""A dry run's plan: what would change, value before and after, and what it would cost in API requests.

One JSON document, `{"changes": [...], "summary": {...}}`, written as it grows, so that a long plan needs no
memory.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec

from target_salesforce_abm.rows import Action, Change, Result
from target_salesforce_abm.settings import ApiType
from target_salesforce_abm.write.outbox import BULK_FROM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from target_salesforce_abm.current import Current
    from target_salesforce_abm.find import Finder
    from target_salesforce_abm.values import Value

__all__ = ["Plan", "PlanBox"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_COLLECTION: Final = 200
_BULK_JOB_REQUESTS: Final = 12
"""Create, upload, close, poll about six times, fetch three files."""


class Plan:
    """Writes the plan.

    Args:
        path: where to.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("wb")
        self._file.write(b'{"changes":[')
        self._first = True
        self._actions: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()

    def add(self, change: Change, streams: Iterable[str]) -> None:
        """Note a change that would be made."""
        fields = {
            name: {"before": _plain(change.before.get(name)), "after": _plain(value)}
            for name, value in change.values.items()
        }
        entry = {
            "object": change.sobject,
            "action": change.action.value,
            "id": change.id,
            "key": change.key and {change.key[0]: change.key[1]},
            "streams": sorted(set(streams)),
            "fields": fields,
        }
        self._file.write((b"\n" if self._first else b",\n") + _ENCODER.encode(entry))
        self._first = False
        self._actions[f"{change.sobject} {change.action.value}"] += 1

    def cost(self, kind: str, requests: int) -> None:
        """Note requests that the writes would take."""
        self._requests[kind] += requests

    def close(self, reads: dict[str, int], streams: dict[str, Any]) -> None:
        """Finish the document.

        Args:
            reads: requests this dry run made, which the real run makes too.
            streams: the numbers of the report.
        """
        summary = {
            "actions": dict(self._actions),
            "api_requests": {"reads": reads, "writes": dict(self._requests)},
            "streams": streams,
        }
        self._file.write(b'\n],"summary":' + _ENCODER.encode(summary) + b"}\n")
        self._file.close()


class PlanBox:
    """Stands where the outbox stands, and writes plans instead of records.

    Args:
        plan: where they go.
        api_type: which API would carry the writes.
        current: learns what would have been written, so that later rows are compared with it.
        finder: learns which records would have been made.
    """

    def __init__(self, plan: Plan, api_type: ApiType, current: Current, finder: Finder) -> None:
        self._plan = plan
        self._api_type = api_type
        self._current = current
        self._finder = finder
        self.waiting = 0

    def send(self, changes: Sequence[Change], *, at_once: bool = False) -> Iterator[Result]:
        """Plan changes; each counts as done."""
        del at_once
        bulk = self._api_type is ApiType.BULK2 or (
            self._api_type is ApiType.AUTO and len(changes) > BULK_FROM
        )
        for action in Action:
            count = sum(change.action is action for change in changes)
            if count:
                self._plan.cost(
                    "bulk" if bulk else "write", _BULK_JOB_REQUESTS if bulk else -(-count // _COLLECTION)
                )
        for change in changes:
            self._plan.add(change, (row.stream.name for row, _ in change.rows))
            record_id = change.id or f"(new) {change.name}"
            self._current.assume(change, record_id)
            if change.key is not None:
                self._finder.assume(change.sobject, change.key[0], change.key[1].casefold(), record_id)
            yield Result(change, record_id)

    def settle(self, sobjects: Iterable[str] | None = None) -> Iterator[Result]:
        """Nothing waits."""
        del sobjects
        return iter(())

    def waits_for(self, sobject: str) -> bool:
        """Nothing waits."""
        del sobject
        return False

    def holds(self, sobject: str, name: str) -> bool:
        """Nothing waits."""
        del sobject, name
        return False

    def writes(self, sobject: str, field: str) -> bool:
        """Nothing waits."""
        del sobject, field
        return False

    def deletes(self, sobject: str) -> bool:
        """Nothing waits."""
        del sobject
        return False

    def close(self) -> None:
        """Nothing waits."""


def _plain(value: Value) -> Any:
    return value if not isinstance(value, Decimal) else float(value)
