"""Answers compared with a plain evaluation in Python, over random rows and random conditions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_org.org import Org
from local_org.schema import FieldDef, ObjectDef, PicklistValue
from local_org.soql import run_query
from local_org.soql.encode import java_double

from .conftest import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PICKS = ("Hot", "warm", "Ärger", "cold")
LETTERS = st.sampled_from("aAbBzé É ß%_\\'\"\n;\u017f\u0131K0")
TEXTS = st.text(LETTERS, min_size=1, max_size=4)
NUMBERS = st.sampled_from([-1.5, 0.0, 0.5, 1.0, 2.0, 1e9])
INTEGERS = st.integers(-3, 3)
DATES = st.dates(date(2023, 12, 28), date(2024, 1, 3))
NEW_YEAR = datetime.fromisoformat("2024-01-01")
MOMENTS = st.integers(-4 * 3600, 4 * 3600).map(lambda seconds: NEW_YEAR + timedelta(seconds=seconds))


@dataclass(frozen=True)
class Row:
    """One row of Thing__c, by field."""

    text: str | None
    number: float | None
    count: int | None
    flag: bool
    day: date | None
    moment: datetime | None
    pick: str | None
    parent: int | None


ROWS = st.lists(
    st.builds(
        Row,
        st.none() | TEXTS,
        st.none() | NUMBERS,
        st.none() | INTEGERS,
        st.booleans(),
        st.none() | DATES,
        st.none() | MOMENTS,
        st.none() | st.sampled_from(PICKS),
        st.none() | st.integers(0, 7),
    ),
    max_size=8,
)


def thing(name: str, prefix: str) -> ObjectDef:
    def made(name: str, kind: str, **more: Any) -> FieldDef:
        return FieldDef(name, name, kind, custom=name.endswith("__c"), permissionable=False, **more)

    return ObjectDef(
        name, name, name, prefix, prefix,
        (
            made("Id", "id", length=18),
            made("Text__c", "string", length=255),
            made("Number__c", "double", precision=18, scale=2),
            made("Count__c", "int"),
            made("Flag__c", "boolean"),
            made("Day__c", "date"),
            made("Moment__c", "datetime"),
            made("Pick__c", "picklist", length=255, picklist=tuple(PicklistValue(p, p) for p in PICKS)),
            made("Up__c", "reference", length=18, reference_to=("Thing__c",), relationship_name="Up__r", child_relationship=f"{name[:-3]}s__r"),
        ),
        frozenset({"queryable", "createable"}), custom=True,
    )  # fmt: skip


class Things:
    """An org with two objects with the same rows, refilled for each example; both point up to Thing__c."""

    def __init__(self) -> None:
        self.org = Org()
        for item in (thing("Thing__c", "a00"), thing("Other__c", "a01")):
            self.org.schema.put(item, self.org.now())
            self.org.store.create_table(item)
        self.ids = [self.org.store.ids.next("a00") for _ in range(8)]

    def fill(self, rows: list[Row]) -> None:
        with self.org.store.write() as connection:
            connection.execute('DELETE FROM "Thing__c"')
            connection.execute('DELETE FROM "Other__c"')
            for at, row in enumerate(rows):
                connection.execute(
                    'INSERT INTO "Thing__c" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
                    (
                        self.ids[at],
                        row.text,
                        row.number,
                        row.count,
                        row.flag,
                        row.day and row.day.isoformat(),
                        row.moment and row.moment.isoformat() + "Z",
                        row.pick,
                        None if row.parent is None or row.parent >= len(rows) else self.ids[row.parent],
                    ),
                )
            connection.execute('INSERT INTO "Other__c" SELECT * FROM "Thing__c"')

    def ask(self, soql: str) -> list[dict[str, Any]]:
        return run_query(self.org, self.org.admin, soql).records(0, 100, version="60.0")

    def places(self, soql: str) -> list[int]:
        return [self.ids.index(record["Id"]) for record in self.ask(soql)]


@pytest.fixture(scope="module")
def things() -> Iterator[Things]:
    made = Things()
    yield made
    made.org.close()


def folded(text: str) -> str:
    def one(c: str) -> str:
        upper = c.upper()
        return upper if len(upper) == 1 and upper.isascii() == c.isascii() else c

    return "".join(map(one, text))


def quoted(text: str) -> str:
    escapes = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n"}
    return "'" + "".join(escapes.get(c, c) for c in text) + "'"


@dataclass(frozen=True)
class Meaning:
    """A condition: its SOQL and what it means for a row of a list of rows."""

    soql: str
    holds: Callable[[Row, list[Row]], bool]


ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def comparison(
    path: str, read: Callable[[Row, list[Row]], Any], operator: str, shown: str, value: Any
) -> Meaning:
    if operator == "=":
        return Meaning(f"{path} = {shown}", lambda row, rows: read(row, rows) == value)
    if operator == "!=":
        return Meaning(f"{path} != {shown}", lambda row, rows: read(row, rows) != value)
    order = ORDERS[operator]

    def holds(row: Row, rows: list[Row]) -> bool:
        found = read(row, rows)
        return found is not None and value is not None and order(found, value)

    return Meaning(f"{path} {operator} {shown}", holds)


def parent(row: Row, rows: list[Row]) -> Row | None:
    return None if row.parent is None or row.parent >= len(rows) else rows[row.parent]


def text_of(row: Row | None) -> str | None:
    return None if row is None or row.text is None else folded(row.text)


def like(path: str, read: Callable[[Row, list[Row]], str | None], pieces: list[str]) -> Meaning:
    """Make a LIKE of pieces: `%` and `_` stand for themselves as wildcards, anything else is literal text."""
    shown, pattern = "", ""
    for piece in pieces:
        if piece in ("%", "_"):
            shown += piece
            pattern += ".*" if piece == "%" else "."
        else:
            shown += re.sub(r"[%_]", lambda m: "\\" + m.group(), quoted(piece)[1:-1])
            pattern += re.escape(folded(piece))
    compiled = re.compile(pattern, re.DOTALL)

    def holds(row: Row, rows: list[Row]) -> bool:
        found = read(row, rows)
        return found is not None and compiled.fullmatch(found) is not None

    return Meaning(f"{path} LIKE '{shown}'", holds)


def within(
    path: str, read: Callable[[Row, list[Row]], Any], given_values: list[tuple[str, Any]], negative: bool
) -> Meaning:
    shown = ", ".join(text for text, _ in given_values)
    values = [value for _, value in given_values]
    if negative:
        return Meaning(f"{path} NOT IN ({shown})", lambda row, rows: read(row, rows) not in values)
    return Meaning(f"{path} IN ({shown})", lambda row, rows: read(row, rows) in values)


def all_of(tests: list[Meaning]) -> Meaning:
    return Meaning(
        " AND ".join(f"({t.soql})" for t in tests), lambda row, rows: all(t.holds(row, rows) for t in tests)
    )


def any_of(tests: list[Meaning]) -> Meaning:
    return Meaning(
        " OR ".join(f"({t.soql})" for t in tests), lambda row, rows: any(t.holds(row, rows) for t in tests)
    )


def opposite(test: Meaning) -> Meaning:
    return Meaning(f"NOT ({test.soql})", lambda row, rows: not test.holds(row, rows))


EQUAL = st.sampled_from(["=", "!="])
ANY = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
LITERALS: dict[str, st.SearchStrategy[tuple[str, Any]]] = {
    "text": TEXTS.map(lambda t: (quoted(t), folded(t))),
    "pick": st.sampled_from(PICKS).map(lambda t: (quoted(t), folded(t))),
    "number": NUMBERS.map(lambda n: (f"{n:.1f}", n)),
    "count": INTEGERS.map(lambda n: (str(n), n)),
    "flag": st.booleans().map(lambda b: (str(b), b)),
    "day": DATES.map(lambda d: (d.isoformat(), d)),
    "moment": MOMENTS.map(lambda m: (m.isoformat() + "Z", m)),
}
NULL: tuple[str, None] = ("null", None)


def reader(name: str) -> Callable[[Row, list[Row]], Any]:
    if name in ("text", "pick"):
        return lambda row, _: None if getattr(row, name) is None else folded(getattr(row, name))
    return lambda row, _: getattr(row, name)


@st.composite
def simple(draw: st.DrawFn) -> Meaning:
    name = draw(st.sampled_from(sorted(LITERALS)))
    path, read = f"{name.title()}__c", reader(name)
    kind = draw(st.sampled_from(["compare", "null", "in", "like", "up", "year"]))
    if kind == "null" and name != "flag":
        return comparison(path, read, draw(EQUAL), *NULL)
    if kind == "in":
        values = draw(
            st.lists(
                LITERALS[name] | (st.just(NULL) if name != "flag" else LITERALS[name]), min_size=1, max_size=4
            )
        )
        return within(path, read, values, draw(st.booleans()))
    if kind == "like":
        return like(
            "Text__c", reader("text"), draw(st.lists(TEXTS | st.sampled_from("%_"), min_size=1, max_size=4))
        )
    if kind == "up":
        shown, value = draw(LITERALS["text"] | st.just(NULL))
        return comparison(
            "Up__r.Text__c", lambda row, rows: text_of(parent(row, rows)), draw(EQUAL), shown, value
        )
    if kind == "year":
        year = draw(st.sampled_from([2023, 2024]))
        return comparison(
            "CALENDAR_YEAR(Moment__c)",
            lambda row, _: row.moment and row.moment.year,
            draw(ANY),
            str(year),
            year,
        )
    shown, value = draw(LITERALS[name])
    return comparison(path, read, draw(EQUAL if name == "flag" else ANY), shown, value)


CONDITIONS = st.recursive(
    simple(),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(all_of)
        | st.lists(inner, min_size=2, max_size=3).map(any_of)
        | inner.map(opposite)
    ),
    max_leaves=6,
)


@given(rows=ROWS, condition=CONDITIONS)
@examples(120)
def test_conditions_find_the_rows_python_finds(things: Things, rows: list[Row], condition: Meaning) -> None:
    things.fill(rows)
    found = things.places(f"SELECT Id FROM Thing__c WHERE {condition.soql}")
    assert sorted(found) == [at for at, row in enumerate(rows) if condition.holds(row, rows)]
    counted = run_query(things.org, things.org.admin, f"SELECT COUNT() FROM Thing__c WHERE {condition.soql}")
    assert counted.total_size == len(found)


@given(rows=ROWS, condition=CONDITIONS, anti=st.booleans())
@examples(50)
def test_semi_joins_find_the_rows_python_finds(
    things: Things, rows: list[Row], condition: Meaning, anti: bool
) -> None:
    things.fill(rows)
    operator = "NOT IN" if anti else "IN"
    found = things.places(
        f"SELECT Id FROM Thing__c WHERE Id {operator} (SELECT Up__c FROM Other__c WHERE {condition.soql})"
    )
    pointed_at = {row.parent for row in rows if parent(row, rows) is not None and condition.holds(row, rows)}
    assert sorted(found) == [at for at in range(len(rows)) if (at in pointed_at) != anti]


ORDERINGS = st.lists(
    st.tuples(
        st.sampled_from(sorted(LITERALS)),
        st.sampled_from(["", " ASC", " DESC"]),
        st.sampled_from(["", " NULLS FIRST", " NULLS LAST"]),
    ),
    min_size=1,
    max_size=3,
)


@given(
    rows=ROWS, ordering=ORDERINGS, limit=st.none() | st.integers(0, 5), offset=st.none() | st.integers(0, 5)
)
@examples(100)
def test_rows_come_in_pythons_order(
    things: Things,
    rows: list[Row],
    ordering: list[tuple[str, str, str]],
    limit: int | None,
    offset: int | None,
) -> None:
    things.fill(rows)
    terms = ", ".join(f"{name.title()}__c{direction}{nulls}" for name, direction, nulls in ordering)
    cut = ("" if limit is None else f" LIMIT {limit}") + ("" if offset is None else f" OFFSET {offset}")
    expected = list(range(len(rows)))
    for name, direction, nulls in reversed(ordering):

        def value(at: int, name: str = name) -> Any:
            found = reader(name)(rows[at], rows)
            return PICKS.index(rows[at].pick or "") if name == "pick" and found is not None else found

        empty = [at for at in expected if value(at) is None]
        full = sorted(
            (at for at in expected if value(at) is not None), key=value, reverse=direction == " DESC"
        )
        if direction == " DESC":
            # a stable sort keeps equal rows in the order of the later terms; reverse=True does too
            full = sorted((at for at in expected if value(at) is not None), key=value, reverse=True)
        expected = full + empty if nulls == " NULLS LAST" else empty + full
    start = offset or 0
    expected = expected[start:] if limit is None else expected[start : start + limit]
    assert things.places(f"SELECT Id FROM Thing__c ORDER BY {terms}{cut}") == expected


@given(rows=ROWS)
@examples(50)
def test_groups_add_up_as_in_python(things: Things, rows: list[Row]) -> None:
    things.fill(rows)
    found = things.ask(
        "SELECT Flag__c, Count__c, COUNT(Id) n, COUNT(Text__c) t, COUNT_DISTINCT(Day__c) d, SUM(Number__c) s, MIN(Moment__c) first, "
        "AVG(Count__c) a FROM Thing__c GROUP BY Flag__c, Count__c"
    )
    groups: dict[tuple[bool, int | None], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.flag, row.count), []).append(row)
    assert {(g["Flag__c"], g["Count__c"]) for g in found} == set(groups)
    for group in found:
        members = groups[group["Flag__c"], group["Count__c"]]
        numbers = [row.number for row in members if row.number is not None]
        moments = [row.moment for row in members if row.moment is not None]
        assert group["n"] == len(members)
        assert group["t"] == sum(row.text is not None for row in members)
        assert group["d"] == len({row.day for row in members} - {None})
        assert group["s"] == (sum(numbers) if numbers else None)
        assert group["first"] == (min(moments).isoformat() + ".000+0000" if moments else None)
        assert group["a"] == group["Count__c"]


def as_csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return java_double(value)
    return re.sub(r"\+0000\Z", "Z", value) if isinstance(value, str) else str(value)


@given(rows=ROWS)
@examples(50)
def test_bulk_and_rest_tell_the_same(things: Things, rows: list[Row]) -> None:
    things.fill(rows)
    soql = "SELECT Id, Text__c, Number__c, Count__c, Flag__c, Day__c, Moment__c, Pick__c, Up__c, Up__r.Text__c FROM Thing__c ORDER BY Id"
    bulk = run_query(things.org, things.org.admin, soql, bulk=True)
    told = []
    for record in things.ask(soql):
        above = record.pop("Up__r")
        del record["attributes"]
        told.append([*map(as_csv, record.values()), as_csv(above and above["Text__c"])])
    assert list(bulk.csv_rows()) == told
    for at, row in enumerate(rows):
        assert told[at][1] == (row.text or "")
        assert told[at][6] == (row.moment.isoformat() + ".000Z" if row.moment else "")


@given(rows=ROWS, limit=st.none() | st.integers(0, 3))
@examples(50)
def test_child_lists_hold_the_rows_that_point_up(things: Things, rows: list[Row], limit: int | None) -> None:
    things.fill(rows)
    cut = "" if limit is None else f" LIMIT {limit}"
    found = things.ask(
        f"SELECT Id, (SELECT Id FROM Things__r WHERE Flag__c = true ORDER BY Id DESC{cut}) FROM Thing__c ORDER BY Id"
    )
    for at, record in enumerate(found):
        below = [n for n, row in enumerate(rows) if row.parent == at and row.flag][::-1][:limit]
        told = record["Things__r"] and [things.ids.index(r["Id"]) for r in record["Things__r"]["records"]]
        assert told == (below or None)


def test_the_day_of_a_relative_literal_is_the_users(things: Things) -> None:
    start = datetime.fromisoformat("2024-05-14")
    moments = [start + timedelta(hours=h) for h in range(0, 72, 9)]
    things.fill([Row(None, None, None, False, None, m, None, None) for m in moments])
    things.org.clock.set(datetime.fromisoformat("2024-05-15T20:00:00+00:00"))
    found = things.places("SELECT Id FROM Thing__c WHERE Moment__c = TODAY ORDER BY Id")
    assert found == [at for at, m in enumerate(moments) if 31 <= (m - start) / timedelta(hours=1) < 55]
