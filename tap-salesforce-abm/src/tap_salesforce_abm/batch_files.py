"""BATCH files of JSON lines, written straight from the lines the decoders make.

The SDK's encoder takes dicts and writes each as JSON again; here the lines go from the page through gzip into
the file. Names, size and contents are the SDK's: no more than `batch_size` records a file, gzipped.
"""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers._batch import BatchConfig

    from tap_salesforce_abm.decode import Lines

__all__ = ["BatchFiles"]

_LEVEL: Final = 1
"""Compression is most of the work here: the fastest level makes somewhat larger files in far less time."""


class BatchFiles:
    """Writes the records of one stream into files.

    Args:
        name: how file names begin.
        config: where files go, and how many records into each.
    """

    def __init__(self, name: str, config: BatchConfig) -> None:
        self._config = config
        self._stem = f"{config.storage.prefix or ''}{name}-{uuid4()}"
        self._number = 0
        self._rows = 0
        self._open = ExitStack()
        self._file: gzip.GzipFile | None = None
        self._name = ""

    @staticmethod
    def suits(config: BatchConfig) -> bool:
        """Whether files of this kind are made here."""
        return config.encoding.format == "jsonl"

    def add(self, lines: Lines) -> Iterator[str]:
        """Write records.

        Yields:
            The URL of each file that is complete with them.
        """
        left = lines
        while left.count:
            now, left = left.split(self._config.batch_size - self._rows)
            self._write(now)
            if self._rows >= self._config.batch_size:
                yield from self.end()

    def end(self) -> Iterator[str]:
        """Complete the file that is open, if one is.

        Yields:
            Its URL.
        """
        if self._file is not None:
            self._open.close()
            self._file, self._rows = None, 0
            yield self._config.storage.get_url(self._name)

    def close(self) -> None:
        """Let go of a file that is not complete; nobody has been told of it."""
        self._open.close()

    def _write(self, lines: Lines) -> None:
        if self._file is None:
            self._number += 1
            self._name = f"{self._stem}-{self._number}.json.gz"
            target = self._open.enter_context(self._config.storage.open(self._name, "wb"))
            self._file = self._open.enter_context(
                gzip.GzipFile(fileobj=target, mode="wb", compresslevel=_LEVEL)
            )
        self._file.write(lines.data)
        self._rows += lines.count
