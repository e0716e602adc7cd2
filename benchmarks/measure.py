"""Run a command to its end and take its costs from the kernel: the whole process, start-up and all."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PIECE = 1 << 17


class CommandFailedError(Exception):
    """A command ended with an error, or did not do what it was measured for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run cost.

    Attributes:
        cpu: seconds of CPU, user and system, of the process and its children.
        memory: peak resident memory, MB (10^6 bytes).
        wall: seconds from start to end.
        first: seconds until the first record was out; None if none was.
        records: how many records came out.
        written: bytes that came out.
    """

    cpu: float
    memory: float
    wall: float
    first: float | None
    records: int
    written: int
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """What to run.

    Attributes:
        arguments: program and arguments.
        environment: added to this process's own.
        stdin: a file to read from, None for nothing.
        record: text in the output that stands in every record and in nothing else.
        codes: exit codes that are fine.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    stdin: Path | None = None
    record: bytes = b'"RECORD"'
    codes: tuple[int, ...] = (0,)


def run(command: Command) -> Sample:
    """Run a command.

    Peak memory is the kernel's figure for the process, which begins with what it was forked from: the
    measuring process therefore imports little and holds nothing.

    Raises:
        CommandFailedError: with the end of its standard error.
    """
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile())
        source = stack.enter_context((command.stdin or Path(os.devnull)).open("rb"))
        began = time.monotonic()
        process = subprocess.Popen(
            command.arguments,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=errors,
            # Compiled files may be written, so that start-up is what it is for users.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **command.environment},
        )
        assert process.stdout is not None
        first, records, written = _drain(process.stdout.fileno(), command.record, began)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        if process.returncode not in command.codes:
            errors.seek(0)
            tail = errors.read()[-3000:].decode("utf-8", "replace")
            raise CommandFailedError(f"{' '.join(command.arguments)}: {process.returncode}\n{tail}")
    cpu = usage.ru_utime + usage.ru_stime
    return Sample(cpu, usage.ru_maxrss * 1024 / 1e6, wall, first, records, written)


def _drain(pipe: int, record: bytes, began: float) -> tuple[float | None, int, int]:
    """Read a pipe to its end; count records that may lie across two pieces."""
    first, records, written, left = None, 0, 0, b""
    while piece := os.read(pipe, _PIECE):
        written += len(piece)
        text = left + piece
        found = text.count(record)
        if found and first is None:
            first = time.monotonic() - began
        records += found
        left = text[1 - len(record) :]
    return first, records, written
