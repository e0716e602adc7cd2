r"""Values as Salesforce stores them: one codec a field, made from its describe.

A value read from a record and a value read from Salesforce go through the same codec, so that two values are
equal exactly when writing the first over the second would change nothing. Inside, a value is

* text: `str`, trimmed, line ends `\n`; blank text is None, as Salesforce stores it
* number: `Decimal`, rounded half up to the field's scale
* checkbox: `bool`, never None
* date: `YYYY-MM-DD`; date and time: `YYYY-MM-DDTHH:MM:SS.000Z`, cut to whole seconds; time: `HH:MM:SS.mmmZ`
* multi-select picklist: its values sorted and joined by `;`
* lookup: an 18-character Id

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm import times
from salesforce_abm.describe import nearest_name
from salesforce_abm.ids import InvalidIdError, normalise_id
from target_salesforce_abm.loads import TooLong

if TYPE_CHECKING:
    from salesforce_abm.describe import Field

__all__ = ["BadValueError", "Codec", "Value", "codec_for", "to_csv", "to_json", "to_text"]

Value = str | Decimal | bool | None

_TEXT: Final = frozenset(
    {"string", "textarea", "url", "phone", "email", "combobox", "encryptedstring", "picklist"}
)
_NUMBERS: Final = frozenset({"int", "long", "double", "currency", "percent"})
_EXACT_DIGITS: Final = 15
"""Decimal digits that every double keeps."""
_TYPE_CODE: Final = "INVALID_TYPE_ON_FIELD_IN_RECORD"
_TRUE: Final = frozenset({"true", "1", "yes", "t", "y"})
_FALSE: Final = frozenset({"false", "0", "no", "f", "n"})
BULK_NULL: Final = "#N/A"
"""What Bulk API 2.0 reads as null. It cannot be loaded there as a text, so it is refused on both paths."""


class BadValueError(Exception):
    """A value that the field cannot take.

    Args:
        code: Salesforce's code for the same refusal, so that a reject reads the same wherever it was found.
        message: what is wrong, without the field's name.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Codec:
    """How one field's values are read, compared and written.

    Attributes:
        field: API name.
        kind: type in describe.
        read: make the stored value of a value from a record; raises `BadValueError`. None and blank text give
            None.
        stored: make the comparable value of what Salesforce answered.
        truncated: tell whether `read` would shorten this value.
    """

    field: str
    kind: str
    read: Callable[[Any], Value]
    stored: Callable[[Any], Value]
    truncated: Callable[[Any], bool]


def codec_for(field: Field, too_long: TooLong = TooLong.REJECT) -> Codec | None:
    """Make the codec of a field.

    Args:
        field: the field's describe.
        too_long: what a text longer than the field does.

    Returns:
        The codec, or None for types that cannot be written by value (compound fields, files).
    """
    kind = field.type.lower()
    if kind in _TEXT:
        return _text_codec(field, kind, too_long)
    readers: dict[str, Callable[[Any], Value]] = {
        "boolean": _read_boolean,
        "date": _guarded("date", lambda text: times.parse_date(text).isoformat()),
        "datetime": _guarded("date and time", lambda text: times.canonical(text)[:19] + ".000Z"),
        "time": _guarded("time", lambda text: times.format_time(times.parse_time(text))),
        "reference": _read_id,
        "id": _read_id,
        "multipicklist": _multi_reader(field),
        **dict.fromkeys(_NUMBERS, _number_reader(field)),
    }
    if kind not in readers:
        return None
    read = readers[kind]
    return Codec(field.name, kind, read, _tolerant(read), _never)


def to_json(value: Value) -> Any:
    """Write a value for a JSON body; None is null."""
    if not isinstance(value, Decimal):
        return value
    if value == value.to_integral_value() and abs(value) < 2**53:
        return int(value)
    # A JSON number is a double on the way; one that a double cannot hold goes as text, which Salesforce takes
    # too.
    return float(value) if len(value.as_tuple().digits) <= _EXACT_DIGITS else f"{value:f}"


def to_csv(value: Value) -> str:
    """Write a value that is not None for a Bulk API 2.0 cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def to_text(raw: Any) -> str:
    """Write any JSON value as text: lists of plain values joined by `; `, other structures as JSON."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Decimal):
        return f"{raw:f}"
    if isinstance(raw, Sequence) and not any(isinstance(item, Mapping | list) for item in raw):
        return "; ".join(to_text(item) for item in raw if item is not None)
    if isinstance(raw, Mapping | Sequence):
        return json.dumps(raw, ensure_ascii=False, separators=(",", ":"), default=to_text)
    return str(raw)


def _never(_raw: Any) -> bool:
    return False


def _clean(raw: Any) -> str | None:
    """Text as Salesforce stores it: trimmed, one kind of line end, no null characters; blank is null."""
    text = to_text(raw).strip()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text or None


def _length(text: str) -> int:
    """Length as Salesforce counts it: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _shortened(text: str, limit: int) -> str:
    """Cut a text to a length, never in the middle of an emoji."""
    if text.isascii():
        return text[:limit].rstrip()
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore").rstrip()


def _text_codec(field: Field, kind: str, too_long: TooLong) -> Codec:
    known = _picklist_values(field) if kind == "picklist" else {}
    restricted = field.restricted_picklist and kind == "picklist"
    limit = 0 if restricted else field.length
    truncate = too_long is TooLong.TRUNCATE and limit > 0

    def stored(raw: Any) -> Value:
        text = None if raw is None else _clean(raw)
        # Salesforce keeps addresses in lower case, and picklist values as the picklist spells them.
        if text is not None and kind == "email":
            return text.lower()
        return known.get(text.lower(), text) if known and text is not None else text

    def read(raw: Any) -> Value:
        text = stored(raw)
        if not isinstance(text, str):
            return None
        if text == BULK_NULL:
            raise BadValueError("RESERVED_TEXT", f"{BULK_NULL} cannot be loaded: Salesforce reads it as null")
        if restricted and text.lower() not in known:
            raise _not_in_picklist(text, known.values())
        if limit and _length(text) > limit:
            if not truncate:
                raise _too_long(text, limit)
            return _shortened(text, limit)
        return text

    def truncated(raw: Any) -> bool:
        return truncate and raw is not None and _length(_clean(raw) or "") > limit

    return Codec(field.name, kind, read, stored, truncated)


def _too_long(text: str, limit: int) -> BadValueError:
    message = f"data value too large: {_length(text)} characters (max length={limit})"
    return BadValueError("STRING_TOO_LONG", message)


def _picklist_values(field: Field) -> dict[str, str]:
    """Active values by their lower-case spelling: letter case does not tell picklist values apart."""
    return {
        value.value.lower(): value.value for value in field.picklist_values if value.active and value.value
    }


def _not_in_picklist(text: str, values: Iterable[str]) -> BadValueError:
    near = nearest_name(text, values)
    hint = f" (nearest: {near})" if near else ""
    return BadValueError(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"bad value for restricted picklist field: {text[:80]}{hint}",
    )


def _misfit(raw: Any, what: str) -> BadValueError:
    shown = to_text(raw)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return BadValueError(_TYPE_CODE, f"value not of required type: {shown!r} is not a {what}")


def _blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _guarded(what: str, parse: Callable[[str], str]) -> Callable[[Any], Value]:
    def read(raw: Any) -> Value:
        if _blank(raw):
            return None
        try:
            if not isinstance(raw, str):
                raise _misfit(raw, what)
            return parse(raw.strip())
        except ValueError:
            raise _misfit(raw, what) from None

    return read


def _read_boolean(raw: Any) -> Value:
    # A checkbox is never null: clearing it is unticking it.
    if _blank(raw):
        return False
    if isinstance(raw, bool):
        return raw
    word = to_text(raw).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _misfit(raw, "true or false")


def _read_id(raw: Any) -> Value:
    if _blank(raw):
        return None
    try:
        return normalise_id(to_text(raw).strip())
    except InvalidIdError as error:
        raise BadValueError("MALFORMED_ID", str(error)) from None


def _number_reader(field: Field) -> Callable[[Any], Value]:
    whole = field.type.lower() in ("int", "long")
    scale = Decimal(1).scaleb(-field.scale)
    digits = field.digits if whole else field.precision - field.scale
    limit = Decimal(10) ** digits if digits > 0 else None

    def read(raw: Any) -> Value:
        if _blank(raw):
            return None
        if isinstance(raw, bool | Mapping | list):
            raise _misfit(raw, "number")
        try:
            number = raw if isinstance(raw, Decimal) else Decimal(str(raw).strip())
        except InvalidOperation:
            raise _misfit(raw, "number") from None
        if not number.is_finite():
            raise _misfit(raw, "number")
        if limit is not None and abs(number) >= limit:
            raise BadValueError(
                "NUMBER_OUTSIDE_VALID_RANGE", f"value outside of valid range on numeric field: {number}"
            )
        try:
            rounded = number.quantize(scale, ROUND_HALF_UP)
        except InvalidOperation:  # more digits than any field has
            raise BadValueError(
                "NUMBER_OUTSIDE_VALID_RANGE", f"value outside of valid range: {number:.6e}"
            ) from None
        if whole and rounded != number:
            raise _misfit(raw, "whole number")
        # Salesforce holds a double: digits past what that can tell apart do not come back.
        return rounded if len(rounded.as_tuple().digits) <= _EXACT_DIGITS else Decimal(repr(float(rounded)))

    return read


def _multi_reader(field: Field) -> Callable[[Any], Value]:
    known = _picklist_values(field)

    def read(raw: Any) -> Value:
        if raw is None:
            return None
        items = raw if isinstance(raw, list) else to_text(raw).split(";")
        chosen = {text for item in items if item is not None and (text := _clean(item))}
        for text in sorted(chosen):
            if ";" in text:
                raise BadValueError(_TYPE_CODE, f"a picklist value cannot hold a semicolon: {text!r}")
            if field.restricted_picklist and text.lower() not in known:
                raise _not_in_picklist(text, known.values())
        joined = ";".join(sorted({known.get(text.lower(), text) for text in chosen})) or None
        if joined == BULK_NULL:
            raise BadValueError("RESERVED_TEXT", f"{BULK_NULL} cannot be loaded: Salesforce reads it as null")
        if joined and field.length and _length(joined) > field.length:
            raise _too_long(joined, field.length)
        return joined

    return read


def _tolerant(read: Callable[[Any], Value]) -> Callable[[Any], Value]:
    """Read what Salesforce answered; what its own rules forbid simply differs from ours."""

    def stored(raw: Any) -> Value:
        try:
            return read(raw)
        except BadValueError:
            return to_text(raw)

    return stored
