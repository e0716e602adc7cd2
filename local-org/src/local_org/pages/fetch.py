"""Records for pages: through SOQL with the viewer's rights, names behind lookups included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.pages.values import Shown, record_url, show
from local_org.reports.filters import like_pattern, quote
from local_org.soql.run import run_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local_org.org import Org
    from local_org.reports.formats import Formatter
    from local_org.schema import FieldDef, ObjectDef
    from local_org.security import Access, User

Record = dict[str, Any]
_VERSION = "60.0"


@dataclass(frozen=True, slots=True)
class Entry:
    """A field's value with its name, for a template."""

    field: FieldDef
    shown: Shown


@dataclass(frozen=True, slots=True)
class Line:
    """One record in a table: where it leads and its cells."""

    id: str
    href: str
    deleted: bool
    cells: tuple[Shown, ...]


class Viewer:
    """Looks at an org as one user.

    Attributes:
        org: the org.
        user: whose rights count.
        access: these rights.
        fmt: how this user reads numbers and dates.
    """

    def __init__(self, org: Org, user: User) -> None:
        self.org = org
        self.user = user
        self.access: Access = org.access(user)
        self.fmt: Formatter = org.reports.formatter(user)

    def objects(self) -> list[ObjectDef]:
        """Objects with rows of their own that this user may look at, by label."""
        found = [item for item in self.org.schema if self.access.can_read(item) and item.allows("queryable")]
        return sorted(found, key=lambda item: item.label_plural.casefold())

    def object(self, name: str) -> ObjectDef | None:
        """An object this user may look at, by its API name in any case."""
        item = self.org.schema.get(name)
        return item if item is not None and self.access.can_read(item) and item.allows("queryable") else None

    def count(self, item: ObjectDef, where: str = "", *, deleted: bool = False) -> int:
        """How many rows fulfil a SOQL condition."""
        text = f"SELECT COUNT() FROM {item.name}" + (f" WHERE {where}" if where else "")
        return run_query(self.org, self.user, text, all_rows=deleted).total_size

    def rows(
        self,
        item: ObjectDef,
        fields: Sequence[FieldDef],
        *,
        where: str = "",
        order: str = "",
        start: int = 0,
        size: int = 50,
        most: int = 0,
        deleted: bool = False,
    ) -> tuple[list[Record], int]:
        """Some rows and how many there are.

        Args:
            item: the object.
            fields: what to select; parts of addresses come through their address.
            where: SOQL condition.
            order: SOQL ordering.
            start: index of the first row.
            size: how many rows.
            most: look at no more rows than this altogether; 0: at all.
            deleted: rows of the recycle bin too.
        """
        paths = {"id": "Id"}
        if "IsDeleted" in item:
            paths["isdeleted"] = "IsDeleted"
        for field in fields:
            paths[field.name.lower()] = field.name
            target = self.target(field)
            if target is not None and target[1]:
                paths[target[1].lower()] = target[1]
        text = f"SELECT {', '.join(paths.values())} FROM {item.name}"
        text += f" WHERE {where}" if where else ""
        text += f" ORDER BY {order}" if order else ""
        text += f" LIMIT {most}" if most else ""
        result = run_query(self.org, self.user, text, all_rows=deleted)
        return result.records(start, size, version=_VERSION), result.total_size

    def record(self, item: ObjectDef, record_id: str, fields: Sequence[FieldDef]) -> Record | None:
        """One row, from the recycle bin too; None when there is none."""
        found, _ = self.rows(item, fields, where=f"Id = {quote(record_id)}", size=1, deleted=True)
        return found[0] if found else None

    def target(self, field: FieldDef, record_id: str | None = None) -> tuple[str, str] | None:
        """The object a lookup leads to and the SOQL path of its name; None where no page could be shown.

        Args:
            field: the lookup.
            record_id: decides between several objects.
        """
        if field.type != "reference" or not field.relationship_name or not field.reference_to:
            return None
        names = [name for name in field.reference_to if self.object(name) is not None]
        if not names:
            return None
        item = self.org.schema.by_prefix(record_id) if record_id else None
        sobject = item.name if item is not None and item.name in names else names[0]
        if len(field.reference_to) > 1:
            return sobject, f"{field.relationship_name}.Name"
        name_field = self.org.schema.object(sobject).name_field
        return sobject, f"{field.relationship_name}.{name_field.name}" if name_field else ""

    def entry(self, field: FieldDef, record: Mapping[str, Any]) -> Entry:
        """A field of a row, ready to show."""
        value = record.get(field.name)
        target = self.target(field, value if isinstance(value, str) else None)
        return Entry(field, show(field, record, self.fmt, target))

    def line(self, item: ObjectDef, fields: Iterable[FieldDef], record: Mapping[str, Any]) -> Line:
        """A row of a table; its name leads to its page."""
        href = record_url(item.name, record["Id"])
        cells = []
        for index, field in enumerate(fields):
            shown = self.entry(field, record).shown
            if field.name_field or index == 0:
                shown = Shown("link", shown.text or record["Id"], href, record["Id"])
            cells.append(shown)
        return Line(record["Id"], href, bool(record.get("IsDeleted")), tuple(cells))


def like(fields: Iterable[FieldDef], text: str) -> str:
    """A SOQL condition: one of the fields holds the text."""
    return " OR ".join(f"{field.name} LIKE {like_pattern(text, anywhere=True)}" for field in fields)
