"""Choosing how a read goes: REST or Bulk, in one window or in many.

The fewest requests that tell enough are made:

* `AUTO` opens the read by REST first. The first page says how many rows there are; up to
  `bulk_threshold_rows` it is the first of the read, so a small read costs nothing extra.
* A first read (no bookmark) of an object that `/limits/recordCount` knows to be big goes to Bulk at once. One
  request tells the counts of all objects.
* Reads of more than `window_rows` are cut by grouped counts (months, then days and hours where those are too
  many), which is one request a level.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm import times
from salesforce_abm.errors import ApiError, QueryTimeout
from salesforce_abm.limits import Limits
from salesforce_abm.query import Query
from salesforce_abm.soql import Select
from tap_salesforce_abm.fetch import Nothing
from tap_salesforce_abm.windows import EPOCH, Slot, Window, merge, split_evenly

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Sequence

    from salesforce_abm.session import Session
    from tap_salesforce_abm.fetch import Fetcher, Opened, Source
    from tap_salesforce_abm.settings import ApiType, TapSettings

__all__ = ["Plan", "Planner", "RecordCounts"]

_FIRST_PAGE: Final = 2000
"""Rows of a first page: an object known to have more is read on its own."""
_GROUPS: Final = 2000
"""Groups an aggregate query may return: there is no second page."""
_MANY_REQUESTS: Final = 40
"""Counts made at most to cut one read where groups are not to be had."""


class RecordCounts:
    """About how many rows each object has: one request for all of them, when the first is asked for.

    `/limits/recordCount` is an estimate that ignores sharing and deleted rows, and leaves objects out.

    Args:
        session: the signed-in session.
        names: the objects of interest.
    """

    def __init__(self, session: Session, names: Iterable[str]) -> None:
        self._session = session
        self._names = tuple(names)
        self._lock = threading.Lock()
        self._counts: dict[str, int] | None = None

    def of(self, sobject: str) -> int | None:
        """Give an object's count, None when it is not known."""
        with self._lock:
            if self._counts is None:
                self._counts = self._ask()
            return self._counts.get(sobject)

    def _ask(self) -> dict[str, int]:
        try:
            return Limits(self._session).record_counts(self._names)
        except (ApiError, KeyError, TypeError, ValueError):
            # Not every user may ask. The plan then rests on the first page of each query.
            return {}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a read goes.

    Attributes:
        bulk: by Bulk API 2.0, else by REST.
        windows: in order, covering the read without gap or overlap.
        opened: the first window, already open.
        total: about how many rows there are, None when nobody counted.
    """

    bulk: bool
    windows: tuple[Window, ...]
    opened: Opened | None = None
    total: int | None = None


class Planner:
    """Plans reads.

    Args:
        session: the signed-in session.
        settings: the tap's settings.
        counts: the counts of the run's objects.
        rest: opens windows by REST.
    """

    def __init__(self, session: Session, settings: TapSettings, counts: RecordCounts, rest: Fetcher) -> None:
        self._query = Query(session)
        self._settings = settings
        self._counts = counts
        self._rest = rest

    def plan(self, source: Source, window: Window, api: ApiType, log: logging.Logger) -> Plan:
        """Plan the read of one window.

        Args:
            source: what is read.
            window: from where to where.
            api: the setting, or what is left of it after one API has refused this read.
            log: the stream's log.

        Raises:
            ApiError: Salesforce refuses the read.
        """
        if source.limit is not None or source.layout.has_bodies:
            return Plan(bulk=False, windows=(window,))
        first_read = window.start is None
        known = self._counts.of(source.layout.sobject) if first_read else None
        big = known is not None and known > self._settings.bulk_threshold_rows
        if api == "REST" or (api == "AUTO" and not big):
            opened = self._rest.open(source, window)
            total = opened.total or 0
            most = self._settings.window_rows
            if api == "AUTO":
                most = min(most, self._settings.bulk_threshold_rows)
            if total <= most:
                return Plan(bulk=False, windows=(window,), opened=opened, total=total)
            opened.close()
        else:
            # The estimate is good enough to see that a read is big; a small one is counted.
            total = known if big and known is not None else self._count(source, window)
            if not total:
                return Plan(bulk=False, windows=(window,), opened=Nothing())
        windows = self._cut(source, window, total)
        bulk = api == "BULK2" or (api == "AUTO" and total > self._settings.bulk_threshold_rows)
        log.info(
            "%s: about %s rows, by %s in %s",
            source.layout.sobject,
            f"{total:,}",
            "Bulk API 2.0" if bulk else "REST",
            "one window" if len(windows) == 1 else f"{len(windows)} windows",
        )
        return Plan(bulk=bulk, windows=tuple(windows), total=total)

    def may_share(self, source: Source, window: Window, api: ApiType) -> bool:
        """Say whether a read will begin with a REST query whose first page is likely to be small."""
        if source.limit is not None or source.layout.has_bodies or api == "BULK2":
            return False
        if window.start is not None:
            return True
        known = self._counts.of(source.layout.sobject)
        return known is None or known <= _FIRST_PAGE

    def first_and_last_id(self, sobject: str) -> tuple[str, str] | None:
        """Find an object's first and last Id; None when it has no rows."""
        found = []
        for order in ("ASC", "DESC"):
            soql = Select(("Id",), sobject, order_by=(f"Id {order}",), limit=1).render()
            found += [str(record["Id"]) for record in self._query.records(soql)]
        return (found[0], found[1]) if len(found) == 2 else None

    def _count(self, source: Source, window: Window) -> int:
        soql = Select(("COUNT()",), source.layout.sobject, where=source.where(window)).render()
        return self._query.count(soql, all_rows=source.all_rows)

    # Cutting

    def _cut(self, source: Source, window: Window, total: int) -> list[Window]:
        rows = self._settings.window_rows
        if source.key is None or window.end is None or total <= rows:
            return [window]
        try:
            return merge(window, self._slots(source, window), rows)
        except QueryTimeout:
            # Too many rows even to be counted by groups.
            return split_evenly(window, math.ceil(total / rows))
        except ApiError:
            # An object or a key that cannot be grouped by.
            return merge(window, list(self._halve(source, window, total, _Budget())), rows)

    def _slots(self, source: Source, window: Window) -> list[Slot]:
        """Count by month, and by day and hour where there are too many rows in one."""
        slots: list[Slot] = []
        for month in self._grouped(source, window, _BY_MONTH):
            if month.count <= self._settings.window_rows:
                slots.append(month)
                continue
            for day in self._grouped(source, _within(window, month), _BY_DAY):
                if day.count <= self._settings.window_rows:
                    slots.append(day)
                else:
                    slots += self._grouped(source, _within(window, day), _BY_HOUR)
        return slots

    def _grouped(self, source: Source, window: Window, by: _Grouping) -> list[Slot]:
        key = str(source.key)
        groups = [expression.format(key=key) for expression in by.expressions]
        names = tuple(f"{group} g{number}" for number, group in enumerate(groups))
        select = Select((*names, "COUNT(Id) n"), source.layout.sobject, where=source.where(window))
        soql = f"{select.render()} GROUP BY {', '.join(groups)} LIMIT {_GROUPS}"
        found = list(self._query.records(soql, all_rows=source.all_rows))
        slots = []
        for record in found:
            values = [record.get(f"g{number}") for number in range(len(groups))]
            if None not in values:
                start, end = by.bounds(values)
                slots.append(Slot(start, end, int(record["n"])))
        return sorted(slots, key=lambda slot: slot.start)

    def _halve(self, source: Source, window: Window, total: int, budget: _Budget) -> Iterable[Slot]:
        """Count halves of halves, until each is small enough."""
        halves = window.halves()
        if total <= self._settings.window_rows or halves is None or budget.spent():
            yield Slot(window.start or EPOCH, window.end or EPOCH, total)
            return
        first, second = halves
        count = min(self._count(source, first), total)
        yield from self._halve(source, first, count, budget)
        yield from self._halve(source, second, total - count, budget)


class _Budget:
    """How many more counts may be made."""

    def __init__(self) -> None:
        self._left = _MANY_REQUESTS

    def spent(self) -> bool:
        """Take one; tell whether there was none left."""
        self._left -= 1
        return self._left < 0


@dataclass(frozen=True, slots=True)
class _Grouping:
    """A way to group rows by their timestamp, all in UTC.

    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_date_functions.htm
    """

    expressions: tuple[str, ...]
    bounds: Callable[[Sequence[Any]], tuple[datetime, datetime]]


def _month(values: Sequence[Any]) -> tuple[datetime, datetime]:
    start = datetime(int(values[0]), int(values[1]), 1, tzinfo=UTC)
    return start, (start + timedelta(days=32)).replace(day=1)


def _day(values: Sequence[Any]) -> tuple[datetime, datetime]:
    start = times.parse_datetime(str(values[0]))
    return start, start + timedelta(days=1)


def _hour(values: Sequence[Any]) -> tuple[datetime, datetime]:
    start = times.parse_datetime(str(values[0])) + timedelta(hours=int(values[1]))
    return start, start + timedelta(hours=1)


_BY_MONTH: Final = _Grouping(("CALENDAR_YEAR({key})", "CALENDAR_MONTH({key})"), _month)
_BY_DAY: Final = _Grouping(("DAY_ONLY({key})",), _day)
_BY_HOUR: Final = _Grouping(("DAY_ONLY({key})", "HOUR_IN_DAY({key})"), _hour)


def _within(window: Window, slot: Slot) -> Window:
    """Give the part of a slot that lies in a window."""
    start = slot.start if window.start is None else max(slot.start, window.start)
    end = slot.end if window.end is None else min(slot.end, window.end)
    return Window(start, end)
