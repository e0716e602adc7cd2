"""What the decoders make of a page: records as JSON lines, ready to be written.

A page becomes text once and is never taken apart again: values go from the page into the line as text, so a
number keeps its digits and a date is never parsed. When a feature needs dicts (stream maps, flattening,
`--test`, BATCH), they are read back from these same lines, so both roads give equal records.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Lines", "encode_rows"]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

# An escape is real only after an even number of backslashes.
_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_SURROGATES: Final = re.compile(
    rb"(?<!\\)((?:\\\\)*)"
    rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


@dataclass(frozen=True, slots=True)
class Lines:
    """Some records as JSON.

    Attributes:
        count: how many.
        data: one JSON object a line, UTF-8, each line ending in a line feed.
        nulls: columns that promise a value and were null here.
    """

    count: int
    data: bytes
    nulls: frozenset[str] = frozenset()

    def records(self) -> list[dict[str, Any]]:
        """Give the records as dicts; numbers with a fraction or an exponent as Decimal."""
        return _DECODER.decode_lines(self.data)

    def split(self, count: int) -> tuple[Lines, Lines]:
        """Give the first so many records, and the rest."""
        if count >= self.count:
            return self, Lines(0, b"")
        *first, rest = self.data.split(b"\n", count)
        return (
            Lines(count, b"\n".join(first) + b"\n", self.nulls),
            Lines(self.count - count, rest, self.nulls),
        )

    def messages(self, head: bytes, tail: bytes) -> bytes:
        """Put the same text before and after each record.

        JSON escapes line feeds inside values, so the ones in `data` are exactly the line ends.
        """
        if not self.count:
            return b""
        return head + self.data[:-1].replace(b"\n", tail + b"\n" + head) + tail + b"\n"


def clean(data: bytes) -> bytes:
    """Take out what JSON allows and warehouses do not: NUL characters and halves of surrogate pairs.

    Salesforce stores both in long text now and then. A NUL is dropped, a lone surrogate becomes U+FFFD.
    """
    if b"\\u" not in data:
        return data
    data = _NUL.sub(rb"\1", data)
    return _SURROGATES.sub(lambda found: found[0] if found[2] else found[1] + b"\xef\xbf\xbd", data)


def encode_rows(rows: Iterable[Mapping[str, Any]]) -> Lines:
    """Write records that were made here rather than read (tombstones, derived rows, report rows)."""
    items = list(rows)
    return Lines(len(items), clean(_ENCODER.encode_lines(items)))
