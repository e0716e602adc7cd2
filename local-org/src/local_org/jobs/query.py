"""A query job's result: one CSV file, every row of which can be found by its number."""

from __future__ import annotations

import csv
from array import array
from typing import TYPE_CHECKING

from local_org.jobs.job import DELIMITERS, LINE_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from local_org.jobs.job import Job

_PIECE = 256 * 1024
# The API sorted columns by name before this version.
_SELECT_ORDER_FROM = 50.0
_CHECK_EVERY = 500


class ResultFile:
    """Rows on disk; 8 bytes per row in memory.

    Attributes:
        header: the header line with its line end.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        self.path = path
        self.header = header
        self._ends = array("Q")

    def __len__(self) -> int:
        return len(self._ends)

    def append(self, end: int) -> None:
        """Note where a row ends."""
        self._ends.append(end)

    def page(self, start: int, count: int) -> Iterator[bytes]:
        """The header and so many rows, in pieces."""
        yield self.header
        last = min(start + count, len(self))
        if start >= last:
            return
        position = self._ends[start - 1] if start else 0
        left = self._ends[last - 1] - position
        with self.path.open("rb") as file:
            file.seek(position)
            while left:
                piece = file.read(min(_PIECE, left))
                left -= len(piece)
                yield piece


class _Sink:
    """What `csv.writer` writes to: encodes and notes the end of each row."""

    def __init__(self, result: ResultFile, write: Callable[[bytes], int]) -> None:
        self._result = result
        self._write = write
        self._position = 0

    def write(self, text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        self._write(data)
        self._position += len(data)
        self._result.append(self._position)
        return len(text)


def run(job: Job, *, at_most: int | None = None) -> None:
    """Write the job's rows to its file.

    Args:
        job: a query job; `processed` grows as it goes.
        at_most: stop after so many rows, as if the rest never came (for failing jobs).
    """
    if job.query is None:
        raise ValueError(f"job {job.id} has no query")
    columns = list(job.query.columns)
    order = sorted(range(len(columns)), key=lambda index: columns[index].lower())
    reorder = float(job.version) < _SELECT_ORDER_FROM
    if reorder:
        columns = [columns[index] for index in order]
    end = LINE_ENDINGS[job.line_ending]
    delimiter = DELIMITERS[job.delimiter]
    header = delimiter.join(f'"{name}"' for name in columns) + end
    result = ResultFile(job.folder / "result.csv", header.encode())
    job.result = result
    with result.path.open("wb", buffering=1024 * 1024) as file:
        writer = csv.writer(
            _Sink(result, file.write), delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL
        )
        for row in job.query.csv_rows():
            if at_most is not None and len(result) >= at_most:
                break
            writer.writerow([row[index] for index in order] if reorder else row)
            if len(result) % _CHECK_EVERY == 0:
                job.processed = len(result)
                if job.abort.is_set():
                    break
    job.processed = len(result)
