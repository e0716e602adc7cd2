"""The answer to a query, as the REST and Bulk layers read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OpenList: TypeAlias = "Callable[[QueryResult, int], str]"


class QueryResult(Protocol):
    """A query that has run: which records it found, in which order.

    The records found are fixed when the query runs; their field values are read when a page is asked for, and
    records deleted meanwhile drop out of their page, as Salesforce's cursors do.
    """

    @property
    def total_size(self) -> int:
        """Records found (`totalSize`); for `COUNT()` the count itself."""
        ...

    @property
    def sobject(self) -> str:
        """The object in FROM, in its canonical case."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The selected paths in their canonical case, or aliases: the header of a Bulk result."""
        ...

    @property
    def is_count(self) -> bool:
        """Whether this is `SELECT COUNT() FROM ...`, which has a size and no records."""
        ...

    @property
    def is_aggregate(self) -> bool:
        """Whether the records are `AggregateResult` rows, which cannot be paged."""
        ...

    def records(
        self, start: int, size: int, *, version: str, open_list: OpenList | None = None
    ) -> list[dict[str, Any]]:
        """Return one page in REST's JSON shape.

        Args:
            start: index of the page's first record among all records found.
            size: most records to return.
            version: API version for the URLs in `attributes`, such as `60.0`.
            open_list: where given, child lists are cut after `size` records; it is called with all records of
                the list and how many are shown, and returns the list's `nextRecordsUrl`.

        Raises:
            SoqlError: `INVALID_QUERY_LOCATOR`: a field the query reads is gone.
        """
        ...

    def csv_rows(self) -> Iterator[list[str]]:
        """Yield the records in Bulk's shape, a list of texts each, without the header; memory stays flat."""
        ...
