"""Stopping in good order on SIGINT and SIGTERM.

A signal can arrive in the middle of writing a line or of moving a bookmark. Those stretches are held: the
signal is noted and raised as `Interrupted` when the stretch is over. Anywhere else (waiting for Salesforce,
mostly) it is raised at once. What has been emitted then agrees with the STATE that is flushed on the way out.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Interrupted", "Interrupts", "interrupts"]


class Interrupted(BaseException):
    """A signal asks the process to stop.

    Attributes:
        exit_code: 128 and the signal's number, as shells report it.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by signal {signum}")
        self.exit_code = 128 + signum


class Interrupts:
    """Decides when a signal takes effect. Signals belong to the process, so there is one of these."""

    def __init__(self) -> None:
        self._held = 0
        self._pending: int | None = None

    def signalled(self, signum: int) -> None:
        """Take a signal in, from its handler.

        Raises:
            Interrupted: now, unless a held stretch is running.
        """
        if self._held:
            self._pending = signum
        else:
            raise Interrupted(signum)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep signals off while this runs.

        Raises:
            Interrupted: at the end, when a signal came meanwhile.
        """
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held and self._pending is not None:
                signum, self._pending = self._pending, None
                raise Interrupted(signum)


interrupts = Interrupts()
