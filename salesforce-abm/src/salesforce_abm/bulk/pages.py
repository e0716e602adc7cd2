"""One page of a query job's results: streamed, counted, and read again where the connection broke.

A page is fetched by its locator, which stays good as long as the job does (seven days). When a download
breaks off, the same page is asked for again, the part that had arrived is compared by checksum, the rows that
were handed out already are skipped, and reading goes on: the caller sees each row once and never notices.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, Protocol

from salesforce_abm.bulk.body import BrokenBody, Received, ResponseBody
from salesforce_abm.csvio import read_rows
from salesforce_abm.errors import ApiError, DataError, InvalidLocator, NotFound, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from salesforce_abm.bulk.jobs import BulkJob
    from salesforce_abm.session import Session

TRIES: Final = 5
"""Downloads of one page in a row that may bring nothing new."""

FEW: Final = 50
"""Rows of a page's first batch."""
MANY: Final = 500
"""Rows of its later batches: enough to make the cost of a batch disappear, few enough to keep memory flat."""

Encoding = Literal["utf-8", "latin-1"]


@dataclass(frozen=True)
class CsvPage:
    """One page of results.

    Attributes:
        header: the columns; the same on every page.
        batches: the rows, streamed, some at a time (a few at first, so that they come soon); read them to the
            end before asking for the next page. Raises DataError when their number is not `expected`,
            TransientError when the download could not be completed.
        expected: how many rows Salesforce says the page has; None if it did not say.
        locator: what fetches this page again; None for the first.
        next_locator: what fetches the next page; None when this is the last.
    """

    header: tuple[str, ...]
    batches: Iterator[list[list[str]]] = field(repr=False)
    expected: int | None
    locator: str | None
    next_locator: str | None

    @property
    def rows(self) -> Iterator[list[str]]:
        """The same rows one by one: read either these or the batches."""
        return chain.from_iterable(self.batches)


class Source(Protocol):
    """Where the bytes of a page come from: a connection, or a file that a worker has filled."""

    expected: int | None
    next_locator: str | None

    @property
    def received(self) -> Received:
        """How much has been read so far."""

    def buffered(self) -> BinaryIO:
        """The decoded bytes; closing it frees everything behind it."""


class Download(ResponseBody):
    """A page as it comes over the connection, with what its headers say.

    Attributes:
        expected: `Sforce-NumberOfRecords`.
        next_locator: `Sforce-Locator`; None when it is missing, empty or the word `null`.
    """

    def __init__(
        self,
        session: Session,
        job: BulkJob,
        locator: str | None,
        *,
        max_records: int | None = None,
        earlier: Received | None = None,
    ) -> None:
        params = {"locator": locator, "maxRecords": None if max_records is None else str(max_records)}
        response = session.request(
            "GET",
            f"{job.path}/results",
            kind="bulk_result",
            params={name: value for name, value in params.items() if value is not None},
            headers={"Accept": "text/csv"},
            stream=True,
        )
        super().__init__(response, f"results of {job}", earlier)
        number = response.headers.get("Sforce-NumberOfRecords", "").strip()
        self.expected = int(number) if number.isdecimal() else None
        following = response.headers.get("Sforce-Locator", "").strip()
        self.next_locator = following if following.lower() not in {"", "null"} else None


def open_page(
    session: Session,
    job: BulkJob,
    locator: str | None,
    *,
    max_records: int | None = None,
    earlier: Received | None = None,
) -> Download:
    """Start one download of a page; the raw bytes are for callers with a CSV reader of their own.

    Raises:
        InvalidLocator: the job is gone (Salesforce keeps it seven days), or does not know the locator.
    """
    try:
        return Download(session, job, locator, max_records=max_records, earlier=earlier)
    except ApiError as error:
        if isinstance(error, NotFound) or error.code == "INVALIDJOB":
            raise InvalidLocator(
                error.status,
                error.code,
                error.detail,
                request_id=error.request_id,
                operation=f"results of {job}",
            ) from error
        raise


class PageReader:
    """Reads one page, over as many downloads as it takes.

    Attributes:
        header, expected, next_locator: as in `CsvPage`, known after `start`.
        given: rows handed out so far.
        exhausted: whether that is all of them.

    Args:
        what: names the page in messages.
        opener: starts a download; told what an earlier one had brought.
        sleep: pauses between downloads, seconds.
        encoding: `utf-8`; or `latin-1` for callers that put the UTF-8 bytes through unchanged.
    """

    def __init__(
        self,
        what: str,
        opener: Callable[[Received | None], Source],
        *,
        sleep: Callable[[float], object],
        encoding: Encoding = "utf-8",
    ) -> None:
        self._what = what
        self._open = opener
        self._sleep = sleep
        self._encoding = encoding
        self._text: io.TextIOWrapper | None = None
        self._source: Source | None = None
        self._rows: Iterator[list[str]] = iter(())
        self.given = 0
        self._earlier: Received | None = None
        self._idle = 0
        self.header: tuple[str, ...] = ()
        self.expected: int | None = None
        self.next_locator: str | None = None
        self.exhausted = False

    def start(self) -> None:
        """Start the download and read the header row."""
        self._again(self._begin)

    def batches(self) -> Iterator[list[list[str]]]:
        """Give the rows; see `CsvPage.batches`."""
        size = FEW
        while not self.exhausted:
            rows: list[list[str]] = []
            broken: Exception | None = None
            try:
                rows.extend(islice(self._rows, size))
                if not rows:
                    self._check_end()
            except (BrokenBody, csv.Error) as error:
                broken = error  # the rows before it are good
            if rows:
                rows = self._whole(rows)
                # Counted before they are handed out: the caller may never come back.
                self.given += len(rows)
                self._idle = 0
                size = min(2 * size, MANY)
                yield rows
            if broken is not None:
                self._failed(broken)
                self._again(self._reopen)
        self.close()

    def _whole(self, rows: list[list[str]]) -> list[list[str]]:
        """Leave blank lines out."""
        width = len(self.header)
        if {len(row) for row in rows} == {width}:
            return rows
        for row in rows:
            if row and len(row) != width:
                raise DataError(f"{self._what}: a row of {len(row)} cells under {width} columns")
        return [row for row in rows if row]

    def close(self) -> None:
        """Drop the connection or file."""
        if self._text is not None:
            self._text.close()
            self._text = None

    def _begin(self) -> None:
        source = self._open(self._earlier)
        self._source = source
        self._text = io.TextIOWrapper(
            source.buffered(), encoding=self._encoding, errors="replace", newline=""
        )
        self._rows = read_rows(self._text)
        header = tuple(next(self._rows, ()))
        if not header and source.expected != 0:
            # An empty answer has been seen right after a job completed.
            raise BrokenBody(f"{self._what}: the answer was empty")
        if self.header and header != self.header:
            raise DataError(f"{self._what}: the header row changed between two downloads")
        self.header = header
        self.expected = source.expected
        self.next_locator = source.next_locator

    def _reopen(self) -> None:
        self._begin()
        skipped = 0
        while skipped < self.given:
            row = next(self._rows, None)
            if row is None:
                raise BrokenBody(f"{self._what}: the second download is shorter than the first")
            skipped += bool(row)

    def _check_end(self) -> None:
        if self.expected is None or self.given == self.expected:
            self.exhausted = True
        elif self.given > self.expected:
            raise DataError(f"{self._what}: {self.given} rows came, Salesforce said {self.expected}")
        else:
            raise _TooFewRowsError(
                f"{self._what}: {self.given} rows came, Salesforce said {self.expected}",
            )

    def _again(self, attempt: Callable[[], None]) -> None:
        while True:
            try:
                return attempt()
            except (BrokenBody, csv.Error) as error:
                self._failed(error)
                attempt = self._reopen

    def _failed(self, error: Exception) -> None:
        """Count a broken download; raise when there were too many that brought nothing new."""
        if self._source is not None:
            self._earlier = max(self._earlier or Received(), self._source.received, key=lambda r: r.length)
        self.close()
        self._idle += 1
        if self._idle >= TRIES:
            if isinstance(error, _TooFewRowsError):
                raise DataError(str(error), remedy="The download stayed incomplete: run again.") from error
            if isinstance(error, csv.Error):
                raise TransientError(f"{self._what}: the answer keeps breaking off ({error})") from error
            raise error
        self._sleep(float(2 ** (self._idle - 1)))


class _TooFewRowsError(BrokenBody):
    """The body ended in good order, but early."""
