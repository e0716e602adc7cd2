"""Deleting: the recycle bin, what goes along, what stays without its parent, and the way back.

A row deleted by the user is a root of its bunch; rows that went along come back with it and not by
themselves.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from local_org import ids, triggers
from local_org.dml import errors
from local_org.dml.outcome import RowOutcome

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from local_org.dml.outcome import RowError
    from local_org.org import Org
    from local_org.schema import ChildRelationship, ObjectDef
    from local_org.security import User

CREATE = (
    """CREATE TABLE IF NOT EXISTS _deleted (id TEXT PRIMARY KEY COLLATE BINARY, object TEXT NOT NULL,
    at TEXT NOT NULL, bunch INTEGER NOT NULL, root INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS _deleted_at ON _deleted (object, at)",
    "CREATE INDEX IF NOT EXISTS _deleted_bunch ON _deleted (bunch)",
    """CREATE TABLE IF NOT EXISTS _cleared (bunch INTEGER NOT NULL, object TEXT NOT NULL,
    id TEXT NOT NULL COLLATE BINARY, field TEXT NOT NULL, value TEXT NOT NULL COLLATE BINARY)""",
    "CREATE INDEX IF NOT EXISTS _cleared_bunch ON _cleared (bunch)",
)
_CHUNK = 200


def delete(
    org: Org, user: User, record_ids: Sequence[str], only: ObjectDef | None, *, hard: bool
) -> list[RowOutcome]:
    """Delete rows in the open transaction and say what became of each."""
    outcomes: list[RowOutcome | None] = [None] * len(record_ids)
    groups = _sorted_out(org, record_ids, only, outcomes)
    for item, members in groups:
        barred = _barred(org, user, item)
        for start in range(0, len(members), _CHUNK):
            chunk = members[start : start + _CHUNK]
            problems = (
                dict.fromkeys((record_id for _, record_id in chunk), barred)
                if barred is not None
                else _Removal(org, user, item, hard=hard).run([record_id for _, record_id in chunk])
            )
            done: set[str] = set()
            for position, record_id in chunk:
                problem = problems.get(record_id)
                if problem is None and record_id in done:
                    problem = errors.ENTITY_IS_DELETED
                done.add(record_id)
                outcomes[position] = RowOutcome(
                    record_id, success=problem is None, errors=() if problem is None else (problem,)
                )
    return [outcome for outcome in outcomes if outcome is not None]


def undelete(org: Org, user: User, record_ids: Sequence[str]) -> list[RowOutcome]:
    """Bring rows back in the open transaction and say what became of each."""
    outcomes: list[RowOutcome | None] = [None] * len(record_ids)
    for item, members in _sorted_out(org, record_ids, None, outcomes):
        for position, record_id in members:
            problem = _restore(org, user, item, record_id)
            outcomes[position] = RowOutcome(
                record_id, success=problem is None, errors=() if problem is None else (problem,)
            )
    return [outcome for outcome in outcomes if outcome is not None]


def purge(org: Org, before: str) -> int:
    """Empty the recycle bin of rows deleted before a moment; Salesforce does it after 15 days."""
    count = 0
    with org.store.write() as connection:
        for item in org.schema:
            if "IsDeleted" in item:
                cursor = connection.execute(
                    f'DELETE FROM "{item.name}" WHERE "IsDeleted" = 1 AND "Id" IN'
                    " (SELECT id FROM _deleted WHERE object = ? AND at < ?)",
                    (item.name, before),
                )
                count += cursor.rowcount
    return count


def log(
    connection: sqlite3.Connection,
    item: ObjectDef,
    record_ids: Iterable[str],
    *,
    stamp: str,
    bunch: int,
    root: int,
) -> None:
    """Write deletions to the log that getDeleted and undelete read."""
    connection.executemany(
        "INSERT OR REPLACE INTO _deleted VALUES (?, ?, ?, ?, ?)",
        [(record_id, item.name, stamp, bunch, root) for record_id in record_ids],
    )


def new_bunch(org: Org) -> int:
    """Return the number of a new bunch of rows deleted together."""
    return org.store.ids.sequence("_bunch", 1)[0]


class _Removal:
    """One chunk of rows of one object on their way out."""

    def __init__(self, org: Org, user: User, item: ObjectDef, *, hard: bool) -> None:
        self.org = org
        self.user = user
        self.item = item
        self.hard = hard
        self.stamp = org.clock.stamp()
        self.connection = org.store.read()

    def run(self, record_ids: list[str]) -> dict[str, RowError]:
        problems = self._examine(record_ids)
        for record_id in dict.fromkeys(record_ids):
            if record_id not in problems:
                self._remove(record_id)
        return problems

    def _examine(self, record_ids: list[str]) -> dict[str, RowError]:
        problems: dict[str, RowError] = {}
        wanted = set(record_ids)
        soft = "IsDeleted" in self.item
        columns = '"Id", "IsDeleted"' if soft else '"Id", 0'
        state: dict[str, int] = dict(
            _select(self.connection, self.item.name, columns, where="Id", values=wanted)
        )
        for record_id in wanted:
            if record_id not in state:
                problems[record_id] = errors.NO_SUCH_ROW
            elif state[record_id] and not self.hard:
                problems[record_id] = errors.ENTITY_IS_DELETED
            elif self.org.locks.blocking([record_id]):
                problems[record_id] = errors.locked(record_id)
        for child in self._children(self.item, restricted=True):
            held = _select(
                self.connection,
                child.child,
                f'"{child.field}", "Id"',
                where=child.field,
                values=wanted - problems.keys(),
                extra=self._alive(child.child),
            )
            for parent_id, child_id in held:
                label = self.org.schema.object(child.child).label_plural.lower()
                problems.setdefault(parent_id, errors.still_used(parent_id, [f"{label}: {child_id}"]))
        return problems

    def _remove(self, record_id: str) -> None:
        bunch = new_bunch(self.org)
        level: list[tuple[ObjectDef, list[str]]] = [(self.item, [record_id])]
        root = 1
        while level:
            following: dict[str, list[str]] = defaultdict(list)
            for item, gone in level:
                for child in self._children(item, restricted=False):
                    found = [
                        row[0]
                        for row in _select(
                            self.connection,
                            child.child,
                            '"Id"',
                            where=child.field,
                            values=gone,
                            extra=self._alive(child.child),
                        )
                    ]
                    if not found:
                        continue
                    if child.cascade_delete:
                        following[child.child].extend(found)
                    else:
                        self._clear(child, gone, bunch)
                self._take_out(item, gone, bunch, root)
            root = 0
            level = [
                (self.org.schema.object(name), list(dict.fromkeys(rows))) for name, rows in following.items()
            ]

    def _take_out(self, item: ObjectDef, gone: list[str], bunch: int, root: int) -> None:
        for behaviour in triggers.REMOVED.get(item.name, ()):
            behaviour(self.org, gone)
        if self.hard or "IsDeleted" not in item:
            self.connection.executemany(f'DELETE FROM "{item.name}" WHERE "Id" = ?', [(i,) for i in gone])
        else:
            sets = _audit(item, self.stamp, self.user.id)
            sets["IsDeleted"] = 1
            _set(self.connection, item, sets, gone)
        log(self.connection, item, gone, stamp=self.stamp, bunch=bunch, root=root)

    def _clear(self, child: ChildRelationship, gone: list[str], bunch: int) -> None:
        item = self.org.schema.object(child.child)
        rows = list(
            _select(self.connection, item.name, f'"Id", "{child.field}"', where=child.field, values=gone)
        )
        self.connection.executemany(
            "INSERT INTO _cleared VALUES (?, ?, ?, ?, ?)",
            [(bunch, item.name, record_id, child.field, value) for record_id, value in rows],
        )
        sets: dict[str, object] = {child.field: None}
        if "SystemModstamp" in item:
            sets["SystemModstamp"] = self.stamp
        _set(self.connection, item, sets, [record_id for record_id, _ in rows])

    def _children(self, item: ObjectDef, *, restricted: bool) -> Iterator[ChildRelationship]:
        for child in self.org.schema.children(item.name):
            target = self.org.schema.get(child.child)
            if target is None or not target.allows("queryable"):
                continue
            if not target[child.field].stored or child.field == "MasterRecordId":
                continue
            if child.restricted_delete == restricted:
                yield child

    def _alive(self, name: str) -> str:
        return ' AND "IsDeleted" = 0' if "IsDeleted" in self.org.schema.object(name) else ""


def _restore(org: Org, user: User, item: ObjectDef, record_id: str) -> RowError | None:
    connection = org.store.read()
    if "IsDeleted" not in item or not item.allows("undeletable"):
        return errors.cannot_undelete(item)
    if not org.access(user).can_edit(item):
        return errors.NO_ACCESS
    row = connection.execute(f'SELECT "IsDeleted" FROM "{item.name}" WHERE "Id" = ?', (record_id,)).fetchone()
    known = connection.execute("SELECT bunch, root FROM _deleted WHERE id = ?", (record_id,)).fetchone()
    if row is None or not row[0] or known is None or not known[1]:
        return errors.NOT_IN_RECYCLE_BIN
    problem = _taken(connection, item, record_id)
    if problem is not None:
        return problem
    stamp = org.clock.stamp()
    members: dict[str, list[str]] = defaultdict(list)
    for name, member in connection.execute("SELECT object, id FROM _deleted WHERE bunch = ?", (known[0],)):
        members[name].append(member)
    for name, rows in members.items():
        part = org.schema.get(name)
        if part is not None and "IsDeleted" in part:
            sets: dict[str, object] = {**_audit(part, stamp, user.id), "IsDeleted": 0}
            _set(connection, part, sets, rows)
    for name, child_id, field, value in connection.execute(
        "SELECT object, id, field, value FROM _cleared WHERE bunch = ?", (known[0],)
    ).fetchall():
        part = org.schema.get(name)
        if part is not None and field in part:
            connection.execute(
                f'UPDATE "{name}" SET "{field}" = ? WHERE "Id" = ? AND "{field}" IS NULL', (value, child_id)
            )
    connection.execute("DELETE FROM _deleted WHERE bunch = ?", (known[0],))
    connection.execute("DELETE FROM _cleared WHERE bunch = ?", (known[0],))
    return None


def _taken(connection: sqlite3.Connection, item: ObjectDef, record_id: str) -> RowError | None:
    for field in item.fields:
        if field.unique and field.stored:
            holder = connection.execute(
                f'SELECT o."Id" FROM "{item.name}" t'
                f' JOIN "{item.name}" o ON o."{field.name}" = t."{field.name}"'
                ' WHERE t."Id" = ? AND o."Id" <> t."Id" AND o."IsDeleted" = 0',
                (record_id,),
            ).fetchone()
            if holder is not None:
                return errors.duplicate_value(field, holder[0])
    return None


def _sorted_out(
    org: Org, record_ids: Sequence[str], only: ObjectDef | None, outcomes: list[RowOutcome | None]
) -> list[tuple[ObjectDef, list[tuple[int, str]]]]:
    """Group ids by object; ids that are none get their outcome at once."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for position, given in enumerate(record_ids):
        try:
            record_id = ids.normalise(given.strip())
        except ids.MalformedIdError:
            outcomes[position] = RowOutcome(given, success=False, errors=(errors.malformed_id(given),))
            continue
        item = only or org.schema.by_prefix(record_id)
        if item is None:
            outcomes[position] = RowOutcome(record_id, success=False, errors=(errors.NO_SUCH_ROW,))
        elif item.id_prefix != record_id[:3]:
            problem = errors.wrong_id(item["Id"].label, given, "Id")
            outcomes[position] = RowOutcome(record_id, success=False, errors=(problem,))
        else:
            groups.setdefault(item.name, []).append((position, record_id))
    return [(org.schema.object(name), members) for name, members in groups.items()]


def _barred(org: Org, user: User, item: ObjectDef) -> RowError | None:
    if not item.allows("deletable"):
        return errors.cannot_delete(item)
    return None if org.access(user).can_delete(item) else errors.NO_ACCESS


def _audit(item: ObjectDef, stamp: str, user_id: str) -> dict[str, object]:
    values = {"LastModifiedDate": stamp, "LastModifiedById": user_id, "SystemModstamp": stamp}
    return {name: value for name, value in values.items() if name in item}


def _set(
    connection: sqlite3.Connection, item: ObjectDef, values: dict[str, object], record_ids: Iterable[str]
) -> None:
    sets = ", ".join(f'"{name}" = ?' for name in values)
    connection.executemany(
        f'UPDATE "{item.name}" SET {sets} WHERE "Id" = ?',
        [[*values.values(), record_id] for record_id in record_ids],
    )


def _select(
    connection: sqlite3.Connection,
    table: str,
    columns: str,
    *,
    where: str,
    values: Iterable[str],
    extra: str = "",
) -> list[tuple[Any, ...]]:
    wanted = list(values)
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        marks = ", ".join("?" * len(part))
        rows += connection.execute(
            f'SELECT {columns} FROM "{table}" WHERE "{where}" IN ({marks}){extra}', part
        )
    return rows
