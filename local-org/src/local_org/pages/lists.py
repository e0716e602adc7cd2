"""List views: an object's rows with search, sorting and paging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local_org.pages.fetch import like
from local_org.pages.layout import list_fields, searched_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_org.pages.fetch import Line, Viewer
    from local_org.schema import FieldDef, ObjectDef

PAGE = 50
MOST = 5000
"""A list view looks no further than this; beyond, a person searches."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: its label, the address that sorts by it, and how it sorts now."""

    label: str
    href: str
    sort: str  # `ascending`, `descending` or empty
    number: bool


@dataclass(frozen=True, slots=True)
class ListView:
    """One page of a list.

    Attributes:
        item: the object.
        headings: of the columns.
        lines: the rows of this page.
        total: rows that fulfil the search, or `MOST` when there are more.
        more: there are more rows than the list looks at.
        first: number of the first row shown, from 1; 0 when there is none.
        previous: address of the page before; empty on the first.
        following: address of the next page; empty on the last.
        search: what was searched for.
        searchable: the object has text to search.
        deleted: the recycle bin is shown.
    """

    item: ObjectDef
    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    total: int
    more: bool
    first: int
    previous: str
    following: str
    search: str
    searchable: bool
    deleted: bool

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.first + len(self.lines) - 1 if self.lines else 0


def list_url(sobject: str, **parameters: object) -> str:
    """The address of a list view; empty parameters are left out."""
    query = urlencode({key: str(value) for key, value in parameters.items() if value})
    return f"/lightning/o/{sobject}/list" + (f"?{query}" if query else "")


def list_view(viewer: Viewer, item: ObjectDef, parameters: Mapping[str, str]) -> ListView:
    """One page of an object's rows.

    Args:
        viewer: who looks.
        item: the object.
        parameters: `q` (search), `sort` (field, with `-` before it for descending), `page` (from 1), `bin`
            (recycle bin). What makes no sense is ignored.
    """
    fields = list_fields(item, viewer.access.fields(item))
    searched = [field for field in searched_fields(item) if viewer.access.readable(item, field)]
    search = parameters.get("q", "").strip()
    in_bin = parameters.get("bin") == "1" and "IsDeleted" in item
    descending, column = _sort(parameters.get("sort", ""), item, fields)
    page = _page_number(parameters.get("page", ""))
    conditions = [f"({like(searched, search)})"] if search and searched else []
    if in_bin:
        conditions.append("IsDeleted = true")
    where = " AND ".join(conditions)
    order = f"{_order(viewer, column)} {'DESC NULLS LAST' if descending else 'ASC'}, Id" if column else "Id"
    records, total = viewer.rows(
        item,
        fields,
        where=where,
        order=order,
        start=(page - 1) * PAGE,
        size=PAGE,
        most=MOST + 1,
        deleted=in_bin,
    )
    sort = f"{'-' if descending else ''}{column.name}" if column and "sort" in parameters else ""
    keep = {"q": search, "bin": "1" if in_bin else ""}

    def at(number: int) -> str:
        return list_url(item.name, **keep, sort=sort, page=number if number > 1 else "")

    return ListView(
        item=item,
        headings=tuple(_heading(item, field, column, keep, descending=descending) for field in fields),
        lines=tuple(viewer.line(item, fields, record) for record in records),
        total=min(total, MOST),
        more=total > MOST,
        first=(page - 1) * PAGE + 1 if records else 0,
        previous=at(page - 1) if page > 1 else "",
        following=at(page + 1) if page * PAGE < min(total, MOST) else "",
        search=search,
        searchable=bool(searched),
        deleted=in_bin,
    )


def _heading(
    item: ObjectDef, field: FieldDef, column: FieldDef | None, keep: Mapping[str, str], *, descending: bool
) -> Heading:
    now = field is column
    turn = f"{'' if now and descending else '-' if now else ''}{field.name}"
    href = list_url(item.name, **keep, sort=turn) if field.sortable else ""
    sort = ("descending" if descending else "ascending") if now else ""
    return Heading(label(field), href, sort, field.type in {"currency", "double", "int", "percent"})


def label(field: FieldDef) -> str:
    """A column's label: lookups without the word Id at their end."""
    return field.label.removesuffix(" ID") if field.type == "reference" else field.label


def _sort(text: str, item: ObjectDef, fields: list[FieldDef]) -> tuple[bool, FieldDef | None]:
    chosen = item.field(text.removeprefix("-"))
    if chosen is not None and chosen in fields and chosen.sortable:
        return text.startswith("-"), chosen
    default = item.name_field if item.name_field in fields else next(iter(fields), None)
    return False, default if default is not None and default.sortable else None


def _order(viewer: Viewer, field: FieldDef) -> str:
    """Lookups are sorted by the name people see."""
    target = viewer.target(field)
    return target[1] if target is not None and target[1] else field.name


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= MOST // PAGE else 1
