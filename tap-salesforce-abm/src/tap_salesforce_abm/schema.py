"""What a stream's records look like: from an object's describe to typed columns and JSON Schema.

Pure functions over `salesforce_abm.describe.SObject`; nothing here talks to Salesforce. The rules:

* a column is named as Salesforce names the field, and titled and described by its label and help text;
* dates are dates, integers integers, numbers numbers, booleans booleans; everything else is text;
* compound fields (addresses, locations) become objects put together from their parts, because Bulk API 2.0
  refuses compounds and both APIs must give the same record;
* base64 bodies are there to be selected, never by default.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from salesforce_abm.describe import Field, SObject

__all__ = ["REPLICATION_KEYS", "Column", "Kind", "ObjectSchema", "Part", "object_schema"]

REPLICATION_KEYS: Final = ("SystemModstamp", "LastModifiedDate", "CreatedDate", "LoginTime")
"""Fields a stream can be read incrementally by, best first: SystemModstamp moves with every change."""

DELETED_FLAG: Final = "IsDeleted"

# Event monitoring keeps its rows in big objects whose Id is 000000000000000AAA on every row.
_EVENT_STORES: Final = frozenset(
    (
        "ApiAnomalyEventStore ApiEvent BulkApiResultEventStore FileEventStore IdentityProviderEventStore "
        "IdentityVerificationEvent LightningUriEvent ListViewEvent LoginAsEvent LoginEvent LogoutEvent "
        "PermissionSetEventStore ReportEvent UriEvent"
    ).split()
)
_CALCULATED: Final = "Calculated by Salesforce: it can change without the row's timestamp moving."
_POINTS_TO_AT_MOST: Final = 5


class Kind(enum.Enum):
    """How a column's values travel."""

    ID = "id"
    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    ANY = "any"
    """A value whose type changes from row to row (`OldValue` of a history): written as text."""
    BASE64 = "base64"
    COMPOUND = "compound"


_KINDS: Final[Mapping[str, Kind]] = {
    "id": Kind.ID,
    "reference": Kind.ID,
    "boolean": Kind.BOOLEAN,
    "int": Kind.INTEGER,
    "long": Kind.INTEGER,
    "double": Kind.NUMBER,
    "currency": Kind.NUMBER,
    "percent": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "time": Kind.TIME,
    "anyType": Kind.ANY,
    "complexvalue": Kind.ANY,
    "json": Kind.ANY,
    "base64": Kind.BASE64,
    "address": Kind.COMPOUND,
    "location": Kind.COMPOUND,
}
_JSON_TYPES: Final[Mapping[Kind, str]] = {
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.COMPOUND: "object",
}
_FORMATS: Final[Mapping[Kind, str]] = {
    Kind.DATE: "date",
    Kind.DATETIME: "date-time",
    Kind.TIME: "time",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One member of a compound column: its key in the object and the field that it is read from."""

    key: str
    source: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Column:
    """One property of a stream's records.

    Attributes:
        name: property name, the field's API name.
        kind: how its values travel.
        nullable: whether the schema allows null.
        json_schema: the property's JSON Schema.
        parts: the members, for a compound.
        calculated: formula or roll-up summary: changes without touching the row's timestamp.
    """

    name: str
    kind: Kind
    nullable: bool = True
    json_schema: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    calculated: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields that must be queried for this column."""
        return tuple(part.source for part in self.parts) if self.parts else (self.name,)

    def keeping_parts(self, keys: Collection[str]) -> Column:
        """Give this compound with only the members of those keys."""
        return replace(self, parts=tuple(part for part in self.parts if part.key in keys))


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """What is known of an object's rows before any is read.

    Attributes:
        name: API name of the object, the stream's name.
        label: its label.
        columns: every readable column in describe's order.
        key: names of the key properties; empty when the object has no usable key.
        replication_keys: the columns it can be read incrementally by, best first.
        replicateable: whether `getDeleted` serves the object.
    """

    name: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    replication_keys: tuple[str, ...]
    replicateable: bool

    @property
    def replication_key(self) -> str | None:
        """The best replication key, None for an object that can only be read whole."""
        return self.replication_keys[0] if self.replication_keys else None

    def column(self, name: str) -> Column | None:
        """Give the column of that exact name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def json_schema(self) -> dict[str, Any]:
        """Give the stream's JSON Schema, a fresh dict."""
        properties = {column.name: dict(column.json_schema) for column in self.columns}
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if self.key:
            schema["required"] = list(self.key)
        return schema


def object_schema(sobject: SObject) -> ObjectSchema:
    """Turn a describe into a stream's schema.

    Args:
        sobject: the described object; fields hidden by field-level security are not in it.

    Returns:
        The schema, columns in describe's order.
    """
    parts: dict[str, list[Field]] = {}
    for described in sobject.fields:
        if described.compound_field_name:
            parts.setdefault(described.compound_field_name.lower(), []).append(described)
    columns = []
    for described in sobject.fields:
        if described.deprecated_and_hidden:
            continue
        column = _column(described, parts.get(described.name.lower(), ()))
        if column is not None:
            columns.append(column)
    names = {column.name for column in columns}
    return ObjectSchema(
        name=sobject.name,
        label=sobject.label or sobject.name,
        columns=tuple(columns),
        key=_key(sobject.name, names),
        replication_keys=tuple(name for name in REPLICATION_KEYS if _is_moment(sobject.field(name))),
        replicateable=sobject.replicateable,
    )


def _key(sobject: str, names: set[str]) -> tuple[str, ...]:
    wanted = "EventIdentifier" if sobject in _EVENT_STORES else "Id"
    return (wanted,) if wanted in names else ()


def _is_moment(described: Field | None) -> bool:
    return described is not None and described.type == "datetime" and described.filterable


def _column(described: Field, parts: Collection[Field]) -> Column | None:
    kind = _KINDS.get(described.type, Kind.TEXT)
    members: tuple[Part, ...] = ()
    if kind is Kind.COMPOUND:
        members = tuple(
            Part(_part_key(described.name, part.name), part.name, _KINDS.get(part.type, Kind.TEXT))
            for part in parts
        )
        if not members:
            # Every part is hidden from this user: nothing to build the object from.
            return None
    nullable = kind is Kind.COMPOUND or (described.nillable and described.type != "id")
    return Column(
        name=described.name,
        kind=kind,
        nullable=nullable,
        json_schema=_property(described, kind, members, nullable=nullable),
        parts=members,
        calculated=described.calculated,
    )


def _part_key(compound: str, part: str) -> str:
    """Name a member as REST names it inside the compound: `BillingStreet` of `BillingAddress` is `street`."""
    stem = compound.removesuffix("Address").removesuffix("Location").removesuffix("c")
    name = part.removeprefix(stem).removesuffix("__s") or part
    return name[0].lower() + name[1:]


def _property(described: Field, kind: Kind, parts: tuple[Part, ...], *, nullable: bool) -> dict[str, Any]:
    schema = _typed(kind, nullable=nullable)
    if kind is Kind.COMPOUND:
        schema["properties"] = {part.key: _typed(part.kind, nullable=True) for part in parts}
    elif kind in (Kind.TEXT, Kind.ID) and described.length > 0 and not described.calculated:
        # A text formula's length is that of its compiled form; its values can be longer.
        schema["maxLength"] = described.length
    elif kind is Kind.BASE64:
        schema["contentEncoding"] = "base64"
    if described.label:
        schema["title"] = described.label
    notes = " ".join(_notes(described))
    if notes:
        schema["description"] = notes
    return schema


def _typed(kind: Kind, *, nullable: bool) -> dict[str, Any]:
    name = _JSON_TYPES.get(kind, "string")
    schema: dict[str, Any] = {"type": [name, "null"] if nullable else name}
    if kind in _FORMATS:
        schema["format"] = _FORMATS[kind]
    return schema


def _notes(described: Field) -> list[str]:
    notes = []
    if described.inline_help_text and described.inline_help_text.strip():
        notes.append(described.inline_help_text.strip())
    if described.reference_to:
        named = described.reference_to[:_POINTS_TO_AT_MOST]
        more = "" if len(named) == len(described.reference_to) else " and others"
        notes.append(f"Points to {', '.join(named)}{more}.")
    if described.calculated:
        notes.append(_CALCULATED)
    return notes
