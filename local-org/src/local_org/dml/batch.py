"""Rows on their way into the org: what was asked, what is stored, what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from local_org.dml.outcome import RowError, WriteOptions
    from local_org.org import Org
    from local_org.schema import FieldDef, ObjectDef
    from local_org.security import Access, User

Values = dict[str, Any]
"""Stored values by field name."""


@dataclass(slots=True, eq=False)
class Link:
    """A reference given by an external id of the row it points at."""

    field: FieldDef
    target: ObjectDef
    by: FieldDef
    key: Any


@dataclass(slots=True, eq=False)
class Draft:
    """One row.

    Attributes:
        position: its place in the request.
        id: id of an existing row, or the one a new row gets.
        old: what is stored, None for a new row.
        new: what changes.
        given: fields the client sent, in lower case.
        raw: reference values as the client spelt them, for error texts.
        links: references by external id, not resolved yet.
        errors: why it will not be written.
        created: for upserts, whether it is new.
        key: for upserts, the value of the external id.
        shown: the same as the client spelt it.
    """

    position: int
    id: str | None = None
    old: Values | None = None
    new: Values = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    raw: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    created: bool | None = None
    key: Any = None
    shown: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the row does not exist yet."""
        return self.old is None

    def value(self, name: str) -> Any:
        """Return what the field will hold."""
        if name in self.new:
            return self.new[name]
        return self.old.get(name) if self.old is not None else None

    def before(self, name: str) -> Any:
        """Return what the field holds now."""
        return self.old.get(name) if self.old is not None else None

    def changes(self, name: str) -> bool:
        """Return whether the field gets another value (for a new row: any value)."""
        return name in self.new and (self.old is None or self.new[name] != self.old.get(name))

    def sent(self, name: str) -> bool:
        """Return whether the client sent the field."""
        return name.lower() in self.given


@dataclass(slots=True, eq=False)
class Batch:
    """Rows of one object that are written together: at most 200, as Salesforce does it.

    Attributes:
        stamp: the moment of the write, as stored text.
        system: the org itself writes; permissions and read-only fields do not matter.
    """

    org: Org
    connection: sqlite3.Connection
    user: User
    access: Access
    item: ObjectDef
    options: WriteOptions
    stamp: str
    drafts: list[Draft]
    system: bool = False

    @property
    def good(self) -> Iterator[Draft]:
        """The rows nothing was found against so far."""
        return (draft for draft in self.drafts if not draft.errors)

    def fetch(
        self, table: str, columns: Sequence[str], where: str, values: Iterable[Any], extra: str = ""
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the columns of rows whose `where` column has one of the values (any number of them)."""
        wanted = list(dict.fromkeys(values))
        names = ", ".join(f'"{name}"' for name in columns)
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ", ".join("?" * len(part))
            yield from self.connection.execute(
                f'SELECT {names} FROM "{table}" WHERE "{where}" IN ({marks}){extra}', part
            )
