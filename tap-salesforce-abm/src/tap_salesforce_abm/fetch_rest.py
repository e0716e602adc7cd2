"""Reading windows through REST queries: one request for 2,000 rows, the right tool for small reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from salesforce_abm.query import Query
from tap_salesforce_abm.decode_json import JsonCodec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from salesforce_abm.query import QueryPage
    from salesforce_abm.session import Session
    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.fetch import Mark, Opened, Source
    from tap_salesforce_abm.windows import Window

__all__ = ["RestFetcher"]

_SMALLEST_PAGE: Final = 200


class RestFetcher:
    """Reads windows by REST.

    Args:
        session: the signed-in session.
        workers: fetches the next page while one is emitted.
    """

    def __init__(self, session: Session, workers: Executor) -> None:
        self._session = session
        self._query = Query(session)
        self._workers = workers
        self._fetched: dict[tuple[str, bool], QueryPage] = {}

    def prefetch(self, wanted: Sequence[tuple[Source, Window]]) -> None:
        """Fetch the first pages of several windows, five for one API call; `open` finds them.

        A query that is refused is left out: opened in its turn it says why.

        Raises:
            SalesforceAbmError: the request as a whole was refused.
        """
        for all_rows in (True, False):
            queries = [source.soql(window) for source, window in wanted if source.all_rows is all_rows]
            for soql, page in zip(queries, self._query.first_pages(queries, all_rows=all_rows), strict=True):
                if page is not None:
                    self._fetched[soql, all_rows] = page

    def open(self, source: Source, window: Window) -> Opened:
        """Fetch a window's first page; see `Fetcher.open`."""
        # Rows with bodies cost a request each: small pages keep the first row from waiting for 2,000 of them.
        size = _SMALLEST_PAGE if source.layout.has_bodies else 2000
        soql = source.soql(window)
        first = self._fetched.pop((soql, source.all_rows), None)
        pages = self._query.pages(soql, all_rows=source.all_rows, batch_size=size, first=first)
        body = self._body if source.layout.has_bodies else None
        return _RestRead(next(pages), pages, JsonCodec(source.layout, body), self._workers)

    def _body(self, url: str) -> bytes:
        """Download the content of a base64 field from the address that a query gives for it."""
        content: bytes = self._session.request("GET", url, kind="retrieve").content
        return content


class _RestRead:
    """A query whose first page is there."""

    def __init__(
        self, first: QueryPage, rest: Iterator[QueryPage], codec: JsonCodec, workers: Executor
    ) -> None:
        self._first = first
        self._rest = rest
        self._codec = codec
        self._workers = workers

    @property
    def total(self) -> int | None:
        """See `Opened.total`."""
        return self._first.total_size

    def lines(self) -> Iterator[Lines | Mark]:
        """See `Opened.lines`."""
        page: QueryPage | None = self._first
        while page is not None:
            ahead: Future[QueryPage | None] | Callable[[], QueryPage | None]
            # The last page too is followed by a look for more: that is when the counts are compared.
            ahead = self._next if page.done else self._workers.submit(self._next).result
            if page.count:
                yield from self._codec.parts(page.raw)
            page = ahead()

    def close(self) -> None:
        """See `Opened.close`: a query has nothing to give back."""

    def _next(self) -> QueryPage | None:
        return next(self._rest, None)
