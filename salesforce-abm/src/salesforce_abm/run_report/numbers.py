"""Moments, spans and ages as people write them."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ago", "day", "duration", "moment", "short"]


def moment(at: datetime) -> str:
    """Write a moment: `21 Nov 2026, 20:59 UTC`."""
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def day(at: datetime) -> str:
    """Write a moment where there is little room: `21 Nov 20:59`."""
    return f"{at.astimezone(UTC):%d %b %H:%M}"


def duration(seconds: float) -> str:
    """Write a span: `1.5 s`, `2 min 5 s`, `3 h 10 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def short(seconds: float) -> str:
    """Write a span where there is little room: `40 s`, `6.5 min`."""
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7_200 else f"{seconds / 3_600:.3g} h"


def ago(now: datetime, at: datetime) -> str:
    """Write an age: `12 minutes ago`."""
    seconds = max((now - at).total_seconds(), 0)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
