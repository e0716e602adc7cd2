"""A field's value as something to show."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.reports.cells import at, parse_moment, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_org.reports.formats import Formatter
    from local_org.schema import FieldDef

_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A value ready for a template.

    Attributes:
        kind: which look: `empty`, `text`, `block`, `link`, `boolean`, `chips`, `number`, `time`.
        text: what people read.
        href: where a link leads; made here only, never taken from a record unchecked.
        machine: the exact value: ISO time, Id.
        chips: values of a multi-select picklist.
    """

    kind: str
    text: str = ""
    href: str = ""
    machine: str = ""
    chips: tuple[str, ...] = ()


EMPTY = Shown("empty")


def record_url(sobject: str, record_id: str) -> str:
    """The address of a record's page."""
    return f"/lightning/r/{sobject}/{record_id}/view"


def show(
    field: FieldDef, record: Mapping[str, Any], fmt: Formatter, target: tuple[str, str] | None = None
) -> Shown:
    """One field of a record.

    Args:
        field: which.
        record: as `fetch` answers it.
        fmt: writes numbers and dates.
        target: for lookups, the object the Id belongs to and the path of its name.
    """
    value = record.get(field.name)
    if value is None or value == "":
        return EMPTY
    if field.type == "reference":
        return _lookup(str(value), record, target)
    if field.type in {"address", "location"}:
        return _compound(value)
    if field.type in _NUMBERS:
        return _number(field, value, fmt)
    return _plain(field, value, fmt)


def website(text: str) -> str:
    """An address a browser may open for a typed website; empty when it is none."""
    typed = text.strip()
    if re.search(r"[\s\x00-\x20]", typed):
        return ""
    if re.match(r"https?://[^/]", typed, re.IGNORECASE):
        return typed
    if re.fullmatch(r"[^\s/:@?#]+\.[^\s/:@?#.]+\.?([/?#]\S*)?", typed):
        return f"http://{typed}"
    return ""


def _plain(field: FieldDef, value: Any, fmt: Formatter) -> Shown:
    text = str(value)
    match field.type:
        case "boolean":
            shown = Shown("boolean", "Yes" if value else "No")
        case "date":
            shown = Shown("time", fmt.date(dt.date.fromisoformat(text)), machine=text)
        case "datetime":
            moment = parse_moment(text)
            shown = Shown("time", fmt.moment(moment), machine=moment.isoformat())
        case "url":
            href = website(text)
            shown = Shown("link", text, href) if href else Shown("text", text)
        case "email":
            shown = Shown("link", text, f"mailto:{text}") if "@" in text else Shown("text", text)
        case "phone":
            digits = re.sub(r"[^+\d]", "", text)
            shown = Shown("link", text, f"tel:{digits}") if digits else Shown("text", text)
        case "multipicklist":
            shown = Shown("chips", text, chips=tuple(text.split(";")))
        case "textarea":
            shown = Shown("block", text)
        case "id":
            shown = Shown("text", text, machine=text)
        case _:
            shown = Shown("block" if "\n" in text else "text", text)
    return shown


def _number(field: FieldDef, value: Any, fmt: Formatter) -> Shown:
    exact = tidy(value)
    if field.type == "currency":
        text = fmt.money(exact, field.scale)
    elif field.type == "percent":
        text = fmt.percent(exact, field.scale)
    else:
        text = fmt.number(exact, field.scale)
    return Shown("number", text, machine=str(exact))


def _lookup(record_id: str, record: Mapping[str, Any], target: tuple[str, str] | None) -> Shown:
    if target is None:
        return Shown("text", record_id, machine=record_id)
    sobject, path = target
    name = at(record, path) if path else None
    return Shown("link", str(name or record_id), record_url(sobject, record_id), record_id)


def _compound(value: Any) -> Shown:
    if not isinstance(value, dict):
        return Shown("text", str(value))
    if "street" not in value and "city" not in value:
        places = (value.get("latitude"), value.get("longitude"))
        return Shown("text", ", ".join(str(place) for place in places)) if None not in places else EMPTY
    region = " ".join(filter(None, (value.get("state"), value.get("postalCode"))))
    city = ", ".join(filter(None, (value.get("city"), region)))
    lines = [line for line in (value.get("street"), city, value.get("country")) if line]
    return Shown("block", "\n".join(lines)) if lines else EMPTY
