"""The SQL that makes tables, columns and indexes out of definitions, and the plan of a bulk insert."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local_org.ids import IdFactory
    from local_org.schema import FieldDef, ObjectDef

_REAL = frozenset({"double", "currency", "percent"})
_BINARY = frozenset({"id", "reference", "date", "datetime", "time"})


def column(field: FieldDef) -> str:
    """Return the column definition of a stored field."""
    name = f'"{field.name}"'
    if field.type == "id":
        return f"{name} TEXT NOT NULL PRIMARY KEY COLLATE BINARY"
    if field.type == "boolean":
        return f"{name} INTEGER NOT NULL DEFAULT {int(bool(field.default))}"
    if field.type in {"int", "long"}:
        return f"{name} INTEGER"
    if field.type in _REAL:
        return f"{name} REAL"
    if field.type == "base64":
        return f"{name} BLOB"
    binary = field.type in _BINARY or (field.case_sensitive and (field.unique or field.external_id))
    return f"{name} TEXT COLLATE {'BINARY' if binary else 'NOCASE'}"


def indexed(field: FieldDef) -> bool:
    """Return whether lookups by this field deserve an index."""
    if not field.stored or field.type == "id":
        return False
    if field.name in {"SystemModstamp", "Email"} or field.external_id or field.unique:
        return True
    # Nobody looks rows up by who made them often enough to pay for two more indexes on every table.
    return field.type == "reference" and field.name not in {"CreatedById", "LastModifiedById"}


def create(item: ObjectDef) -> Iterator[str]:
    """Yield the statements that make an object's table and indexes."""
    yield f'CREATE TABLE "{item.name}" ({", ".join(column(f) for f in item.stored_fields)})'
    if item.allows("queryable"):
        yield from indexes(item)


def indexes(item: ObjectDef) -> Iterator[str]:
    """Yield the statements that make an object's indexes."""
    for field in item.stored_fields:
        if indexed(field):
            yield _index(item, field)


def drop_indexes(item: ObjectDef) -> Iterator[str]:
    """Yield the statements that drop an object's indexes."""
    for field in item.stored_fields:
        if indexed(field):
            yield f'DROP INDEX IF EXISTS "{item.name}.{field.name}"'


def add(item: ObjectDef, field: FieldDef) -> Iterator[str]:
    """Yield the statements that add a field's column."""
    yield f'ALTER TABLE "{item.name}" ADD COLUMN {column(field)}'
    if indexed(field):
        yield _index(item, field)


def drop(item: ObjectDef, field: FieldDef) -> Iterator[str]:
    """Yield the statements that remove a field's column."""
    yield f'DROP INDEX IF EXISTS "{item.name}.{field.name}"'
    yield f'ALTER TABLE "{item.name}" DROP COLUMN "{field.name}"'


def change(item: ObjectDef, old: FieldDef, new: FieldDef) -> Iterator[str]:
    """Yield the statements that bring a field's column and index in line with its new definition."""
    if column(old) != column(new):
        # SQLite cannot alter a column: fill a new one beside it and swap.
        beside = replace(new, name=f"_new {new.name}")
        yield f'ALTER TABLE "{item.name}" ADD COLUMN {column(beside)}'
        yield f'UPDATE "{item.name}" SET "{beside.name}" = "{old.name}"'
        yield from drop(item, old)
        yield f'ALTER TABLE "{item.name}" RENAME COLUMN "{beside.name}" TO "{new.name}"'
    yield f'DROP INDEX IF EXISTS "{item.name}.{new.name}"'
    if indexed(new):
        yield _index(item, new)


def _index(item: ObjectDef, field: FieldDef) -> str:
    # A partial index stays small where most rows are empty, and `=` on the column still finds it.
    sparse = "" if field.name == "SystemModstamp" else f' WHERE "{field.name}" IS NOT NULL'
    return f'CREATE INDEX "{item.name}.{field.name}" ON "{item.name}" ("{field.name}"){sparse}'


class BulkPlan:
    """How rows with some columns become complete rows of a table."""

    def __init__(
        self, item: ObjectDef, columns: Sequence[str], *, stamp: str, user_id: str, ids: IdFactory
    ) -> None:
        given = [item[name] for name in columns]
        names = {field.name for field in given}
        self._prefix = item.id_prefix
        self._ids = ids
        self._id_at = next((at for at, field in enumerate(given) if field.type == "id"), None)
        defaults: dict[str, Any] = {
            "CreatedDate": stamp,
            "CreatedById": user_id,
            "LastModifiedDate": stamp,
            "LastModifiedById": user_id,
            "SystemModstamp": stamp,
            "OwnerId": user_id,
        }
        self._constants = [
            (name, value)
            for name, value in defaults.items()
            if name in item and item[name].stored and name not in names
        ]
        self._name_at: tuple[int | None, int] | None = None
        if item.has_person_name and "Name" not in names and "LastName" in names:
            order = [field.name for field in given]
            first = order.index("FirstName") if "FirstName" in names else None
            self._name_at = (first, order.index("LastName"))
        targets = [field.name for field in given] + [name for name, _ in self._constants]
        if self._name_at is not None:
            targets.append("Name")
        if self._id_at is None:
            targets.append("Id")
        marks = ", ".join("?" * len(targets))
        quoted = ", ".join(f'"{name}"' for name in targets)
        self.statement = f'INSERT INTO "{item.name}" ({quoted}) VALUES ({marks})'

    def complete(self, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows with everything the statement binds."""
        tail = tuple(value for _, value in self._constants)
        new = iter(self._ids.take(self._prefix, len(rows))) if self._id_at is None else None
        if self._id_at is not None:
            self._ids.seen(row[self._id_at] for row in rows)
        for row in rows:
            extra = tail
            if self._name_at is not None:
                first, last = self._name_at
                given = row[first] if first is not None else None
                extra = (*extra, f"{given} {row[last]}" if given else row[last])
            if new is not None:
                extra = (*extra, next(new))
            yield (*row, *extra)
