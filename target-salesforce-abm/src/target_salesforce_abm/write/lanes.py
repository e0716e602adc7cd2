"""Cut changes into requests, and requests into lanes that do not lock each other out. Pure.

Salesforce locks the parent of a record that is written. Two requests at a time that write children of one
parent would fail each other with UNABLE_TO_LOCK_ROW, so all children of a parent go in one lane.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from target_salesforce_abm.rows import Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_salesforce_abm.rows import Change

__all__ = ["lanes", "requests_of"]

_ORDER: Final = {Action.UPDATE: 0, Action.CREATE: 1, Action.DELETE: 2}


def requests_of(changes: Sequence[Change], size: int) -> list[list[Change]]:
    """Cut changes into requests of one action and one key field, rows with one parent side by side."""
    found: list[list[Change]] = []
    for _, group in groupby(sorted(changes, key=_sort), key=_kind):
        alike = list(group)
        found += (alike[start : start + size] for start in range(0, len(alike), size))
    return found


def lanes(changes: Sequence[Change], size: int) -> list[list[list[list[Change]]]]:
    """Cut changes into lanes of requests; no parent is in two lanes.

    Args:
        changes: of one object.
        size: most changes in a request.

    Returns:
        For each kind of change (action and key field) its lanes: kinds go one after the other, the lanes of a
        kind side by side, the requests of a lane one after the other.
    """
    return [_lanes_of(list(group), size) for _, group in groupby(sorted(changes, key=_sort), key=_kind)]


def _lanes_of(changes: Sequence[Change], size: int) -> list[list[list[Change]]]:
    found: list[list[list[Change]]] = []
    request: list[Change] = []
    for family in _families(changes):
        if request and len(request) + len(family) > size:
            found.append([request])
            request = []
        if len(family) > size:
            found.append([family[start : start + size] for start in range(0, len(family), size)])
        else:
            request += family
    if request:
        found.append([request])
    return found


def _families(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes with one parent; one that has none is a family of its own."""
    for parent, family in groupby(changes, key=lambda change: change.parent):
        if parent:
            yield list(family)
        else:
            yield from ([change] for change in family)


def _sort(change: Change) -> tuple[int, str, str]:
    return _ORDER[change.action], change.key[0] if change.key else "", change.parent


def _kind(change: Change) -> tuple[Action, str]:
    return change.action, change.key[0] if change.key else ""
