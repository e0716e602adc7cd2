"""Reading windows through Bulk API 2.0 query jobs: few requests for many rows, after a wait for the job."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from salesforce_abm.bulk.query import BulkQuery
from salesforce_abm.errors import SalesforceAbmError
from tap_salesforce_abm.decode_csv import CsvCodec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesforce_abm.bulk.jobs import BulkJob
    from salesforce_abm.session import Session
    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.fetch import Opened, Source
    from tap_salesforce_abm.windows import Window

__all__ = ["BulkFetcher"]


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


class _BulkRead:
    """A complete job."""

    def __init__(self, bulk: BulkQuery, job: BulkJob, source: Source, concurrency: int) -> None:
        self._bulk = bulk
        self._job = job
        self._layout = source.layout
        self._concurrency = concurrency

    @property
    def total(self) -> int | None:
        """See `Opened.total`."""
        return self._job.records_processed

    def lines(self) -> Iterator[Lines]:
        """See `Opened.lines`; rows come in no order."""
        codec = CsvCodec(self._layout)
        for page in self._bulk.pages(self._job, concurrency=self._concurrency):
            if page.header or page.expected:
                codec.check_header(page.header)
            yield from codec.chunks(page.rows)
        self.close()

    def close(self) -> None:
        """Remove the job and its results, which count against the org's storage for Bulk results."""
        try:
            self._bulk.delete(self._job.id)
        except SalesforceAbmError as error:
            # Salesforce removes it after seven days; not worth failing a read that is complete.
            logging.getLogger(__name__).debug("Could not remove %s: %s", self._job, error)
