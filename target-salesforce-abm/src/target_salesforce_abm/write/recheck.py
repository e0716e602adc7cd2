"""Look what is in Salesforce before a write is repeated whose outcome nobody knows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.collections import MAX_READ, Collections
from salesforce_abm.query import Query
from salesforce_abm.soql import Select, any_of, split_by_length
from target_salesforce_abm.rows import Action, Change, Problem, Result
from target_salesforce_abm.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from salesforce_abm.session import Session
    from target_salesforce_abm.current import Codecs
    from target_salesforce_abm.values import Value

__all__ = ["Looked", "recheck"]

_LIST_BUDGET: Final = 80_000


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found.

    Attributes:
        settled: changes that need nothing more, done or impossible.
        open: changes still to be sent: what is not there yet.
    """

    settled: tuple[Result, ...]
    open: tuple[Change, ...]


def recheck(session: Session, changes: Sequence[Change], codecs: Codecs) -> Looked:
    """Compare changes with what Salesforce holds by now.

    Args:
        session: the signed-in session.
        changes: sent, outcome unknown.
        codecs: object and field to codec.

    Returns:
        Which are done, and what is left of the others.
    """
    settled: list[Result] = []
    still: list[Change] = []
    groups: dict[tuple[str, bool], list[Change]] = defaultdict(list)
    for change in changes:
        if change.id is None and change.key is None:
            text = (
                "the answer was lost, and a record without a key cannot be looked up: it may have been made"
            )
            settled.append(Result(change, None, Problem("OUTCOME_UNKNOWN", text)))
        else:
            groups[change.sobject, change.id is None].append(change)
    for (sobject, by_key), group in groups.items():
        held = _by_key(session, sobject, group, codecs) if by_key else _by_id(session, sobject, group)
        for change in group:
            outcome = _compare(change, held.get(change.name), codecs[sobject])
            if isinstance(outcome, Result):
                settled.append(outcome)
            else:
                still.append(outcome)
    return Looked(tuple(settled), tuple(still))


def _compare(change: Change, held: Mapping[str, Any] | None, codecs: Mapping[str, Any]) -> Result | Change:
    if held is None:
        if change.action is Action.DELETE:
            return Result(change, change.id)
        if change.action is Action.UPDATE:
            return Result(change, change.id, Problem("ENTITY_IS_DELETED", "entity is deleted"))
        return change
    if change.action is Action.DELETE:
        return change
    record_id = str(held["Id"])
    left: dict[str, Value] = {
        name: value
        for name, value in change.values.items()
        if not (change.key and name == change.key[0]) and _stored(codecs, name, held) != value
    }
    if not left:
        return Result(change, record_id)
    before = {name: _stored(codecs, name, held) for name in left}
    return replace(change, action=Action.UPDATE, id=record_id, key=None, values=left, before=before)


def _stored(codecs: Mapping[str, Any], name: str, held: Mapping[str, Any]) -> Value:
    value: Value = codecs[name].stored(held.get(name))
    return value


def _by_id(session: Session, sobject: str, changes: Sequence[Change]) -> dict[str, Mapping[str, Any] | None]:
    ids = [change.id for change in changes if change.id is not None]
    fields = ("Id", *_fields(changes))
    collections = Collections(session)
    found: dict[str, Mapping[str, Any] | None] = {}
    for start in range(0, len(ids), MAX_READ):
        chunk = ids[start : start + MAX_READ]
        found |= zip(chunk, collections.retrieve(sobject, chunk, fields), strict=True)
    return found


def _by_key(
    session: Session, sobject: str, changes: Sequence[Change], codecs: Codecs
) -> dict[str, Mapping[str, Any] | None]:
    field = next(change.key[0] for change in changes if change.key is not None)
    codec = codecs[sobject][field]
    names = {_folded(codec.read(change.name)): change.name for change in changes}
    select = tuple(dict.fromkeys(("Id", field, *_fields(changes))))
    found: dict[str, Mapping[str, Any] | None] = {}
    for group in split_by_length([change.name for change in changes], _LIST_BUDGET):
        condition = any_of(field, [codec.read(name) for name in group], codec.kind)
        for record in Query(session).records(Select(select, sobject, (condition,)).render()):
            name = names.get(_folded(codec.stored(record.get(field))))
            if name is not None:
                found[name] = record
    return found


def _folded(value: Value) -> str:
    return to_text(value).casefold()


def _fields(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for change in changes for name in change.values))
