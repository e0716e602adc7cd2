"""The removing half of a mirror: rows it made earlier that the stream does not carry any more.

Whose row it is, Salesforce shows: the key of a mirror's row begins with the load's owner
(`account_segments|...`), and no other row is ever looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from salesforce_abm.query import Query
from salesforce_abm.soql import Select, quote
from target_salesforce_abm.rows import Action, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundLoad

__all__ = ["Mirror", "Stale"]


@dataclass(frozen=True, slots=True)
class Stale:
    """What a mirror would remove.

    Attributes:
        changes: one removal for each row that is gone.
        there: rows of this mirror in Salesforce, the ones to be removed among them.
        refusal: why nothing is removed all the same; None when removing is right.
    """

    changes: tuple[Change, ...]
    there: int
    refusal: str | None = None


@dataclass(eq=False, slots=True)
class Mirror:
    """One mirror load during a run.

    Attributes:
        load: the load.
        stream: the stream that feeds it.
        rows: rows the stream brought.
    """

    load: BoundLoad
    stream: str
    rows: int = 0
    _seen: set[str] = field(default_factory=set)

    def saw(self, key: str) -> None:
        """The stream carries this key: its row stays."""
        if self.load.key is not None:
            self._seen.add(self.load.key.fold(key))

    def stale(self, session: Session) -> Stale:
        """Find the rows to remove, once the stream is through."""
        if not self.rows:
            return Stale(
                (), 0, "the stream brought no rows, which looks like a broken source: nothing is removed"
            )
        there = 0
        changes = []
        for record_id, key, change in self._own(session):
            there += 1
            if key not in self._seen:
                changes.append((record_id, change))
        gone = tuple(change for _, change in changes)
        percent = self.load.load.max_remove_percent
        if len(gone) * 100 > there * percent:
            return Stale(
                (),
                there,
                f"{len(gone):,} of its {there:,} rows in Salesforce are gone from the stream, more than "
                f"max_remove_percent ({percent}) allows: nothing is removed. If the stream is right, raise "
                "max_remove_percent for one run",
            )
        return Stale(gone, there)

    def _own(self, session: Session) -> Iterator[tuple[str, str, Change]]:
        """Read the rows this mirror made and has not removed: Id, folded key, and how to remove it."""
        load, key = self.load, self.load.key
        assert key is not None  # noqa: S101 - the grammar asks for one
        removed = load.removed
        fields = ("Id", key.field, *((removed[0],) if removed else ()))
        # `_` stands for any character in LIKE, so more can come than asked for; the prefix decides.
        where = (f"{key.field} LIKE {quote(_for_like(key.prefix) + '%')}",)
        prefix = key.fold(key.prefix)
        for record in Query(session).records(Select(fields, load.sobject, where).render()):
            folded = key.fold(str(record[key.field]))
            if not folded.startswith(prefix):
                continue
            record_id = str(record["Id"])
            if removed is None:
                yield (
                    record_id,
                    folded,
                    Change(load.sobject, Action.DELETE, record_id, None, {}, {}, (), record_id),
                )
                continue
            name, value = removed
            held = load.removed_codec.stored(record.get(name)) if load.removed_codec else None
            if held != value:
                change = Change(
                    load.sobject, Action.UPDATE, record_id, None, {name: value}, {name: held}, (), record_id
                )
                yield record_id, folded, change


def _for_like(prefix: str) -> str:
    """Turn the other wildcard of LIKE into `_`; the exact prefix is checked afterwards."""
    return prefix.replace("%", "_").replace("\\", "_")
