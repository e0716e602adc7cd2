"""Writing Singer messages: whole lines, many at a time.

The SDK's writers flush after each message. This one keeps RECORD messages back until there is enough to
write, and writes everything before any other message, so the order of messages stays as it is.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib.messages import RecordMessage
from typing_extensions import override

from salesforce_abm.errors import SalesforceAbmError
from tap_salesforce_abm.interrupts import interrupts

if TYPE_CHECKING:
    from singer_sdk.singerlib.messages import Message

__all__ = ["LineWriter", "OutputClosedError"]

_ENOUGH: Final = 256 * 1024


class OutputClosedError(SalesforceAbmError):
    """Whoever read our messages is gone."""


class LineWriter(MsgSpecWriter):
    """Writes messages to standard output. For one thread: the one that emits."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    @override
    def write_message(self, message: Message) -> None:
        self._waiting += self.format_message(message)
        if not isinstance(message, RecordMessage) or len(self._waiting) >= _ENOUGH:
            self.flush()

    def write_lines(self, lines: bytes) -> None:
        """Write RECORD messages that are text already, each ending in a line feed."""
        self._waiting += lines
        if len(self._waiting) >= _ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Bring everything to the reader of the pipe."""
        with interrupts.held():
            waiting, self._waiting = self._waiting, bytearray()
            try:
                sys.stdout.buffer.write(waiting)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                # Python flushes standard output once more at exit: give it something to flush into.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise OutputClosedError("the target closed its input; its own log says why") from None
