"""What a literal means for a field of some type, or Salesforce's error for the wrong kind of literal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from local_org.ids import MalformedIdError, normalise
from local_org.schema import TEXT_TYPES
from local_org.soql.dates import midnight, parse_date, parse_datetime, parse_time, span
from local_org.soql.encode import INTEGERS, NUMBERS
from local_org.soql.errors import SoqlError

if TYPE_CHECKING:
    from local_org.soql.ast import Literal
    from local_org.soql.expressions import Value
    from local_org.soql.names import Context

MAX_STRING = 4_000
IDS = frozenset({"id", "reference"})
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_TYPE_NAMES = {"datetime": "dateTime", "date": "date", "time": "time", "boolean": "boolean", "int": "int"}
_LARGEST = sys.float_info.max


def unescaped(context: Context, literal: Literal) -> str:
    """Return the text of a string literal.

    Raises:
        SoqlError: It is too long or has an escape that does not exist.
    """
    if "\\" not in literal.text:
        text = literal.text
    else:
        text = "".join(part for part, _ in pieces(context, literal, like=False))
    return _checked(context, literal, text)


def pieces(context: Context, literal: Literal, *, like: bool) -> list[tuple[str, bool]]:
    r"""Return a string literal in pieces, each with whether it came out of an escape.

    Args:
        context: The query.
        literal: The literal.
        like: Allow `\%` and `\_`, which only LIKE knows.

    Raises:
        SoqlError: An escape that does not exist.
    """
    found: list[tuple[str, bool]] = []
    at = 0
    for match in _ESCAPE.finditer(literal.text):
        if match.start() > at:
            found.append((literal.text[at : match.start()], False))
        code = match.group(1)
        if code in "%_" and like:
            found.append((code, True))
        elif len(code) == 5:
            found.append((chr(int(code[1:], 16)), True))
        elif code.lower() in _ESCAPES:
            found.append((_ESCAPES[code.lower()], True))
        else:
            row, column = context.source.position(literal.offset + 2 + match.start())
            raise SoqlError(
                "MALFORMED_QUERY", f"line {row}:{column} no viable alternative at character '{code}'"
            )
        at = match.end()
    if at < len(literal.text):
        found.append((literal.text[at:], False))
    return found


def pattern(context: Context, literal: Literal) -> str:
    r"""Return SQLite's LIKE pattern (with `\` as its escape) for a LIKE literal.

    Raises:
        SoqlError: It is too long or has an escape that does not exist.
    """
    _checked(context, literal, literal.text)
    made = ""
    for text, escaped in pieces(context, literal, like=True):
        kept = text.replace("\\", "\\\\")
        if escaped:
            kept = kept.replace("%", "\\%").replace("_", "\\_")
        made += kept
    return _storable(made)


def _checked(context: Context, literal: Literal, text: str) -> str:
    if len(text) > MAX_STRING:
        raise context.source.error(
            "MALFORMED_QUERY",
            literal.offset,
            f"SOQL string literals can not be longer than {MAX_STRING} characters",
        )
    return _storable(text)


def _storable(text: str) -> str:
    r"""Join surrogate pairs written as two `\u` escapes; a lone one becomes the replacement character."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def mismatch(context: Context, value: Value) -> SoqlError:
    """Return the error for a literal of a kind the field cannot be compared with."""
    if value.type in TEXT_TYPES:
        wanted = "string and should be enclosed in quotes"
    elif value.type in IDS:
        wanted = "ID and should be enclosed in quotes"
    else:
        wanted = f"{_TYPE_NAMES.get(value.type, 'double')} and should not be enclosed in quotes"
    return context.source.error(
        "INVALID_FIELD",
        value.offset,
        f"value of filter criterion for field '{value.field.name}' must be of type {wanted}",
    )


def record_id(context: Context, value: Value, literal: Literal) -> str:
    """Return the 18-character id of a literal.

    Raises:
        SoqlError: `INVALID_QUERY_FILTER_OPERATOR`, `invalid ID field: abc`.
    """
    if literal.kind == "string":
        try:
            return normalise(literal.text)
        except MalformedIdError:
            pass
    raise context.source.error(
        "INVALID_QUERY_FILTER_OPERATOR", value.offset, f"invalid ID field: {literal.text}"
    )


def number(context: Context, value: Value, literal: Literal) -> float | int:
    """Return the number of a literal; `USD5000` counts as 5000.

    Raises:
        SoqlError: The literal is no number.
    """
    if literal.kind not in ("number", "currency"):
        raise mismatch(context, value)
    text = literal.text[3:] if literal.kind == "currency" else literal.text
    if text.lstrip("+-").isdigit() and len(text) < 19:
        return int(text)
    # a literal of hundreds of digits is not infinite, only larger than anything stored
    return max(-_LARGEST, min(_LARGEST, float(text)))


def boolean(context: Context, value: Value, literal: Literal) -> int:
    """Return 0 or 1.

    Raises:
        SoqlError: The literal is neither TRUE nor FALSE.
    """
    if literal.kind != "boolean":
        raise mismatch(context, value)
    return int(literal.text.upper() == "TRUE")


def moment(context: Context, value: Value, literal: Literal) -> tuple[str, str | None]:
    """Return what a date, datetime or time literal stands for, in the store's texts.

    Returns:
        The first text, and for spans the first text after it.

    Raises:
        SoqlError: The wrong kind of literal for the field, or no such day or time.
    """
    if literal.kind == "relative" and value.type != "time":
        found = span(literal.text, context.today, context.fiscal_start)
        if found is None:
            raise context.source.unexpected(literal.offset, "-")
        first, after = found
        if value.type == "date":
            return first.isoformat(), after.isoformat()
        return midnight(first, context.zone), midnight(after, context.zone)
    if literal.kind != value.type:
        raise mismatch(context, value)
    if literal.kind == "datetime":
        exact = parse_datetime(literal.text)
        if exact is None:
            raise SoqlError("MALFORMED_QUERY", f"Invalid datetime: {literal.text}")
        text, fraction = exact
        # The store keeps whole seconds: a fraction lies after its second and before the next.
        return (text + "~", None) if fraction else (text, None)
    plain = parse_date(literal.text) if literal.kind == "date" else parse_time(literal.text)
    if plain is None:
        raise SoqlError("MALFORMED_QUERY", f"Invalid {literal.kind}: {literal.text}")
    return plain, None


def category(field_type: str) -> str:
    """Return how values of a describe type compare."""
    if field_type in IDS:
        return "id"
    if field_type in ("date", "datetime", "time"):
        return "moment"
    if field_type in NUMBERS or field_type in INTEGERS:
        return "number"
    if field_type == "boolean":
        return "boolean"
    return "multi" if field_type == "multipicklist" else "text"
