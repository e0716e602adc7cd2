"""Queries whose further pages can still be asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from local_org.clock import Clock
    from local_org.ids import IdFactory
    from local_org.soql import QueryResult

_PREFIX = "01g"
# Salesforce keeps them all; a process has to stop somewhere.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Cursor:
    """One query with more pages.

    Attributes:
        id: 18 characters, the part of the locator before the dash.
        result: the rows.
        user_id: whose it is; nobody else can read it.
        size: rows per page.
        opened: when.
    """

    id: str
    result: QueryResult
    user_id: str
    size: int
    opened: datetime


class Cursors:
    """The open cursors of one org. Safe to use from several threads."""

    def __init__(self, clock: Clock, ids: IdFactory) -> None:
        self._clock = clock
        self._ids = ids
        self._lock = threading.Lock()
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()

    def open(self, result: QueryResult, user_id: str, size: int) -> Cursor:
        """Keep a query for its next pages."""
        cursor = Cursor(self._ids.next(_PREFIX), result, user_id, size, self._clock.now())
        with self._lock:
            self._cursors[cursor.id] = cursor
            while len(self._cursors) > _MOST:
                self._cursors.popitem(last=False)
        return cursor

    def find(self, cursor_id: str, user_id: str, life: timedelta) -> Cursor | None:
        """The cursor, if it is this user's and not too old."""
        with self._lock:
            cursor = self._cursors.get(cursor_id)
            if cursor is None or cursor.user_id != user_id:
                return None
            if self._clock.now() - cursor.opened > life:
                del self._cursors[cursor_id]
                return None
            return cursor

    def expire_all(self) -> int:
        """Forget them all: further pages answer INVALID_QUERY_LOCATOR."""
        with self._lock:
            count = len(self._cursors)
            self._cursors.clear()
            return count

    def __len__(self) -> int:
        return len(self._cursors)
