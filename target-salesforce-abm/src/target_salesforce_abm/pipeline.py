"""The pipeline of one batch: coerce -> resolve -> diff -> write, and a verdict for every row.

Rows of one object go together, in the order they came, whatever stream they are from; objects that others
point at go first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from target_salesforce_abm.coerce import coerce
from target_salesforce_abm.diff import deletes, diff
from target_salesforce_abm.rows import Found, Intent, Outcome, Problem, Result, Row, Verdict
from target_salesforce_abm.values import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from target_salesforce_abm.accounting import Accounting
    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.box import Box
    from target_salesforce_abm.companies import Companies
    from target_salesforce_abm.current import Current
    from target_salesforce_abm.find import Finder
    from target_salesforce_abm.mirror import Mirror
    from target_salesforce_abm.resolve import Resolver

__all__ = ["Pipeline", "in_order"]


class Pipeline:
    """Takes batches of rows to their verdicts.

    Args:
        finder: finds records by value.
        companies: finds Accounts by domain.
        resolver: finds the records that rows mean.
        current: reads what Salesforce holds.
        box: takes the changes.
        mirrors: the mirror of each load that is one.
        accounting: gets counts that are not verdicts.
        take: gets every verdict.
        everything: send values that Salesforce holds already, too.
    """

    def __init__(
        self,
        *,
        finder: Finder,
        companies: Companies,
        resolver: Resolver,
        current: Current,
        box: Box,
        mirrors: Mapping[BoundLoad, Mirror],
        accounting: Accounting,
        take: Callable[[Verdict], None],
        everything: bool = False,
    ) -> None:
        self._finder = finder
        self._companies = companies
        self._resolver = resolver
        self._current = current
        self._box = box
        self._mirrors = mirrors
        self._accounting = accounting
        self._take = take
        self._everything = everything
        self._apart: list[Row] = []
        self._converted: list[Row] = []

    def process(self, rows: Sequence[Row], now: datetime) -> None:
        """Take a batch as far as it goes now; what waits for a Bulk job gets its verdicts from `settle`.

        Args:
            rows: in the order they came.
            now: Salesforce's clock.
        """
        for part in _parts(rows):
            groups: dict[str, list[Row]] = defaultdict(list)
            for row in part:
                groups[row.load.sobject].append(row)
            for sobject in in_order({row.load for row in part}):
                self._all(sobject, groups[sobject], now)
            self._all("Contact", self._became_contacts(), now)
            self._one_by_one(now)

    def settle(self, now: datetime, sobjects: Iterable[str] | None = None) -> None:
        """Write what waits and take it to its verdicts."""
        for result in self._box.settle(sobjects):
            self._conclude(result)
        self._look_again()
        self._one_by_one(now)

    def _all(self, sobject: str, rows: Sequence[Row], now: datetime) -> None:
        left = list(rows)
        while left:
            left = self._round(sobject, left, now)
            self._look_again()

    def _one_by_one(self, now: datetime) -> None:
        """Try rows of one record, whose joint change was refused, by themselves and in order."""
        while self._apart:
            apart, self._apart = self._apart, []
            for row in sorted(apart, key=lambda row: row.number):
                self._round(row.load.sobject, [row], now, at_once=True)
                self._look_again()

    def _round(self, sobject: str, rows: Sequence[Row], now: datetime, *, at_once: bool = False) -> list[Row]:
        """Process rows up to the first that depends on one before it being written; give the rest back."""
        found, left = _cut(self._resolved(sobject, self._coerced(rows, now)))
        records: list[Found] = []
        for one in found:
            if isinstance(one, Verdict):
                self._take(one)
            else:
                self._note_key(one)
                self._accounting.of(one.intent.row.stream.name).truncated += one.intent.truncated
                records.append(one)
        self._current.load(sobject, (one.id for one in records if one.id is not None))
        if sobject == "Lead":
            records = self._without_converted(records)
        known = {
            one.id: held
            for one in records
            if one.id and (held := self._current.get(sobject, one.id)) is not None
        }
        difference = diff(records, known, everything=self._everything)
        for verdict in difference.verdicts:
            self._take(verdict)
        if difference.checked:
            self._accounting.of(records[0].intent.row.stream.name).checked += difference.checked
        for result in self._box.send(difference.changes, at_once=at_once):
            self._conclude(result)
        return left

    def _coerced(self, rows: Sequence[Row], now: datetime) -> list[Intent]:
        intents: list[Intent] = []
        kept: list[Intent] = []
        for row in rows:
            read = coerce(row, now)
            if isinstance(read, Intent):
                intents.append(read)
                continue
            self._take(read)
            if read.outcome is Outcome.REJECTED and row.load in self._mirrors and not deletes(row):
                kept.append(Intent(row, {}))
        # A row of a mirror that cannot be written still says that its key is in the set.
        for one in self._resolver.resolve(kept) if kept else ():
            if isinstance(one, Found):
                self._note_key(one)
        return intents

    def _without_converted(self, records: Iterable[Found]) -> list[Found]:
        """Follow converted Leads, which cannot be changed, to their Contacts, or set them aside."""
        kept: list[Found] = []
        for one in records:
            held = self._current.get("Lead", one.id) if one.id else None
            if not held or held.get("IsConverted") is not True:
                kept.append(one)
                continue
            row, contact = one.intent.row, held.get("ConvertedContactId")
            if row.load.converted is not None and isinstance(contact, str) and not deletes(row):
                self._converted.append(replace(row, load=row.load.converted, target=contact))
            else:
                text = f"Lead {one.id} was converted to Contact {contact}; the load says moved: aside"
                self._take(Verdict(row, Outcome.SKIPPED, Problem("converted", text)))
        return kept

    def _became_contacts(self) -> list[Row]:
        rows, self._converted = self._converted, []
        return rows

    def _resolved(self, sobject: str, intents: Sequence[Intent]) -> list[Found | Verdict]:
        """Find the records; settle first what waits when it could change the answer."""
        loads = {intent.row.load for intent in intents}
        steps = [
            step for load in loads for step in (*load.steps, *(s for c in load.columns for s in c.lookup))
        ]
        stale = {step.sobject for step in steps if step.field and self._box.writes(step.sobject, step.field)}
        stale |= {name for load in loads for name in load.references if self._box.deletes(name)}
        if stale:
            self._settle_now(stale)
        found = self._resolver.resolve(intents)
        around = {sobject, *(step.sobject for step in steps)}
        if self._clashes(sobject, around, found):
            self._settle_now(around)
            found = self._resolver.resolve(intents)
        return found

    def _clashes(self, sobject: str, around: Iterable[str], found: Iterable[Found | Verdict]) -> bool:
        waiting = [name for name in around if self._box.waits_for(name)]
        if not waiting:
            return False
        for one in found:
            if isinstance(one, Verdict):
                if one.outcome is Outcome.UNMATCHED:
                    return True
            elif self._box.holds(sobject, one.id or one.key or ""):
                return True
        return False

    def _settle_now(self, sobjects: Iterable[str]) -> None:
        for result in self._box.settle(sobjects):
            self._conclude(result)
        self._look_again()

    def _look_again(self) -> None:
        self._current.forget()
        self._finder.forget()

    def _note_key(self, one: Found) -> None:
        row = one.intent.row
        mirror = self._mirrors.get(row.load)
        if mirror is not None and one.key is not None and not deletes(row):
            mirror.saw(one.key)

    def _conclude(self, result: Result) -> None:
        """Turn the result of a change into the verdicts of its rows."""
        rows = result.change.rows
        if result.existed:
            for row, _ in rows:
                self._take(Verdict(row, Outcome.UNCHANGED))
        elif result.problem is None:
            if rows:
                self._accounting.of(rows[0][0].stream.name).records += not rows[0][0].retried
            for row, contributed in rows:
                self._take(Verdict(row, Outcome.WRITTEN if contributed else Outcome.UNCHANGED))
        elif len(rows) > 1 and not result.problem.retryable:
            self._apart += [row for row, _ in rows]
        else:
            for row, _ in rows:
                self._take(Verdict(row, Outcome.REJECTED, result.problem))


def _cut(found: Sequence[Found | Verdict]) -> tuple[list[Found | Verdict], list[Row]]:
    """Cut before the first row that needs one before it to be in Salesforce already.

    That is a row that writes a record which an earlier row deletes, and one that looks in vain for a value
    which an earlier row writes.

    Returns:
        The rows up to there, and the rest.
    """
    names = {name for one in found for _, name, _ in one.looked}
    made: set[tuple[str, str, str]] = set()
    gone: set[str] = set()
    for position, one in enumerate(found):
        # Rows that make a record with the same key are put together by the diff, which is as good.
        own = _own_key(one) if isinstance(one, Found) and not deletes(one.intent.row) else None
        if any(look in made and look != own for look in one.looked):
            return list(found[:position]), _rows(found[position:])
        if isinstance(one, Verdict):
            continue
        name = one.id or one.key or ""
        if deletes(one.intent.row):
            if one.intent.row.load.removed is None:
                gone.add(name)
        elif name in gone:
            return list(found[:position]), _rows(found[position:])
        elif names:
            made |= _written(one, names)
    return list(found), []


def _written(one: Found, names: Container[str]) -> set[tuple[str, str, str]]:
    """Object, field and value that a row writes, of the fields of these names."""
    load = one.intent.row.load
    written = {
        (load.sobject, load.columns[number].field, to_text(value).casefold())
        for number, value in one.intent.values.items()
        if value is not None and load.columns[number].field in names
    }
    own = _own_key(one)
    return written | {own} if own else written


def _own_key(one: Found) -> tuple[str, str, str] | None:
    load = one.intent.row.load
    if load.key is None or one.key is None:
        return None
    return load.sobject, load.key.field, one.key.casefold()


def _rows(found: Iterable[Found | Verdict]) -> list[Row]:
    return [one.row if isinstance(one, Verdict) else one.intent.row for one in found]


def _parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Cut a batch so that deletions of records that others point at keep their place among those others."""
    pointed_at = set().union(*(load.references for load in {row.load for row in rows}))
    part: list[Row] = []
    deleting: set[str] = set()
    objects: set[str] = set()
    for row in rows:
        sobject = row.load.sobject
        deletion = sobject in pointed_at and row.load.removed is None and deletes(row)
        if (deletion and objects - {sobject}) or deleting - {sobject}:
            yield part
            part, deleting, objects = [], set(), set()
        part.append(row)
        objects.add(sobject)
        deleting |= {sobject} if deletion else set()
    if part:
        yield part


def in_order(loads: Iterable[BoundLoad]) -> list[str]:
    """Order objects so that those others point at come first; in a circle, the one met first comes first."""
    points_at: dict[str, set[str]] = defaultdict(set)
    for load in sorted(loads, key=lambda load: load.number):
        points_at[load.sobject] |= load.references - {load.sobject}
    ordered: dict[str, None] = {}
    visiting: set[str] = set()

    def visit(sobject: str) -> None:
        if sobject in ordered or sobject in visiting:
            return
        visiting.add(sobject)
        for other in sorted(points_at.get(sobject, ())):
            visit(other)
        if sobject in points_at:
            ordered[sobject] = None

    for sobject in list(points_at):
        visit(sobject)
    return list(ordered)
