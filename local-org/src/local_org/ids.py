"""Record ids: 15 and 18 characters, their checksum, and the counters that hand out new ones.

An id is a 3-character key prefix, a 2-character instance, a reserved `0`, and a 9-character counter, all
base-62 in the order `0-9 A-Z a-z`, which is also byte order: stored ids sort as Salesforce sorts them.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MASTER_RECORD_TYPE = "012000000000000AAA"
NULL_ID = "000000000000000AAA"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?\Z")
# Each of the five characters of a chunk adds its bit to the index of the checksum character.
_CHUNK: dict[str, str] = {}
_WIDTH = 9


class MalformedIdError(ValueError):
    """The text cannot be an id: wrong length, alphabet or checksum."""


def to18(short: str) -> str:
    """Return a 15-character id with its three checksum characters."""
    return short + _check(short[0:5]) + _check(short[5:10]) + _check(short[10:15])


def normalise(text: str) -> str:
    """Return the 18-character form of a 15- or 18-character id.

    The case of an 18-character id that another system mangled is repaired from its suffix.

    Raises:
        MalformedIdError: Not an id.
    """
    if not _SHAPE.match(text):
        raise MalformedIdError(text)
    if len(text) == 15:
        return to18(text)
    if to18(text[:15]) == text:
        return text
    return _repair(text)


def is_id(text: object) -> bool:
    """Return whether the value is text that `normalise` accepts."""
    if not isinstance(text, str):
        return False
    try:
        normalise(text)
    except MalformedIdError:
        return False
    return True


def encode(number: int, width: int = _WIDTH) -> str:
    """Return a number in base 62, left-padded with zeros."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits.rjust(width, "0")


def decode(text: str) -> int:
    """Return the number of base-62 text."""
    number = 0
    for character in text:
        number = number * 62 + BASE62.index(character)
    return number


# Counters begin here, so that even the first ids of an org have letters of both cases and differ from their
# neighbours by case alone now and then, as real ones do.
_FIRST = decode("00001AzYz")


class IdFactory:
    """Hands out ids of one org, per key prefix, never the same twice, in growing order.

    Numbers are burned when a transaction rolls back, as in Salesforce.
    """

    def __init__(self, instance: str, counters: Mapping[str, int] | None = None) -> None:
        self._instance = instance
        self._counters = dict(counters or {})
        self._lock = threading.Lock()

    def next(self, prefix: str) -> str:
        """Return one new 18-character id."""
        return self.take(prefix, 1)[0]

    def take(self, prefix: str, count: int) -> list[str]:
        """Return `count` new 18-character ids in order."""
        with self._lock:
            first = self._counters.get(prefix, _FIRST) + 1
            self._counters[prefix] = first + count - 1
        head = f"{prefix}{self._instance}0"
        return [to18(head + encode(number)) for number in range(first, first + count)]

    def sequence(self, name: str, count: int, first: int = 1) -> range:
        """Return the next `count` numbers of a named sequence, such as an auto-number field's."""
        with self._lock:
            start = max(self._counters.get(name, first - 1) + 1, first)
            self._counters[name] = start + count - 1
        return range(start, start + count)

    def seen(self, record_ids: Iterable[str]) -> None:
        """Move the counters past ids that came from elsewhere."""
        with self._lock:
            for record_id in record_ids:
                if record_id[3:6] == f"{self._instance}0":
                    number = decode(record_id[6:15])
                    if number > self._counters.get(record_id[:3], 0):
                        self._counters[record_id[:3]] = number

    def counters(self) -> dict[str, int]:
        """Return the last number given out per prefix."""
        with self._lock:
            return dict(self._counters)


def _check(chunk: str) -> str:
    known = _CHUNK.get(chunk)
    if known is None:
        index = sum(1 << position for position, character in enumerate(chunk) if "A" <= character <= "Z")
        known = _CHECK[index]
        if len(_CHUNK) < 100_000:
            _CHUNK[chunk] = known
    return known


def _repair(text: str) -> str:
    fixed = ""
    for position in range(3):
        suffix = text[15 + position].upper()
        if suffix not in _CHECK:
            raise MalformedIdError(text)
        bits = _CHECK.index(suffix)
        for offset, character in enumerate(text[position * 5 : position * 5 + 5]):
            upper = bool(bits >> offset & 1)
            if upper and not character.isalpha():
                raise MalformedIdError(text)
            fixed += character.upper() if upper else character.lower()
    # Letters alone decide: an id whose case was right but whose suffix says otherwise is a typing error.
    mixed = text[:15] not in (text[:15].lower(), text[:15].upper())
    if mixed and fixed != text[:15]:
        raise MalformedIdError(text)
    return to18(fixed)
