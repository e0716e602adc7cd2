"""Fetch the next pages while the present one is read.

`resultPages` (API 58 and later) lists the locators of a finished job, five at a time, so that pages can be
fetched side by side; plain results only tell the next locator, page by page. Pages ahead of the reader go to
temporary files, never to memory: a few pages of wide rows would fill it.
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_parallel_job_results.htm
"""

from __future__ import annotations

import tempfile
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self, cast
from urllib.parse import parse_qs, urlsplit

import msgspec

from salesforce_abm.bulk.body import BUFFER
from salesforce_abm.bulk.pages import Download, open_page
from salesforce_abm.errors import DataError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesforce_abm.bulk.jobs import BulkJob
    from salesforce_abm.session import Session


class _ResultPage(msgspec.Struct, rename="camel"):
    result_url: str


class _ResultPages(msgspec.Struct, rename="camel"):
    result_pages: tuple[_ResultPage, ...] = ()
    next_records_url: str | None = None
    next_record_url: str | None = None  # the documentation's table spells it so


def list_locators(session: Session, job: BulkJob) -> Iterator[str | None]:
    """Name the locator of every page of a finished job, in order; None is the first page.

    Raises:
        ApiError: this org or API version does not know `resultPages`.
    """
    url: str | None = f"{job.path}/resultPages"
    while url:
        body = session.request("GET", url, kind="bulk_poll").content
        try:
            listed = msgspec.json.decode(body, type=_ResultPages)
        except msgspec.DecodeError as error:
            raise DataError(f"the list of result pages of {job} is unreadable: {error}") from error
        for page in listed.result_pages:
            yield parse_qs(urlsplit(page.result_url).query).get("locator", [None])[0]
        url = listed.next_records_url or listed.next_record_url


class Spooled:
    """A page that has arrived in a temporary file; closing what `buffered` gives removes the file."""

    def __init__(self, file: BinaryIO, download: Download) -> None:
        self._file = file
        self.expected = download.expected
        self.next_locator = download.next_locator
        self.received = download.received

    def buffered(self) -> BinaryIO:
        """Give the file, at its beginning."""
        return self._file


class Ahead(NamedTuple):
    """A page on its way; the future gives None when its connection broke: the reader then fetches it."""

    locator: str | None
    future: Future[Spooled | None]


class LookAhead:
    """Downloads of the pages that come next, at most `workers` of them under way or waiting to be read.

    Args:
        session: shared with the worker threads.
        job: the finished job.
        locators: pages in order.
        workers: pages fetched ahead.
    """

    def __init__(self, session: Session, job: BulkJob, locators: Iterator[str | None], workers: int) -> None:
        self._session = session
        self._job = job
        self._locators = locators
        self._workers = workers
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="bulk-page")
        self._queue: deque[Ahead] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
        for page in self._queue:
            if not page.future.cancelled() and page.future.exception() is None:
                spooled = page.future.result()
                if spooled is not None:
                    spooled.buffered().close()

    def fill(self) -> None:
        """Start downloads until enough are ahead."""
        while len(self._queue) < self._workers:
            try:
                locator = next(self._locators)
            except StopIteration:
                return
            self._queue.append(Ahead(locator, self._pool.submit(self._fetch, locator)))

    def next_locator(self) -> str | None:
        """Name the locator of the page that comes next, None when there is none."""
        return self._queue[0].locator if self._queue else None

    def take(self) -> Ahead | None:
        """Take the next page out of the queue; None at the end."""
        return self._queue.popleft() if self._queue else None

    def _fetch(self, locator: str | None) -> Spooled | None:
        """Bring one page to disk; None when the connection broke and the reader should stream it itself."""
        # The reader closes the file, which removes it.
        file = cast("BinaryIO", tempfile.TemporaryFile(prefix="salesforce-abm-"))  # noqa: SIM115
        try:
            download = open_page(self._session, self._job, locator)
            with download.buffered() as body:
                self._copy(body, file)
            file.seek(0)
            return Spooled(file, download)
        except TransientError:
            file.close()
            return None
        except BaseException:
            file.close()
            raise

    def _copy(self, body: BinaryIO, file: BinaryIO) -> None:
        while not self._stop.is_set():
            data = body.read(BUFFER)
            if not data:
                return
            file.write(data)
        raise TransientError("no longer wanted")
