"""One Bulk job, and the keys its JSON has in each state (they come and go, as recorded answers show)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from local_org.clock import rest, stored

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from local_org.jobs.query import ResultFile
    from local_org.soql import QueryResult

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


class State(StrEnum):
    """Where a job is in its life."""

    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


FINAL = frozenset({State.COMPLETE, State.FAILED, State.ABORTED})


@dataclass(slots=True)
class Job:
    """A query or ingest job.

    Attributes:
        kind: `query` or `ingest`.
        version: API version it was created with; results are served to that version only.
        polls_left: status requests that still find it unfinished.
        uploaded: the ingest file; None before the upload.
        folder: where its files lie.
        query: the query, found rows fixed, of a query job.
        done: set when it will not change any more.
        abort: asks the running job to stop.
        running: set while a worker has it.
    """

    id: str
    kind: str
    operation: str
    object: str
    user_id: str
    version: str
    created: datetime
    modified: datetime
    state: State
    folder: Path
    delimiter: str = "COMMA"
    line_ending: str = "LF"
    external_id_field: str | None = None
    assignment_rule_id: str | None = None
    error_message: str | None = None
    processed: int = 0
    failed: int = 0
    retries: int = 0
    milliseconds: int = 0
    polls_left: int = 0
    uploaded: Path | None = None
    query: QueryResult | None = None
    result: ResultFile | None = None
    done: threading.Event = field(default_factory=threading.Event)
    abort: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def move(self, state: State, when: datetime) -> None:
        """Change state; `systemModstamp` moves along."""
        with self.lock:
            self.state = state
            self.modified = when

    def created_answer(self) -> dict[str, Any]:
        """What creating it answers: no `jobType`, no counters."""
        return self._head() | self._upload_place() | self._dialect()

    def closed_answer(self) -> dict[str, Any]:
        """What PATCH answers for ingest jobs: the short form."""
        return self._head()

    def listed(self) -> dict[str, Any]:
        """Its entry in a list of jobs: no counters."""
        return self._head() | self._type() | self._upload_place() | self._dialect()

    def answer(self) -> dict[str, Any]:
        """What asking for it answers now."""
        with self.lock:
            value = self.listed() | self._counters()
            if self.error_message is not None:
                value["errorMessage"] = self.error_message
            return value

    def _head(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.user_id,
            "createdDate": rest(stored(self.created)),
            "systemModstamp": rest(stored(self.modified)),
            "state": self.state.value,
        }
        if self.external_id_field is not None:
            value["externalIdFieldName"] = self.external_id_field
        if self.assignment_rule_id is not None:
            value["assignmentRuleId"] = self.assignment_rule_id
        return value | {
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
        }

    def _type(self) -> dict[str, Any]:
        return {"jobType": "V2Query" if self.kind == "query" else "V2Ingest"}

    def _upload_place(self) -> dict[str, Any]:
        if self.kind == "ingest" and self.state is State.OPEN:
            return {"contentUrl": f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"}
        return {}

    def _dialect(self) -> dict[str, Any]:
        return {"lineEnding": self.line_ending, "columnDelimiter": self.delimiter}

    def _counters(self) -> dict[str, Any]:
        times = {"retries": self.retries, "totalProcessingTime": self.milliseconds}
        if self.kind == "query":
            return {"numberRecordsProcessed": self.processed} | times
        counts = {"numberRecordsProcessed": self.processed, "numberRecordsFailed": self.failed}
        if self.state is State.OPEN and self.uploaded is None:
            counts = {}
        more = {"apiActiveProcessingTime": self.milliseconds, "apexProcessingTime": 0}
        return counts | times | more
