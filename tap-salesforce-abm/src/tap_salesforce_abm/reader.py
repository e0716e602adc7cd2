"""Reading an object window by window, and helping itself when Salesforce refuses.

What comes out is a sequence of `Lines` (rows to emit), `Done` (everything of a window has been given: the
bookmark may move to its end) and `Paused` (a place inside a window to go on from). Put right on the way:

* a query that times out is cut in two and read in halves, by time and in the end by Id;
* an object or query that Bulk refuses is read by REST, and one too wide for a REST request by Bulk;
* columns too many for one query are read in parts;
* a field that is gone since it was described is dropped with one warning and stays null;
* a window whose counts do not agree is read once more before the stream fails.
"""

from __future__ import annotations

import re
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from salesforce_abm.errors import (
    ApiError,
    DataError,
    InvalidField,
    InvalidLocator,
    NotSupported,
    QueryTimeout,
    RequestTooLong,
)
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

_MOST_PARTS: Final = 16
_NO_SUCH_COLUMN: Final = re.compile(r"No such column '([^']+)'")


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
        self._source = source
        self._api = api
        self._log = log
        self._unplanned = deque(windows)
        self._queue: deque[Window] = deque()
        self._opened: dict[Window, Future[Opened] | Opened] = {}
        self._bulk = False
        self._read_again: set[Window] = set()
        self._unfinished = unfinished
        self._rows = 0
        self._parts = 1
        self.expected: int | None = None
        self._bounds: tuple[str, str] | None = None

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
                            yield Paused(window, item, self._source.fingerprint(window))
                        else:
                            rows += item.count
                            yield item
                except (ApiError, DataError) as error:
                    self._queue.extendleft(reversed(self._cure(error, window)))
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
        return fresh and self._tools.planner.may_share(self._source, self._unplanned[0], self._api)

    def first_query(self) -> tuple[Source, Window]:
        """Say what the first request asks for."""
        return self._source, self._unplanned[0]

    def prepare(self) -> None:
        """Do the first step, which an earlier stream's reading may hide; safe in another thread.

        Errors are kept for `events`.
        """
        if self._unfinished is not None:
            return
        try:
            self._plan()
            if self._bulk and self._queue and self._queue[0] not in self._opened:
                window = self._queue[0]
                self._opened[window] = self._tools.workers.submit(self._tools.bulk.open, self._source, window)
        except Exception:  # noqa: BLE001 - `events` makes the same request and meets the same error
            self._log.debug("Reading ahead failed; it is tried again in turn", exc_info=True)

    def _go_on(self, unfinished: Unfinished) -> Iterator[Lines | Paused | Done]:
        """Read the rest of a window, if its results are still there; else it is read anew with the others."""
        window, mark = unfinished.paused.window, unfinished.paused.mark
        if unfinished.paused.query != self._source.fingerprint(window):
            return  # other columns are wanted now
        rows = mark.rows
        try:
            opened = self._tools.bulk.resume(self._source, mark)
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
            api = "REST" if self._tools.allowance.no_more_jobs else self._api
            source = self._source if self._parts == 1 else part_of(self._source, self._parts, 0)
            plan = self._tools.planner.plan(source, window, api, self._log)
        except (ApiError, DataError) as error:
            cured = self._cure(error, window)
            self._unplanned.popleft()
            self._unplanned.extendleft(reversed(cured))
            return
        self._unplanned.popleft()
        self._bulk = plan.bulk
        if plan.total is not None:
            self.expected = (self.expected or 0) + plan.total
        self._queue.extend(plan.windows)
        if plan.opened is not None and self._parts == 1:
            self._opened[plan.windows[0]] = plan.opened

    def _open(self, window: Window) -> Opened:
        fetcher: Fetcher = self._tools.bulk if self._bulk else self._tools.rest
        if self._parts > 1:
            fetcher = WideFetcher(fetcher, self._tools.rest, self._parts)
        known = self._opened.pop(window, None)
        # The next windows' jobs run, or their first pages come, while this one is read.
        for following in islice(self._queue, self._tools.ahead):
            if following not in self._opened:
                self._opened[following] = self._tools.workers.submit(fetcher.open, self._source, following)
        if known is None:
            return fetcher.open(self._source, window)
        return known.result() if isinstance(known, Future) else known

    def _forget(self) -> None:
        """Give up what was opened ahead, for it asks what is no longer wanted."""
        for opened in self._opened.values():
            if not isinstance(opened, Future):
                opened.close()
            elif not opened.cancel():
                opened.add_done_callback(_close)
        self._opened.clear()

    # Curing

    def _cure(self, error: ApiError | DataError, window: Window) -> Sequence[Window]:
        """Change what is wrong.

        Returns:
            The windows to read in place of the failed one.

        Raises:
            The error itself, when there is no cure.
        """
        if isinstance(error, QueryTimeout) or error.code == "OPERATION_TOO_LARGE":
            # The second is what Tasks and Events answer to users without View All Data.
            return self._halves(error, window)
        if isinstance(error, InvalidField):
            self._drop_fields(error)
        elif isinstance(error, NotSupported) and (self._bulk or self._api != "REST"):
            self._turn_to_rest(error)
        elif isinstance(error, RequestTooLong) and not self._bulk and self._api != "REST":
            self._log.info("%s: too many fields for a REST request, reading by Bulk", window)
            self._api = "BULK2"
            self._bulk = True
        elif self._is_too_wide(error):
            self._parts *= 2
            self._log.warning("Too many columns for one query (%s): reading them in parts", error.code)
        elif isinstance(error, InvalidLocator | DataError) and window not in self._read_again:
            self._read_again.add(window)
            self._log.warning("Reading %s again: %s", window, error)
        else:
            raise error
        return (window,)

    def _is_too_wide(self, error: ApiError | DataError) -> bool:
        complicated = error.code == "QUERY_TOO_COMPLICATED" or isinstance(error, RequestTooLong)
        return complicated and self._parts < _MOST_PARTS and not self._source.layout.has_bodies

    def _halves(self, error: ApiError | DataError, window: Window) -> Sequence[Window]:
        by_time = self._source.key is not None and window.ids == (None, None)
        halves = (window.halves() if by_time else None) or self._halves_by_id(window)
        if halves is None:
            raise error
        self._log.warning("The query for %s was too much (%s): reading it in halves", window, error.code)
        return halves

    def _halves_by_id(self, window: Window) -> tuple[Window, Window] | None:
        sobject = self._source.layout.sobject
        if self._bounds is None:
            self._bounds = self._tools.planner.first_and_last_id(sobject)
        return window.halves_by_id(*self._bounds) if self._bounds else None

    def _turn_to_rest(self, error: NotSupported) -> None:
        if error.code == "LIMIT_EXCEEDED":
            self._tools.allowance.no_more_jobs = True
        self._log.warning("Bulk API 2.0 does not serve this, reading by REST: %s", error.detail)
        self._api = "REST"
        self._bulk = False

    def _drop_fields(self, error: InvalidField) -> None:
        layout = self._source.layout
        present = self._tools.fields_of(layout.sobject)
        lost = [name for name in layout.fields if name.lower() not in present]
        named = _NO_SUCH_COLUMN.search(error.detail)
        if not lost and named:
            # Described, and refused all the same: believe the refusal.
            lost = [name for name in layout.fields if name.lower() == named[1].lower()]
        if not lost or self._source.key in lost or "Id" in lost:
            raise error
        self._log.warning(
            "%s: gone or hidden since it was discovered, its values are null from here on: %s",
            layout.sobject,
            ", ".join(lost),
        )
        self._source = replace(self._source, layout=layout.without(lost))


def _close(future: Future[Opened]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()
