"""Asynchronous runs, and how many runs an hour allows."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_org import ids
from local_org.reports.errors import ReportError, forbidden, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_org.org import Org
    from local_org.reports.engine import Result
    from local_org.security import User

Json = dict[str, Any]
LIFE = dt.timedelta(hours=24)
MAX_LISTED = 2000
_HOUR = dt.timedelta(hours=1)
_API = "Reports and Dashboards REST API"


@dataclass(slots=True)
class Instance:
    """One asynchronous run.

    Attributes:
        id: `0LG...`.
        report_id: of which report.
        report_name: its name.
        owner_id: who asked for it.
        details: with detail rows.
        requested: when.
        polls_left: how often a look at it still finds it running.
        completed: when its result was first there to be fetched.
        document: the result without `attributes`.
        failed: the run came to nothing.
    """

    id: str
    report_id: str
    report_name: str
    owner_id: str
    details: bool
    requested: dt.datetime
    polls_left: int
    completed: dt.datetime | None = None
    document: Json = field(default_factory=dict)
    failed: bool = False

    @property
    def status(self) -> str:
        """`Running`, `Success` or `Error`; only the answer to its creation says `New`."""
        if self.completed is None:
            return "Running"
        return "Error" if self.failed else "Success"


class Instances:
    """The asynchronous runs of an org, for 24 hours, and the counters of all runs."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._lock = threading.Lock()
        self._known: dict[str, Instance] = {}
        self._runs: dict[str, deque[dt.datetime]] = {}

    @contextmanager
    def synchronous(self) -> Iterator[None]:
        """Counts a synchronous run while it lasts.

        Raises:
            ReportError: 403 when the hour's runs are used up, or too many are under way.
        """
        self._count("HourlySyncReportRuns", "synchronously")
        with self._concurrent("ConcurrentSyncReportRuns", "to run reports synchronously"):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Counts the reading of an asynchronous result.

        Raises:
            ReportError: 403 when too many are read at the same time.
        """
        name = "ConcurrentAsyncGetReportInstances"
        with self._concurrent(name, "to get results of reports run asynchronously"):
            yield

    def start(self, user: User, report_id: str, *, details: bool, run: Callable[[], Result]) -> Instance:
        """Runs a report for later.

        A request that could never be run is refused at once; a run that breaks shows as `Error` later.

        Args:
            user: who asks.
            report_id: 18-character Id.
            details: with detail rows.
            run: does the work.

        Raises:
            ReportError: 403 beyond the hour's runs; and what `run` refuses as a bad request.
        """
        self._count("HourlyAsyncReportRuns", "asynchronously")
        document: Json = {}
        name = ""
        failed = False
        try:
            result = run()
            document, name = result.document, result.definition.name
        except ReportError as error:
            if error.status < 500 or error.status == 501:
                raise
            failed = True
        instance = Instance(
            self._org.store.ids.next("0LG"),
            report_id,
            name,
            user.id,
            details,
            self._org.now(),
            self._org.behaviour.polls,
            document=document,
            failed=failed,
        )
        with self._lock:
            self._known[instance.id] = instance
        return instance

    def look(self, report_id: str, instance_id: str) -> Instance:
        """An asynchronous run; each look brings it nearer to its end.

        Raises:
            ReportError: 404 when it is unknown or older than a day.
        """
        with self._lock:
            instance = self._find(report_id, instance_id)
            self._advance(instance)
            return instance

    def of(self, report_id: str) -> list[Instance]:
        """The runs of a report, the latest first."""
        with self._lock:
            found = [
                item for item in self._known.values() if item.report_id == report_id and self._fresh(item)
            ]
            for item in found:
                self._advance(item)
        return sorted(found, key=lambda item: (item.requested, item.id), reverse=True)[:MAX_LISTED]

    def delete(self, report_id: str, instance_id: str) -> None:
        """Forgets a run.

        Raises:
            ReportError: 404 when it is unknown.
        """
        with self._lock:
            del self._known[self._find(report_id, instance_id).id]

    def _find(self, report_id: str, instance_id: str) -> Instance:
        whole = ids.normalise(instance_id) if ids.is_id(instance_id) else ""
        instance = self._known.get(whole)
        if instance is None or instance.report_id != report_id or not self._fresh(instance):
            raise not_found()
        return instance

    def _fresh(self, instance: Instance) -> bool:
        return self._org.now() - instance.requested < LIFE

    def _advance(self, instance: Instance) -> None:
        if instance.completed is None:
            if instance.polls_left > 0:
                instance.polls_left -= 1
            else:
                instance.completed = self._org.now()

    def _count(self, name: str, how: str) -> None:
        """Takes one run from the hour's allowance; runs older than an hour are given back."""
        limits, now = self._org.limits, self._org.now()
        with self._lock:
            runs = self._runs.setdefault(name, deque())
            while runs and now - runs[0] >= _HOUR:
                runs.popleft()
                limits.use(name, -1)
            if limits.enforced and limits.remaining(name) <= 0:
                maximum = limits.maxima[name]
                often = f"You can't run more than {maximum} reports {how} every 60 minutes."
                raise forbidden(f"{often} Try again later.")
            runs.append(now)
            limits.use(name)

    @contextmanager
    def _concurrent(self, name: str, what: str) -> Iterator[None]:
        limits = self._org.limits
        with self._lock:
            if limits.enforced and limits.remaining(name) <= 0:
                only = f"it can accept only as many as {limits.maxima[name]} requests at a time {what}."
                raise forbidden(f"{_API} can't process the request because {only}")
            limits.use(name)
        try:
            yield
        finally:
            limits.use(name, -1)


def handle(instance: Instance, prefix: str, *, fresh: bool = False) -> Json:
    """An asynchronous run as it is listed; `fresh`: as the answer to its creation."""
    done = None if fresh or instance.completed is None else instance.completed
    return {
        "id": instance.id,
        "status": "New" if fresh else instance.status,
        "requestDate": _zulu(instance.requested),
        "completionDate": done and _zulu(done),
        "ownerId": instance.owner_id,
        "hasDetailRows": instance.details,
        "queryable": False,
        "url": f"{prefix}/analytics/reports/{instance.report_id}/instances/{instance.id}",
    }


def document(instance: Instance) -> Json:
    """An asynchronous run with its result, once it has one."""
    attributes = {
        "id": instance.id,
        "reportId": instance.report_id,
        "reportName": instance.report_name,
        "status": instance.status,
        "requestDate": _zulu(instance.requested),
        "completionDate": instance.completed and _zulu(instance.completed),
        "ownerId": instance.owner_id,
        "queryable": False,
        "type": "ReportInstance",
    }
    if instance.status == "Success":
        return {"attributes": attributes, **instance.document}
    return {"attributes": attributes, "allData": False, "factMap": None, "reportMetadata": None}


def _zulu(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
