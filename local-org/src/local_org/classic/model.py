"""Jobs of Bulk API 1.0 and their batches."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from local_org.dml.outcome import RowOutcome
    from local_org.org import Org
    from local_org.soql import QueryResult


@dataclass(slots=True, eq=False)
class Batch:
    """One batch: a query, or rows to write.

    Attributes:
        state: Queued, InProgress, Completed, Failed or NotProcessed.
        message: why it failed or was not processed.
        body: what was sent.
        result: rows found by a query.
        result_id: the one result of a query, 15 characters.
        outcomes: what became of the rows, in the order they were sent.
        done: set when it will not change any more.
    """

    id: str
    created: datetime
    modified: datetime
    body: bytes = b""
    state: str = "Queued"
    message: str | None = None
    processed: int = 0
    failed: int = 0
    milliseconds: int = 0
    result: QueryResult | None = None
    result_id: str = ""
    outcomes: list[RowOutcome] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True, eq=False)
class ClassicJob:
    """One job.

    Attributes:
        content_type: CSV, JSON or XML.
        chunk_size: rows per PK chunk; None without PK chunking.
        state: Open, Closed or Aborted.
    """

    id: str
    operation: str
    object: str
    user_id: str
    version: str
    content_type: str
    created: datetime
    modified: datetime
    external_id_field: str | None = None
    assignment_rule_id: str | None = None
    chunk_size: int | None = None
    state: str = "Open"
    batches: list[Batch] = field(default_factory=list)

    @property
    def is_query(self) -> bool:
        """Whether its batches are queries."""
        return self.operation in {"query", "queryAll"}

    def batch(self, batch_id: str) -> Batch | None:
        """The batch of that id, with 15 or 18 characters."""
        return next((batch for batch in self.batches if batch.id[:15] == batch_id[:15]), None)

    def count(self, state: str) -> int:
        """How many batches are in a state."""
        return sum(batch.state == state for batch in self.batches)


class ClassicJobs:
    """The jobs of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs: dict[str, ClassicJob] = {}

    def add(self, job: ClassicJob) -> ClassicJob:
        """Keep a job."""
        self._jobs[job.id[:15]] = job
        return job

    def find(self, job_id: str) -> ClassicJob | None:
        """The job of that id, with 15 or 18 characters, unless it is too old."""
        job = self._jobs.get(job_id[:15])
        if job is not None and self._org.clock.now() - job.created > self._org.behaviour.job_life:
            return None
        return job

    def new_batch(self, job: ClassicJob, body: bytes = b"") -> Batch:
        """Add a batch to a job."""
        now = self._org.clock.now()
        batch = Batch(self._org.store.ids.next("751"), now, now, body)
        job.batches.append(batch)
        return batch
