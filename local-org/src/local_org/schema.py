"""What objects and fields the org has: immutable definitions and one mutable, case-insensitive registry.

`FieldDef` and `ObjectDef` say in Python what a describe says in JSON, plus what the org itself must know:
where a value is stored (`stored`) or the SQL that computes it (`sql`). `Schema` holds one `ObjectDef` per
object; a change replaces the whole definition, so a reader never sees half a change.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

COMPOUND_TYPES = frozenset({"address", "location"})
TEXT_TYPES = frozenset(
    {
        "string",
        "textarea",
        "picklist",
        "multipicklist",
        "combobox",
        "phone",
        "email",
        "url",
        "encryptedstring",
    }
)
NUMBER_TYPES = frozenset({"int", "long", "double", "currency", "percent"})
AUDIT_FIELDS = frozenset(
    {
        "id",
        "isdeleted",
        "createddate",
        "createdbyid",
        "lastmodifieddate",
        "lastmodifiedbyid",
        "systemmodstamp",
    }
)
# The describe flags a type lacks; every other type has all four.
_LACKS: Mapping[str, frozenset[str]] = {
    "address": frozenset({"aggregatable", "groupable", "sortable"}),
    "location": frozenset({"aggregatable", "groupable", "sortable"}),
    "boolean": frozenset({"aggregatable"}),
    "double": frozenset({"groupable"}),
    "currency": frozenset({"groupable"}),
    "percent": frozenset({"groupable"}),
    "datetime": frozenset({"groupable"}),
    "combobox": frozenset({"groupable"}),
    "multipicklist": frozenset({"aggregatable", "groupable", "sortable"}),
    "base64": frozenset({"aggregatable", "filterable", "groupable", "sortable"}),
    "anyType": frozenset({"aggregatable", "filterable", "groupable", "sortable"}),
    "complexvalue": frozenset({"aggregatable", "filterable", "groupable", "sortable"}),
    "encryptedstring": frozenset({"filterable", "groupable", "sortable"}),
}
_LONG_TEXT_LACKS = frozenset({"aggregatable", "filterable", "groupable", "sortable"})
_EMPTY: Mapping[str, Any] = MappingProxyType({})


def lacking(field_type: str, length: int = 0, *, calculated: bool = False) -> frozenset[str]:
    """Return which of aggregatable, filterable, groupable, sortable a field of this type usually has not."""
    if field_type == "textarea" and length > 255:
        return _LONG_TEXT_LACKS
    lacks = _LACKS.get(field_type, frozenset())
    return lacks | {"groupable"} if calculated else lacks


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One entry of a picklist. `valid_for` is the base64 bitmap of a dependent picklist."""

    value: str
    label: str
    active: bool = True
    default: bool = False
    valid_for: str | None = None


@dataclass(frozen=True, slots=True)
class FieldDef:
    """One field, with the meaning of the describe attributes of the same (camel-case) names.

    Attributes:
        type: Describe type (`string`, `reference`, `currency`, ...).
        default: Value a new row gets when none is given, as JSON would carry it.
        compound: Name of the compound field this one is a part of (`BillingAddress`, `Name`).
        child_relationship: Relationship name the parent side uses in subqueries, without `__r` missing.
        auto_number: Display format such as `INV-{0000}`, None for other fields.
        formula: Text of the formula as describe shows it.
        sql: SQL expression over the table alias `{t}`; the value is computed at read time and has no column.
        on_delete: What the row does when the referenced row goes: `clear`, `cascade` or `restrict`.
        more: Describe attributes that differ from what follows from the rest, by their JSON names.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted_on_create: bool = False
    permissionable: bool = True
    custom: bool = False
    default: Any = None
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    id_lookup: bool = False
    name_field: bool = False
    name_pointing: bool = False
    polymorphic: bool = False
    calculated: bool = False
    auto_number: str | None = None
    restricted_picklist: bool = False
    picklist: tuple[PicklistValue, ...] = ()
    compound: str | None = None
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    child_relationship: str | None = None
    on_delete: str = "clear"
    aggregatable: bool = True
    filterable: bool = True
    groupable: bool = True
    sortable: bool = True
    formula: str | None = None
    sql: str | None = None
    id: str | None = None
    description: str | None = None
    help: str | None = None
    more: Mapping[str, Any] = field(default_factory=lambda: _EMPTY, hash=False, compare=False)

    @property
    def stored(self) -> bool:
        """True when the object's table has a column of this name."""
        return self.sql is None and self.type not in COMPOUND_TYPES

    @property
    def is_compound(self) -> bool:
        """True for address and location fields, whose value is built from parts."""
        return self.type in COMPOUND_TYPES

    @property
    def is_text(self) -> bool:
        """True when values are text limited by `length`."""
        return self.type in TEXT_TYPES

    @property
    def required(self) -> bool:
        """True when a new row must bring a value."""
        return self.createable and not self.nillable and not self.defaulted_on_create


@dataclass(frozen=True, slots=True)
class ChildRelationship:
    """The parent's view of a reference field."""

    parent: str
    child: str
    field: str
    name: str | None = None
    cascade_delete: bool = False
    restricted_delete: bool = False


@dataclass(frozen=True)
class ObjectDef:
    """One object.

    Attributes:
        key_prefix: First three characters of its ids as describe shows them, or None.
        id_prefix: The prefix ids really get (some status tables hide theirs in describe).
        flags: Names of the describe booleans that are true (`createable`, `layoutable`, ...).
        permission_object: Object whose ObjectPermissions govern this one; None means everybody may read it.
        scopes: `supportedScopes` as (name, label).
        id: `01I...` id of a custom object.
    """

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    id_prefix: str
    fields: tuple[FieldDef, ...]
    flags: frozenset[str]
    custom: bool = False
    record_types: bool = False
    permission_object: str | None = None
    scopes: tuple[tuple[str, str], ...] = ()
    id: str | None = None
    description: str | None = None
    by_name: Mapping[str, FieldDef] = field(init=False, repr=False, compare=False, hash=False)
    by_relationship: Mapping[str, FieldDef] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {f.name.lower(): f for f in self.fields})
        related = {f.relationship_name.lower(): f for f in self.fields if f.relationship_name}
        object.__setattr__(self, "by_relationship", related)

    def field(self, name: str) -> FieldDef | None:
        """Return the field of that name, in any case, or None."""
        return self.by_name.get(name.lower())

    def __getitem__(self, name: str) -> FieldDef:
        return self.by_name[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.by_name

    def relationship(self, name: str) -> FieldDef | None:
        """Return the reference field behind a relationship name such as `Owner` or `Parent__r`, or None."""
        return self.by_relationship.get(name.lower())

    def parts(self, compound: str) -> tuple[FieldDef, ...]:
        """Return the fields a compound field is built from."""
        wanted = compound.lower()
        return tuple(f for f in self.fields if f.compound and f.compound.lower() == wanted != f.name.lower())

    @property
    def stored_fields(self) -> tuple[FieldDef, ...]:
        """The fields that have a column, in order."""
        return tuple(f for f in self.fields if f.stored)

    @property
    def name_field(self) -> FieldDef | None:
        """The field people see as the row's name."""
        return next((f for f in self.fields if f.name_field), None)

    @property
    def has_person_name(self) -> bool:
        """True when `Name` is composed from first and last name and cannot be written itself."""
        name = self.by_name.get("name")
        return name is not None and not name.createable and "lastname" in self.by_name

    def allows(self, flag: str) -> bool:
        """Return a describe boolean by its JSON name (`queryable`, `createable`, `undeletable`, ...)."""
        return flag in self.flags

    def with_field(self, new: FieldDef) -> ObjectDef:
        """Return the object with one field added, or replaced when the name is taken."""
        if new.name in self:
            kept = tuple(new if f.name.lower() == new.name.lower() else f for f in self.fields)
        else:
            kept = (*self.fields, new)
        return replace(self, fields=kept)

    def without_field(self, name: str) -> ObjectDef:
        """Return the object without one field."""
        return replace(self, fields=tuple(f for f in self.fields if f.name.lower() != name.lower()))


class UnknownObjectError(KeyError):
    """The schema has no object of that name."""


class Schema:
    """Every object of one org, by case-insensitive name and by id prefix.

    Attributes:
        version: Grows with every change; caches compare it.
        modified: When the last change happened (the `Last-Modified` of describes).
    """

    def __init__(
        self,
        objects: Mapping[str, ObjectDef],
        relationships: tuple[ChildRelationship, ...],
        modified: datetime,
    ) -> None:
        self._objects = {name.lower(): item for name, item in objects.items()}
        self._standard = {(r.parent, r.child, r.field): r for r in relationships}
        self._lock = threading.Lock()
        self._children: tuple[int, dict[str, tuple[ChildRelationship, ...]]] | None = None
        self._prefixes: tuple[int, dict[str, ObjectDef]] | None = None
        self.version = 1
        self.modified = modified

    def get(self, name: str) -> ObjectDef | None:
        """Return the object of that name in any case, or None."""
        return self._objects.get(name.lower())

    def object(self, name: str) -> ObjectDef:
        """Return the object of that name in any case.

        Raises:
            UnknownObjectError: There is none.
        """
        try:
            return self._objects[name.lower()]
        except KeyError:
            raise UnknownObjectError(name) from None

    def __contains__(self, name: Any) -> bool:
        return isinstance(name, str) and name.lower() in self._objects

    def __iter__(self) -> Iterator[ObjectDef]:
        return iter(sorted(self._objects.values(), key=lambda item: item.name))

    def __len__(self) -> int:
        return len(self._objects)

    def by_prefix(self, record_id: str) -> ObjectDef | None:
        """Return the object an id belongs to by its first three characters, or None."""
        cached = self._prefixes
        if cached is None or cached[0] != self.version:
            table: dict[str, ObjectDef] = {}
            for item in self:
                if item.key_prefix and item.key_prefix not in table:
                    table[item.key_prefix] = item
            cached = self._prefixes = (self.version, table)
        return cached[1].get(record_id[:3])

    def children(self, parent: str) -> tuple[ChildRelationship, ...]:
        """Return every reference field that points at `parent`, seen from the parent."""
        cached = self._children
        if cached is None or cached[0] != self.version:
            cached = self._children = (self.version, self._derive_children())
        return cached[1].get(parent.lower(), ())

    def child(self, parent: str, relationship: str) -> ChildRelationship | None:
        """Return the child relationship of that name in any case (`Contacts`), or None."""
        wanted = relationship.lower()
        return next((r for r in self.children(parent) if r.name and r.name.lower() == wanted), None)

    def snapshot(self) -> Mapping[str, ObjectDef]:
        """Return all objects as they are now, for `restore`."""
        return self._objects

    def restore(self, objects: Mapping[str, ObjectDef], when: datetime) -> None:
        """Go back to a snapshot, when the change it preceded is undone."""
        with self._lock:
            self._objects = dict(objects)
            self.version += 1
            self.modified = when

    def put(self, item: ObjectDef, when: datetime) -> None:
        """Add or replace an object."""
        with self._lock:
            self._objects = {**self._objects, item.name.lower(): item}
            self.version += 1
            self.modified = when

    def remove(self, name: str, when: datetime) -> None:
        """Forget an object."""
        with self._lock:
            self._objects = {key: item for key, item in self._objects.items() if key != name.lower()}
            self.version += 1
            self.modified = when

    def _derive_children(self) -> dict[str, tuple[ChildRelationship, ...]]:
        found: dict[str, list[ChildRelationship]] = {}
        for item in self:
            for f in item.fields:
                for parent in f.reference_to:
                    found.setdefault(parent.lower(), []).append(self._seen_from(parent, item, f))
        return {
            parent: tuple(sorted(rows, key=lambda r: (r.child, r.field))) for parent, rows in found.items()
        }

    def _seen_from(self, parent: str, item: ObjectDef, f: FieldDef) -> ChildRelationship:
        standard = self._standard.get((parent, item.name, f.name))
        if standard is not None:
            return standard
        return ChildRelationship(
            parent,
            item.name,
            f.name,
            f.child_relationship,
            cascade_delete=f.on_delete == "cascade",
            restricted_delete=f.on_delete == "restrict",
        )
