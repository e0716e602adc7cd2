"""Cutting a read into windows of time: pure arithmetic, no requests.

A window is `[start, end)` of the replication key. Windows of one read follow each other without gap or
overlap, whatever they were cut by, so that a bookmark at the end of one is the start of the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from salesforce_abm import times
from salesforce_abm.ids import to18
from salesforce_abm.soql import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_salesforce_abm.settings import Shard

__all__ = ["EPOCH", "Slot", "Window", "floor_second", "merge", "months", "split_evenly"]

EPOCH: Final = datetime(1999, 1, 1, tzinfo=UTC)
"""No row is older: Salesforce was founded in 1999. The lower end where halving needs one."""

_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Rows whose replication key is in `[start, end)`.

    Attributes:
        start: first moment, None for no lower bound.
        end: first moment no longer in the window; None, for a full-table read, is no bound at all.
        expected: about how many rows it has, None when nobody counted.
        ids: only rows whose Id is in `[first, second)`, where time cannot be cut finer; None is no bound.
        whole: whether its end is the end of a stretch of time: of several parts by Id only the last.
    """

    start: datetime | None
    end: datetime | None
    expected: int | None = None
    ids: tuple[str | None, str | None] = (None, None)
    whole: bool = True

    def conditions(self, key: str | None) -> tuple[str, ...]:
        """Write the window as SOQL conditions, on the replication key if there is one, and on the Id."""
        bounds = []
        if key is not None and self.start is not None:
            bounds.append(f"{key} >= {times.format_datetime(self.start)}")
        if key is not None and self.end is not None:
            bounds.append(f"{key} < {times.format_datetime(self.end)}")
        first, last = self.ids
        if first is not None:
            bounds.append(f"Id >= {quote(first)}")
        if last is not None:
            bounds.append(f"Id < {quote(last)}")
        return tuple(bounds)

    @property
    def is_empty(self) -> bool:
        """Whether no moment lies in the window."""
        return self.start is not None and self.end is not None and self.start >= self.end

    def halves(self) -> tuple[Window, Window] | None:
        """Cut in the middle at a whole second, Salesforce keeping no finer time; None when there is none."""
        if self.end is None:
            return None
        start = self.start if self.start is not None else EPOCH
        seconds = int((self.end - start) / _SECOND)
        middle = floor_second(start + _SECOND * ((seconds + 1) // 2))
        if not start < middle < self.end:
            return None
        return replace(self, end=middle, expected=None), replace(self, start=middle, expected=None)

    def halves_by_id(self, lowest: str, highest: str) -> tuple[Window, Window] | None:
        """Cut in two by Id; None when no Id lies between the bounds.

        Salesforce cuts big tables the same way (PK chunking). Whatever order it compares Ids in, a row is on
        exactly one side of the cut.

        Args:
            lowest: the object's first Id, where the window has no lower bound of its own.
            highest: its last Id.
        """
        first, last = self.ids
        low, high = _number(first or lowest), _number(last or highest)
        middle = (low + high + 1) // 2
        if not low < middle < high + (last is None):
            return None
        cut = to18((first or lowest)[:3] + _text(middle))
        return (
            replace(self, expected=None, ids=(first, cut), whole=False),
            replace(self, expected=None, ids=(cut, last)),
        )

    def __str__(self) -> str:
        if self.ids != (None, None):
            part = replace(self, ids=(None, None))
            return f"{part}, Ids {self.ids[0] or 'from the first'} to {self.ids[1] or 'the last'}"
        start = times.format_datetime(self.start) if self.start else "the beginning"
        end = times.format_datetime(self.end) if self.end else "the end"
        return f"{start} to {end}"


@dataclass(frozen=True, slots=True)
class Slot:
    """How many rows lie in a stretch of time."""

    start: datetime
    end: datetime
    count: int


_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _number(identifier: str) -> int:
    """Read what follows the three characters of the object's prefix in an Id as a number."""
    number = 0
    for digit in identifier[3:15]:
        number = number * len(_DIGITS) + _DIGITS.index(digit)
    return number


def _text(number: int) -> str:
    digits = []
    for _ in range(12):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def floor_second(moment: datetime) -> datetime:
    """Cut off the fraction of a second."""
    return moment.replace(microsecond=0)


def merge(window: Window, slots: Sequence[Slot], rows: int) -> list[Window]:
    """Cut a window so that each part has about a wanted number of rows.

    Args:
        window: what to cut; its end is set.
        slots: counted stretches in order of time. What lies between them has no rows.
        rows: wanted size; a slot that has more on its own becomes a window on its own.

    Returns:
        Windows in order that cover the given one exactly.
    """
    inner = [slot for slot in slots if slot.count > 0]
    cuts: list[tuple[datetime, int]] = []
    filled = 0
    for slot in inner:
        if filled and filled + slot.count > rows:
            cuts.append((slot.start, filled))
            filled = 0
        filled += slot.count
    windows = []
    start = window.start
    for cut, count in cuts:
        if (start is None or start < cut) and (window.end is None or cut < window.end):
            windows.append(Window(start, cut, count))
            start = cut
    windows.append(Window(start, window.end, filled))
    return windows


def split_evenly(window: Window, parts: int) -> list[Window]:
    """Cut a window into stretches of equal time, for want of counts."""
    if window.end is None or parts < 2:
        return [window]
    start = window.start if window.start is not None else EPOCH
    step = (window.end - start) / parts
    cuts = sorted({floor_second(start + step * number) for number in range(1, parts)})
    windows = []
    lower = window.start
    for cut in cuts:
        if (lower or EPOCH) < cut < window.end:
            windows.append(Window(lower, cut))
            lower = cut
    return [*windows, Window(lower, window.end)]


def months(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the calendar months (UTC) that `[start, end)` touches: its first moment and the next one's."""
    month = start.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < end:
        following = (month + timedelta(days=32)).replace(day=1)
        yield month, following
        month = following


def of_shard(windows: Iterable[Window], shard: Shard) -> list[Window]:
    """Keep a shard's part of some windows.

    Parts are made of whole calendar months (UTC), dealt out in turn: a rule that needs no knowledge of the
    data, so processes that start at different moments agree on it, and every change of a row falls to
    exactly one of them.
    """
    kept: list[Window] = []
    for window in windows:
        start = window.start if window.start is not None else EPOCH
        end = window.end
        if end is None:
            raise ValueError("a window without an end cannot be cut by months")
        for first, following in months(start, end):
            if (first.year * 12 + first.month) % shard.count != shard.index:
                continue
            lower, upper = max(first, start), min(following, end)
            # Nothing is older than the epoch, but the first part keeps an open start open.
            kept.append(Window(None if window.start is None and lower == EPOCH else lower, upper))
    return kept
