"""Stage 2: which record does a row mean? Exactly one, or the row is set aside; never a guess."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from target_salesforce_abm.loads import Moved, Nulls, Operation
from target_salesforce_abm.rows import Found, Intent, Outcome, Problem, Row, Verdict
from target_salesforce_abm.values import BadValueError, Value, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_salesforce_abm.bind import BoundLoad, BoundStep
    from target_salesforce_abm.companies import Companies
    from target_salesforce_abm.find import Finder, Values

__all__ = ["Resolver"]

_SHOWN_IDS = 10


@dataclass(slots=True)
class _Search:
    """One row looking for one record: tries the steps in order, and remembers why they failed."""

    row: Row
    ids: tuple[str, ...] = ()
    several: list[tuple[str, ...]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    looked: list[tuple[str, str, str]] = field(default_factory=list)
    bad: Problem | None = None

    @property
    def done(self) -> bool:
        return len(self.ids) == 1

    def take(self, ids: tuple[str, ...], why_none: str) -> None:
        if len(ids) > 1:
            self.several.append(ids)
        elif ids:
            self.ids = ids
        else:
            self.tried.append(why_none)

    def verdict(self, name: str | None = None) -> Verdict:
        """Set the row aside.

        Args:
            name: the lookup field it is about; None for the record itself.
        """
        about = f"{name}: " if name else ""
        if self.several:
            ids = self.several[0]
            shown = ", ".join(ids[:_SHOWN_IDS]) + (", ..." if len(ids) > _SHOWN_IDS else "")
            text = f"{about}{len(ids)} records fit: {shown}"
            return Verdict(self.row, Outcome.AMBIGUOUS, Problem("ambiguous", text, name, retryable=True))
        if self.bad is not None:
            return Verdict(self.row, Outcome.REJECTED, self.bad)
        text = about + ("; ".join(self.tried) or "the row has no value to match on")
        problem = Problem("unmatched", text, name, retryable=True)
        return Verdict(self.row, Outcome.UNMATCHED, problem, tuple(self.looked))


class Resolver:
    """Finds the records that rows mean, many rows a query.

    Args:
        finder: finds records by the value of a field.
        companies: finds Accounts by verified web domain.
    """

    def __init__(self, finder: Finder, companies: Companies) -> None:
        self._finder = finder
        self._companies = companies

    def resolve(self, intents: Sequence[Intent]) -> list[Found | Verdict]:
        """Find the records.

        Args:
            intents: rows of one object, in order.

        Returns:
            For each intent, in order, the record found (or that a new one is to be made), or why not.
        """
        done: list[Found | Verdict | None] = [
            Found(intent, intent.row.target) if intent.row.target else None for intent in intents
        ]
        intents = list(intents)
        self._lookups(intents, done)
        for load, positions in _by_load(intents, done).items():
            if load.key is not None and load.key.parts:
                self._by_built_key(load, positions, intents, done)
            else:
                self._by_steps(load, positions, intents, done)
        return [one for one in done if one is not None]

    # Lookups: the records that the row's own record points at

    def _lookups(self, intents: list[Intent], done: list[Found | Verdict | None]) -> None:
        for load, positions in _by_load(intents, done).items():
            for number, column in enumerate(load.columns):
                if not column.lookup:
                    continue
                open_ = [p for p in positions if done[p] is None and _mentions(intents[p].row, column.lookup)]
                searches = {p: _Search(intents[p].row) for p in open_}
                self._search(column.lookup, searches)
                for position, search in searches.items():
                    self._take_lookup(position, search, number, intents, done)

    def _take_lookup(
        self,
        position: int,
        search: _Search,
        number: int,
        intents: list[Intent],
        done: list[Found | Verdict | None],
    ) -> None:
        intent = intents[position]
        column = intent.row.load.columns[number]
        if search.done:
            intents[position] = replace(intent, values={**intent.values, number: search.ids[0]})
        elif all(_blank(intent.row.record.get(step.source)) for step in column.lookup):
            if column.nulls is Nulls.CLEAR:
                intents[position] = replace(intent, values={**intent.values, number: None})
        else:
            done[position] = search.verdict(column.field)

    # The record itself

    def _by_steps(
        self,
        load: BoundLoad,
        positions: Sequence[int],
        intents: Sequence[Intent],
        done: list[Found | Verdict | None],
    ) -> None:
        searches = {p: _Search(intents[p].row) for p in positions}
        self._search(load.steps, searches)
        for position, search in searches.items():
            done[position] = _conclude(load, intents[position], search)

    def _by_built_key(
        self,
        load: BoundLoad,
        positions: Sequence[int],
        intents: Sequence[Intent],
        done: list[Found | Verdict | None],
    ) -> None:
        key = load.key
        assert key is not None  # noqa: S101 - the caller has looked
        keys: dict[int, str] = {}
        for position in positions:
            made = build_key(load, intents[position])
            if isinstance(made, Verdict):
                done[position] = made
            else:
                keys[position] = made
        step = _key_step(load)
        found = self._finder.find(step, [(text,) for text in keys.values()]) if keys else {}
        for position, text in keys.items():
            intent = intents[position]
            search = _Search(intent.row)
            search.take(found[step.fold((text,))], f"no record with {key.field} {text[:80]!r}")
            if search.several:
                done[position] = search.verdict()
            elif search.done or load.load.operation.creates or _is_delete(intent):
                done[position] = Found(intent, search.ids[0] if search.done else None, text)
            else:
                done[position] = search.verdict()

    def _search(self, steps: Sequence[BoundStep], searches: Mapping[int, _Search]) -> None:
        for step in steps:
            open_ = {p: search for p, search in searches.items() if not search.done}
            if step.field is None:
                self._by_domain(step, open_.values())
            else:
                self._by_field(step, open_.values())

    def _by_domain(self, step: BoundStep, searches: Iterable[_Search]) -> None:
        texts = {id(s): to_text(s.row.record.get(step.source) or "").strip() for s in searches}
        matches = self._companies.find({text for text in texts.values() if text})
        for search in searches:
            text = texts[id(search)]
            if text:
                search.take(matches[text].ids(step.prefer), f"{step.source}: {matches[text].reason}")

    def _by_field(self, step: BoundStep, searches: Iterable[_Search]) -> None:
        wanted: dict[int, Values] = {}
        for search in searches:
            values = tuple(_read(part, search) for part in step.parts)
            if None not in values:
                wanted[id(search)] = values
        found = self._finder.find(step, wanted.values()) if wanted else {}
        missing = [str(one[0]) for one in wanted.values() if step.masters and not found[step.fold(one)]]
        masters = self._finder.masters(step.sobject, missing) if missing else {}
        for search in searches:
            if id(search) not in wanted:
                continue
            values = wanted[id(search)]
            folded = step.fold(values)
            search.looked.append((step.sobject, "+".join(step.fields), folded.casefold()))
            if folded in masters:
                self._take_merged(step, search, folded, masters[folded])
            else:
                search.take(found[folded], f"no {step.sobject} with {_shown(step, values)}")

    def _take_merged(self, step: BoundStep, search: _Search, record_id: str, master: str) -> None:
        kept = self._finder.find(step, [(master,)])[master]
        if search.row.load.load.moved is Moved.FOLLOW and kept:
            search.take(kept, "")
        else:
            search.tried.append(f"{step.sobject} {record_id} was merged into {master}")


def _shown(step: BoundStep, values: Values) -> str:
    return " and ".join(
        f"{part.field} {to_text(value)[:80]!r}" for part, value in zip(step.parts, values, strict=True)
    )


def build_key(load: BoundLoad, intent: Intent) -> str | Verdict:
    """Build the key of the record a row makes, or reject the row when a part is missing."""
    key = load.key
    assert key is not None  # noqa: S101 - only called for loads with a key
    texts = []
    for part in key.parts:
        if isinstance(part, int):
            name, value = load.columns[part].field, intent.values.get(part)
            if value is None and not load.columns[part].lookup:
                value = _clean(intent.row.record.get(load.columns[part].source))
        else:
            name, value = part, _clean(intent.row.record.get(part))
        if value is None:
            text = f"{key.field}: its part {name} has no value"
            return Verdict(intent.row, Outcome.REJECTED, Problem("REQUIRED_FIELD_MISSING", text, key.field))
        texts.append(to_text(value))
    return key.build(texts)


def _conclude(load: BoundLoad, intent: Intent, search: _Search) -> Found | Verdict:
    """Decide what a row does after its search."""
    if search.done:
        return Found(intent, search.ids[0])
    if search.several or search.bad is not None:
        return search.verdict()
    delete = _is_delete(intent)
    if not delete and not load.load.operation.creates:
        return search.verdict()
    made = _new_record(load, intent)
    if isinstance(made, Verdict) and not delete:
        return made
    # Not there yet, but a row before this one may make it.
    key = None if isinstance(made, Verdict) else made.key
    return Found(intent, None, key, tuple(search.looked))


def _new_record(load: BoundLoad, intent: Intent) -> Found | Verdict:
    key = load.key
    if key is None:
        return Found(intent, None)  # an insert without a key, or nothing to delete
    try:
        value = key.codec.read(intent.row.record.get(key.source or ""))
    except BadValueError as error:
        problem = Problem(error.code, f"{key.field}: {error.message}", key.field)
        return Verdict(intent.row, Outcome.REJECTED, problem)
    if value is None:
        text = f"{key.field}: a new record needs a value in {key.source}"
        problem = Problem("REQUIRED_FIELD_MISSING", text, key.field)
        return Verdict(intent.row, Outcome.REJECTED, problem)
    return Found(intent, None, to_text(value))


def _is_delete(intent: Intent) -> bool:
    return intent.row.deleted or intent.row.load.load.operation is Operation.DELETE


def _key_step(load: BoundLoad) -> BoundStep:
    from target_salesforce_abm.bind import BoundStep  # noqa: PLC0415 - only a type elsewhere

    key = load.key
    assert key is not None  # noqa: S101 - only called for loads with a key
    return BoundStep("", load.sobject, key.field, key.codec, key.case_sensitive)


def _read(step: BoundStep, search: _Search) -> Value:
    raw = search.row.record.get(step.source)
    if _blank(raw) or step.codec is None:
        return None
    try:
        value = step.codec.read(raw)
    except BadValueError as error:
        search.bad = search.bad or Problem(error.code, f"{step.source}: {error.message}", step.source)
        return None
    if step.key_prefix and isinstance(value, str) and not value.startswith(step.key_prefix):
        text = f"{step.source}: {value} is no Id of {step.sobject} (those begin with {step.key_prefix})"
        search.bad = search.bad or Problem("MALFORMED_ID", text, step.source)
        return None
    return value


def _clean(raw: Any) -> str | None:
    return None if raw is None else to_text(raw).strip() or None


def _blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _mentions(row: Row, steps: Sequence[BoundStep]) -> bool:
    return any(step.source in row.record for step in steps)


def _by_load(intents: Sequence[Intent], done: Sequence[object]) -> Mapping[BoundLoad, list[int]]:
    groups: dict[BoundLoad, list[int]] = defaultdict(list)
    for position, intent in enumerate(intents):
        if done[position] is None:
            groups[intent.row.load].append(position)
    return groups
