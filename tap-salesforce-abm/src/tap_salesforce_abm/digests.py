"""Telling what changed since the last run without keeping what there was.

Rows are dealt into buckets by their key; STATE keeps one checksum a bucket, four kilobytes for any number of
rows. A bucket whose checksum is as it was holds no changed row.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["BUCKETS", "Digests", "Tally", "bucket_of"]

BUCKETS: Final = 512
_SIZE: Final = 6
_MODULUS: Final = 1 << (8 * _SIZE)


@dataclass(frozen=True, slots=True)
class Digests:
    """One checksum a bucket.

    The checksum of a bucket is the sum of those of its rows, so their order does not matter.
    """

    values: tuple[int, ...] = (0,) * BUCKETS

    @classmethod
    def parse(cls, text: Any) -> Digests | None:
        """Read them from STATE; None when there are none, or of another making."""
        try:
            data = base64.b64decode(str(text), validate=True)
        except ValueError:
            return None
        if len(data) != BUCKETS * _SIZE:
            return None
        return cls(tuple(int.from_bytes(data[at : at + _SIZE], "big") for at in range(0, len(data), _SIZE)))

    def __str__(self) -> str:
        return base64.b64encode(b"".join(value.to_bytes(_SIZE, "big") for value in self.values)).decode()

    def changed_since(self, earlier: Digests | None) -> list[int]:
        """Name the buckets that differ; all of them when there is nothing to compare with."""
        if earlier is None:
            return list(range(BUCKETS))
        return [at for at in range(BUCKETS) if self.values[at] != earlier.values[at]]


class Tally:
    """Adds checksums up."""

    def __init__(self) -> None:
        self._sums = [0] * BUCKETS

    def add(self, bucket: int, content: bytes) -> None:
        """Count a row in."""
        digest = hashlib.blake2b(content, digest_size=_SIZE).digest()
        self._sums[bucket] = (self._sums[bucket] + int.from_bytes(digest, "big")) % _MODULUS

    def digests(self) -> Digests:
        """Give the sums so far."""
        return Digests(tuple(self._sums))


def bucket_of(key: str) -> int:
    """Say which bucket a row belongs to."""
    return zlib.crc32(key.encode()) % BUCKETS
