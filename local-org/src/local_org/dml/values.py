"""One value at a time: from JSON or CSV to what the store keeps, or the refusal.

Text is trimmed, blank is null, e-mail addresses become lower case, numbers are rounded to the field's scale,
times lose their fractions of a second: what is read back is what Salesforce would give back.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING, Any

from local_org.dml import errors
from local_org.dml.outcome import Refused, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.schema import FieldDef

    Handler = Callable[[FieldDef, Any, "Form"], Any]

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:Z|[+-]\d{2}:\d{2})?\Z")
_DATETIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2}|[+-]\d{4})?\Z"
)
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?Z?\Z")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")
# The characters Salesforce accepts before the @, and a domain with at least one dot and no edge hyphens.
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}\Z"
)
_BAD_CHARACTERS = re.compile("[\x00\ud800-\udfff]")
_INT_LIMIT = 2**31
_FIRST_YEAR, _LAST_YEAR = 1700, 4000


class Form(Enum):
    """How the client wrote the value."""

    JSON = "JSON"
    CSV = "CSV"


def coerce(field: FieldDef, value: Any, *, csv: bool) -> Any:
    """Return the stored form of a value; None is null.

    Args:
        field: Where it goes.
        value: JSON value, or CSV text.
        csv: Text from a CSV file, whose mistakes concern the row alone.

    Raises:
        Refused: The value cannot go there.
        UnreadableError: JSON of the wrong form.
    """
    if isinstance(value, str):
        value = clean(value)
    if value is None or value == "":
        if field.type == "boolean":
            raise Refused(errors.bad_type(field, ""))
        return None
    handler: Handler = _HANDLERS.get(field.type, _text)
    return handler(field, value, Form.CSV if csv else Form.JSON)


def clean(text: str) -> str:
    """Return text without the blanks around it and without characters no database keeps."""
    text = text.strip()
    if _BAD_CHARACTERS.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    return text


def length(text: str) -> int:
    """Return the length as Salesforce counts it: UTF-16 units, so an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def plain_number(number: float) -> str:
    """Return a number as Java prints a double: `10.0`, `1.0E20`."""
    if number == int(number) and abs(number) < 1e7:
        return f"{number:.1f}"
    if abs(number) >= 1e7:
        mantissa, _, exponent = f"{Decimal(repr(number)).normalize():E}".partition("E")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
    return repr(number)


def _text(field: FieldDef, value: Any, form: Form) -> str:
    text = value if isinstance(value, str) else _scalar_text(field, value)
    del form
    if field.length and length(text) > field.length:
        raise Refused(errors.too_long(field, text))
    return text


def _scalar_text(field: FieldDef, value: Any) -> str:
    # The JSON parser turns numbers and booleans into text, but not objects and lists.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise _unreadable(field, value)


def _email(field: FieldDef, value: Any, form: Form) -> str:
    text = _text(field, value, form)
    if not _EMAIL.match(text):
        raise Refused(errors.bad_email(field, text))
    return text.lower()


def _picklist(field: FieldDef, value: Any, form: Form) -> str:
    text = _text(field, value, form)
    if not field.picklist:
        return text
    return _picklist_value(field, text)


def _picklist_value(field: FieldDef, text: str) -> str:
    lowered = text.lower()
    for known in field.picklist:
        if known.value.lower() == lowered and (known.active or not field.restricted_picklist):
            return known.value
    if field.restricted_picklist:
        raise Refused(errors.bad_picklist(field, text))
    return text


def _multipicklist(field: FieldDef, value: Any, form: Form) -> str | None:
    text = _text(field, value, form)
    chosen = [_picklist_value(field, part.strip()) for part in text.split(";") if part.strip()]
    order = {known.value: position for position, known in enumerate(field.picklist)}
    # Kept in the order of the definition, each value once; unknown ones follow as they came.
    unique = dict.fromkeys(chosen)
    return ";".join(sorted(unique, key=lambda item: order.get(item, len(order)))) or None


_CSV_BOOLEANS = {"1": 1, "0": 0, "yes": 1, "no": 0}


def _boolean(field: FieldDef, value: Any, form: Form) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        accepted = {"true": 1, "false": 0} | (_CSV_BOOLEANS if form is Form.CSV else {})
        known = accepted.get(value.lower() if form is Form.CSV else value)
        if known is not None:
            return known
    raise _mistaken(field, value, form)


def _int(field: FieldDef, value: Any, form: Form) -> int:
    number = _decimal(field, value, form)
    if number != number.to_integral_value():
        raise _mistaken(field, value, form)
    digits = int(field.more.get("digits") or 9)
    whole = int(number)
    if abs(whole) >= min(10**digits, _INT_LIMIT):
        raise Refused(errors.out_of_range(field, str(whole)))
    return whole


def _double(field: FieldDef, value: Any, form: Form) -> float:
    number = _decimal(field, value, form)
    if field.precision and abs(number) >= Decimal(10) ** (field.precision - field.scale):
        raise Refused(errors.out_of_range(field, plain_number(float(number))))
    if field.precision:
        number = number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)
        if abs(number) >= Decimal(10) ** (field.precision - field.scale):
            raise Refused(errors.out_of_range(field, plain_number(float(number))))
    result = float(number)
    # A negative zero would come back as "-0.0".
    return result or 0.0


def _decimal(field: FieldDef, value: Any, form: Form) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise _mistaken(field, value, form)
    text = value.replace(",", "") if form is Form.CSV and isinstance(value, str) else str(value)
    if not _NUMBER.match(text):
        raise _mistaken(field, value, form)
    try:
        number = Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern admits only numbers
        raise _mistaken(field, value, form) from None
    if number.adjusted() > 300:
        raise Refused(errors.out_of_range(field, text))
    return number


def _date(field: FieldDef, value: Any, form: Form) -> str:
    found = _DATE.match(value) if isinstance(value, str) else None
    if found is None and form is Form.CSV and isinstance(value, str):
        # Bulk takes a datetime for a date and keeps its day.
        moment = _DATETIME.match(value)
        found = _DATE.match(value[:10]) if moment else None
    if found is None:
        raise _mistaken(field, value, form)
    day = _calendar(field, value, form, found)
    return day.isoformat()


def _datetime(field: FieldDef, value: Any, form: Form) -> str:
    found = _DATETIME.match(value) if isinstance(value, str) else None
    if found is None and form is Form.CSV and isinstance(value, str):
        plain = _DATE.match(value)
        if plain is not None:
            return f"{_calendar(field, value, form, plain).isoformat()}T00:00:00Z"
    if found is None:
        raise _mistaken(field, value, form)
    fraction, zone = found[7], found[8] or "Z"
    # An offset without a colon belongs to the form with milliseconds, the one REST itself writes.
    if not fraction and len(zone) == 5 and ":" not in zone:
        raise _mistaken(field, value, form)
    day = _calendar(field, value, form, found)
    try:
        moment = datetime(
            day.year, day.month, day.day, int(found[4]), int(found[5]), int(found[6]), tzinfo=_zone(zone)
        )
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise _mistaken(field, value, form) from None


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _calendar(field: FieldDef, value: Any, form: Form, found: re.Match[str]) -> date:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise _mistaken(field, value, form) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise Refused(errors.bad_date(field, str(value)))
    return day


def _time(field: FieldDef, value: Any, form: Form) -> str:
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise _mistaken(field, value, form)
    milliseconds = (found[4] or ".").removeprefix(".")[:3].ljust(3, "0")
    return f"{found[1]}:{found[2]}:{found[3] or '00'}.{milliseconds}Z"


def _reference(field: FieldDef, value: Any, form: Form) -> str:
    # Whether it is an id, and one of the right object, is seen when all references of the rows are looked up.
    if not isinstance(value, str):
        raise _mistaken(field, value, form)
    return value


def _base64(field: FieldDef, value: Any, form: Form) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        raise _mistaken(field, value, form) from None


def _mistaken(field: FieldDef, value: Any, form: Form) -> Exception:
    return Refused(errors.bad_type(field, str(value))) if form is Form.CSV else _unreadable(field, value)


def _unreadable(field: FieldDef, value: Any) -> UnreadableError:
    token, shown = _token(value)
    kind = {"reference": "id"}.get(field.type, field.type)
    return UnreadableError(errors.unreadable(kind, token, shown))


def _token(value: Any) -> tuple[str, str]:
    if isinstance(value, dict):
        return "START_OBJECT", "{"
    if isinstance(value, list):
        return "START_ARRAY", "["
    if isinstance(value, bool):
        return ("VALUE_TRUE", "true") if value else ("VALUE_FALSE", "false")
    if isinstance(value, int):
        return "VALUE_NUMBER_INT", str(value)
    if isinstance(value, float | Decimal):
        return "VALUE_NUMBER_FLOAT", str(value)
    return "VALUE_STRING", str(value)


_HANDLERS: dict[str, Handler] = {
    "base64": _base64,
    "boolean": _boolean,
    "currency": _double,
    "date": _date,
    "datetime": _datetime,
    "double": _double,
    "email": _email,
    "id": _reference,
    "int": _int,
    "long": _int,
    "multipicklist": _multipicklist,
    "percent": _double,
    "picklist": _picklist,
    "reference": _reference,
    "time": _time,
}
