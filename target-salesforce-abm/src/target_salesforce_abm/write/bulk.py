"""Writes through Bulk API 2.0: one job for up to 200,000 changes, verdicts matched by Id or key.

The same values as with Collections: a field that is not part of a change is an empty cell and stays, a null
is `#N/A`. What a job leaves open (locked rows, rows over the daily allowance, a job that failed half-way) is
looked at and sent again through Collections, where rows can go one at a time.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from salesforce_abm.bulk.ingest import BulkIngest
from salesforce_abm.csvio import ABSENT, Cell, CellError, CsvFile
from salesforce_abm.errors import NotSupported
from target_salesforce_abm.rows import Action, Change, Problem, Result
from target_salesforce_abm.values import to_csv
from target_salesforce_abm.write.answers import Next, judge, stop_if_hopeless
from target_salesforce_abm.write.recheck import recheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from salesforce_abm.bulk.ingest import Operation
    from salesforce_abm.bulk.outcome import IngestOutcome
    from salesforce_abm.results import RowResult
    from salesforce_abm.session import Session
    from target_salesforce_abm.current import Codecs
    from target_salesforce_abm.write.collections import CollectionsWriter
    from target_salesforce_abm.write.spool import Spool

__all__ = ["MAX_JOB_ROWS", "BulkWriter"]

logger = logging.getLogger(__name__)

MAX_JOB_ROWS: Final = 200_000
_SLICE: Final = 2_000
_OPERATIONS: Final[dict[Action, Operation]] = {
    Action.UPDATE: "update",
    Action.CREATE: "upsert",
    Action.DELETE: "delete",
}
_FATAL: Final = frozenset({"INVALIDBATCH", "CLIENTINPUTERROR"})


class BulkWriter:
    """Sends spooled changes as Bulk jobs.

    Args:
        session: the signed-in session.
        codecs: object and field to codec, to compare what a job left open.
        rest: takes what Bulk cannot do.
    """

    def __init__(self, session: Session, codecs: Codecs, rest: CollectionsWriter) -> None:
        self._session = session
        self._ingest = BulkIngest(session)
        self._codecs = codecs
        self._rest = rest

    def write(self, spool: Spool) -> Iterator[Result]:
        """Send all changes of a spool.

        Yields:
            One result for each change, in no particular order.

        Raises:
            SalesforceAbmError: the run cannot go on.
        """
        if not spool.names:
            return
        with tempfile.TemporaryDirectory(prefix="target-salesforce-abm-") as directory:
            answers = _Answers(spool)
            try:
                yield from self._jobs(spool, Path(directory), answers)
            except NotSupported as error:
                logger.warning(
                    "%s: the Bulk API does not take it (%s); writing by Collections",
                    spool.sobject,
                    error.code,
                )
                answers.nothing_sent()
            yield from self._conclude(spool, answers)

    def _jobs(self, spool: Spool, directory: Path, answers: _Answers) -> Iterator[Result]:
        identity = spool.key_field or "Id"
        fields = [] if spool.action is Action.DELETE else [name for name in spool.fields if name != identity]
        refused: list[Result] = []
        with CsvFile(directory, (identity, *fields), max_rows=MAX_JOB_ROWS) as file:
            for change in spool.changes():
                try:
                    file.write([change.name, *(_cell(change, name) for name in fields)])
                except CellError as error:
                    problem = Problem(error.code, str(error), error.column)
                    refused.append(Result(change, change.id, problem))
                    answers.seen(change.name)
            parts = file.close()
        yield from refused
        for part in parts:
            outcome = self._ingest.run(
                spool.sobject,
                _OPERATIONS[spool.action],
                part.path,
                external_id=spool.key_field if spool.action is Action.CREATE else None,
                rows=part.rows,
            )
            part.path.unlink()
            _stop_if_fatal(outcome)
            answers.read(outcome, identity)
        answers.sent = True

    def _conclude(self, spool: Spool, answers: _Answers) -> Iterator[Result]:
        """Give every change its result; send again what has none."""
        open_: list[Change] = []
        locked: list[Change] = []
        for change in spool.changes():
            name = change.name
            if name in answers.refused:
                verdict = judge(change, answers.refused[name])
                if isinstance(verdict, Result):
                    yield verdict
                else:
                    (locked if verdict is Next.RETRY else open_).append(change)
            elif name in answers.left:
                open_.append(change)
            elif name not in answers.told:
                yield Result(change, change.id)
            if len(open_) >= _SLICE:
                yield from self._again(open_, looked=answers.sent)
                open_ = []
            if len(locked) >= _SLICE:
                yield from self._rest.retry(locked)
                locked = []
        yield from self._again(open_, looked=answers.sent)
        yield from self._rest.retry(locked)

    def _again(self, changes: Sequence[Change], *, looked: bool) -> Iterator[Result]:
        if not changes:
            return
        if looked:
            found = recheck(self._session, changes, self._codecs)
            yield from found.settled
            changes = found.open
        yield from self._rest.write(changes)


class _Answers:
    """What is known about the changes of a spool, by name.

    Attributes:
        left: sent or not, no verdict yet.
        refused: Salesforce's refusals.
        told: changes whose result went out already.
        sent: whether any job ran.
    """

    def __init__(self, spool: Spool) -> None:
        self.left = set(spool.names)
        self.refused: dict[str, RowResult] = {}
        self.told: set[str] = set()
        self.sent = True

    def seen(self, name: str) -> None:
        self.told.add(name)
        self.left.discard(name)

    def nothing_sent(self) -> None:
        self.sent = False

    def read(self, outcome: IngestOutcome, identity: str) -> None:
        some: list[RowResult] = []
        done = False
        for record, result in outcome.results():
            name = record[identity]
            self.left.discard(name)
            done = done or result.success
            if not result.success:
                self.refused[name] = result
                some.append(result)
        if not done:
            stop_if_hopeless(some)


def _cell(change: Change, name: str) -> Cell:
    if name not in change.values:
        return ABSENT
    value = change.values[name]
    return None if value is None else to_csv(value)


def _stop_if_fatal(outcome: IngestOutcome) -> None:
    """A job refused for its header would be refused again; any other end is looked into row by row."""
    error = outcome.error
    if error is None:
        return
    if error.code.replace("_", "").upper() in _FATAL:
        raise error
    logger.warning("%s ended early: %s", outcome.job, error)
