"""Stage 3: what really has to change. Pure.

Rows are applied in order to what Salesforce holds, as if each were written by itself; only the difference
between the beginning and the end is sent. A, B, A therefore ends at A, and costs nothing where A is there
already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_salesforce_abm.loads import Deleted, Operation, Overwrite
from target_salesforce_abm.memory import recall, remember
from target_salesforce_abm.rows import Action, Change, Found, Outcome, Row, Verdict
from target_salesforce_abm.values import to_text

if TYPE_CHECKING:
    from target_salesforce_abm.bind import BoundLoad, Column
    from target_salesforce_abm.values import Value

__all__ = ["Difference", "deletes", "diff"]

Current = Mapping[str, Mapping[str, "Value"]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a batch of rows comes to.

    Attributes:
        changes: one for each record that differs.
        verdicts: rows that need no write.
        checked: for fields under `never`: how many values differ from Salesforce.
    """

    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]
    checked: int = 0


def deletes(row: Row) -> bool:
    """Whether a row asks for its record to be deleted (in a mirror that marks rows, removed)."""
    return row.load.load.operation is Operation.DELETE or (
        row.deleted and row.load.load.deleted is Deleted.DELETE
    )


def diff(found: Sequence[Found], current: Current, *, everything: bool = False) -> Difference:
    """Compare what the rows want with what Salesforce holds.

    Args:
        found: rows with the records they mean, in order; all of one object.
        current: Id to field to value, for every Id in `found`.
        everything: send every mapped value, also those that Salesforce holds already.

    Returns:
        The changes and the rows that need none.
    """
    records: dict[str, _Record] = {}
    verdicts: list[Verdict] = []
    for one in found:
        name = _name(one)
        record = records.get(name)
        if record is None:
            record = records[name] = _Record(one, dict(current.get(one.id or "", {})), everything)
        record.apply(one)
    changes: list[Change] = []
    for record in records.values():
        change = record.change()
        if change is not None:
            changes.append(change)
        else:
            verdicts += [Verdict(row, Outcome.UNCHANGED) for row, _ in record.rows]
    return Difference(tuple(changes), tuple(verdicts), sum(record.checked for record in records.values()))


def _name(one: Found) -> str:
    """Rows that mean the same record, or would make the same one, share this."""
    if one.id is not None:
        return one.id
    key = one.intent.row.load.key
    if one.key is not None and key is not None:
        return f"{key.field}={key.fold(one.key)}"
    if one.looked:  # two rows that looked for the same in vain mean the same new record
        return f"new {one.looked}"
    return f"row {one.intent.row.number}"


@dataclass(slots=True)
class _Record:
    """One record while the rows that mean it are applied."""

    first: Found
    before: dict[str, Value]
    everything: bool
    now: dict[str, Value] = field(default_factory=dict)
    rows: list[tuple[Row, bool]] = field(default_factory=list)
    memories: dict[str, dict[str, Value]] = field(default_factory=dict)
    wanted: dict[str, Value] = field(default_factory=dict)
    made: bool = False
    gone: bool = False
    checked: int = 0

    def __post_init__(self) -> None:
        self.now = dict(self.before)

    def apply(self, one: Found) -> None:
        """Do to this record what one row wants."""
        row = one.intent.row
        if deletes(row):
            self.rows.append((row, self._remove(row.load)))
            return
        contributed = self.first.id is None and not self.made
        if row.load.load.operation is Operation.INSERT and not contributed:
            self.rows.append((row, False))
            return
        self.made = True
        for number, value in one.intent.values.items():
            contributed |= self._set(row.load, row.load.columns[number], value)
        self.rows.append((row, contributed))

    def change(self) -> Change | None:
        """Give the write this record needs, or None."""
        load = self.first.intent.row.load
        parent = to_text(self.now.get(load.parent) or "") if load.parent else ""
        if self.first.id is None and (self.gone or not self.made):
            return None
        if self.gone:
            return self._made(Action.DELETE, {}, parent)
        if self.first.id is None:
            values: dict[str, Value] = {n: value for n, value in self.now.items() if value is not None}
            if load.key is not None and self.first.key is not None:
                values[load.key.field] = load.key.codec.read(self.first.key)
            return self._made(Action.CREATE, values | self._memory(), parent)
        values = {name: value for name, value in self.now.items() if value != self.before.get(name)}
        if self.everything:
            values |= self.wanted
        if values:
            values |= self._memory()
        return self._made(Action.UPDATE, values, parent) if values else None

    def _made(self, action: Action, values: dict[str, Value], parent: str) -> Change:
        one = self.first
        load = one.intent.row.load
        key = (
            (load.key.field, one.key)
            if load.key and one.key is not None and action is Action.CREATE
            else None
        )
        before = {name: self.before.get(name) for name in values}
        return Change(
            load.sobject, action, one.id, key, values, before, tuple(self.rows), parent or (one.id or "")
        )

    def _remove(self, load: BoundLoad) -> bool:
        if self.first.id is None and not self.made:
            return False
        if load.removed is None:
            changed, self.gone = not self.gone, True
            return changed
        name, value = load.removed
        changed = self.now.get(name) != value
        self.now[name] = value
        return changed

    def _set(self, load: BoundLoad, column: Column, value: Value) -> bool:
        new = self.first.id is None
        if not (column.createable if new else column.updateable) and column.overwrite is not Overwrite.NEVER:
            return False
        name = column.field
        held = self.now.get(name)
        if column.overwrite is Overwrite.NEVER:
            self.checked += held != value
            return False
        if not self._gives_way(load, column, held):
            return False
        if column.overwrite is Overwrite.TRACKED and load.memory and held != value:
            self.memories.setdefault(load.memory, {})[name] = value
        self.wanted[name] = value
        self.now[name] = value
        return held != value or self.everything

    def _gives_way(self, load: BoundLoad, column: Column, held: Value) -> bool:
        if column.overwrite is Overwrite.ALWAYS or held is None:
            return True
        if column.overwrite is Overwrite.IF_EMPTY:
            return False
        pending = self.memories.get(load.memory or "", {})
        if column.field in pending:
            return pending[column.field] == held
        remembered = recall(self.before.get(load.memory or "")).get(column.field)
        return remembered is not None and column.codec.stored(remembered) == held

    def _memory(self) -> dict[str, Value]:
        texts: dict[str, Value] = {}
        for name, written in self.memories.items():
            text = remember(recall(self.before.get(name)), written)
            if text != self.before.get(name):
                texts[name] = text
        return texts
