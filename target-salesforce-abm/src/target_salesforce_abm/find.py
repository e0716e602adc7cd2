"""Find records by the value of a field, many values in one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from salesforce_abm.query import Query
from salesforce_abm.soql import Select, any_of, quote, split_by_length
from target_salesforce_abm.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundStep
    from target_salesforce_abm.current import Current
    from target_salesforce_abm.values import Value

__all__ = ["Finder", "Values"]

Values = tuple["Value", ...]
"""One value for each field that is searched."""
_LIST_BUDGET: Final = 80_000
"""Characters of values in one query; a SOQL statement has at most 100,000."""


class Finder:
    """Finds records, and remembers for one batch what was asked.

    Args:
        session: the signed-in session.
        current: records found on an object whose values it wants are read in the same query.
    """

    def __init__(self, session: Session, current: Current) -> None:
        self._query = Query(session)
        self._current = current
        self._found: dict[tuple[str, tuple[str, ...]], dict[str, tuple[str, ...]]] = {}
        self._assumed: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}

    def find(self, step: BoundStep, values: Iterable[Values]) -> Mapping[str, tuple[str, ...]]:
        """Look values up.

        Args:
            step: the object and the field, or fields, to look in; not a domain step.
            values: for each record looked for, one value a field, as its codec reads it, none of them None.

        Returns:
            `step.fold(values)` to the Ids of the records that hold them; what nobody holds has no Ids.
        """
        wanted = {step.fold(one): one for one in values}
        if step.by_id and not step.also:
            return self._by_id(step, wanted)
        place = (step.sobject, step.fields)
        known = self._found.setdefault(place, {})
        new = {folded: one for folded, one in wanted.items() if folded not in known}
        if new:
            known.update(self._ask(step, new))
        assumed = self._assumed.get(place, {})
        return {
            folded: (*known[folded], *((assumed[folded],) if folded in assumed else ())) for folded in wanted
        }

    def masters(self, sobject: str, ids: Iterable[str]) -> dict[str, str]:
        """Find out into which records others were merged.

        Args:
            sobject: an object whose records can be merged.
            ids: records that are not there any more.

        Returns:
            Id to the record that was kept in the end, for those that were merged.
        """
        masters: dict[str, str] = {}
        asked: set[str] = set()
        left = dict.fromkeys(ids)
        while left:
            asked |= set(left)
            found = {}
            for group in split_by_length(left, _LIST_BUDGET):
                where = (any_of("Id", group), "IsDeleted = true", "MasterRecordId != null")
                soql = Select(("Id", "MasterRecordId"), sobject, where).render()
                for record in self._query.records(soql, all_rows=True):
                    found[str(record["Id"])] = str(record["MasterRecordId"])
            masters |= found
            # The kept record can have been merged in its turn.
            left = dict.fromkeys(master for master in found.values() if master not in asked)
        return {record_id: _last(record_id, masters) for record_id in ids if record_id in masters}

    def assume(self, sobject: str, field: str, folded: str, record_id: str) -> None:
        """For a dry run: from now on a record with this value counts as there."""
        self._assumed.setdefault((sobject, (field,)), {})[folded] = record_id

    def forget(self) -> None:
        """Drop what was found: the next batch sees what Salesforce holds then."""
        self._found.clear()

    def _by_id(self, step: BoundStep, wanted: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        ids = list(wanted)
        self._current.load(step.sobject, ids)
        exists = self._current.get
        return {
            record_id: (record_id,) if exists(step.sobject, record_id) is not None else ()
            for record_id in ids
        }

    def _ask(self, step: BoundStep, wanted: Mapping[str, Values]) -> dict[str, tuple[str, ...]]:
        select = tuple(dict.fromkeys(("Id", *step.fields, *self._current.fields(step.sobject))))
        ids: dict[str, list[str]] = {folded: [] for folded in wanted}
        for group in _groups(list(wanted.values())):
            where = tuple(
                any_of(part.field or "", dict.fromkeys(column), part.codec.kind if part.codec else "string")
                for part, column in zip(step.parts, zip(*group, strict=True), strict=True)
            )
            for record in self._query.records(Select(select, step.sobject, where).render()):
                held = tuple(part.held(record) for part in step.parts)
                folded = "" if None in held else step.fold(held)
                if folded in ids:
                    ids[folded].append(str(record["Id"]))
                    self._current.put(step.sobject, record)
        return {folded: tuple(dict.fromkeys(found)) for folded, found in ids.items()}


def _groups(wanted: list[Values]) -> Iterator[list[Values]]:
    """Cut what is looked for so that the lists of each query fit."""
    by_text: dict[str, list[Values]] = {}
    for values in wanted:
        by_text.setdefault(" ".join(quote(to_text(value)) for value in values), []).append(values)
    for group in split_by_length(by_text, _LIST_BUDGET):
        yield [values for text in group for values in by_text[text]]


def _last(record_id: str, masters: Mapping[str, str]) -> str:
    seen = {record_id}
    while record_id in masters and masters[record_id] not in seen:
        record_id = masters[record_id]
        seen.add(record_id)
    return record_id
