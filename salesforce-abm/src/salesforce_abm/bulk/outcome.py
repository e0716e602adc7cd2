"""What became of each row of a bulk upload: the three result files, on disk, counted.

Rows come in any order; match them by a key column of your own. A row of a batch that went over the org's
daily allowance is in none of the files: `IngestOutcome.missing` counts those.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from salesforce_abm.bulk.body import BUFFER, BrokenBody, ResponseBody
from salesforce_abm.bulk.jobs import BulkJob, job_error
from salesforce_abm.csvio import read_rows
from salesforce_abm.errors import ApiError, DataError, TransientError
from salesforce_abm.results import RowError, RowResult, parse_bulk_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from salesforce_abm.session import Session

TRIES: Final = 4
"""Downloads of one result file."""

FileName = Literal["successfulResults", "failedResults", "unprocessedrecords"]


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One of the three files, as it was downloaded.

    Attributes:
        path: where it is; None when Salesforce has none to give (a job that failed as a whole).
        rows: rows without the header.
    """

    path: Path | None
    rows: int

    def records(self) -> Iterator[dict[str, str]]:
        """Give the rows by column name: `sf__Id`, `sf__Created` or `sf__Error` first, then the upload's."""
        if self.path is None:
            return
        with self.path.open(encoding="utf-8", errors="replace", newline="") as file:
            rows = read_rows(file)
            header = next(rows, [])
            for row in rows:
                if row:
                    yield dict(zip(header, row, strict=True))


@dataclass(frozen=True, slots=True)
class IngestOutcome:
    """What became of an upload.

    Attributes:
        job: the finished job.
        uploaded: rows sent.
        succeeded, failed, unprocessed: the three files.
    """

    job: BulkJob
    uploaded: int
    succeeded: ResultFile
    failed: ResultFile
    unprocessed: ResultFile

    @property
    def missing(self) -> int:
        """Rows that are in none of the files: over the org's daily allowance, nothing happened to them."""
        return self.uploaded - self.succeeded.rows - self.failed.rows - self.unprocessed.rows

    @property
    def error(self) -> ApiError | None:
        """Why the job as a whole failed; rows it had done by then stay done. None when it completed."""
        return None if self.job.state == "JobComplete" else job_error(self.job)

    def results(self) -> Iterator[tuple[dict[str, str], RowResult]]:
        """Give each row that was processed, as it was uploaded, with what became of it."""
        for record in self.succeeded.records():
            result = RowResult(
                record.pop("sf__Id"), success=True, created=_true(record.pop("sf__Created", ""))
            )
            yield record, result
        for record in self.failed.records():
            error: RowError = parse_bulk_error(record.pop("sf__Error", ""))
            yield record, RowResult(record.pop("sf__Id") or None, success=False, errors=(error,))


def download_outcome(
    session: Session,
    job: BulkJob,
    directory: Path,
    *,
    uploaded: int,
    sleep: Callable[[float], object],
) -> IngestOutcome:
    """Fetch the three result files of a finished job and check their counts: three API calls.

    Args:
        session: the session.
        job: from waiting for it.
        directory: where the files go, named after the job; the caller removes them.
        uploaded: rows sent.
        sleep: pauses between downloads, seconds.

    Raises:
        DataError: a completed job whose files do not hold as many rows as it says it processed.
        TransientError: a file could not be downloaded in full.
    """
    for attempt in range(TRIES):
        files = [_fetch(session, job, directory, name, sleep) for name in _NAMES]
        outcome = IngestOutcome(job, uploaded, *files)
        wrong = _disagreement(outcome)
        if wrong is None:
            return outcome
        if attempt < TRIES - 1:  # files have been seen to lag a little behind the job
            sleep(float(2**attempt))
    raise DataError(f"{job}: {wrong}", remedy="Look at the job in Setup > Bulk Data Load Jobs.")


_NAMES: tuple[FileName, ...] = ("successfulResults", "failedResults", "unprocessedrecords")


def _disagreement(outcome: IngestOutcome) -> str | None:
    job = outcome.job
    if outcome.missing < 0:
        return f"the result files hold {-outcome.missing} more rows than were uploaded"
    if job.state != "JobComplete":
        return None  # a failed job's counters stop wherever it stopped
    if job.records_failed not in (None, outcome.failed.rows):
        return f"{outcome.failed.rows} failed rows, the job says {job.records_failed}"
    done = outcome.succeeded.rows + outcome.failed.rows
    if job.records_processed not in (None, done):
        return f"{done} rows in the result files, the job says {job.records_processed}"
    return None


def _fetch(
    session: Session, job: BulkJob, directory: Path, name: FileName, sleep: Callable[[float], object]
) -> ResultFile:
    path = directory / f"{job.id}-{name}.csv"
    for attempt in range(TRIES):
        try:
            _download(session, job, name, path)
            return ResultFile(path, _count(path))
        except ApiError as error:
            if job.state == "JobComplete" or error.status not in {400, 404}:
                raise
            return ResultFile(None, 0)  # a job that never ran has no such file
        except (BrokenBody, csv.Error) as error:
            if attempt == TRIES - 1:
                raise TransientError(f"{name} of {job}: the download keeps breaking off") from error
            sleep(float(2**attempt))
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def _download(session: Session, job: BulkJob, name: FileName, path: Path) -> None:
    response = session.request(
        "GET", f"{job.path}/{name}", kind="bulk_result", headers={"Accept": "text/csv"}, stream=True
    )
    with ResponseBody(response, f"{name} of {job}").buffered() as body, path.open("wb") as file:
        while data := body.read(BUFFER):
            file.write(data)


def _count(path: Path) -> int:
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = read_rows(file)
        next(rows, None)
        return sum(1 for row in rows if row)


def _true(text: str) -> bool:
    return text.lower() == "true"
