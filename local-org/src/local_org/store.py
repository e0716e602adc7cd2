"""The rows: one SQLite file, one table per object, many readers and one writer at a time.

Each object has a table of its name with one column per stored field: text compares without case (`NOCASE`),
ids and case-sensitive fields by bytes, booleans are 0 or 1, datetimes `YYYY-MM-DDTHH:MM:SSZ`, dates and times
text, empty is NULL. Tables and columns are always quoted: objects are called `Order`, `Group` and `Case`.
Names with a leading underscore belong to the org itself.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from local_org import ddl
from local_org.ids import IdFactory

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from local_org.schema import FieldDef, ObjectDef

Setup = Callable[[sqlite3.Connection], None]
_BATCH: Final = 5_000
_FAST = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-32000",
    "PRAGMA mmap_size=1073741824",
)


class Rollback(Exception):
    """Raise inside `Store.write` to undo the block's work quietly."""


class Store:
    """The org's database file.

    Args:
        path: File to keep the data in; None uses a temporary file that disappears with the store.
        template: File to start from when `path` does not exist yet.
        instance: The two instance characters of new ids.
        setup: Called with each new connection, to register SQL functions.
        durable: Whether a file that is kept must survive a power cut.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        template: Path | None = None,
        instance: str = "00",
        setup: Sequence[Setup] = (),
        durable: bool = True,
    ) -> None:
        self._folder = (
            None if path else tempfile.TemporaryDirectory(prefix="local-org-", ignore_cleanup_errors=True)
        )
        self.path = path or Path(self._folder.name if self._folder else "") / "org.sqlite"
        self.durable = durable and path is not None
        self.fresh = not self.path.exists()
        if self.fresh and template is not None:
            shutil.copyfile(template, self.path)
        self._setup: list[Setup] = list(setup)
        self._lock = threading.RLock()
        self._depth = 0
        self._after: list[Callable[[], None]] = []
        self._idle: list[sqlite3.Connection] = []
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._closed = False
        self._writer = self._connect()
        self._writer.execute(
            "CREATE TABLE IF NOT EXISTS _counter"
            " (prefix TEXT PRIMARY KEY COLLATE BINARY, last INTEGER NOT NULL) WITHOUT ROWID"
        )
        known = dict(self._writer.execute("SELECT prefix, last FROM _counter"))
        self._saved = dict(known)
        self.ids = IdFactory(instance, known)

    def on_connect(self, setup: Setup) -> None:
        """Call `setup` with every connection, those already open included."""
        with self._lock:
            self._setup.append(setup)
            for connection in self._open:
                setup(connection)

    def read(self) -> sqlite3.Connection:
        """Return a connection for reading.

        Inside `write` on the same thread it is the writing connection, so one's own changes are visible;
        otherwise a connection of this thread that sees the last committed state.
        """
        if self._depth and self._owner == threading.get_ident():
            return self._writer
        lease: _Lease | None = getattr(self._local, "lease", None)
        if lease is None:
            lease = self._local.lease = _Lease(self._idle, self._borrow())
        return lease.connection

    def write(self) -> AbstractContextManager[sqlite3.Connection, bool]:
        """Hold the one writing connection in a transaction; nested blocks are savepoints.

        An exception undoes the block and goes on; `Rollback` undoes it and stops here.
        """
        return cast("AbstractContextManager[sqlite3.Connection, bool]", self._transaction())

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            outer = self._depth == 0
            self._writer.execute("BEGIN IMMEDIATE" if outer else f"SAVEPOINT s{self._depth}")
            self._depth += 1
            self._owner = threading.get_ident()
            kept = len(self._after)
            try:
                yield self._writer
                if outer:
                    self._save_counters()
            except BaseException as problem:
                self._depth -= 1
                del self._after[kept:]
                self._writer.execute("ROLLBACK" if outer else f"ROLLBACK TO s{self._depth}")
                if not outer:
                    self._writer.execute(f"RELEASE s{self._depth}")
                if not isinstance(problem, Rollback):
                    raise
            else:
                self._depth -= 1
                self._writer.execute("COMMIT" if outer else f"RELEASE s{self._depth}")
                if outer:
                    self._run_after()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the thread's outermost transaction is committed; at once when there is none."""
        if self._depth and self._owner == threading.get_ident():
            self._after.append(action)
        else:
            action()

    def count(self, name: str) -> int:
        """Return how many rows an object has, the recycle bin left out."""
        table = f'SELECT count(*) FROM "{name}"'
        columns = {row[1] for row in self.read().execute(f'PRAGMA table_info("{name}")')}
        condition = ' WHERE "IsDeleted" = 0' if "IsDeleted" in columns else ""
        return int(self.read().execute(table + condition).fetchone()[0])

    def create_table(self, item: ObjectDef) -> None:
        """Create the table and indexes of an object."""
        with self.write() as connection:
            for statement in ddl.create(item):
                connection.execute(statement)

    def drop_table(self, item: ObjectDef) -> None:
        """Drop the table of an object."""
        with self.write() as connection:
            connection.execute(f'DROP TABLE "{item.name}"')

    def add_column(self, item: ObjectDef, field: FieldDef) -> None:
        """Add the column and index of a stored field."""
        with self.write() as connection:
            for statement in ddl.add(item, field):
                connection.execute(statement)

    def change_column(self, item: ObjectDef, old: FieldDef, new: FieldDef) -> None:
        """Bring the column and index of a field in line with its new definition."""
        with self.write() as connection:
            for statement in ddl.change(item, old, new):
                connection.execute(statement)

    def drop_column(self, item: ObjectDef, field: FieldDef) -> None:
        """Drop the column and index of a stored field."""
        with self.write() as connection:
            for statement in ddl.drop(item, field):
                connection.execute(statement)

    def bulk_insert(
        self,
        item: ObjectDef,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        stamp: str,
        user_id: str,
    ) -> int:
        """Insert many rows fast and unchecked: no validation, no triggers; for seeds and benchmarks.

        Missing `Id`, audit fields and the composed `Name` of people are filled in; booleans left out are
        false.

        Args:
            item: Object to fill.
            columns: Field names of the values in each row.
            rows: Values as the store keeps them.
            stamp: Moment for audit fields that are not among the columns.
            user_id: User for audit and owner fields that are not among the columns.

        Returns:
            Number of rows inserted.
        """
        plan = ddl.BulkPlan(item, columns, stamp=stamp, user_id=user_id, ids=self.ids)
        count = 0
        source = iter(rows)
        with self.write() as connection:
            empty = connection.execute(f'SELECT 1 FROM "{item.name}" LIMIT 1').fetchone() is None
            first = list(islice(source, _BATCH))
            if len(first) == _BATCH and empty:
                # Building an index once over all rows beats keeping it sorted row by row several times over.
                for statement in ddl.drop_indexes(item):
                    connection.execute(statement)
            batch = first
            while batch:
                connection.executemany(plan.statement, plan.complete(batch))
                count += len(batch)
                batch = list(islice(source, _BATCH))
            if len(first) == _BATCH and empty:
                for statement in ddl.indexes(item):
                    connection.execute(statement)
        return count

    def close(self) -> None:
        """Close every connection and remove the file when it is temporary."""
        with self._lock:
            self._closed = True
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._idle.clear()
        if self._folder is not None:
            self._folder.cleanup()

    _owner: int = 0

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=60, cached_statements=512
        )
        for pragma in chain(_FAST, (f"PRAGMA synchronous={'NORMAL' if self.durable else 'OFF'}",)):
            connection.execute(pragma)
        for setup in self._setup:
            setup(connection)
        self._open.append(connection)
        return connection

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _save_counters(self) -> None:
        current = self.ids.counters()
        changed = [(prefix, last) for prefix, last in current.items() if self._saved.get(prefix) != last]
        if changed:
            self._writer.executemany("INSERT OR REPLACE INTO _counter VALUES (?, ?)", changed)
            self._saved.update(changed)

    def _run_after(self) -> None:
        actions, self._after = self._after, []
        for action in actions:
            action()


class _Lease:
    """Gives a thread's connection back to the pool when the thread ends."""

    def __init__(self, pool: list[sqlite3.Connection], connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._return = weakref.finalize(self, pool.append, connection)
        self._return.atexit = False
