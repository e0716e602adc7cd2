"""The org's clock and the text forms of its moments.

Salesforce keeps times in UTC with whole seconds; `YYYY-MM-DDTHH:MM:SSZ` sorts as it reads, so it is what the
store keeps.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta


class Clock:
    """Tells the org what time it is; tests and demos can set or shift it.

    Frozen (`set`) it stands still until shifted; otherwise it runs with the machine's clock plus the shift.
    """

    def __init__(self, frozen: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._frozen = frozen.astimezone(UTC) if frozen else None
        self._shift = timedelta()

    def now(self) -> datetime:
        """Return the current moment, in UTC."""
        with self._lock:
            base = self._frozen if self._frozen is not None else datetime.now(UTC)
            return base + self._shift

    def today(self) -> date:
        """Return the current UTC date."""
        return self.now().date()

    def stamp(self) -> str:
        """Return the current moment as stored text, whole seconds."""
        return stored(self.now())

    def set(self, moment: datetime) -> None:
        """Stand still at `moment`.

        Raises:
            ValueError: The moment has no time zone.
        """
        if moment.tzinfo is None:
            raise ValueError("the clock needs a moment with a time zone")
        with self._lock:
            self._frozen = moment.astimezone(UTC)
            self._shift = timedelta()

    def shift(self, by: timedelta) -> None:
        """Move by a span, forwards or backwards, running or frozen."""
        with self._lock:
            self._shift += by

    def run(self) -> None:
        """Follow the machine's clock again."""
        with self._lock:
            self._frozen = None
            self._shift = timedelta()


def stored(moment: datetime) -> str:
    """Return a moment as the store keeps it, cut to whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_stored(text: str) -> datetime:
    """Return the moment of stored text."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def rest(text: str | None) -> str | None:
    """Return stored datetime text as REST writes it: `2024-01-31T12:00:00.000+0000`."""
    return None if text is None else text[:19] + ".000+0000"


def bulk(text: str | None) -> str:
    """Return stored datetime text as Bulk CSV writes it: `2024-01-31T12:00:00.000Z`."""
    return "" if text is None else text[:19] + ".000Z"


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP headers write it."""
    # strftime would use the machine's locale for the names.
    utc = moment.astimezone(UTC)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[utc.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[
        utc.month - 1
    ]
    return f"{day}, {utc.day:02d} {month} {utc.year} {utc.hour:02d}:{utc.minute:02d}:{utc.second:02d} GMT"


def midnight(day: date) -> datetime:
    """Return the first moment of a UTC day."""
    return datetime.combine(day, time(), UTC)
