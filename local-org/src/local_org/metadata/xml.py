"""Metadata between XML and dictionaries.

Repeated elements become lists, and so do the elements that may repeat; numbers and booleans get their types,
so that what came by SOAP reads the same in the Tooling API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from local_org.api.soap import local

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

# Elements that are lists even when there is one of them.
_LISTS = frozenset(
    {
        "applicationVisibilities",
        "classAccesses",
        "customPermissions",
        "fieldPermissions",
        "fields",
        "layoutColumns",
        "layoutItems",
        "layoutSections",
        "objectPermissions",
        "pageAccesses",
        "recordTypes",
        "recordTypeVisibilities",
        "summaryFilterItems",
        "tabSettings",
        "userPermissions",
        "validationRules",
        "value",
    }
)
_NUMBERS = frozenset({"length", "precision", "scale", "visibleLines", "startingNumber", "relationshipOrder"})
# Text that may happen to read `true`.
_TEXTS = frozenset(
    {"fullName", "label", "pluralLabel", "description", "inlineHelpText", "formula", "defaultValue"}
)


def to_dict(element: ET.Element) -> dict[str, Any]:
    """The children of an element."""
    value: dict[str, Any] = {}
    for child in element:
        name = local(child)
        item: Any = to_dict(child) if len(child) else _typed(name, (child.text or "").strip())
        if name in _LISTS:
            value.setdefault(name, []).append(item)
        elif name in value:
            known = value[name]
            value[name] = [*known, item] if isinstance(known, list) else [known, item]
        else:
            value[name] = item
    return value


def from_dict(value: dict[str, Any]) -> str:
    """Elements: the full name first, the others by name; what is None is left out."""
    keys = sorted(value, key=lambda key: (key != "fullName", key))
    return "".join(_element(key, value[key]) for key in keys if value[key] is not None)


def _element(name: str, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        return f"<{name}>{from_dict(value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{'true' if value else 'false'}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def _typed(name: str, text: str) -> Any:
    if name in _TEXTS:
        return text
    if name in _NUMBERS:
        return int(text) if text.lstrip("-").isdecimal() else text
    return {"true": True, "false": False}.get(text, text)
