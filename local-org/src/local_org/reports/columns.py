"""Report types of one org: which columns a report may have, and which field each one shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Protocol

from local_org.reports.standard import STANDARD_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local_org.reports.standard import StandardType
    from local_org.schema import FieldDef, ObjectDef, Schema

_DATA_TYPES = {
    "reference": "reference",
    "address": "string",
    "long": "int",
    "encryptedstring": "string",
}
_SAME = frozenset(
    "string boolean combobox currency date datetime double email id int multipicklist percent phone picklist"
    " textarea time url".split()
)
# kind of computed column: data type, and paths it needs besides its own
COMPUTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "line1": ("string", ()),
    "line2": ("string", ()),
    "line3": ("string", ()),
    "month": ("date", ()),
    "fiscal_quarter": ("string", ()),
    "age": ("int", ("IsClosed", "CloseDate")),
    "days_since": ("int", ()),
}
_UNFILTERABLE_KINDS = frozenset({"line1", "line2", "line3", "age", "days_since"})
_CUSTOM_COLUMNS = (
    ("CUST_NAME", "{label} Name", "Name"),
    ("CUST_ID", "{label} ID", "Id"),
    ("CUST_OWNER_NAME", "Owner Name", "Owner.Name"),
    ("CUST_CREATED_NAME", "Created By", "CreatedBy.Name"),
    ("CUST_CREATED_DATE", "Created Date", "CreatedDate"),
    ("CUST_LAST_UPDATE_NAME", "Last Modified By", "LastModifiedBy.Name"),
    ("CUST_LAST_UPDATE_DATE", "Last Modified Date", "LastModifiedDate"),
)


class Readable(Protocol):
    """Says whether somebody may read a field of an object."""

    def __call__(self, item: ObjectDef, field: FieldDef, /) -> bool:
        """True: it exists for this person."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column a report of some type can have.

    Attributes:
        name: API name, such as `ACCOUNT.NAME` or `Account.Region__c`.
        label: what people see; two columns may have the same.
        data_type: `dataType` of the Analytics API.
        path: SOQL path of the value.
        kind: how a computed column follows from the value, a key of `COMPUTED`; empty: it is the value.
        id_path: SOQL path of the record Id that name and lookup columns carry as cell value; else None.
        hops: the object and field of each step of `path`, for permissions.
        filterable: may be filtered and sorted by.
        custom: shows a custom field.
    """

    name: str
    label: str
    data_type: str
    path: str
    kind: str
    id_path: str | None
    hops: tuple[tuple[ObjectDef, FieldDef], ...]
    filterable: bool
    custom: bool

    @property
    def field(self) -> FieldDef:
        """The field that is shown."""
        return self.hops[-1][1]

    @property
    def entity(self) -> str:
        """`entityColumnName`: the field as `Object.Field`."""
        item, field = self.hops[-1]
        return f"{item.name}.{field.name}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything a query must select for this column."""
        base = self.path.rpartition(".")[0]
        needed = COMPUTED[self.kind][1] if self.kind else ()
        extra = tuple(f"{base}.{name}" if base else name for name in needed)
        return (self.path, *extra, *((self.id_path,) if self.id_path else ()))

    @property
    def numeric(self) -> bool:
        """Whether it can be summed and averaged."""
        return self.data_type in {"currency", "double", "int", "percent"}

    @property
    def date_only(self) -> bool:
        """Standard date/times such as Created Date appear as days in reports; custom ones keep their time."""
        return self.data_type == "datetime" and not self.custom


@dataclass(frozen=True, slots=True)
class Category:
    """Columns under one heading of the report builder."""

    label: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class ReportType:
    """What a report can be about.

    Attributes:
        name: API name, such as `AccountList` or `CustomEntity$Subscription__c`.
        label: as people know it.
        sobject: the object one row stands for.
        categories: all columns, grouped.
        date_column: name of the column for the standard date filter.
        scopes: (value, label, allows division).
    """

    name: str
    label: str
    sobject: str
    categories: tuple[Category, ...]
    date_column: str
    scopes: tuple[tuple[str, str, bool], ...]

    def column(self, name: object) -> Column | None:
        """The column of that API name, in any case."""
        if not isinstance(name, str):
            return None
        wanted = name.lower()
        return next((column for column in self.columns() if column.name.lower() == wanted), None)

    def columns(self) -> Iterator[Column]:
        """All columns."""
        for category in self.categories:
            yield from category.columns

    def seen_by(self, readable: Readable) -> ReportType:
        """The type without columns whose fields somebody may not read."""
        categories = [
            replace(
                category,
                columns=tuple(
                    column
                    for column in category.columns
                    if all(readable(item, field) for item, field in column.hops)
                ),
            )
            for category in self.categories
        ]
        return replace(self, categories=tuple(category for category in categories if category.columns))


def report_types(schema: Schema) -> dict[str, ReportType]:
    """Every report type of an org, by API name."""
    return dict(_report_types(schema, schema.version))


@lru_cache(maxsize=8)
def _report_types(schema: Schema, version: int) -> dict[str, ReportType]:  # noqa: ARG001 - part of the cache key
    found: dict[str, ReportType] = {}
    for standard in STANDARD_TYPES:
        if standard.sobject in schema:
            found[standard.name] = _standard(schema, standard)
    for item in schema:
        if item.custom and item.name.endswith("__c") and "layoutable" in item.flags:
            made = _custom(schema, item)
            found[made.name] = made
    return found


def _standard(schema: Schema, standard: StandardType) -> ReportType:
    categories = [
        Category(label, tuple(_from_lines(schema, standard.sobject, lines)))
        for label, lines in standard.columns
    ]
    for name, relationship in standard.customs:
        columns = tuple(_custom_fields(schema, standard.sobject, schema.object(name), relationship))
        if columns:
            categories.append(Category(f"{schema.object(name).label}: Custom Info", columns))
    return ReportType(
        standard.name,
        standard.label,
        standard.sobject,
        tuple(categories),
        standard.date_column,
        standard.scopes,
    )


def _custom(schema: Schema, item: ObjectDef) -> ReportType:
    made = partial(_column, schema, item.name)
    base = [
        column
        for name, label, path in _CUSTOM_COLUMNS
        if (column := made(path, name=name, label=label.format(label=item.label))) is not None
    ]
    columns = (*base, *_custom_fields(schema, item.name, item, ""))
    plural = item.label_plural.lower()
    scopes = (("user", f"My {plural}", False), ("organization", f"All {plural}", True))
    return ReportType(
        f"CustomEntity${item.name}",
        item.label_plural,
        item.name,
        (Category(f"{item.label}: Info", columns),),
        "CUST_CREATED_DATE",
        scopes,
    )


def _from_lines(schema: Schema, sobject: str, lines: str) -> Iterator[Column]:
    for line in lines.strip().splitlines():
        name, label, where = line.split("|")
        kind, _, path = where.rpartition(":")
        column = _column(schema, sobject, path, name=name, label=label, kind=kind)
        if column is not None:
            yield column


def _custom_fields(schema: Schema, sobject: str, item: ObjectDef, relationship: str) -> Iterator[Column]:
    for field in item.fields:
        if not field.custom or field.type == "base64" or field.is_compound:
            continue
        path = field.name
        if field.type == "reference" and field.relationship_name:
            target = schema.get(field.reference_to[0]) if field.reference_to else None
            name_field = target.name_field if target else None
            if name_field is not None:
                path = f"{field.relationship_name}.{name_field.name}"
        whole = f"{relationship}.{path}" if relationship else path
        column = _column(schema, sobject, whole, name=f"{item.name}.{field.name}", label=field.label)
        if column is not None:
            yield column


def _column(
    schema: Schema, sobject: str, path: str, *, name: str, label: str, kind: str = ""
) -> Column | None:
    hops = resolve(schema, sobject, path)
    if hops is None:
        return None
    item, field = hops[-1]
    prefix = path.rpartition(".")[0]
    shows_name = field.name_field or (item.has_person_name and field.name in {"FirstName", "LastName"})
    id_path = (f"{prefix}.Id" if prefix else "Id") if shows_name and not kind else None
    data_type = COMPUTED[kind][0] if kind else _data_type(field, named=shows_name)
    filterable = field.filterable and kind not in _UNFILTERABLE_KINDS
    custom = any(step.custom for _, step in hops)
    return Column(name, label, data_type, path, kind, id_path, hops, filterable, custom)


def resolve(schema: Schema, sobject: str, path: str) -> tuple[tuple[ObjectDef, FieldDef], ...] | None:
    """The object and field of each step of a SOQL path; None when the org lacks one of them."""
    item = schema.get(sobject)
    hops: list[tuple[ObjectDef, FieldDef]] = []
    *relationships, last = path.split(".")
    for name in relationships:
        reference = item.relationship(name) if item is not None else None
        if item is None or reference is None:
            return None
        hops.append((item, reference))
        item = schema.get(_target(reference.reference_to))
    field = item.field(last) if item is not None else None
    if item is None or field is None:
        return None
    return (*hops, (item, field))


def _target(objects: Iterable[str]) -> str:
    names = list(objects)
    return "User" if "User" in names else names[0] if names else ""


def _data_type(field: FieldDef, *, named: bool) -> str:
    if named:
        return "string"
    if field.type in _SAME:
        return field.type
    return _DATA_TYPES.get(field.type, "string")
