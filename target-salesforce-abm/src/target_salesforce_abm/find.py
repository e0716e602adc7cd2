"""Find records by the value of a field, many values in one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from salesforce_abm.query import Query
from salesforce_abm.soql import Select, any_of, split_by_length
from target_salesforce_abm.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from salesforce_abm.session import Session
    from target_salesforce_abm.bind import BoundStep
    from target_salesforce_abm.current import Current
    from target_salesforce_abm.values import Value

__all__ = ["Finder"]

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
        self._found: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {}
        self._assumed: dict[tuple[str, str], dict[str, str]] = {}

    def find(self, step: BoundStep, values: Iterable[Value]) -> Mapping[str, tuple[str, ...]]:
        """Look values up.

        Args:
            step: the object and field to look in; not a domain step.
            values: as the field's codec reads them, none of them None.

        Returns:
            `step.fold(value)` to the Ids of the records that hold it; a value nobody holds has no Ids.
        """
        wanted = {step.fold(value): value for value in values}
        if step.by_id:
            return self._by_id(step, wanted)
        field = step.field or ""
        known = self._found.setdefault((step.sobject, field), {})
        new = {folded: value for folded, value in wanted.items() if folded not in known}
        if new:
            known.update(self._ask(step, new))
        assumed = self._assumed.get((step.sobject, field), {})
        return {
            folded: (*known[folded], *((assumed[folded],) if folded in assumed else ())) for folded in wanted
        }

    def assume(self, sobject: str, field: str, folded: str, record_id: str) -> None:
        """For a dry run: from now on a record with this value counts as there."""
        self._assumed.setdefault((sobject, field), {})[folded] = record_id

    def forget(self) -> None:
        """Drop what was found: the next batch sees what Salesforce holds then."""
        self._found.clear()

    def _by_id(self, step: BoundStep, wanted: Mapping[str, Value]) -> Mapping[str, tuple[str, ...]]:
        self._current.load(step.sobject, wanted)
        exists = self._current.get
        return {
            record_id: (record_id,) if exists(step.sobject, record_id) is not None else ()
            for record_id in wanted
        }

    def _ask(self, step: BoundStep, wanted: Mapping[str, Value]) -> dict[str, tuple[str, ...]]:
        field, codec = step.field, step.codec
        assert field is not None and codec is not None  # noqa: S101, PT018 - find() is not for domain steps
        also = self._current.fields(step.sobject)
        select = tuple(dict.fromkeys(("Id", field, *also)))
        ids: dict[str, list[str]] = {folded: [] for folded in wanted}
        by_text = {to_text(value): value for value in wanted.values()}
        for group in split_by_length(by_text, _LIST_BUDGET):
            condition = any_of(field, [by_text[text] for text in group], codec.kind)
            for record in self._query.records(Select(select, step.sobject, (condition,)).render()):
                held = codec.stored(record.get(field))
                folded = step.fold(held) if held is not None else ""
                if folded in ids:
                    ids[folded].append(str(record["Id"]))
                    self._current.put(step.sobject, record)
        return {folded: tuple(dict.fromkeys(found)) for folded, found in ids.items()}
