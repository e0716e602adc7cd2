"""The rejects file: every row that is not in Salesforce, on disk before the STATE that covers it goes out.

One JSON object a line: `stream`, `key`, `record`, `code`, `message`, `field`, `retryable`. The file is what
is left to do, not a log: rows in it are tried again at the end of the next run, after that run's own rows,
unless it brought the same row (stream and key) anew. A row that goes through, or that a newer one replaces,
leaves the file. While a run is on, lines are only added, so that a crash loses none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

import msgspec

from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from target_salesforce_abm.rows import Problem, Row

__all__ = ["OldReject", "Rejects", "key_of"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SORTED = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class OldReject:
    """A row left over from an earlier run.

    Attributes:
        line: its line number, from 0.
        stream: stream name.
        record: the row.
    """

    line: int
    stream: str
    record: Mapping[str, Any]


def key_of(row: Row) -> dict[str, Any]:
    """Name a row: by its stream's key properties, or by what it is matched on."""
    record = row.record
    if row.stream.key_properties:
        return {name: record.get(name) for name in row.stream.key_properties}
    return row.load.source_key(record)


class Rejects:
    """The rejects file of a run.

    Args:
        path: where it is; made when the first row needs it.
        read_only: neither add nor remove lines (dry run).
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._file: IO[bytes] | None = None
        self._unsynced = False
        self._old_size = path.stat().st_size if path.is_file() else 0
        self._old: dict[tuple[str, bytes], list[int]] = {}
        self._done: set[int] = set()
        self._streams: set[str] = set()
        for number, line in enumerate(self._old_lines()):
            stream, key = line["stream"], line.get("key")
            self._streams.add(stream)
            self._old.setdefault((stream, _SORTED.encode(key)), []).append(number)

    def add(self, row: Row, problem: Problem) -> None:
        """Append a row that is not in Salesforce; it is on disk after the next `sync`."""
        if self._read_only:
            return
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._end_last_line()
            self._file = self._path.open("ab")
        line = {
            "stream": row.stream.name,
            "key": key_of(row),
            "record": row.record,
            "code": problem.code,
            "message": problem.message,
            "field": problem.field,
            "retryable": problem.retryable,
        }
        self._file.write(_ENCODER.encode(line) + b"\n")
        self._unsynced = True

    def sync(self) -> None:
        """Make sure that every line is on disk."""
        if self._file is not None and self._unsynced:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._unsynced = False

    def seen(self, row: Row) -> None:
        """Note that this run brought a row: an older line of the same row is done with."""
        if row.stream.name in self._streams:
            self._done.update(self._old.get((row.stream.name, _SORTED.encode(key_of(row))), ()))

    def left(self) -> Iterator[OldReject]:
        """Give the rows of earlier runs that this run did not bring anew; of one row, the last line."""
        last = {lines[-1] for lines in self._old.values()}
        for number, line in enumerate(self._old_lines()):
            if number not in self._done and number in last:
                yield OldReject(number, line["stream"], line["record"])

    def retried(self, old: OldReject) -> None:
        """Note that a row was tried again: its new line, if it has one, replaces the old."""
        self._done.add(old.line)

    def finish(self) -> None:
        """End a run that went to its end: the lines that are done with go."""
        self.sync()
        if self._read_only or not self._done:
            self.close()
            return
        replacement = self._path.with_name(self._path.name + ".new")
        superseded = {n for lines in self._old.values() if lines[-1] in self._done for n in lines}
        with self._path.open("rb") as old, replacement.open("wb") as new:
            new.writelines(line for number, line in enumerate(old) if number not in superseded)
            new.flush()
            os.fsync(new.fileno())
        self.close()
        replacement.replace(self._path)
        _sync_directory(self._path.parent)

    def close(self) -> None:
        """Close the file; lines stay as they are."""
        self.sync()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _old_lines(self) -> Iterator[dict[str, Any]]:
        """Read the lines that were there at the start. A last line cut short by a crash is none."""
        if not self._old_size:
            return
        position = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                position += len(line)
                if position > self._old_size:
                    return
                try:
                    entry = _DECODER.decode(line)
                    entry["record"], entry["stream"]
                except (msgspec.DecodeError, KeyError):
                    if not line.endswith(b"\n"):
                        return
                    raise ConfigError(
                        f"rejects_path: line {number + 1} of {self._path} is not a reject: some other file",
                        remedy="Name another file, or move this one away.",
                    ) from None
                yield entry

    def _end_last_line(self) -> None:
        """Drop the half line that a crash can leave behind; no STATE relied on it."""
        if not self._old_size:
            return
        with self._path.open("rb+") as file:
            start, last = 0, b""
            for line in file:
                start, last = start + len(last), line
            if last.endswith(b"\n"):
                return
            try:
                _DECODER.decode(last)
            except msgspec.DecodeError:
                file.truncate(start)
            else:
                file.seek(0, os.SEEK_END)
                file.write(b"\n")


def _sync_directory(directory: Path) -> None:
    """Make a rename last; not every system can."""
    try:
        handle = os.open(directory, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
