"""Writes through sObject Collections: 200 records a request, each with a verdict of its own.

Rows that Salesforce could not lock are sent again, and only they: sorted by parent, fewer at a time, in the
end one by one. A request whose answer was lost is not repeated blindly: what is in Salesforce is looked at
first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.codes import Action as Advised
from salesforce_abm.collections import MAX_WRITE, Collections, RowResult, WriteOptions
from salesforce_abm.errors import ApiError, RequestTooLong, TransientError
from target_salesforce_abm.rows import Action, Change, Problem, Result
from target_salesforce_abm.values import to_json
from target_salesforce_abm.write.answers import Next, judge, problem_of, stop_if_hopeless
from target_salesforce_abm.write.recheck import recheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from salesforce_abm.session import Session
    from target_salesforce_abm.current import Codecs

__all__ = ["CollectionsWriter"]

_LADDER: Final = ((50, 1.0), (10, 3.0), (1, 8.0), (1, 20.0))
"""Records a request and seconds to wait before, for rows that were locked."""
_LOOKS: Final = 4
"""How often one change may lose its answer."""


class CollectionsWriter:
    """Sends changes, 200 a request.

    Args:
        session: the signed-in session.
        codecs: object and field to codec, to compare after a lost answer.
        allow_duplicates: save although a duplicate rule raises an alert.
        assignment_rules: run the active assignment rules.
    """

    def __init__(
        self,
        session: Session,
        codecs: Codecs,
        *,
        allow_duplicates: bool = False,
        assignment_rules: bool = False,
    ) -> None:
        self._session = session
        self._codecs = codecs
        self._collections = Collections(session)
        self._options = WriteOptions(assignment_rules, allow_duplicates, repeat=False)

    def write(self, changes: Sequence[Change]) -> Iterator[Result]:
        """Send changes.

        Args:
            changes: of one object; no two for the same record.

        Yields:
            One result for each change, in no particular order.

        Raises:
            SalesforceAbmError: the run cannot go on; changes without a result may or may not be in
                Salesforce.
        """
        locked: list[Change] = []
        for request in _requests(changes, MAX_WRITE):
            yield from self._send(request, locked)
        yield from self.retry(locked)

    def retry(self, locked: Sequence[Change]) -> Iterator[Result]:
        """Send changes again that Salesforce could not lock: down the ladder, one request at a time."""
        left = list(locked)
        for size, pause in _LADDER:
            if not left:
                return
            self._session.sleep(pause)
            again: list[Change] = []
            for request in _requests(left, size):
                yield from self._send(request, again)
            left = again
        for change in left:
            yield Result(change, change.id, _STILL_LOCKED)

    def _send(self, changes: Sequence[Change], locked: list[Change], looks: int = _LOOKS) -> Iterator[Result]:
        try:
            answers = self._call(changes)
        except TransientError as error:
            if not error.outcome_unknown or not looks:
                raise
            looked = recheck(self._session, changes, self._codecs)
            yield from looked.settled
            for request in _requests(looked.open, MAX_WRITE):
                yield from self._send(request, locked, looks - 1)
            return
        except ApiError as error:
            if not isinstance(error, RequestTooLong) and error.action not in (
                Advised.SKIP_ROW,
                Advised.SPLIT,
            ):
                raise
            yield from self._halve(changes, error, locked, looks)
            return
        stop_if_hopeless(answers)
        existing: list[Change] = []
        for change, answer in zip(changes, answers, strict=True):
            verdict = judge(change, answer)
            if isinstance(verdict, Result):
                yield verdict
            elif verdict is Next.RETRY:
                locked.append(change)
            else:
                existing.append(change)
        if existing:
            yield from self._join(existing, answers, changes, locked, looks)

    def _join(
        self,
        existing: Sequence[Change],
        answers: Sequence[RowResult],
        changes: Sequence[Change],
        locked: list[Change],
        looks: int,
    ) -> Iterator[Result]:
        """Records that somebody made in the meantime: bring them up to what was wanted."""
        refused = {change.name: answer for change, answer in zip(changes, answers, strict=True)}
        looked = recheck(self._session, existing, self._codecs)
        yield from looked.settled
        updates = [change for change in looked.open if change.action is Action.UPDATE]
        for change in looked.open:
            if change.action is not Action.UPDATE:  # a duplicate in another unique field
                yield Result(change, None, problem_of(refused[change.name]))
        if updates:
            yield from self._send(updates, locked, looks)

    def _halve(
        self, changes: Sequence[Change], error: ApiError, locked: list[Change], looks: int
    ) -> Iterator[Result]:
        """A request refused as a whole because of one of its records: find it."""
        if len(changes) == 1:
            field = error.fields[0] if error.fields else None
            problem = Problem(error.code, " ".join(error.detail.split()), field)
            yield Result(changes[0], changes[0].id, problem)
            return
        middle = len(changes) // 2
        for half in (changes[:middle], changes[middle:]):
            yield from self._send(half, locked, looks)

    def _call(self, changes: Sequence[Change]) -> list[RowResult]:
        first = changes[0]
        if first.action is Action.DELETE:
            return self._collections.delete([change.id or "" for change in changes], options=self._options)
        records = [_record(change) for change in changes]
        if first.action is Action.UPDATE:
            return self._collections.update(records, sobject=first.sobject, options=self._options)
        if first.key is None:
            return self._collections.create(records, sobject=first.sobject, options=self._options)
        return self._collections.upsert(first.sobject, first.key[0], records, options=self._options)


_STILL_LOCKED: Final = Problem(
    "UNABLE_TO_LOCK_ROW",
    "the record, or one it belongs to, stayed locked by somebody else through every retry",
    retryable=True,
)


def _record(change: Change) -> dict[str, Any]:
    record = {name: to_json(value) for name, value in change.values.items()}
    return {"Id": change.id, **record} if change.action is Action.UPDATE else record


def _requests(changes: Sequence[Change], size: int) -> Iterator[list[Change]]:
    """Cut changes into requests of one action and one key field, rows with one parent side by side."""
    order = {Action.UPDATE: 0, Action.CREATE: 1, Action.DELETE: 2}
    ordered = sorted(changes, key=lambda change: (order[change.action], change.key is None, change.parent))
    request: list[Change] = []
    for change in ordered:
        if request and (len(request) == size or _kind(request[0]) != _kind(change)):
            yield request
            request = []
        request.append(change)
    if request:
        yield request


def _kind(change: Change) -> tuple[Action, str | None]:
    return change.action, change.key[0] if change.key else None
