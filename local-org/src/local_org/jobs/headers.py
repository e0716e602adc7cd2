"""The header row of an upload: fields, relationships by external id, prefixes of polymorphic ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_org.jobs.job import Job
    from local_org.org import Org
    from local_org.schema import FieldDef, ObjectDef
    from local_org.security import User


class HeaderError(Exception):
    """A header no row can be read with."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        target: the field it fills; a relationship column fills its lookup.
        field: canonical field name, or the relationship's name.
        parent_field: field of the parent the value identifies it by; None for plain fields.
        parent: object of the parent when the relationship is polymorphic.
    """

    target: str
    field: str
    parent_field: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """All columns of an upload, with their names as uploaded."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]

    def record(self, values: list[str]) -> dict[str, Any]:
        """A row as the values of a record: text, or for relationships `{"ExtId__c": text}`."""
        record: dict[str, Any] = {}
        for column, value in zip(self.columns, values, strict=True):
            if column.parent_field is None:
                record[column.field] = value
            # An empty relationship column leaves the lookup alone, like any empty value.
            elif value:
                parent: dict[str, Any] = {column.parent_field: value}
                if column.parent is not None:
                    parent = {"attributes": {"type": column.parent}} | parent
                record[column.field] = None if value == "#N/A" else parent
        return record


def read_header(org: Org, user: User, job: Job, names: list[str]) -> Header:
    """Understand a header row.

    Raises:
        HeaderError: with Salesforce's words; the whole job fails.
    """
    item = org.schema.object(job.object)
    columns = tuple(_column(org, user, item, name) for name in names)
    taken: set[str] = set()
    for column, name in zip(columns, names, strict=True):
        if column.target in taken:
            raise HeaderError(f"Duplicate field name found : {name}")
        taken.add(column.target)
    if job.operation in {"delete", "hardDelete"} and [column.field for column in columns] != ["Id"]:
        raise HeaderError(f"Records for {job.operation} must contain only the Id")
    return Header(tuple(names), columns)


def _column(org: Org, user: User, item: ObjectDef, name: str) -> Column:
    access = org.access(user)
    if "." not in name:
        field = access.field(item, name)
        if field is None or field.is_compound:
            raise _unknown(name)
        return Column(field.name, field.name)
    prefix, _, path = name.rpartition(":")
    relationship, _, target = path.partition(".")
    field = item.relationship(relationship)
    if field is None or not access.readable(item, field) or "." in target:
        raise _unknown(name)
    parent = _parent(org, field, prefix, name)
    key = access.field(parent, target)
    if key is None or not (key.id_lookup or key.external_id):
        raise _unknown(name)
    several = len(field.reference_to) > 1
    return Column(
        field.name, field.relationship_name or relationship, key.name, parent.name if several else None
    )


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
