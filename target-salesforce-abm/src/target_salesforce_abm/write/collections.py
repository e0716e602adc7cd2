"""Writes through sObject Collections: 200 records a request, each with a verdict of its own.

Requests go side by side, but never two that share a parent, because Salesforce locks it. Rows that could not
be locked are sent again, and only they: fewer at a time, in the end one by one, one request after the other.
A request whose answer was lost is not repeated blindly: what is in Salesforce is looked at first.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.codes import Action as Advised
from salesforce_abm.collections import MAX_WRITE, Collections, RowResult, WriteOptions
from salesforce_abm.errors import ApiError, RequestTooLong, TransientError
from target_salesforce_abm.rows import Action, Change, Problem, Result
from target_salesforce_abm.values import to_json
from target_salesforce_abm.write.answers import Next, judge, problem_of, stop_if_hopeless
from target_salesforce_abm.write.lanes import lanes, requests_of
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


@dataclass(slots=True)
class _Batch:
    """What came of some requests.

    Attributes:
        results: changes that are settled.
        again: changes to send again, with why.
        error: what ended it early.
    """

    results: list[Result] = field(default_factory=list)
    again: list[tuple[Change, Problem]] = field(default_factory=list)
    error: BaseException | None = None


class CollectionsWriter:
    """Sends changes, 200 a request.

    Args:
        session: the signed-in session.
        codecs: object and field to codec, to compare after a lost answer.
        options: headers of the writes.
        concurrency: requests side by side.
    """

    def __init__(
        self, session: Session, codecs: Codecs, options: WriteOptions, *, concurrency: int = 1
    ) -> None:
        self._session = session
        self._codecs = codecs
        self._collections = Collections(session)
        self._options = options
        self._concurrency = concurrency

    def write(self, changes: Sequence[Change]) -> Iterator[Result]:
        """Send changes.

        Args:
            changes: of one object; no two for the same record.

        Yields:
            One result for each change, in no particular order.

        Raises:
            SalesforceAbmError: the run cannot go on; changes without a result may be in Salesforce or not.
        """
        again: list[tuple[Change, Problem]] = []
        for kind in lanes(changes, MAX_WRITE):
            for batch in self._side_by_side(kind):
                yield from batch.results
                again += batch.again
                if batch.error is not None:
                    raise batch.error
        yield from self.retry([change for change, _ in again])

    def retry(self, changes: Sequence[Change]) -> Iterator[Result]:
        """Send changes again that Salesforce could not lock: down the ladder, one request at a time."""
        left = list(changes)
        why: dict[int, Problem] = {}
        for size, pause in _LADDER:
            if not left:
                return
            self._session.sleep(pause)
            batch = self._one_after_the_other(requests_of(left, size))
            yield from batch.results
            if batch.error is not None:
                raise batch.error
            left = [change for change, _ in batch.again]
            why = {id(change): problem for change, problem in batch.again}
        for change in left:
            yield Result(change, change.id, why[id(change)])

    def _side_by_side(self, work: Sequence[Sequence[Sequence[Change]]]) -> Iterator[_Batch]:
        if len(work) < 2 or self._concurrency < 2:
            yield from map(self._one_after_the_other, work)
            return
        with ThreadPoolExecutor(self._concurrency) as pool:
            # All results first, then the error: what is in Salesforce is to be in the books.
            yield from sorted(
                pool.map(self._one_after_the_other, work), key=lambda batch: batch.error is not None
            )

    def _one_after_the_other(self, requests: Sequence[Sequence[Change]]) -> _Batch:
        batch = _Batch()
        try:
            for request in requests:
                self._send(request, batch, _LOOKS)
        except Exception as error:  # noqa: BLE001 - told by the caller, after the results
            batch.error = error
        return batch

    def _send(self, changes: Sequence[Change], batch: _Batch, looks: int) -> None:
        try:
            answers = self._call(changes)
        except TransientError as error:
            if not error.outcome_unknown or not looks:
                raise
            looked = recheck(self._session, changes, self._codecs)
            batch.results += looked.settled
            for request in requests_of(looked.open, MAX_WRITE):
                self._send(request, batch, looks - 1)
            return
        except ApiError as error:
            if not isinstance(error, RequestTooLong) and error.action not in (
                Advised.SKIP_ROW,
                Advised.SPLIT,
            ):
                raise
            self._halve(changes, error, batch, looks)
            return
        stop_if_hopeless(answers)
        existing: list[tuple[Change, RowResult]] = []
        for change, answer in zip(changes, answers, strict=True):
            verdict = judge(change, answer)
            if isinstance(verdict, Result):
                batch.results.append(verdict)
            elif verdict is Next.RETRY:
                batch.again.append((change, problem_of(answer, retryable=True)))
            else:
                existing.append((change, answer))
        if existing:
            self._join(existing, batch, looks)

    def _join(self, existing: Sequence[tuple[Change, RowResult]], batch: _Batch, looks: int) -> None:
        """Records that somebody made in the meantime: bring them up to what was wanted."""
        refused = {change.name: answer for change, answer in existing}
        looked = recheck(self._session, [change for change, _ in existing], self._codecs)
        batch.results += looked.settled
        for change in looked.open:
            if change.action is not Action.UPDATE:  # a duplicate in another unique field
                batch.results.append(Result(change, None, problem_of(refused[change.name])))
        updates = [change for change in looked.open if change.action is Action.UPDATE]
        if updates:
            self._send(updates, batch, looks)

    def _halve(self, changes: Sequence[Change], error: ApiError, batch: _Batch, looks: int) -> None:
        """A request refused as a whole because of one of its records: find it."""
        if len(changes) == 1:
            name = error.fields[0] if error.fields else None
            problem = Problem(error.code, " ".join(error.detail.split()), name)
            batch.results.append(Result(changes[0], changes[0].id, problem))
            return
        middle = len(changes) // 2
        for half in (changes[:middle], changes[middle:]):
            self._send(half, batch, looks)

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


def _record(change: Change) -> dict[str, Any]:
    record = {name: to_json(value) for name, value in change.values.items()}
    return {"Id": change.id, **record} if change.action is Action.UPDATE else record
