"""Reading windows through Bulk API 2.0 query jobs: few requests for many rows, after a wait for the job."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from salesforce_abm.bulk.query import BulkQuery
from salesforce_abm.errors import DataError, InvalidLocator, NotFound, SalesforceAbmError
from tap_salesforce_abm.decode_csv import CsvCodec
from tap_salesforce_abm.fetch import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesforce_abm.bulk.jobs import BulkJob
    from salesforce_abm.session import Session
    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.fetch import Opened, Source
    from tap_salesforce_abm.windows import Window

__all__ = ["PAGE_ROWS", "BulkFetcher"]

PAGE_ROWS: Final = 50_000
"""Rows of a result page: after each, STATE says where to go on."""


class BulkFetcher:
    """Reads windows by Bulk API 2.0.

    Args:
        session: the signed-in session.
        concurrency: result pages fetched side by side.
    """

    def __init__(self, session: Session, concurrency: int) -> None:
        self._bulk = BulkQuery(session)
        self._concurrency = concurrency

    def open(self, source: Source, window: Window) -> Opened:
        """Run a window's job to its end; see `Fetcher.open`."""
        job = self._bulk.create(source.soql(window), all_rows=source.all_rows)
        return _BulkRead(self._bulk, self._bulk.wait(job), source, self._concurrency)

    def resume(self, source: Source, mark: Mark) -> Opened | None:
        """Go on where an earlier run stopped reading a job's results.

        Args:
            source: what is read; the same query as then.
            mark: where it stopped.

        Returns:
            The rest of the window; None when the job is not there any more, or did not end well.
        """
        try:
            job = self._bulk.get(mark.job)
        except (NotFound, InvalidLocator):
            return None
        if job.state != "JobComplete":
            return None
        return _BulkRead(self._bulk, job, source, self._concurrency, mark)


class _BulkRead:
    """A complete job, or what is left of it to read."""

    def __init__(
        self, bulk: BulkQuery, job: BulkJob, source: Source, concurrency: int, mark: Mark | None = None
    ) -> None:
        self._bulk = bulk
        self._job = job
        self._layout = source.layout
        self._concurrency = concurrency
        self._mark = mark or Mark(job.id, None, 0)

    @property
    def total(self) -> int | None:
        """See `Opened.total`."""
        return self._job.records_processed

    def lines(self) -> Iterator[Lines | Mark]:
        """See `Opened.lines`; rows come in no order."""
        codec = CsvCodec(self._layout, encoding="latin-1")
        rows, locator = self._mark.rows, self._mark.locator
        yield self._mark
        pages = self._bulk.pages(
            self._job,
            max_records=PAGE_ROWS,
            locator=locator,
            concurrency=self._concurrency,
            encoding="latin-1",
        )
        for page in pages:
            if page.header or page.expected:
                codec.check_header(page.header)
            for batch in page.batches:
                lines = codec.encode(batch)
                rows += lines.count
                yield lines
            if page.next_locator is not None:
                yield Mark(self._job.id, page.next_locator, rows)
        if self.total not in (None, rows):
            raise DataError(f"{self._job}: {rows} rows came, the job has {self.total}")
        self.close()

    def close(self) -> None:
        """Remove the job and its results, which count against the org's storage for Bulk results."""
        try:
            self._bulk.delete(self._job.id)
        except SalesforceAbmError as error:
            # Salesforce removes it after seven days; not worth failing a read that is complete.
            logging.getLogger(__name__).debug("Could not remove %s: %s", self._job, error)
