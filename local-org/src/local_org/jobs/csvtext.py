"""The CSV of Bulk uploads and of their result files.

Uploads keep their raw text row by row, because rows that were not processed are given back byte for byte.
"""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class RawRows:
    """Reads an upload: values and raw text of each row.

    Args:
        file: opened as UTF-8 with `newline=""`.
        delimiter: one character.
    """

    def __init__(self, file: IO[str], delimiter: str) -> None:
        self._file = file
        self._raw: list[str] = []
        self._reader = csv.reader(self._lines(), delimiter=delimiter)

    def __iter__(self) -> Iterator[tuple[list[str], str]]:
        """Yield (values, raw text with its line end); blank lines are skipped.

        Raises:
            csv.Error: text that is no CSV, or a field beyond 131,072 characters.
            UnicodeDecodeError: bytes that are no UTF-8.
        """
        for values in self._reader:
            raw = "".join(self._raw)
            self._raw.clear()
            if values:
                yield values, raw

    def _lines(self) -> Iterator[str]:
        for line in self._file:
            self._raw.append(line)
            yield line


def quoted(values: Iterable[str], delimiter: str, end: str) -> str:
    """One row, every value quoted."""
    return delimiter.join('"' + value.replace('"', '""') + '"' for value in values) + end
