"""Bulk API 2.0 queries: create, wait, and read the results page by page.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm

    bulk = BulkQuery(session)
    job = bulk.wait(bulk.create("SELECT Id, Name FROM Account"))
    for page in bulk.pages(job):
        for row in page.rows:
            ...

Rows come unordered. A job and its results stay for seven days, so a job id and a locator are all a later
run needs to go on.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from salesforce_abm.bulk.jobs import (
    BulkJob,
    create_error,
    get_job,
    job_error,
    parse_job,
    set_state,
    wait_for,
)
from salesforce_abm.bulk.lookahead import LookAhead, list_locators
from salesforce_abm.bulk.pages import CsvPage, Download, Encoding, PageReader, Source, open_page
from salesforce_abm.errors import ApiError, DataError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from concurrent.futures import Future

    from salesforce_abm.bulk.body import Received
    from salesforce_abm.bulk.lookahead import Spooled
    from salesforce_abm.session import Session

    _Opener = Callable[[Received | None], Source]
    _MakeReader = Callable[[_Opener], PageReader]

MAX_RECORDS: Final = 50_000
"""Rows a page unless told otherwise: large enough that requests do not matter, small enough to read again."""

RESULT_PAGES_SINCE: Final = 58.0
"""First API version with `resultPages`."""


class BulkQuery:
    """Runs SOQL through Bulk API 2.0.

    Args:
        session: the signed-in session.
        sleep: pauses between polls and downloads, seconds; default: the session's own.
    """

    def __init__(self, session: Session, *, sleep: Callable[[float], object] | None = None) -> None:
        self._session = session
        self._sleep = sleep or session.sleep

    def create(self, soql: str, *, all_rows: bool = False) -> BulkJob:
        """Start a query job: one API call.

        A lost answer is asked for again: the worst that can happen is a second job nobody reads.

        Args:
            soql: no aggregates, subqueries, TYPEOF, OFFSET, compound or base64 fields; no ORDER BY or LIMIT
                if it can be helped, they switch off Salesforce's own splitting.
            all_rows: deleted and archived rows too (`queryAll`).

        Raises:
            NotSupported: Bulk refuses this object, query or user; REST may serve.
            QuotaError: the org's allowance is used up.
            ApiError: the query is wrong (`InvalidField`, `InvalidType`, ...).
        """
        body = {
            "operation": "queryAll" if all_rows else "query",
            "query": soql,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        try:
            answer = self._session.request(
                "POST", f"{self._root}/jobs/query", kind="bulk_job", json=body, idempotent=True
            )
        except ApiError as error:
            better = create_error(error)
            if better is error:
                raise
            raise better from error
        return parse_job(answer.content)

    def get(self, job_id: str) -> BulkJob:
        """Describe a job that an earlier run made: one API call.

        Raises:
            NotFound: it is older than seven days or was deleted.
        """
        return parse_job(
            self._session.request("GET", f"{self._root}/jobs/query/{job_id}", kind="bulk_poll").content
        )

    def wait(self, job: BulkJob, *, on_poll: Callable[[BulkJob], object] | None = None) -> BulkJob:
        """Wait until a job is complete, polling ever less often.

        Args:
            job: from `create` or `get`.
            on_poll: told the job after each poll, for progress and for stopping (raise).

        Raises:
            QueryTimeout: it ran too long; a smaller one may not.
            NotSupported: Bulk cannot run it; REST may.
            ApiError: it failed or was aborted for another reason.
        """
        job = wait_for(self._session, job, sleep=self._sleep, on_poll=on_poll)
        if job.state != "JobComplete":
            raise job_error(job)
        return job

    def abort(self, job_id: str) -> BulkJob:
        """Stop a job; one that has ended already stays as it is."""
        job = self.get(job_id)
        if job.done:
            return job
        try:
            return set_state(self._session, job, "Aborted")
        except ApiError as error:
            if error.code != "INVALIDJOBSTATE":
                raise
            return get_job(self._session, job)  # it ended between the two requests

    def delete(self, job_id: str) -> None:
        """Remove a finished job and its results; one that is gone already is fine."""
        try:
            self._session.request(
                "DELETE", f"{self._root}/jobs/query/{job_id}", kind="bulk_job", idempotent=True
            )
        except NotFound:
            return

    def open(self, job: BulkJob, locator: str | None = None, *, max_records: int | None = None) -> Download:
        """Open the raw bytes of one page, for callers with a CSV reader of their own.

        Nothing is counted, compared or read again here; `pages` does.
        """
        return open_page(self._session, job, locator, max_records=max_records)

    def pages(
        self,
        job: BulkJob,
        *,
        max_records: int = MAX_RECORDS,
        locator: str | None = None,
        concurrency: int = 1,
        encoding: Encoding = "utf-8",
    ) -> Generator[CsvPage]:
        """Give the pages of a complete job in order; read the rows of each to the end before the next.

        Args:
            job: from `wait`.
            max_records: rows a page; with `concurrency` Salesforce chooses.
            locator: go on from this page, a `CsvPage.locator` or `next_locator` of an earlier run.
            concurrency: pages fetched at a time. The page being read is streamed, those after it go to
                temporary files.
            encoding: `utf-8`, with bytes that are not UTF-8 replaced; or `latin-1`, which carries the
                UTF-8 bytes through unchanged for callers that write them out as bytes.

        Yields:
            The pages. A caller that stops early closes the generator, which frees connections and files.

        Raises:
            InvalidLocator: the job is gone, or does not know the locator.
            DataError: rows, header or counts are not what Salesforce said. A whole job's count is checked
                when reading began at its first page.
        """
        if job.state != "JobComplete":
            raise ValueError(f"{job} is {job.state}: wait for it first")
        tally = _Tally(job)
        read = functools.partial(PageReader, f"results of {job}", sleep=self._sleep, encoding=encoding)
        listed = self._locators(job, locator, max_records) if concurrency > 1 else None
        if listed is None:
            yield from self._one_by_one(job, locator, max_records, read, tally)
        else:
            with LookAhead(self._session, job, listed[1], concurrency - 1) as ahead:
                yield from self._side_by_side(job, listed[0], ahead, read, tally)
        if locator is None and job.records_processed not in (None, tally.received):
            raise DataError(f"{job}: {tally.received} rows came, the job has {job.records_processed}")

    @property
    def _root(self) -> str:
        return f"/services/data/v{self._session.api_version}"

    def _one_by_one(
        self, job: BulkJob, locator: str | None, max_records: int, read: _MakeReader, tally: _Tally
    ) -> Iterator[CsvPage]:
        while True:
            reader = read(functools.partial(self._download, job, locator, max_records))
            reader.start()
            yield from tally.page(reader, locator, reader.next_locator)
            if reader.next_locator is None:
                return
            locator = reader.next_locator

    def _side_by_side(
        self, job: BulkJob, locator: str | None, ahead: LookAhead, read: _MakeReader, tally: _Tally
    ) -> Iterator[CsvPage]:
        opener: _Opener = functools.partial(self._download, job, locator, None)
        while True:
            ahead.fill()
            reader = read(opener)
            reader.start()
            yield from tally.page(reader, locator, ahead.next_locator())
            page = ahead.take()
            if page is None:
                return
            locator = page.locator
            opener = _disk_first(page.future, functools.partial(self._download, job, locator, None))

    def _download(
        self, job: BulkJob, locator: str | None, max_records: int | None, earlier: Received | None
    ) -> Download:
        return open_page(self._session, job, locator, max_records=max_records, earlier=earlier)

    def _locators(
        self, job: BulkJob, start: str | None, max_records: int
    ) -> tuple[str | None, Iterator[str | None]] | None:
        """List the pages from `start` on: the first and the rest; None when they must be read one by one."""
        small = job.records_processed is not None and job.records_processed <= max_records
        if small or float(job.api_version) < RESULT_PAGES_SINCE:
            return None
        listed = list_locators(self._session, job)
        try:
            for known in listed:
                if start is None or known == start:
                    return known, listed
        except ApiError:
            pass  # an org without resultPages
        return None  # or a locator that came from plain results


class _Tally:
    """What all pages of a job have in common: one header, and a sum of rows."""

    def __init__(self, job: BulkJob) -> None:
        self._job = job
        self._header: tuple[str, ...] | None = None
        self.received = 0

    def page(self, reader: PageReader, locator: str | None, next_locator: str | None) -> Iterator[CsvPage]:
        try:
            if self._header not in (None, reader.header):
                raise DataError(f"results of {self._job}: the header row changed between two pages")
            if next_locator is not None and next_locator == locator:
                raise DataError(f"results of {self._job}: a page names itself as the next one")
            self._header = reader.header
            yield CsvPage(reader.header, reader.batches(), reader.expected, locator, next_locator)
            if not reader.exhausted:
                raise ValueError("read all rows of a page before asking for the next page")
            self.received += reader.given
        finally:
            reader.close()


def _disk_first(future: Future[Spooled | None], download: _Opener) -> _Opener:
    """Open the page a worker has brought; when that went wrong, or for a second try, the connection."""
    taken = False

    def opener(earlier: Received | None) -> Source:
        nonlocal taken
        spooled = None if taken else future.result()
        taken = True
        return spooled or download(earlier)

    return opener
