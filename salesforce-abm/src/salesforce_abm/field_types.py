"""Types of custom fields: how people write them, how the Metadata API does, and what describe makes of them.

https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.errors import ConfigError

if TYPE_CHECKING:
    from salesforce_abm.describe import Field

__all__ = ["KINDS", "FieldType"]

_TEXTS: Final = ("string", "textarea", "picklist", "multipicklist", "combobox", "email", "url", "phone", "id")
_NUMBERS: Final = ("double", "int", "long", "currency", "percent")
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "Text": _TEXTS,
    "TextArea": _TEXTS,
    "LongTextArea": ("textarea", "string"),
    "Number": _NUMBERS,
    "Currency": _NUMBERS,
    "Percent": _NUMBERS,
    "Checkbox": ("boolean",),
    "Date": ("date", "datetime"),
    "DateTime": ("datetime", "date"),
    "Email": ("email", "string"),
    "Phone": ("phone", "string"),
    "Url": ("url", "string", "textarea"),
    "Lookup": ("reference",),
}
"""Kind of field to the describe types that do the same service."""

_PATTERN = re.compile(r"\s*([A-Za-z]+)\s*(?:\(\s*([^()]*?)\s*\))?\s*")
_BY_LOWER: Final = {kind.lower(): kind for kind in KINDS}
_LENGTHS: Final = {"Text": (1, 255), "LongTextArea": (256, 131_072)}
_LONG: Final = 32_768
_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a custom field holds.

    Attributes:
        kind: the Metadata API's name: Text, Number, DateTime, ...
        length: characters, for Text and LongTextArea.
        precision: all digits, for numbers.
        scale: digits after the point.
        reference_to: the object a Lookup points at.
    """

    kind: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    reference_to: str = ""

    @classmethod
    def parse(cls, text: str) -> FieldType:
        """Read `Text(80)`, `LongTextArea(32768)`, `Number(18,2)`, `Lookup(Account)`, `DateTime`, ...

        Sizes may be left out: Text is 255 long, LongTextArea 32,768, numbers have 18 digits, 2 of them
        after the point.

        Raises:
            ConfigError: no such type, or a size it cannot have.
        """
        found = _PATTERN.fullmatch(text)
        kind = _BY_LOWER.get(found[1].lower()) if found else None
        if found is None or kind is None:
            raise ConfigError(
                f"{text!r} is not a type of field",
                remedy=f"Write one of {', '.join(KINDS)}, with a size such as Text(80) or Number(18,2).",
            )
        sizes = [part.strip() for part in (found[2] or "").split(",") if part.strip()]
        if kind == "Lookup":
            if len(sizes) != 1:
                raise ConfigError(f"{text!r}: say what it points at, such as Lookup(Account)")
            return cls(kind, reference_to=sizes[0])
        if not all(size.isdecimal() for size in sizes):
            raise ConfigError(f"{text!r}: a size is a whole number")
        numbers = [int(size) for size in sizes]
        if kind in _LENGTHS:
            return cls._sized(text, kind, numbers)
        if KINDS[kind] is _NUMBERS:
            return cls._numeric(text, kind, numbers)
        if numbers:
            raise ConfigError(f"{text!r}: {kind} has no size")
        return cls(kind)

    @classmethod
    def _sized(cls, text: str, kind: str, numbers: list[int]) -> FieldType:
        least, most = _LENGTHS[kind]
        length = numbers[0] if numbers else (255 if kind == "Text" else _LONG)
        if len(numbers) > 1 or not least <= length <= most:
            raise ConfigError(f"{text!r}: the length of {kind} is from {least} to {most:,}")
        return cls(kind, length=length)

    @classmethod
    def _numeric(cls, text: str, kind: str, numbers: list[int]) -> FieldType:
        precision, scale = [*numbers, *([_DIGITS, 2][len(numbers) :])][:2]
        if len(numbers) > 2 or not 1 <= precision <= _DIGITS or not 0 <= scale <= precision:
            raise ConfigError(
                f"{text!r}: a number has at most {_DIGITS} digits, those after the point included"
            )
        return cls(kind, precision=precision, scale=scale)

    def __str__(self) -> str:
        if self.reference_to:
            return f"{self.kind}({self.reference_to})"
        if self.length:
            return f"{self.kind}({self.length})"
        return f"{self.kind}({self.precision},{self.scale})" if self.precision else self.kind

    def metadata(self) -> dict[str, Any]:
        """Give the attributes of the Metadata API's CustomField that make this type."""
        found: dict[str, Any] = {"type": self.kind}
        if self.length:
            found["length"] = self.length
        if self.kind == "LongTextArea":
            found["visibleLines"] = 3
        if self.precision:
            found |= {"precision": self.precision, "scale": self.scale}
        if self.kind == "Checkbox":
            found["defaultValue"] = "false"
        if self.reference_to:
            found |= {"referenceTo": self.reference_to, "deleteConstraint": "SetNull"}
        return found

    def misfit(self, found: Field) -> str | None:
        """Say why an existing field cannot do the service of this type; None when it can."""
        if found.type not in KINDS[self.kind]:
            return f"is of type {found.type}, where {self} is needed"
        if self.reference_to and self.reference_to not in found.reference_to:
            return f"points at {' or '.join(found.reference_to)}, where {self.reference_to} is needed"
        if self.kind == "LongTextArea" and found.length < _LENGTHS["LongTextArea"][0]:
            return f"holds {found.length} characters, where long text is needed"
        return None
