"""An ingest job at work: the upload read in chunks of 200 rows, each row written or refused on its own.

Failures of the whole job and of single rows are worded as recorded: see the Bulk API 2.0 pages on
<https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/>.
"""

from __future__ import annotations

import csv
import random
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from local_org import describe
from local_org.dml.outcome import RowError, RowOutcome, WriteOptions
from local_org.jobs.csvtext import RawRows, quoted
from local_org.jobs.headers import Header, HeaderError, read_header
from local_org.jobs.job import DELIMITERS, LINE_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from local_org.jobs.job import Job
    from local_org.org import Org
    from local_org.security import User

CHUNK = 200
_BATCH = 10_000


class JobFailedError(Exception):
    """The job as a whole cannot go on; the text becomes its `errorMessage`."""


@dataclass(slots=True)
class _Row:
    values: list[str]
    raw: str


def result_path(job: Job, name: str) -> Path:
    """Where a result file lies: `successfulResults`, `failedResults` or `unprocessedrecords`."""
    return job.folder / f"{name}.csv"


def head(job: Job, name: str, header: str) -> str:
    """The first line of a result file: Salesforce's columns quoted, the user's header as it was uploaded."""
    delimiter, end = DELIMITERS[job.delimiter], LINE_ENDINGS[job.line_ending]
    first = {"successfulResults": ("sf__Id", "sf__Created"), "failedResults": ("sf__Id", "sf__Error")}
    ours = delimiter.join(f'"{column}"' for column in first.get(name, ()))
    return f"{ours}{delimiter if ours else ''}{header}{end}"


def run(org: Org, job: Job, *, at_most: int | None = None) -> None:
    """Apply the upload.

    Args:
        org: where to.
        job: an ingest job that was closed; its counters grow as it goes.
        at_most: process so many rows only (for failing jobs); the others stay unprocessed.

    Raises:
        JobFailedError: header, line ends or encoding are wrong.
    """
    user = org.users.by_id(job.user_id)
    if user is None or job.uploaded is None:
        raise JobFailedError("InvalidBatch : No content was uploaded")
    with job.uploaded.open(encoding="utf-8", newline="") as file:
        _Ingest(org, job, user, file, at_most).run()


class _Ingest:
    def __init__(self, org: Org, job: Job, user: User, file: IO[str], at_most: int | None) -> None:
        self._org = org
        self._job = job
        self._user = user
        self._at_most = at_most
        self._delimiter = DELIMITERS[job.delimiter]
        self._end = LINE_ENDINGS[job.line_ending]
        self._rows = iter(RawRows(file, self._delimiter))
        # Salesforce gives results in an order of its own; ours is shuffled, the same way for the same job.
        self._shuffle = random.Random(job.id)  # noqa: S311 - no secret

    def run(self) -> None:
        try:
            header = self._header()
            self._process(header)
        except UnicodeDecodeError:
            raise JobFailedError("InvalidBatch : Failed to parse CSV: the content is not UTF-8") from None
        except csv.Error as error:
            raise JobFailedError(f"InvalidBatch : Failed to parse CSV: {error}") from None

    def _header(self) -> Header:
        names, raw = next(self._rows, ([], ""))
        if not names:
            raise JobFailedError("InvalidBatch : The CSV header row is missing")
        ending = "CRLF" if raw.endswith("\r\n") else "LF"
        if raw.endswith("\n") and ending != self._job.line_ending:
            raise JobFailedError(
                "ClientInputError : LineEnding is invalid on user data."
                f" Current LineEnding setting is {self._job.line_ending}"
            )
        text = raw.rstrip("\r\n")
        for name in ("successfulResults", "failedResults", "unprocessedrecords"):
            result_path(self._job, name).write_text(head(self._job, name, text), encoding="utf-8", newline="")
        (self._job.folder / "header").write_text(text, encoding="utf-8", newline="")
        try:
            return read_header(self._org, self._user, self._job.object, self._job.operation, names)
        except HeaderError as error:
            raise JobFailedError(f"InvalidBatch : {error}") from None

    def _process(self, header: Header) -> None:
        with ExitStack() as stack:
            good, bad, rest = (
                stack.enter_context(result_path(self._job, name).open("a", encoding="utf-8", newline=""))
                for name in ("successfulResults", "failedResults", "unprocessedrecords")
            )
            for chunk in self._chunks():
                if self._job.abort.is_set() or self._at_most == 0:
                    rest.writelines(row.raw for row in chunk)
                    continue
                taken = chunk if self._at_most is None else chunk[: self._at_most]
                rest.writelines(row.raw for row in chunk[len(taken) :])
                if self._at_most is not None:
                    self._at_most -= len(taken)
                if self._allowed():
                    self._apply(header, taken, good, bad)

    def _chunks(self) -> Iterator[list[_Row]]:
        chunk: list[_Row] = []
        for values, raw in self._rows:
            chunk.append(_Row(values, raw))
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _allowed(self) -> bool:
        """Take a batch from the daily allowance every 10,000 rows; rows beyond it appear in no file."""
        if self._job.processed % _BATCH:
            return True
        if self._org.limits.remaining("DailyBulkApiBatches") == 0:
            return False
        self._org.limits.use("DailyBulkApiBatches")
        return True

    def _apply(self, header: Header, rows: Sequence[_Row], good: IO[str], bad: IO[str]) -> None:
        outcomes = self._write(header, rows)
        lines: list[tuple[IO[str], str]] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            width = len(header.names)
            values = (row.values + [""] * width)[:width]
            if outcome.success:
                created = "true" if outcome.created or self._job.operation == "insert" else "false"
                lines.append((good, quoted((outcome.id or "", created, *values), self._delimiter, self._end)))
            else:
                known = outcome.id or ""
                error = error_text(self._as_text(header, row, outcome.errors[0]))
                lines.append((bad, quoted((known, error, *values), self._delimiter, self._end)))
        self._shuffle.shuffle(lines)
        for file, line in lines:
            file.write(line)
        self._job.processed += len(rows)
        self._job.failed += sum(not outcome.success for outcome in outcomes)

    def _write(self, header: Header, rows: Sequence[_Row]) -> list[RowOutcome]:
        """Write the rows that have as many values as the header; the others are refused unread."""
        outcomes: list[RowOutcome | None] = []
        records = []
        for row in rows:
            if len(row.values) == len(header.names):
                records.append(header.record(row.values))
                outcomes.append(None)
            else:
                outcomes.append(RowOutcome(None, success=False, errors=(_wrong_width(row, header),)))
        written = iter(self._dml(records))
        return [outcome if outcome is not None else next(written) for outcome in outcomes]

    def _as_text(self, header: Header, row: _Row, error: RowError) -> RowError:
        """Text that is no number, date or boolean is refused in words of its own, as recorded."""
        place = header.place(error.fields[0]) if error.fields else None
        if error.status_code != "INVALID_TYPE_ON_FIELD_IN_RECORD" or place is None:
            return error
        field = header.columns[place].field
        item = self._org.schema.object(self._job.object)
        kind = describe.field(item, field, self._org.access(self._user))["soapType"]
        message = (
            f"Failed to deserialize field at col {place}."
            f" Due to, '{row.values[place]}' is not a valid value for the type {kind}"
        )
        return RowError("INVALID_FIELD", message, error.fields)

    def _dml(self, records: list[dict[str, object]]) -> Sequence[RowOutcome]:
        job, dml = self._job, self._org.dml
        options = WriteOptions(assignment_rules=job.assignment_rule_id is not None)
        if not records:
            return ()
        match job.operation:
            case "insert":
                return dml.create_many(self._user, job.object, records, csv=True, options=options)
            case "update":
                return dml.update_many(self._user, job.object, records, csv=True, options=options)
            case "upsert":
                key = job.external_id_field or "Id"
                return dml.upsert_many(self._user, job.object, key, records, csv=True, options=options)
            case _:
                ids = [str(record.get("Id", "")) for record in records]
                hard = job.operation == "hardDelete"
                return dml.delete_many(self._user, ids, sobject=job.object, hard=hard)


def error_text(error: RowError) -> str:
    """An error as `sf__Error` spells it: `CODE:message:Field --`, or `CODE:message:--` without fields."""
    fields = f"{','.join(error.fields)} --" if error.fields else "--"
    return f"{error.status_code}:{error.message}:{fields}"


def _wrong_width(row: _Row, header: Header) -> RowError:
    message = f"Row has {len(row.values)} columns, the header has {len(header.names)}"
    return RowError("INVALID_BATCH_ROW", message)
