"""Reading an object window by window, and helping itself when Salesforce refuses.

What comes out is a sequence of `Lines` (rows to emit), `Done` (everything of a window has been given: the
bookmark may move to its end) and `Paused` (a place inside a window to go on from). What is refused on the way
is put right by `cures`.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from salesforce_abm.errors import ApiError, DataError
from tap_salesforce_abm.cures import Way
from tap_salesforce_abm.fetch import Mark
from tap_salesforce_abm.wide import WideFetcher, part_of

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.fetch import Fetcher, Opened, Source
    from tap_salesforce_abm.fetch_bulk import BulkFetcher
    from tap_salesforce_abm.planner import Planner
    from tap_salesforce_abm.settings import ApiType
    from tap_salesforce_abm.windows import Window

__all__ = ["Done", "Paused", "Reader", "Tools", "Unfinished"]


@dataclass(frozen=True, slots=True)
class Done:
    """A window has been read to its end.

    Attributes:
        window: which.
        rows: how many rows it had.
        high: upper bound of the run that asked for it, when that was an earlier one.
    """

    window: Window
    rows: int
    high: datetime | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """A window has been read to a place from which a later run can go on.

    Attributes:
        window: which.
        mark: the place.
        query: fingerprint of the query.
    """

    window: Window
    mark: Mark
    query: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A window that an earlier run did not read to its end.

    Attributes:
        paused: how far it came.
        high: upper bound of that run.
        then: the windows to read after it, when it can be gone on with.
    """

    paused: Paused
    high: datetime
    then: tuple[Window, ...]


@dataclass(slots=True)
class Allowance:
    """What a run has found out about the org's allowances.

    Attributes:
        no_more_jobs: the day's Bulk jobs are used up.
    """

    no_more_jobs: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What a reader works with, shared by all streams of a run.

    Attributes:
        planner: chooses how a read goes.
        rest: reads windows by REST.
        bulk: reads windows by Bulk API 2.0, and goes on where an earlier run stopped.
        workers: opens windows ahead of time.
        ahead: how many windows to open ahead.
        fields_of: names the fields an object has now, lower case.
        allowance: what the streams of a run tell each other.
    """

    planner: Planner
    rest: Fetcher
    bulk: BulkFetcher
    workers: Executor
    ahead: int
    fields_of: Callable[[str], frozenset[str]]
    allowance: Allowance = field(default_factory=Allowance)


class Reader:
    """Reads one object.

    Args:
        tools: see there.
        source: what to read.
        windows: from where to where; each is planned on its own, in order.
        api: how, if that goes.
        log: the stream's log.
        unfinished: what to go on with first, if it is still there.

    Attributes:
        expected: about how many rows there are, None until that is known.
    """

    def __init__(
        self,
        tools: Tools,
        source: Source,
        windows: Sequence[Window],
        api: ApiType,
        log: logging.Logger,
        *,
        unfinished: Unfinished | None = None,
    ) -> None:
        self._tools = tools
        self._way = Way(tools, source, api, log)
        self._log = log
        self._unplanned = deque(windows)
        self._queue: deque[Window] = deque()
        self._opened: dict[Window, Future[Opened] | Opened] = {}
        self._unfinished = unfinished
        self._rows = 0
        self.expected: int | None = None

    def events(self) -> Iterator[Lines | Paused | Done]:
        """Read everything.

        Raises:
            SalesforceAbmError: this read cannot go on; windows reported done are good.
        """
        try:
            if self._unfinished is not None:
                yield from self._go_on(self._unfinished)
            while self._queue or self._unplanned:
                if not self._queue:
                    self._plan()
                    continue
                window = self._queue.popleft()
                rows = 0
                try:
                    opened = self._open(window)
                    for item in opened.lines():
                        if isinstance(item, Mark):
                            yield Paused(window, item, self._way.source.fingerprint(window))
                        else:
                            rows += item.count
                            yield item
                except (ApiError, DataError) as error:
                    self._queue.extendleft(reversed(self._way.cure(error, window)))
                    self._forget()
                else:
                    self._rows += rows
                    if window.whole:
                        yield Done(window, self._rows)
                        self._rows = 0
        finally:
            self._forget()

    @property
    def may_share(self) -> bool:
        """Whether the first request is a REST query that can travel with those of other streams."""
        fresh = bool(self._unplanned) and self._unfinished is None
        return fresh and self._tools.planner.may_share(self._way.source, self._unplanned[0], self._way.api)

    def first_query(self) -> tuple[Source, Window]:
        """Say what the first request asks for."""
        return self._way.source, self._unplanned[0]

    def prepare(self) -> None:
        """Do the first step, which an earlier stream's reading may hide; safe in another thread.

        Errors are kept for `events`.
        """
        if self._unfinished is not None:
            return
        try:
            self._plan()
            if self._way.bulk and self._queue and self._queue[0] not in self._opened:
                window = self._queue[0]
                self._opened[window] = self._tools.workers.submit(
                    self._tools.bulk.open, self._way.source, window
                )
        except Exception:  # noqa: BLE001 - `events` makes the same request and meets the same error
            self._log.debug("Reading ahead failed; it is tried again in turn", exc_info=True)

    def _go_on(self, unfinished: Unfinished) -> Iterator[Lines | Paused | Done]:
        """Read the rest of a window, if its results are still there; else it is read anew with the others."""
        window, mark = unfinished.paused.window, unfinished.paused.mark
        if unfinished.paused.query != self._way.source.fingerprint(window):
            return  # other columns are wanted now
        rows = mark.rows
        try:
            opened = self._tools.bulk.resume(self._way.source, mark)
            if opened is None:
                return
            self._log.info("Going on with %s after %s rows", window, f"{rows:,}")
            for item in opened.lines():
                if isinstance(item, Mark):
                    yield Paused(window, item, unfinished.paused.query)
                else:
                    rows += item.count
                    yield item
        except (ApiError, DataError) as error:
            self._log.warning("Could not go on with %s, reading it anew: %s", window, error)
            return
        yield Done(window, rows, unfinished.high)
        self._unplanned = deque(unfinished.then)

    # Planning and opening

    def _plan(self) -> None:
        if self._queue or not self._unplanned:
            return
        window = self._unplanned[0]
        try:
            api = "REST" if self._tools.allowance.no_more_jobs else self._way.api
            source = (
                self._way.source if self._way.parts == 1 else part_of(self._way.source, self._way.parts, 0)
            )
            plan = self._tools.planner.plan(source, window, api, self._log)
        except (ApiError, DataError) as error:
            cured = self._way.cure(error, window)
            self._unplanned.popleft()
            self._unplanned.extendleft(reversed(cured))
            return
        self._unplanned.popleft()
        self._way.bulk = plan.bulk
        if plan.total is not None:
            self.expected = (self.expected or 0) + plan.total
        self._queue.extend(plan.windows)
        if plan.opened is not None and self._way.parts == 1:
            self._opened[plan.windows[0]] = plan.opened

    def _open(self, window: Window) -> Opened:
        fetcher: Fetcher = self._tools.bulk if self._way.bulk else self._tools.rest
        if self._way.parts > 1:
            fetcher = WideFetcher(fetcher, self._tools.rest, self._way.parts)
        known = self._opened.pop(window, None)
        # The next windows' jobs run, or their first pages come, while this one is read.
        for following in islice(self._queue, self._tools.ahead):
            if following not in self._opened:
                self._opened[following] = self._tools.workers.submit(
                    fetcher.open, self._way.source, following
                )
        if known is None:
            return fetcher.open(self._way.source, window)
        return known.result() if isinstance(known, Future) else known

    def _forget(self) -> None:
        """Give up what was opened ahead, for it asks what is no longer wanted."""
        for opened in self._opened.values():
            if not isinstance(opened, Future):
                opened.close()
            elif not opened.cancel():
                opened.add_done_callback(_close)
        self._opened.clear()


def _close(future: Future[Opened]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()
