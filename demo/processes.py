"""Child processes that never outlive the demo: each in its own session, each group ended on the way out."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

GRACE_SECONDS = 10


class StepFailedError(Exception):
    """A step's command failed; the message carries the end of its log."""


@contextmanager
def running(
    command: Sequence[str], *, log: Path, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in the background, its output in `log`; end it and all it started on leaving."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def run(command: Sequence[str], *, log: Path, env: Mapping[str, str]) -> None:
    """Run a command to its end.

    Raises:
        StepFailedError: the command's exit code is not 0; says which command, and the last lines it wrote.
    """
    with running(command, log=log, env=env) as process:
        code = process.wait()
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise StepFailedError(f"`{' '.join(command)}` ended with {code}; the whole log is in {log}\n{tail}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the process group, then SIGKILL for what is left of it.

    The group is signalled even after its leader has ended: what the leader started may still run.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_SECONDS)
