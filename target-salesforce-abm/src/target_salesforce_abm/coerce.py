"""Stage 1: a row's properties become the values Salesforce would store. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_salesforce_abm.loads import Deleted, Nulls, Operation
from target_salesforce_abm.rows import Intent, Outcome, Problem, Row, Verdict
from target_salesforce_abm.values import BadValueError, Value, to_text

if TYPE_CHECKING:
    from datetime import datetime

    from target_salesforce_abm.bind import BoundLoad, Column

__all__ = ["cleared", "coerce"]


def coerce(row: Row, now: datetime) -> Intent | Verdict:
    """Read a row's values.

    Args:
        row: the row.
        now: Salesforce's clock; decides whether the row's date is past the load's window.

    Returns:
        The intent, or why the row goes no further: it is rejected when a value does not fit its field,
        skipped when a setting says so.
    """
    bound = row.load
    if row.problem is not None:
        return Verdict(row, Outcome.REJECTED, row.problem)
    if row.deleted and bound.load.deleted is not Deleted.DELETE:
        return _of_deleted(row)
    if row.deleted or bound.load.operation is Operation.DELETE:
        return Intent(row, {})
    return _pivoted(row) if bound.load.pivot is not None else _mapped(row, now)


def _mapped(row: Row, now: datetime) -> Intent | Verdict:
    record, bound = row.record, row.load
    values: dict[int, Value] = {}
    truncated = 0
    for number, column in enumerate(bound.columns):
        if column.lookup or column.source not in record:
            continue
        raw = record[column.source]
        problem = _read(column, raw, number, values)
        if problem is not None:
            return Verdict(row, Outcome.REJECTED, problem)
        truncated += column.codec.truncated(raw)
    if _is_expired(bound, values, now):
        return Intent(row, cleared(bound))
    return Intent(row, values, truncated)


def cleared(bound: BoundLoad) -> dict[int, Value]:
    """Give the values that empty every field of a load (a checkbox becomes false)."""
    return {
        number: False if column.codec.kind == "boolean" else None
        for number, column in enumerate(bound.columns)
        if not column.lookup
    }


def _of_deleted(row: Row) -> Intent | Verdict:
    if row.load.load.deleted is Deleted.CLEAR:
        return Intent(row, cleared(row.load))
    reason = Problem("deleted_at_source", "the row is deleted at its source; the load says deleted: skip")
    return Verdict(row, Outcome.SKIPPED, reason)


def _pivoted(row: Row) -> Intent | Verdict:
    pivot, bound = row.load.load.pivot, row.load
    assert pivot is not None  # noqa: S101 - the caller has looked
    segment = to_text(row.record.get(pivot.name) or "")
    number = (bound.by_segment or {}).get(segment)
    if number is None:
        reason = Problem("segment_not_mapped", f"no field is mapped to segment {segment[:80]!r}", pivot.name)
        return Verdict(row, Outcome.SKIPPED, reason)
    values: dict[int, Value] = {}
    if pivot.value in row.record:
        problem = _read(bound.columns[number], row.record[pivot.value], number, values)
        if problem is not None:
            return Verdict(row, Outcome.REJECTED, problem)
    return Intent(row, values)


def _read(column: Column, raw: object, number: int, values: dict[int, Value]) -> Problem | None:
    try:
        value = column.codec.read(raw)
    except BadValueError as error:
        return Problem(error.code, f"{column.field}: {error.message}", column.field)
    if column.nulls is Nulls.IGNORE and (value is None or _is_blank(raw)):
        return None
    values[number] = value
    return None


def _is_blank(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _is_expired(bound: BoundLoad, values: dict[int, Value], now: datetime) -> bool:
    expire = bound.expire
    if expire is None:
        return False
    value = values.get(expire.column)
    return isinstance(value, str) and value < expire.oldest_kept(now)
