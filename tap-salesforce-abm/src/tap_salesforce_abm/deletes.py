"""Rows that were deleted for good.

A deleted row stays in the recycle bin for 15 days, where `queryAll` finds it with `IsDeleted` true; such rows
come with the ordinary read, whole. Once purged (emptied bin, hard delete) a row is only in the org's log of
deletions, which `getDeleted` reads: those become rows of key, `IsDeleted` and time of deletion.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm

The log names rows in the bin, and rows restored since, as well: whichever Id `queryAll` still finds is not
purged. The log is kept for 15 days at most, less under load; what it cannot tell any more is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import msgspec

from salesforce_abm import times
from salesforce_abm.composite import MOST, get_together
from salesforce_abm.errors import ApiError
from salesforce_abm.query import Query
from salesforce_abm.soql import Select, any_of, split_by_length
from tap_salesforce_abm.schema import DELETED_FLAG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from salesforce_abm.session import Session

__all__ = ["Deletes", "Purged"]

KEPT: Final = timedelta(days=15)
"""How far back the log of deletions reaches."""

_MINUTE: Final = timedelta(minutes=1)
_SHORTEST: Final = timedelta(minutes=1)
_CHECKED_AT_A_TIME: Final = 12_000
"""Characters of Ids in one query that asks which of them still exist."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What became of an object's rows between two moments.

    Attributes:
        rows: Id and moment of deletion (canonical text) of each purged row.
        covered: the log was complete up to here; the next run starts from it.
        gap_from: rows purged since this moment may be missing, because the log no longer reaches back to it.
    """

    rows: tuple[tuple[str, str], ...]
    covered: datetime
    gap_from: datetime | None = None


class Deletes:
    """Finds purged rows.

    Args:
        session: the signed-in session.
        expected: from when on each object of the run will be asked about; the logs of 25 objects are read by
            one API call.
        end: upper bound of the run.
    """

    def __init__(self, session: Session, expected: Mapping[str, datetime], end: datetime) -> None:
        self._session = session
        self._query = Query(session)
        self._waiting = {name: _range(start, end)[:2] for name, start in expected.items()}
        self._read: dict[tuple[str, datetime, datetime], Mapping[str, Any]] = {}

    def between(self, sobject: str, start: datetime, end: datetime) -> Purged:
        """Find the rows of an object that were purged in `[start, end)`.

        Args:
            sobject: a replicateable object.
            start: where the last run stopped.
            end: upper bound of this run.

        Raises:
            ApiError: Salesforce refuses.
        """
        begin, end, gap_from = _range(start, end)
        try:
            found, covered = self._log_of(sobject, begin, end)
        except ApiError as error:
            if error.code != "INVALID_REPLICATION_DATE":
                raise
            # The log does not reach back to the beginning of the span.
            return Purged((), end, start)
        purged = tuple((identifier, found[identifier]) for identifier in self._gone(sobject, list(found)))
        return Purged(purged, min(covered, end), gap_from)

    def _log_of(self, sobject: str, start: datetime, end: datetime) -> tuple[dict[str, str], datetime]:
        """Read the log; a stretch with too many deletions is read in halves."""
        try:
            answer = self._ask(sobject, start, end)
        except ApiError as error:
            middle = (start + (end - start) / 2).replace(second=0, microsecond=0)
            if error.code != "EXCEEDED_ID_LIMIT" or not start < middle < end:
                raise
            first, _ = self._log_of(sobject, start, middle)
            second, covered = self._log_of(sobject, middle, end)
            return first | second, covered
        deleted = {entry["id"]: times.canonical(entry["deletedDate"]) for entry in answer["deletedRecords"]}
        return deleted, times.parse_datetime(answer.get("latestDateCovered") or times.format_datetime(end))

    def _ask(self, sobject: str, start: datetime, end: datetime) -> Mapping[str, Any]:
        if self._waiting.get(sobject) == (start, end):
            self._read_together(sobject)
        known = self._read.pop((sobject, start, end), None)
        if known is not None:
            return known
        answer: Mapping[str, Any] = self._session.get_json(_path(sobject, start, end), kind="query")
        return answer

    def _read_together(self, sobject: str) -> None:
        """Read the logs of this object and of the next ones; what is refused is asked for alone later."""
        names = list(self._waiting)
        asked = names[names.index(sobject) :][:MOST]
        ranges = {name: self._waiting.pop(name) for name in asked}
        if len(asked) < 2:
            return
        paths = [_path(name, *ranges[name]) for name in asked]
        for name, answer in zip(asked, get_together(self._session, paths, kind="query"), strict=True):
            if not isinstance(answer, ApiError):
                self._read[name, *ranges[name]] = msgspec.json.decode(answer)

    def _gone(self, sobject: str, ids: list[str]) -> Iterator[str]:
        """Keep the Ids that no row has any more, neither living nor in the recycle bin."""
        for group in split_by_length(ids, _CHECKED_AT_A_TIME, url=True):
            select = Select(("Id",), sobject, where=(any_of("Id", group, "id"),))
            kept = {record["Id"] for record in self._query.records(select.render(), all_rows=True)}
            yield from (identifier for identifier in group if identifier not in kept)


def _range(start: datetime, end: datetime) -> tuple[datetime, datetime, datetime | None]:
    """Say what to ask the log for, and since when it cannot tell any more."""
    oldest = end - KEPT + _MINUTE
    # Seconds are ignored by Salesforce: begin with the whole minute, and never ask for less than one.
    begin = max(start, oldest).replace(second=0, microsecond=0)
    if end - begin < _SHORTEST:
        begin = end - _SHORTEST
    return begin, end, start if start < oldest else None


def _path(sobject: str, start: datetime, end: datetime) -> str:
    moments = {"start": times.format_datetime(start), "end": times.format_datetime(end)}
    return f"sobjects/{sobject}/deleted?{urlencode(moments)}"


def tombstone(identifier: str, deleted_at: str, key: str | None) -> dict[str, Any]:
    """Make the row that says that another is no more.

    Args:
        identifier: its Id.
        deleted_at: when it was deleted.
        key: the stream's replication key, which carries the moment.
    """
    row: dict[str, Any] = {"Id": identifier, DELETED_FLAG: True}
    if key is not None:
        row[key] = deleted_at
    return row
