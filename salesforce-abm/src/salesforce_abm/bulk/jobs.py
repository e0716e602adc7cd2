"""Bulk API 2.0 jobs: what Salesforce says about one, waiting for it, and why it failed.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_intro.htm
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from salesforce_abm.codes import CODES
from salesforce_abm.errors import ApiError, DataError, NotSupported, TransientError, api_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from salesforce_abm.session import Session

Kind = Literal["query", "ingest"]

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 30.0
GROWTH: Final = 1.5
"""Polls of a job: after half a second, then ever later, at most every half minute: 130 calls an hour."""

LONGEST_WAIT: Final = 24 * 3600.0
"""Seconds after which a job is given up: Salesforce itself drops unfinished jobs after a day."""

_DONE = frozenset({"JobComplete", "Failed", "Aborted"})
_FIRST_WORD = re.compile(r"\s*([A-Za-z_]{4,})\s*:")
_CODES_INSIDE = re.compile(r"\b[A-Z][A-Z_]{5,}\b")
_TIMED_OUT = re.compile(r"QUERY_TIMEOUT|retried more than|Failed to write query result", re.IGNORECASE)
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"No such column|Didn.t understand relationship .* in field path"), "INVALID_FIELD"),
    (re.compile(r"sObject type '.*' is not supported"), "INVALID_TYPE"),
)


class BulkJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One job, as Salesforce last described it. Keys come and go with the state, so most may be None."""

    id: str
    state: str
    operation: str = ""
    object: str = ""
    api_version: float | str = 0.0
    created_date: str | None = None
    system_modstamp: str | None = None
    error_message: str | None = None
    records_processed: int | None = msgspec.field(default=None, name="numberRecordsProcessed")
    records_failed: int | None = msgspec.field(default=None, name="numberRecordsFailed")
    retries: int | None = None
    total_processing_time: int | None = None
    content_url: str | None = None
    external_id_field_name: str | None = None
    assignment_rule_id: str | None = None

    @property
    def done(self) -> bool:
        """Whether the job has ended, well or badly."""
        return self.state in _DONE

    @property
    def kind(self) -> Kind:
        """Which of the two families of jobs it belongs to."""
        return "query" if self.operation in {"query", "queryAll"} else "ingest"

    @property
    def path(self) -> str:
        """Where the job lives. The version is the job's own: another one answers 409."""
        return f"/services/data/v{float(self.api_version):.1f}/jobs/{self.kind}/{self.id}"

    def __str__(self) -> str:
        return f"bulk {self.operation} of {self.object} (job {self.id})"


def parse_job(body: bytes) -> BulkJob:
    """Decode a job document.

    Raises:
        DataError: it is not one.
    """
    try:
        return msgspec.json.decode(body, type=BulkJob)
    except msgspec.DecodeError as error:
        raise DataError(f"the answer is not a description of a bulk job: {error}") from error


def get_job(session: Session, job: BulkJob) -> BulkJob:
    """Ask for a job's present state: one API call."""
    return parse_job(session.request("GET", job.path, kind="bulk_poll").content)


def set_state(session: Session, job: BulkJob, state: str) -> BulkJob:
    """Close or abort a job; the answer is a shortened job, so the known one is brought up to date."""
    answer = session.request("PATCH", job.path, kind="bulk_job", json={"state": state}, idempotent=True)
    return msgspec.structs.replace(job, state=parse_job(answer.content).state)


def delays() -> Iterator[float]:
    """Give the pauses between polls, in seconds, without end."""
    delay = FIRST_DELAY
    while True:
        yield delay
        delay = min(delay * GROWTH, LONGEST_DELAY)


def wait_for(
    session: Session,
    job: BulkJob,
    *,
    sleep: Callable[[float], object],
    on_poll: Callable[[BulkJob], object] | None = None,
) -> BulkJob:
    """Poll a job until it has ended.

    Args:
        session: the session the job was made with.
        job: the job; one that is known to have ended is not asked about again.
        sleep: pauses between polls.
        on_poll: told the job after each poll.

    Returns:
        The job in state `JobComplete`, `Failed` or `Aborted`.

    Raises:
        TransientError: it has not ended after a day.
    """
    waited = 0.0
    pauses = delays()
    while not job.done:
        if waited > LONGEST_WAIT:
            raise TransientError(f"{job} is still {job.state} after a day", outcome_unknown=True)
        pause = next(pauses)
        sleep(pause)  # before the first poll too: no job ends within the request that makes it
        waited += pause
        job = get_job(session, job)
        if on_poll is not None:
            on_poll(job)
    return job


def job_error(job: BulkJob) -> ApiError:
    """Turn a failed or aborted job into the error a caller can act on, by the words of `errorMessage`."""
    message = job.error_message or f"the job ended as {job.state} and Salesforce gave no reason"
    return api_error(200, _code_in(message, job.state), message, operation=str(job))


def create_error(error: ApiError) -> ApiError:
    """Read a refused creation of a job.

    A 403 here means that only Bulk refuses, and REST may serve. (The 403 of a spent quota never comes this
    far: the session makes it a `QuotaError`.)

    Returns:
        `NotSupported`, or the error as it was.
    """
    if error.status == 403 and not isinstance(error, NotSupported):
        return NotSupported(
            error.status, error.code, error.detail, request_id=error.request_id, operation=error.operation
        )
    return error


def _code_in(message: str, state: str) -> str:
    if _TIMED_OUT.search(message):
        return "QUERY_TIMEOUT"
    for words, code in _WORDS:
        if words.search(message):
            return code
    for code in _CODES_INSIDE.findall(message):
        if code in CODES:
            return str(code)
    first = _FIRST_WORD.match(message)
    if first and first[1] in CODES:
        return first[1]
    return "JOB_ABORTED" if state == "Aborted" else "JOB_FAILED"
