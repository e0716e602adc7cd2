"""Pieces of SQL with the values they bind, and the SQL functions SOQL needs beyond SQLite's own."""

from __future__ import annotations

import math
import threading
import weakref
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from local_org.store import Store

_EARTH_RADIUS_KM = 6371.0088
_KM_PER_MILE = 1.609344


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL text with the values for its question marks, in order."""

    text: str
    values: tuple[Any, ...] = ()


def fill(template: str, *parts: Sql) -> Sql:
    """Return the template with each `{}` replaced by a piece; their values follow in the same order."""
    values: tuple[Any, ...] = ()
    for part in parts:
        values += part.values
    return Sql(template.format(*(part.text for part in parts)), values)


def joined(parts: Sequence[Sql], operator: str) -> Sql:
    """Return the pieces combined by AND or OR.

    Pairs are bracketed as a balanced tree: SQLite refuses expressions more than 1,000 levels deep, and a
    plain chain of operators is one level each.
    """
    if len(parts) == 1:
        return parts[0]
    values = tuple(value for part in parts for value in part.values)
    texts = [part.text for part in parts]
    while len(texts) > 1:
        pairs = zip(texts[::2], texts[1::2], strict=False)
        combined = [f"({left} {operator} {right})" for left, right in pairs]
        if len(texts) % 2:
            combined.append(texts[-1])
        texts = combined
    return Sql(texts[0], values)


class _Folding(dict[int, int]):
    """Upper case of single characters; what would grow, or cross into or out of ASCII, stays as it is."""

    def __missing__(self, code: int) -> int:
        upper = chr(code).upper()
        same_side = len(upper) == 1 and (code < 128) == upper.isascii()
        self[code] = folded = ord(upper) if same_side else code
        return folded


_folding = _Folding()


def fold(text: str) -> str:
    """Return text in the form that compares without case."""
    return text.upper() if text.isascii() else text.translate(_folding)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return a time zone by its key; an unknown one is UTC, so that no user setting can break a query."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def distance(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float, unit: str
) -> float | None:
    """Return the great-circle distance of two points in `mi` or `km`; None when the first is not known."""
    if latitude is None or longitude is None:
        return None
    from_phi, to_phi = math.radians(latitude), math.radians(to_latitude)
    half = math.sin((to_phi - from_phi) / 2) ** 2
    half += math.cos(from_phi) * math.cos(to_phi) * math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    kilometres = 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))
    return kilometres if unit == "km" else kilometres / _KM_PER_MILE


def _fold(value: str | float | None) -> str | float | None:
    return fold(value) if isinstance(value, str) else value


def _local(moment: str | None, zone_name: str) -> str | None:
    if moment is None:
        return None
    utc = datetime.fromisoformat(moment[:19] + "+00:00")
    try:
        return utc.astimezone(zone(zone_name)).isoformat()[:19]
    except OverflowError:
        return moment[:19]


def _register(connection: sqlite3.Connection) -> None:
    connection.create_function("soql_fold", 1, _fold, deterministic=True)
    connection.create_function("soql_local", 2, _local, deterministic=True)
    connection.create_function("soql_distance", 5, distance, deterministic=True)


_registered: weakref.WeakSet[Store] = weakref.WeakSet()
_lock = threading.Lock()


def register(store: Store) -> None:
    """Make the functions known to every connection of a store, once."""
    if store not in _registered:
        with _lock:
            if store not in _registered:
                store.on_connect(_register)
                _registered.add(store)
