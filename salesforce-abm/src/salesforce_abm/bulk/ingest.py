"""Bulk API 2.0 ingest: one CSV file of records in, one verdict for each row out.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/bulk_api_2_0_ingest.htm

    with CsvFile(directory, ["Id", "Rating"]) as file:
        file.write([record_id, "Hot"])
    for part in file.close():
        outcome = BulkIngest(session).run("Account", "update", part.path, rows=part.rows)

A job is created, gets its file in exactly one PUT, is closed, and only then starts. So everything before the
closing can be thrown away and done again without harm, and that is what happens when an answer gets lost.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final, Literal

from salesforce_abm.bulk.jobs import (
    BulkJob,
    create_error,
    get_job,
    parse_job,
    set_state,
    wait_for,
)
from salesforce_abm.bulk.outcome import IngestOutcome, download_outcome
from salesforce_abm.csvio import read_rows
from salesforce_abm.errors import ApiError, NotFound, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from salesforce_abm.session import Session

Operation = Literal["insert", "update", "upsert", "delete", "hardDelete"]

UPLOADS: Final = 4
"""Jobs tried for one file, each but the last lost to a broken upload."""


class BulkIngest:
    """Writes records through Bulk API 2.0.

    Args:
        session: the signed-in session.
        sleep: pauses between polls and tries, seconds; default: the session's own.
    """

    def __init__(self, session: Session, *, sleep: Callable[[float], object] | None = None) -> None:
        self._session = session
        self._sleep = sleep or session.sleep

    def run(
        self,
        sobject: str,
        operation: Operation,
        csv_path: Path,
        *,
        external_id: str | None = None,
        assignment_rule_id: str | None = None,
        rows: int | None = None,
        on_job: Callable[[BulkJob], object] | None = None,
    ) -> IngestOutcome:
        """Upload one file and wait for its results; a dozen API calls, more for long jobs.

        Args:
            sobject: API name of the object.
            operation: what to do with each row.
            csv_path: from `csvio.CsvFile`; the result files are put beside it.
            external_id: the field to match on, for `upsert`.
            assignment_rule_id: the rule to run; none runs otherwise.
            rows: rows in the file, when known; counted otherwise.
            on_job: told the job after each step and poll. Once it is told `UploadComplete`, the job runs
                whatever happens here: a caller that keeps its id can `resume` it.

        Returns:
            The verdicts. A job that failed as a whole has `outcome.error`, and rows it did first.

        Raises:
            ApiError: Salesforce refused the job (`InvalidType`, `NotSupported`, ...).
            TransientError: the connection stayed broken. With `outcome_unknown` the job may be running.
            DataError: the result files do not agree with the job.
        """
        tell = on_job or (lambda _job: None)
        job = self.upload(
            sobject, operation, csv_path, external_id=external_id, assignment_rule_id=assignment_rule_id
        )
        tell(job)
        job = self.close(job)
        tell(job)
        return self.resume(
            job, csv_path.parent, rows=count_rows(csv_path) if rows is None else rows, on_job=on_job
        )

    def resume(
        self,
        job: BulkJob,
        directory: Path,
        *,
        rows: int,
        on_job: Callable[[BulkJob], object] | None = None,
    ) -> IngestOutcome:
        """Wait for a closed job and fetch its results; arguments as in `run`."""
        job = wait_for(self._session, job, sleep=self._sleep, on_poll=on_job)
        return download_outcome(self._session, job, directory, uploaded=rows, sleep=self._sleep)

    def create(
        self,
        sobject: str,
        operation: Operation,
        *,
        external_id: str | None = None,
        assignment_rule_id: str | None = None,
    ) -> BulkJob:
        """Create an empty job: one API call. An empty job does nothing and dies after a day."""
        body = {
            "object": sobject,
            "operation": operation,
            "externalIdFieldName": external_id,
            "assignmentRuleId": assignment_rule_id,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        try:
            answer = self._session.request(
                "POST",
                f"{self._root}/jobs/ingest",
                kind="bulk_job",
                json={key: value for key, value in body.items() if value is not None},
                idempotent=True,
            )
        except ApiError as error:
            better = create_error(error)
            if better is error:
                raise
            raise better from error
        return parse_job(answer.content)

    def upload(
        self,
        sobject: str,
        operation: Operation,
        csv_path: Path,
        *,
        external_id: str | None = None,
        assignment_rule_id: str | None = None,
    ) -> BulkJob:
        """Create a job and give it its file; it does not start before `close`.

        Salesforce takes one PUT a job. After a PUT whose answer was lost nobody knows what arrived, so that
        job is aborted and a new one made.
        """
        attempt = 0
        while True:
            attempt += 1
            job = self.create(
                sobject, operation, external_id=external_id, assignment_rule_id=assignment_rule_id
            )
            try:
                with csv_path.open("rb") as file:
                    self._put(job, file)
            except TransientError:
                self._abandon(job)
                if attempt == UPLOADS:
                    raise
                self._sleep(float(2 ** (attempt - 1)))
            else:
                return job

    def close(self, job: BulkJob) -> BulkJob:
        """Say that the upload is complete; the job starts. A lost answer is looked up, not guessed."""
        try:
            return set_state(self._session, job, "UploadComplete")
        except TransientError:
            known = get_job(self._session, job)
            return known if known.state != "Open" else set_state(self._session, job, "UploadComplete")
        except ApiError as error:
            if error.code != "INVALIDJOBSTATE":
                raise
            return get_job(self._session, job)  # the first request had arrived, the repeated one was refused

    def get(self, job_id: str) -> BulkJob:
        """Describe a job that an earlier run made: one API call."""
        return parse_job(
            self._session.request("GET", f"{self._root}/jobs/ingest/{job_id}", kind="bulk_poll").content
        )

    def abort(self, job: BulkJob) -> BulkJob:
        """Stop a job. Rows it has done stay done; one that has ended already stays as it is."""
        try:
            return set_state(self._session, job, "Aborted")
        except ApiError as error:
            if error.code != "INVALIDJOBSTATE":
                raise
            return get_job(self._session, job)

    def delete(self, job: BulkJob) -> None:
        """Remove a finished job and its files; one that is gone already is fine."""
        try:
            self._session.request("DELETE", job.path, kind="bulk_job", idempotent=True)
        except NotFound:
            return

    @property
    def _root(self) -> str:
        return f"/services/data/v{self._session.api_version}"

    def _put(self, job: BulkJob, file: IO[bytes]) -> None:
        path = f"/{job.content_url.lstrip('/')}" if job.content_url else f"{job.path}/batches"
        self._session.request(
            "PUT", path, kind="bulk_upload", data=file, headers={"Content-Type": "text/csv"}, idempotent=False
        )

    def _abandon(self, job: BulkJob) -> None:
        """Abort a job that will not be used; if that fails too, it dies unclosed after a day."""
        try:
            self.abort(job)
        except (ApiError, TransientError):
            return


def count_rows(path: Path) -> int:
    """Count the rows of an upload file, without its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return max(sum(1 for row in read_rows(file) if row) - 1, 0)
