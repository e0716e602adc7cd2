"""Bulk jobs that end badly, or never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from local_org.faults.core import Fault

if TYPE_CHECKING:
    from local_org.http.messages import Request
    from local_org.jobs.job import Job


@dataclass(slots=True)
class JobEnds(Fault):
    """A Bulk job does not complete. Strikes jobs, not requests: `times` counts jobs.

    Attributes:
        outcome: `Failed` and `Aborted` end it; `Stuck` leaves it InProgress until it is aborted.
        message: its `errorMessage`.
        after_rows: rows that are processed before.
        job_kind: `query` or `ingest`; None is both.
        sobject: only jobs on this object.
    """

    kind: ClassVar[str] = "job"
    outcome: Literal["Failed", "Aborted", "Stuck"] = "Failed"
    message: str = "InternalServerError : Retried more than 15 times"
    after_rows: int = 0
    job_kind: Literal["query", "ingest"] | None = None
    sobject: str | None = None

    def concerns(self, request: Request) -> bool:
        """No request: it waits for jobs."""
        del request
        return False

    def fits(self, job: Job) -> bool:
        """Whether it is about such a job."""
        if self.job_kind not in {None, job.kind}:
            return False
        return self.sobject is None or self.sobject.lower() == job.object.lower()
