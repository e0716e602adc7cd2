"""The made-up objects: so many columns, so many rows, values of the shapes that business data has.

Of every 10 custom columns five are texts, two numbers, one each a checkbox, a date and a datetime; some
values are missing. The first is a long text: a line feed in a quarter of the rows, quotes in 3 %, letters
beyond ASCII. A row of 40 columns is about 600 bytes of CSV.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.inputs import MAPPED, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_org.org import Org

SYSTEM = 9
"""Columns every custom object has: Id, owner, name, audit fields."""

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
"""The org's clock stands still, so that queries with a time in them are the same on every run."""

_WORDS = (
    "Alpen Bergwerk Café Delta Éclair Fjord Grün Harbor Iñárritu Jalapeño Kyōto 株式会社 Łódź Mühle".split()
)
_NOTES = (
    "Makes parts for pumps and valves, sells through partners.",
    "Überprüft am Montag, weiter mit dem Einkauf.",
    "Bought twice.\nCalls after 14:00 only.",
    "No budget this year.",
)
_QUOTED = 'Known as "The Mill"; has two mills.'
_PICKS = ("Prospect", "Customer - Direct", "Customer - Channel", "Other", "Former")

_TEXT = {"type": "Text", "length": 120}
_KINDS: tuple[tuple[str, dict[str, Any], Callable[[int], Any]], ...] = (
    ("Street", _TEXT, lambda n: f"{n % 997 + 1} {_WORDS[n % 14]} Street"),
    ("Revenue", {"type": "Currency", "precision": 18, "scale": 2}, lambda n: n % 9973 * 1000.25),
    ("City", _TEXT, lambda n: _WORDS[n * 7 % 14]),
    ("Active", {"type": "Checkbox", "defaultValue": "false"}, lambda n: n % 3 == 0),
    ("Web", {"type": "Url"}, lambda n: f"www.{_WORDS[n % 3].lower()}{n}.example.com" if n % 3 else None),
    ("Seats", {"type": "Number", "precision": 10, "scale": 0}, lambda n: n % 4999 if n % 4 else None),
    ("Phone", {"type": "Phone"}, lambda n: f"+1 555 {n:07}" if n % 5 else None),
    ("Start", {"type": "Date"}, lambda n: f"{2000 + n % 26}-{n % 12 + 1:02}-{n % 28 + 1:02}"),
    ("Stage", _TEXT, lambda n: _PICKS[n % 5]),
    (
        "Seen",
        {"type": "DateTime"},
        lambda n: f"2026-0{n % 5 + 1}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:00Z",
    ),
)


def make_object(org: Org, name: str, columns: int, rows: int) -> None:
    """Make a custom object with so many columns and rows, changed over ten days, in the order of their names.

    Args:
        org: the org.
        name: `Bench__c`.
        columns: the system's nine included.
        rows: how many.
    """
    org.create_custom_object(name)
    values: list[tuple[str, Callable[[int], Any]]] = []
    if columns > SYSTEM:
        org.create_custom_field(f"{name}.Notes__c", type="LongTextArea", length=4000, visibleLines=3)
        values.append(("Notes__c", lambda n: _QUOTED if n % 33 == 0 else _NOTES[n % 4]))
    for number in range(columns - SYSTEM - len(values)):
        kind, metadata, value = _KINDS[number % len(_KINDS)]
        field = f"{kind}{number}__c"
        org.create_custom_field(f"{name}.{field}", **metadata)
        values.append((field, value))
    item = org.schema.object(name)
    stamp = f"{NOW - timedelta(days=20):%Y-%m-%dT%H:%M:%SZ}"
    names = ("Name", "SystemModstamp", *(field for field, _ in values))
    functions = [value for _, value in values]
    org.store.bulk_insert(item, names, _rows(rows, functions), stamp=stamp, user_id=org.admin.id)


def make_load_object(org: Org, name: str, rows: int, share: int) -> None:
    """Make what the loading benchmarks update: see `benchmarks.inputs`."""
    org.create_custom_object(name)
    fields = [f"P{number}__c" for number in range(MAPPED)]
    for field in fields:
        org.create_custom_field(f"{name}.{field}", **_TEXT)
    stamp = f"{NOW - timedelta(days=20):%Y-%m-%dT%H:%M:%SZ}"
    values = (
        (f"N-{number:08}", *(value(number, field, share, 0) for field in range(MAPPED)))
        for number in range(rows)
    )
    item = org.schema.object(name)
    org.store.bulk_insert(item, ("Name", *fields), values, stamp=stamp, user_id=org.admin.id)


def _rows(count: int, functions: list[Callable[[int], Any]]) -> Iterator[tuple[Any, ...]]:
    # Values repeat with a long period, so they are made once; names and times differ in every row.
    period = 4000
    pool = [tuple(function(number) for function in functions) for number in range(min(count, period))]
    first, span = NOW - timedelta(days=11), timedelta(days=10)
    for number in range(count):
        changed = first + span * number / count
        yield (f"N-{number:08}", f"{changed:%Y-%m-%dT%H:%M:%SZ}", *pool[number % period])
