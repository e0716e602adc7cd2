"""The header row of an upload: fields, relationships by external id, prefixes of polymorphic ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_org.org import Org
    from local_org.schema import FieldDef, ObjectDef
    from local_org.security import User


class HeaderError(Exception):
    """A header no row can be read with."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        field: the field it fills; a relationship column fills its lookup.
        key: what the writing side calls it: a field, `Account.Key__c`, or `Who:Lead.Email`.
    """

    field: FieldDef
    key: str


@dataclass(frozen=True, slots=True)
class Header:
    """All columns of an upload, with their names as uploaded."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]

    def record(self, values: list[str]) -> dict[str, Any]:
        """A row as the values of a record."""
        return {column.key: value for column, value in zip(self.columns, values, strict=True)}

    def place(self, field: str) -> int | None:
        """Number of the column that fills a field, from 0."""
        found = (index for index, column in enumerate(self.columns) if column.field.name == field)
        return next(found, None)


def read_header(org: Org, user: User, sobject: str, operation: str, names: list[str]) -> Header:
    """Understand a header row.

    Raises:
        HeaderError: with Salesforce's words; the whole job fails.
    """
    item = org.schema.object(sobject)
    columns = tuple(_column(org, user, item, name) for name in names)
    taken: set[str] = set()
    for column, name in zip(columns, names, strict=True):
        if column.field.name in taken:
            raise HeaderError(f"Duplicate field name found : {name}")
        taken.add(column.field.name)
    if operation in {"delete", "hardDelete"} and [column.key for column in columns] != ["Id"]:
        raise HeaderError(f"Records for {operation} must contain only the Id")
    return Header(tuple(names), columns)


def _column(org: Org, user: User, item: ObjectDef, name: str) -> Column:
    access = org.access(user)
    if "." not in name:
        field = access.field(item, name)
        if field is None or field.is_compound:
            raise _unknown(name)
        return Column(field, field.name)
    prefix, _, path = name.rpartition(":")
    relationship, _, target = path.partition(".")
    field = item.relationship(relationship)
    if field is None or not access.readable(item, field) or "." in target:
        raise _unknown(name)
    parent = _parent(org, field, prefix, name)
    key = access.field(parent, target)
    if key is None or not (key.id_lookup or key.external_id):
        raise _unknown(name)
    kind = f":{parent.name}" if len(field.reference_to) > 1 else ""
    return Column(field, f"{field.relationship_name}{kind}.{key.name}")


def _parent(org: Org, field: FieldDef, prefix: str, name: str) -> ObjectDef:
    """The object a relationship column points at; polymorphic ones say it, the others must not."""
    wanted = prefix.lower()
    several = len(field.reference_to) > 1
    if several != bool(prefix):
        raise _unknown(name)
    found = next((parent for parent in field.reference_to if not several or parent.lower() == wanted), None)
    parent = org.schema.get(found) if found else None
    if parent is None:
        raise _unknown(name)
    return parent


def _unknown(name: str) -> HeaderError:
    return HeaderError(f"Field name not found : {name}")
