"""Record ids: 15 characters that are case-sensitive, 18 that are not.

The three extra characters say which of the fifteen are capitals, five characters each, first character lowest
bit, so an 18-character id whose letter case was lost on the way can be repaired.
https://help.salesforce.com/s/articleView?id=000385585
"""

from __future__ import annotations

import re

__all__ = ["InvalidIdError", "is_id", "key_prefix", "normalise_id", "to18"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)


class InvalidIdError(ValueError):
    """A text is not a Salesforce record id."""


def _suffix(id15: str) -> str:
    return "".join(
        _ALPHABET[sum(1 << bit for bit, char in enumerate(id15[start : start + 5]) if "A" <= char <= "Z")]
        for start in (0, 5, 10)
    )


def to18(text: str) -> str:
    """Lengthen a 15-character id to 18; an 18-character one comes back as `normalise_id` gives it.

    Raises:
        InvalidIdError: the text is not an id.
    """
    return normalise_id(text)


def normalise_id(text: str) -> str:
    """Give the one 18-character spelling of an id.

    Args:
        text: 15 or 18 characters. Of an 18-character id the case may have been lost altogether (all upper or
            all lower): it is repaired from the suffix. A mixed-case id that disagrees with its suffix is
            refused, because "repairing" a mistyped id would name another record.

    Returns:
        The id in 18 characters, as every Salesforce API returns it.

    Raises:
        InvalidIdError: wrong length or alphabet, or the suffix does not belong to the first 15 characters.
    """
    if not _SHAPE.fullmatch(text):
        raise InvalidIdError(f"{_shown(text)} is not a record id: 15 or 18 letters and digits are needed")
    body, suffix = text[:15], text[15:].upper()
    if not suffix or suffix == _suffix(body):
        return body + (suffix or _suffix(body))
    if body in (body.lower(), body.upper()):
        repaired = _recase(body, suffix)
        if _suffix(repaired) == suffix:
            return repaired + suffix
    raise InvalidIdError(f"{_shown(text)} is not a record id: its last three characters do not fit the rest")


def _recase(body: str, suffix: str) -> str:
    """Set the letter case of 15 characters as the suffix says; digits stay, whatever it says."""
    # A check character outside the alphabet gives some case or other; the caller checks the result.
    capital = [_ALPHABET.find(check) >> bit & 1 for check in suffix for bit in range(5)]
    return "".join(char.upper() if up else char.lower() for char, up in zip(body, capital, strict=True))


def is_id(text: str) -> bool:
    """Tell whether a text is a record id that `normalise_id` accepts."""
    try:
        normalise_id(text)
    except InvalidIdError:
        return False
    return True


def key_prefix(record_id: str) -> str:
    """Give the three characters that say which object an id belongs to (`001` is Account); case matters.

    Raises:
        InvalidIdError: the text is not an id.
    """
    return normalise_id(record_id)[:3]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
