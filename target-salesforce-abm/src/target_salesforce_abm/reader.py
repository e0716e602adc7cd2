"""Read Singer messages: fast, fractions exact, and errors that do not repeat the data.

Besides Singer messages, lines of a rejects file are taken as records, so that one can be fed back with
`--input`.
"""

from __future__ import annotations

import sys
from collections import Counter
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, ClassVar

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from salesforce_abm.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LineReader", "Stopped", "fraction"]


class Stopped(BaseException):
    """A signal asks the process to stop.

    Attributes:
        exit_code: 128 and the signal's number, as shells report it.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by signal {signum}")
        self.exit_code = 128 + signum


def fraction(text: str) -> Decimal | int:
    """Read a JSON number with a point or exponent; `5.0` is the whole number it means."""
    return int(text[:-2]) if text.endswith(".0") else Decimal(text)


_DECODER = msgspec.json.Decoder(float_hook=fraction)


class LineReader(GenericSingerReader[str]):
    """Reads messages line by line, and lets a signal in only between two messages."""

    default_input: ClassVar[Any] = None

    def __init__(self) -> None:
        super().__init__()
        self._line = 0
        self._waiting = False
        self._stop: int | None = None
        self._announced: set[str] = set()

    @override
    def process_lines(
        self, file_input: IO[str] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Hand every message to its callback.

        Raises:
            DataError: a line is not a Singer message; says which line.
            Stopped: a signal came.
        """
        counts: Counter[str] = Counter()
        lines = iter(file_input if file_input is not None else sys.stdin.buffer)
        while True:
            self._waiting = True
            line = next(lines, None)
            self._waiting = False
            if line is None:
                return counts
            self._line += 1
            if line.isspace():
                continue
            message = self.deserialize_json(line)
            for kind, content in self._messages(message):
                callback = callbacks.get(kind)
                if callback is None:
                    raise DataError(
                        f"line {self._line} of the input: {kind!r} is not a kind of Singer message"
                    )
                callback(content)
                counts[kind] += 1
            self.check()

    @override
    def deserialize_json(self, line: str | bytes) -> dict[str, Any]:
        """Read one line.

        Raises:
            DataError: it is not a JSON object.
        """
        try:
            message = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise DataError(f"line {self._line} of the input is not JSON: {error}") from None
        if not isinstance(message, dict):
            raise DataError(
                f"line {self._line} of the input is not a Singer message, but {type(message).__name__}"
            )
        return message

    @override
    def assert_line_requires(self, line_dict: dict[str, Any], requires: set[str]) -> None:  # type: ignore[override]
        """Check that a message has what its kind needs.

        Raises:
            DataError: it does not; names what is missing, not what is there.
        """
        missing = requires - line_dict.keys()
        if missing:
            raise DataError(f"line {self._line} of the input: {', '.join(sorted(missing))} missing")

    def stop(self, signum: int) -> None:
        """Take a signal in, from its handler.

        Raises:
            Stopped: now, while nothing but input is waited for, or when it is the second signal.
        """
        if self._waiting or self._stop is not None:
            raise Stopped(signum)
        self._stop = signum

    def check(self) -> None:
        """Let a signal that came meanwhile take effect.

        Raises:
            Stopped: one came.
        """
        if self._stop is not None:
            raise Stopped(self._stop)

    def _messages(self, message: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        kind = message.get("type")
        if isinstance(kind, str):
            return [(kind, message)]
        if not {"stream", "record", "code"} <= message.keys():
            raise DataError(f"line {self._line} of the input is not a Singer message: it has no type")
        stream, record = message["stream"], message["record"]
        record_message = ("RECORD", {"type": "RECORD", "stream": stream, "record": record})
        if stream in self._announced:
            return [record_message]
        self._announced.add(stream)
        schema = {"type": "object", "properties": {}, "additionalProperties": True}
        announcement = {
            "type": "SCHEMA",
            "stream": stream,
            "schema": schema,
            "key_properties": list(message.get("key") or ()),
        }
        return [("SCHEMA", announcement), record_message]
