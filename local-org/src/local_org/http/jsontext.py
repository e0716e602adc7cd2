"""JSON as Salesforce spells it: compact or pretty, doubles as Java prints them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

# A number right after a key. Inside JSON text a quote always has a backslash before it, so text is safe.
_LARGE_OR_SMALL = re.compile(r'(?<!\\)":(-?(?:\d{8,}\.\d+|0\.000\d+|\d+(?:\.\d+)?e[+-]?\d+))(?=[,}])')
_text = json.encoder.encode_basestring


def java_double(number: float) -> str:
    """A double as Java's `Double.toString` writes it: `23.0`, `1.39E8`, `1.0E-5`."""
    shortest = repr(number)
    size = abs(number)
    if size == 0 or 1e-3 <= size < 1e7:
        return shortest
    sign, digits, exponent = Decimal(shortest).as_tuple()
    if not isinstance(exponent, int):
        return shortest
    text = "".join(map(str, digits)).rstrip("0")
    power = exponent + len(digits) - 1
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"


def dumps(value: Any, *, pretty: bool = False) -> bytes:
    """Serialise an answer.

    Args:
        value: dicts, lists, text, numbers, booleans, None.
        pretty: two blanks per level and blanks around colons, as with `X-PrettyPrint: 1`.
    """
    if pretty:
        parts: list[str] = []
        _pretty(value, "\n", parts)
        return "".join(parts).encode("utf-8", "surrogatepass")
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_other)
    text = _LARGE_OR_SMALL.sub(lambda found: '":' + java_double(float(found[1])), text)
    return text.encode("utf-8", "surrogatepass")


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _pretty(value: Any, newline: str, parts: list[str]) -> None:
    if isinstance(value, dict):
        if not value:
            parts.append("{ }")
            return
        inner = newline + "  "
        opening = "{" + inner
        for key, item in value.items():
            parts.append(f"{opening}{_text(str(key))} : ")
            _pretty(item, inner, parts)
            opening = "," + inner
        parts.append(newline + "}")
    elif isinstance(value, (list, tuple)):
        if not value:
            parts.append("[ ]")
            return
        opening = "[ "
        for item in value:
            parts.append(opening)
            _pretty(item, newline, parts)
            opening = ", "
        parts.append(" ]")
    else:
        parts.append(_scalar(value))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (float, Decimal)):
        return java_double(float(value))
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
