"""Bookmarks: where the last run stopped, how far back this one starts, and what goes into STATE.

STATE of one stream, as the SDK and Meltano keep it:

    {"replication_key": "SystemModstamp",
     "replication_key_value": "2024-05-01T00:00:00.000Z",   every row before this moment has been emitted
     "high": "2024-05-19T12:00:00.000Z",                    upper bound of the run that wrote it
     "deleted_to": "2024-05-19T12:00:00.000Z",              purged rows are known up to here
     "window": {"start", "end", "high", "job", "locator", "rows", "query"}}   see `Paused`; gone when finished

After a finished run both moments are equal and the next run starts `lookback_window` before them, because a
transaction can commit rows that carry an earlier timestamp. After an interrupted run the bookmark is the end
of the last finished window. That window was read when rows before `high - lookback_window` could no longer
appear, so the next run starts at the bookmark itself, unless it lies behind that moment: what was finished is
not read twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm import times
from tap_salesforce_abm.fetch import Mark
from tap_salesforce_abm.reader import Paused
from tap_salesforce_abm.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from datetime import datetime, timedelta

__all__ = ["Bookmark", "advance", "pause", "paused_at", "understand"]

_OLDER_TAPS: Final = ("SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime")
# What the MeltanoLabs and singer-io taps keep beside the bookmark, about Bulk 1 jobs long gone.
_OLDER_TAPS_EXTRA: Final = (
    "JobID",
    "BatchIDs",
    "JobHighestBookmarkSeen",
    "version",
    "initial_full_table_complete",
)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What STATE says about a stream.

    Attributes:
        value: every row before this moment has been emitted; None at the beginning.
        high: upper bound of the run that moved it there, None when another tap wrote the STATE.
        deleted_to: deletions are known up to here.
    """

    value: datetime | None = None
    high: datetime | None = None
    deleted_to: datetime | None = None

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Bookmark:
        """Read a stream's part of STATE; moments in any spelling.

        Raises:
            ValueError: a bookmark that is not a moment.
        """
        return cls(*(_moment(state.get(name)) for name in ("replication_key_value", "high", "deleted_to")))

    def start(self, *, lookback: timedelta, start_date: datetime | None) -> datetime | None:
        """Say where an incremental read begins; None is the beginning of time."""
        if self.value is None:
            return start_date
        settled = (self.high or self.value) - lookback
        start = min(self.value, settled)
        return start if start_date is None else max(start, start_date)


def advance(state: MutableMapping[str, Any], key: str, end: datetime, high: datetime) -> bool:
    """Move a stream's bookmark to the end of a finished window, never back.

    Args:
        state: the stream's part of STATE, changed in place.
        key: the replication key.
        end: end of the window.
        high: upper bound of this run.

    Returns:
        Whether the bookmark moved. The overlap with an earlier run moves it only once it is behind.
    """
    before = _moment(state.get("replication_key_value"))
    if before is not None and end < before:
        state.pop("window", None)
        return False
    state.pop("window", None)
    state["replication_key"] = key
    state["replication_key_value"] = times.format_datetime(end)
    state["high"] = times.format_datetime(high)
    return True


def pause(state: MutableMapping[str, Any], paused: Paused, high: datetime) -> None:
    """Note how far an open window has been read.

    Args:
        state: the stream's part of STATE, changed in place.
        paused: how far.
        high: upper bound of the run that asked for the window.
    """
    window, mark = paused.window, paused.mark
    state["window"] = {
        "start": times.format_datetime(window.start) if window.start else None,
        "end": times.format_datetime(window.end) if window.end else None,
        "high": times.format_datetime(high),
        "job": mark.job,
        "locator": mark.locator,
        "rows": mark.rows,
        "query": paused.query,
    }


def paused_at(state: Mapping[str, Any]) -> tuple[Paused, datetime] | None:
    """Read how far an open window has been read, and the upper bound of that run; None when none is open."""
    kept = state.get("window")
    if not isinstance(kept, dict) or not kept.get("job") or not kept.get("end"):
        return None
    window = Window(_moment(kept.get("start")), _moment(kept["end"]))
    mark = Mark(str(kept["job"]), kept.get("locator"), int(kept.get("rows") or 0))
    high = _moment(kept.get("high"))
    return (Paused(window, mark, str(kept.get("query"))), high) if high is not None else None


def understand(state: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a stream's STATE of an older tap; the SDK's own shape comes back as it is.

    The MeltanoLabs and singer-io taps write `{"SystemModstamp": "2024-05-19T00:00:00.000000Z"}`.
    """
    result = {name: value for name, value in state.items() if name not in _OLDER_TAPS_EXTRA}
    for key in _OLDER_TAPS:
        value = result.pop(key, None)
        if value and not result.get("replication_key_value"):
            result["replication_key"] = key
            result["replication_key_value"] = times.canonical(str(value))
    return result


def _moment(value: Any) -> datetime | None:
    return times.parse_datetime(str(value)) if value else None
