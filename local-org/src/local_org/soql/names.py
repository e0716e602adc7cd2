"""Finds what a dotted name means: the field, the parents to join on the way, and the SQL that reads it.

A name the user may not see is answered exactly as one that does not exist.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from local_org.schema import FieldDef, ObjectDef
from local_org.soql.errors import SoqlError, Source
from local_org.soql.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

    from local_org.schema import Schema
    from local_org.security import Access
    from local_org.soql.ast import Path, Query

MAX_PARENT_LEVELS = 5
MAX_PARENTS = 55
# What `Name`, the object that stands for "one of several types", has to offer.
_NAME_FIELDS = {
    "id": ("Id", "id"),
    "type": ("Type", "string"),
    "name": ("Name", "string"),
    "firstname": ("FirstName", "string"),
    "lastname": ("LastName", "string"),
    "email": ("Email", "email"),
    "phone": ("Phone", "phone"),
    "title": ("Title", "string"),
    "alias": ("Alias", "string"),
    "username": ("Username", "string"),
    "isactive": ("IsActive", "boolean"),
    "profileid": ("ProfileId", "reference"),
    "userroleid": ("UserRoleId", "reference"),
}
# A queue is a Group, and calls itself Queue.
_TYPE_NAMES = {"Group": "Queue"}


@dataclass
class Context:
    """What is the same for a whole query: the org's side, the user's side, and the text."""

    schema: Schema
    access: Access
    source: Source
    today: date
    zone: ZoneInfo
    fiscal_start: int
    fiscal_by_start: bool
    all_rows: bool
    bulk: bool
    aliases: Iterator[str] = field(default_factory=lambda: (f"_q{n}" for n in itertools.count()))

    def object(self, name: str, offset: int) -> ObjectDef:
        """Return an object the user may read.

        Raises:
            SoqlError: `INVALID_TYPE`.
        """
        item = self.schema.get(name)
        if item is None or not self.access.can_read(item):
            raise self.source.no_type(offset, name)
        return item


@dataclass(frozen=True)
class Frame:
    """One SELECT with its object and the short names of its FROM (lower case) for relationships from it."""

    context: Context
    item: ObjectDef
    query: Query
    names: dict[str, tuple[str, ...]]

    def scope(self) -> Scope:
        """Return a fresh scope, with table aliases and joins of its own."""
        return Scope(self.context, self.item, self.names)


@dataclass(frozen=True)
class Level:
    """A record on the way to a value: the row itself, or one of its parents.

    Attributes:
        keys: Relationship names from the row, in canonical case; empty for the row itself.
        item: The object, or None where it may be one of several.
        alias: Table alias, empty where `item` is None.
        id: SQL of the record's id.
        above: The record it is a parent of, None for the row itself.
        targets: The objects it may be where `item` is None.
    """

    keys: tuple[str, ...]
    item: ObjectDef | None
    alias: str
    id: Sql
    above: Level | None = None
    targets: tuple[ObjectDef, ...] = ()

    @property
    def entity(self) -> str:
        """The name error messages call it by."""
        return self.item.name if self.item else "Name"


@dataclass(frozen=True)
class Column:
    """A field in the context of a query."""

    level: Level
    field: FieldDef
    sql: Sql

    @property
    def keys(self) -> tuple[str, ...]:
        """Relationship names and field name in canonical case."""
        return (*self.level.keys, self.field.name)


def read(alias: str, found: FieldDef) -> str:
    """Return the SQL that reads a stored or computed field of a table."""
    if found.sql is not None:
        return f"({found.sql.replace('{t}', alias)})"
    return f'{alias}."{found.name}"'


class Scope:
    """Where the names of one SELECT are looked up; collects the joins they need."""

    def __init__(self, context: Context, item: ObjectDef, names: dict[str, tuple[str, ...]]) -> None:
        """Start at an object.

        Args:
            context: The query.
            item: The object in FROM.
            names: Short names from FROM (lower case) and the relationships they stand for.
        """
        self.context = context
        self.item = item
        self.alias = next(context.aliases)
        self.names = names
        self.root = Level((), item, self.alias, Sql(f'{self.alias}."Id"'))
        # by where they start (table alias, or SQL of the id) and what is followed from there
        self._levels: dict[tuple[str, str], Level] = {}
        self._joins: list[str] = []
        # set in the subquery of a semi-join
        self.nested = False

    def not_deleted(self) -> Sql | None:
        """Return the condition that leaves out records in the recycle bin and archived activities."""
        if self.context.all_rows:
            return None
        flags = [name for name in ("IsDeleted", "IsArchived") if self._hides(name)]
        return Sql(" AND ".join(f'{self.alias}."{name}" = 0' for name in flags)) if flags else None

    def _hides(self, name: str) -> bool:
        found = self.item.field(name)
        # Only activities are archived away from queries; other objects' IsArchived is plain data.
        hiding = name == "IsDeleted" or self.item.name in ("Task", "Event")
        return found is not None and found.stored and hiding

    @property
    def tables(self) -> str:
        """The FROM part of the SQL: the object's table and every parent joined so far."""
        return " ".join([f'"{self.item.name}" AS {self.alias}', *self._joins])

    @property
    def joins(self) -> str:
        """The joined parents alone."""
        return " ".join(self._joins)

    def column(self, path: Path) -> Column:
        """Return the field a path ends in.

        Raises:
            SoqlError: `INVALID_FIELD`, pointing at the path.
        """
        relationships, name = self._split(path)
        level = self.level(relationships, path.offset)
        found = self._field(level, name)
        if found is None:
            raise self.context.source.no_column(path.offset, name, level.entity)
        return found

    def field_of(self, level: Level, path: Path) -> Column:
        """Return the field a path ends in, starting at a level instead of the row.

        Raises:
            SoqlError: `INVALID_FIELD`, pointing at the path.
        """
        for name in path.parts[:-1]:
            level = self._step(level, name, path.offset)
        found = self._field(level, path.parts[-1])
        if found is None:
            raise self.context.source.no_column(path.offset, path.parts[-1], level.entity)
        return found

    def level(self, relationships: tuple[str, ...], offset: int) -> Level:
        """Return the record at the end of a chain of relationship names, joining what is needed.

        Raises:
            SoqlError: `INVALID_FIELD` for a relationship that does not exist, or too long a chain.
        """
        if len(relationships) > MAX_PARENT_LEVELS:
            raise self.context.source.error(
                "INVALID_FIELD",
                offset,
                f"Relationship paths can have at most {MAX_PARENT_LEVELS} levels: {'.'.join(relationships)}",
            )
        level = self.root
        for name in relationships:
            level = self._step(level, name, offset)
        return level

    def as_type(self, level: Level, item: ObjectDef) -> Level:
        """Return the record at a level of several types seen as one of them (for TYPEOF)."""
        key = (level.id.text, f":{item.name}")
        known = self._levels.get(key)
        if known is None:
            known = self._levels[key] = self._join(level.keys, item, level.id.text, level.above)
        return known

    def _split(self, path: Path) -> tuple[tuple[str, ...], str]:
        """Return the relationships and the field name of a path, without a short or object name in front."""
        head, *rest = path.parts
        if not rest:
            return (), head
        prefix = self.names.get(head.lower())
        if prefix is not None:
            return (*prefix, *rest[:-1]), rest[-1]
        if head.lower() == self.item.name.lower() and self.item.relationship(head) is None:
            return tuple(rest[:-1]), rest[-1]
        return path.parts[:-1], rest[-1]

    def _step(self, level: Level, name: str, offset: int) -> Level:
        key = (level.alias or level.id.text, name.lower())
        known = self._levels.get(key)
        if known is None:
            known = self._levels[key] = self._new_level(level, name, offset)
        return known

    def _new_level(self, level: Level, name: str, offset: int) -> Level:
        if level.item is None:
            return self._beyond_name(level, name, offset)
        reference = level.item.relationship(name)
        access = self.context.access
        if reference is None or not access.readable(level.item, reference):
            raise self.context.source.no_parent(offset, name)
        schema = self.context.schema
        targets = [item for target in reference.reference_to if (item := schema.get(target)) is not None]
        targets = [item for item in targets if access.can_read(item)]
        if not targets:
            raise self.context.source.no_parent(offset, name)
        keys = (*level.keys, reference.relationship_name or name)
        key_sql = read(level.alias, reference)
        if len(reference.reference_to) > 1:
            return Level(keys, None, "", Sql(key_sql), level, tuple(targets))
        return self._join(keys, targets[0], key_sql, level)

    def _beyond_name(self, level: Level, name: str, offset: int) -> Level:
        user = next((item for item in level.targets if item.name == "User"), None)
        reference = user.relationship(name) if user else None
        if user is None or reference is None or name.lower() not in ("profile", "userrole"):
            raise self.context.source.no_parent(offset, name)
        through = self._join(level.keys, user, level.id.text, level.above)
        joined = self._new_level(through, name, offset)
        return replace(joined, above=level)

    def _join(self, keys: tuple[str, ...], item: ObjectDef, key_sql: str, above: Level | None) -> Level:
        if len(self._joins) >= MAX_PARENTS:
            raise SoqlError(
                "QUERY_TOO_COMPLICATED",
                "Query is either selecting too many fields or the filter conditions are too complicated",
            )
        alias = next(self.context.aliases)
        self._joins.append(f'LEFT JOIN "{item.name}" AS {alias} ON {alias}."Id" = {key_sql}')
        return Level(keys, item, alias, Sql(f'{alias}."Id"'), above)

    def _field(self, level: Level, name: str) -> Column | None:
        if level.item is not None:
            found = self.context.access.field(level.item, name)
            return None if found is None else Column(level, found, Sql(read(level.alias, found)))
        known = _NAME_FIELDS.get(name.lower())
        if known is None:
            return None
        label, field_type = known
        lacks = field_type == "reference"
        found = FieldDef(label, label, field_type, length=255, sortable=not lacks)
        return Column(level, found, Sql(_name_sql(level, label, self.context.access)))


def _name_sql(level: Level, name: str, access: Access) -> str:
    """Return the SQL that reads a field of a record of one of several types."""
    key = level.id.text
    if name == "Id":
        return key
    branches = []
    for item in level.targets:
        if name == "Type":
            value = f"'{_TYPE_NAMES.get(item.name, item.name)}'"
        else:
            found = item.name_field if name == "Name" else item.field(name)
            if found is None or found.is_compound or not access.readable(item, found):
                continue
            value = f'(SELECT {read("_n", found)} FROM "{item.name}" AS _n WHERE _n."Id" = {key})'
        branches.append(f" WHEN '{item.id_prefix}' THEN {value}")
    return f"(CASE substr({key}, 1, 3){''.join(branches)} END)" if branches else "NULL"
