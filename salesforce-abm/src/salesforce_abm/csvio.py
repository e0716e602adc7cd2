"""The CSV that Bulk API 2.0 speaks, both ways.

Results: every value quoted, quotes doubled, line feeds inside values kept, a header on every page; null and
empty are both an empty cell. Result files of a write echo the header as it was uploaded. All of that is plain
CSV to Python's reader, once its limit on the size of a cell is raised.

Uploads (https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm):
UTF-8 without BOM, LF, quoted only where needed; an empty cell leaves the field alone and `#N/A` clears it.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

# The module's default, 131,072, is one less than the longest text Salesforce can hold needs; the limit is one
# for the whole process, so it is raised once.
csv.field_size_limit(2**31 - 1)

NULL: Final = "#N/A"
"""The cell that clears a field."""

MAX_PART_BYTES: Final = 100_000_000
"""Raw bytes of one upload: Salesforce takes 150 MB after base64, which is 100 MB of CSV."""
MAX_CELL: Final = 131_072
MAX_RECORD: Final = 400_000
MAX_COLUMNS: Final = 5_000
MAX_HEADER: Final = 32_000

_NEEDS_QUOTES = re.compile(r'[",\r\n]|^\s|\s$')


class Absent:
    """The kind of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
"""A cell that leaves its field alone."""

Cell = str | int | float | Decimal | bool | None | Absent


class CellError(ValueError):
    """A row that cannot be written as CSV without changing its meaning.

    Attributes:
        column: header of the column at fault, None when the row as a whole is.
        code: the code Salesforce would give, or `INVALID_VALUE`.
    """

    def __init__(self, message: str, *, column: str | None = None, code: str = "INVALID_VALUE") -> None:
        super().__init__(message)
        self.column = column
        self.code = code


def read_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """Parse result CSV.

    Args:
        lines: a text stream opened with `newline=""`, or lines with their ends.

    Raises:
        csv.Error: the text ends inside a quoted value (a truncated body).
    """
    return csv.reader(lines, strict=True)


@dataclass(frozen=True, slots=True)
class CsvPart:
    """One file ready for upload.

    Attributes:
        path: where it is.
        rows: rows without the header.
        size: bytes.
    """

    path: Path
    rows: int
    size: int


class CsvFile:
    """Writes rows to disk as they come, in as many parts as the upload limit needs.

    Args:
        directory: where the parts go, as `part-0001.csv`, `part-0002.csv`, ...; the caller removes them.
        header: column names; repeated in every part.
        max_bytes: largest part.
        max_rows: most rows in a part, None for no limit.

    Raises:
        CellError: the header is longer than Salesforce takes.
    """

    def __init__(
        self,
        directory: Path,
        header: Sequence[str],
        *,
        max_bytes: int = MAX_PART_BYTES,
        max_rows: int | None = None,
    ) -> None:
        self._header = tuple(header)
        line = ",".join(map(_quoted, self._header)) + "\n"
        if len(self._header) > MAX_COLUMNS or len(line) > MAX_HEADER:
            raise CellError(f"a header of {len(self._header)} columns, {len(line)} characters is too long")
        self._header_line = line.encode("utf-8")
        self._directory = directory
        self._max_bytes = max_bytes
        self._max_rows = max_rows
        self._done: list[CsvPart] = []
        self._file: IO[bytes] | None = None
        self._path = directory
        self._rows = 0
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, cells: Sequence[Cell]) -> None:
        """Append a row.

        Args:
            cells: one a column. None and an empty text clear the field (Salesforce has no empty texts),
                `ABSENT` leaves it alone.

        Raises:
            CellError: a cell holds the text `#N/A`, which Salesforce would read as null, or something is
                longer than Salesforce takes. Nothing was written.
        """
        line = self._line(cells)
        full = self._size + len(line) > self._max_bytes or self._rows == self._max_rows
        file = self._next_part() if self._file is None or (full and self._rows) else self._file
        file.write(line)
        self._rows += 1
        self._size += len(line)

    def close(self) -> tuple[CsvPart, ...]:
        """Finish the last part.

        Returns:
            All parts in order; none when no row was written. Calling it again gives the same.
        """
        if self._file is not None:
            self._file.close()
            self._file = None
            self._done.append(CsvPart(self._path, self._rows, self._size))
        return tuple(self._done)

    def _next_part(self) -> IO[bytes]:
        self.close()
        self._path = self._directory / f"part-{len(self._done) + 1:04}.csv"
        self._file = file = self._path.open("wb")
        file.write(self._header_line)
        self._rows = 0
        self._size = len(self._header_line)
        return file

    def _line(self, cells: Sequence[Cell]) -> bytes:
        if len(cells) != len(self._header):
            raise CellError(f"{len(cells)} cells for {len(self._header)} columns")
        texts = [self._cell(cell, column) for cell, column in zip(cells, self._header, strict=True)]
        line = ",".join(texts)
        if not line:  # one column, nothing in it: a blank line would not be a row at all
            line = '""'
        if len(line) > MAX_RECORD:
            raise CellError(f"the row is longer than {MAX_RECORD:,} characters", code="STRING_TOO_LONG")
        try:
            return line.encode("utf-8") + b"\n"
        except UnicodeEncodeError as error:
            raise CellError("the row holds half a surrogate pair, which is not text") from error

    @staticmethod
    def _cell(cell: Cell, column: str) -> str:
        if cell is None or cell == "":
            return NULL
        if isinstance(cell, str):
            if cell == NULL:
                raise CellError(
                    f"{column}: the text {NULL} means null to the Bulk API",
                    column=column,
                    code="INVALID_VALUE",
                )
            if len(cell) > MAX_CELL:
                raise CellError(
                    f"{column}: longer than {MAX_CELL:,} characters", column=column, code="STRING_TOO_LONG"
                )
            return _quoted(cell)
        if isinstance(cell, bool):
            return "true" if cell else "false"
        return "" if isinstance(cell, Absent) else str(cell)


def _quoted(text: str) -> str:
    if _NEEDS_QUOTES.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
