"""Reading one window of one object: what the two APIs have in common.

A fetcher opens a window and gives it back ready to be read. Opening is the slow part that needs no attention
(a REST query's first page, a Bulk job's whole run) and may happen ahead of time in a worker thread; reading
happens in the one thread that emits.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from salesforce_abm.soql import Select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.layout import Layout
    from tap_salesforce_abm.windows import Window

__all__ = ["Fetcher", "Mark", "Nothing", "Opened", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """What is read, whichever way.

    Attributes:
        layout: the columns.
        key: replication key; None for an object that is read whole.
        all_rows: deleted and archived rows too.
        conditions: further SOQL conditions.
        limit: most rows, None for all.
        version: timestamp that tells two versions of a row apart; None when the object has none.
    """

    layout: Layout
    key: str | None
    all_rows: bool
    conditions: tuple[str, ...] = ()
    limit: int | None = None
    version: str | None = None

    def where(self, window: Window) -> tuple[str, ...]:
        """Write the conditions that pick a window's rows."""
        return (*window.conditions(self.key), *self.conditions)

    def soql(self, window: Window) -> str:
        """Write the query for a window's rows."""
        return Select(
            self.layout.fields, self.layout.sobject, where=self.where(window), limit=self.limit
        ).render()

    def fingerprint(self, window: Window) -> str:
        """Give a short text that differs when the query for a window does."""
        query = f"{self.soql(window)} {self.all_rows}"
        return hashlib.blake2b(query.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a window from which a later run can go on: everything before it has been given.

    Attributes:
        job: Bulk job whose results are read.
        locator: of the page that comes next; None for the first.
        rows: how many rows have been given.
    """

    job: str
    locator: str | None
    rows: int


class Opened(Protocol):
    """A window that is ready to be read."""

    @property
    def total(self) -> int | None:
        """How many rows Salesforce says it has; None if it did not say."""

    def lines(self) -> Iterator[Lines | Mark]:
        """Give the rows, and where the API allows, places to go on from.

        Raises:
            DataError: other rows came than Salesforce announced.
            ApiError, TransientError: reading went wrong on the way; rows given so far are good.
        """

    def close(self) -> None:
        """Give up what was opened and not read."""


class Nothing:
    """A window that was counted and has no rows."""

    total = 0

    def lines(self) -> Iterator[Lines | Mark]:
        """See `Opened.lines`."""
        return iter(())

    def close(self) -> None:
        """See `Opened.close`."""


class Fetcher(Protocol):
    """One of the two ways to read."""

    def open(self, source: Source, window: Window) -> Opened:
        """Ask for a window.

        Raises:
            ApiError: Salesforce refuses (`QueryTimeout`, `InvalidField`, `NotSupported`, ...).
        """
