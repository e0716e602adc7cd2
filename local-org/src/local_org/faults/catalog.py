"""All faults by name: `org.faults.status(503, times=2, path="/query")`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from local_org.faults.core import Fault, FaultList
from local_org.faults.data import ChangeRow, DeleteRow, HideField, HideObject, LateCommit, RemoveField
from local_org.faults.jobs import JobEnds
from local_org.faults.network import Latency, Reset, Status, Truncate
from local_org.faults.sessions import ExpireSessions

if TYPE_CHECKING:
    from datetime import datetime

    from local_org.jobs.job import Job
    from local_org.org import Org


class Faults(FaultList):
    """The faults of one org.

    Every method takes the matching of `Fault` as keywords too: `method`, `path`, `skip`, `times`.
    """

    KINDS: ClassVar[dict[str, type[Fault]]] = {
        kind.kind: kind
        for kind in (
            Latency,
            Status,
            Reset,
            Truncate,
            ExpireSessions,
            JobEnds,
            ChangeRow,
            DeleteRow,
            LateCommit,
            RemoveField,
            HideField,
            HideObject,
        )
    }

    def __init__(self, org: Org) -> None:
        super().__init__()
        self._org = org

    def named(self, kind: str, options: dict[str, Any]) -> Fault:
        """Switch a fault on by its name, as the admin API and the command line do.

        Raises:
            ValueError: no such fault, or an option it does not have.
        """
        if kind not in self.KINDS:
            raise ValueError(f"no fault is called {kind!r}: there are {', '.join(sorted(self.KINDS))}")
        made = self.KINDS[kind]
        known = {item.name for item in dataclasses.fields(made) if item.init}
        unknown = sorted(set(options) - known)
        if unknown:
            raise ValueError(f"{kind} has no option {unknown[0]!r}: it has {', '.join(sorted(known))}")
        try:
            return self.add(made(**options))
        except TypeError as error:
            raise ValueError(f"{kind}: {error}") from None

    def latency(self, seconds: float, **match: Any) -> Fault:
        """Answer so much later."""
        return self.add(Latency(seconds, **match))

    def status(
        self, status: int, code: str | None = None, message: str | None = None, **options: Any
    ) -> Fault:
        """Answer with this status; see `Status` for `retry_after`, `body`, `when`."""
        return self.add(Status(status, code, message, **options))

    def reset(self, when: Literal["before", "after"] = "before", **match: Any) -> Fault:
        """Drop the connection before or after the effect."""
        return self.add(Reset(when, **match))

    def truncate(self, keep: int = 100, *, whole_length: bool = False, **match: Any) -> Fault:
        """Cut the body after so many bytes."""
        return self.add(Truncate(keep, whole_length, **match))

    def expire_session(self, *, everybody: bool = False, **match: Any) -> Fault:
        """End the session of the next matching request (or all sessions) before it is answered."""
        return self.add(ExpireSessions(everybody, **match))

    def expire_all_sessions(self) -> int:
        """End all sessions now."""
        return self._org.sessions.expire_all()

    def job(
        self,
        outcome: Literal["Failed", "Aborted", "Stuck"] = "Failed",
        message: str = "InternalServerError : Retried more than 15 times",
        **options: Any,
    ) -> Fault:
        """Let the next Bulk job end so; see `JobEnds` for `after_rows`, `job_kind`, `sobject`."""
        return self.add(JobEnds(outcome, message, **options))

    def for_job(self, job: Job) -> JobEnds | None:
        """The fault that strikes this job, counted."""
        return next(iter(self.striking_other(JobEnds, lambda fault: fault.fits(job))), None)

    def change_row(self, sobject: str, record_id: str, values: dict[str, Any], **match: Any) -> Fault:
        """Change a row after the next matching request."""
        return self.add(ChangeRow(sobject, record_id, values, **match))

    def delete_row(self, sobject: str, record_id: str, **match: Any) -> Fault:
        """Delete a row after the next matching request."""
        return self.add(DeleteRow(sobject, record_id, **match))

    def late_commit(
        self,
        sobject: str,
        values: dict[str, Any],
        *,
        modified: datetime,
        record_id: str = "",
        **match: Any,
    ) -> Fault:
        """Make a row visible after the next matching request, with stamps of an earlier moment."""
        return self.add(LateCommit(sobject, record_id, values, modified, **match))

    def remove_field(self, sobject: str, name: str, **match: Any) -> Fault:
        """Delete a custom field after the next matching request."""
        return self.add(RemoveField(sobject, name, **match))

    def hide_field(self, sobject: str, name: str, **match: Any) -> Fault:
        """Take away the right to a field after the next matching request."""
        return self.add(HideField(sobject, name, **match))

    def hide_object(self, sobject: str, **match: Any) -> Fault:
        """Take away the right to an object after the next matching request."""
        return self.add(HideObject(sobject, **match))

    # --- at once, not at a request ----------------------------------------------------------------

    def lock(self, record_id: str, times: int | None = 1) -> None:
        """Let so many writes to a row, or to its children, end with UNABLE_TO_LOCK_ROW; None is all."""
        self._org.locks.lock(record_id, times)

    def quota(self, remaining: int) -> None:
        """Leave only so many API requests for today."""
        self._org.limits.set_remaining(remaining)
