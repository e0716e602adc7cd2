"""Rows to groupings and fact map: the arithmetic of summary and matrix reports.

A fact's key is `<row path>!<column path>`: indexes of the groupings joined by `_`, `T` for the total. Every
row path meets every column path, also where no row does; those facts hold zeros. Detail rows belong to the
deepest row path at the deepest column path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local_org.reports.request import Grouping

MAX_ROWS = 2000
"""Detail rows an answer carries at most."""

Path = tuple[Any, ...]
"""Values of the buckets from the first grouping level down; empty: the total."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One group of a grouping level.

    Attributes:
        value: tells buckets apart; null is a bucket too.
        label: as people see it.
        order: sorts buckets of one level; ignored for null, which comes first.
    """

    value: Any
    label: str
    order: Any = None


@dataclass(frozen=True, slots=True)
class Item:
    """One row, as far as groups and summaries need it.

    Attributes:
        record_id: to fetch its cells later.
        down: its bucket per row grouping.
        across: its bucket per column grouping.
        numbers: what each aggregate takes from it; None counts for nothing.
    """

    record_id: str
    down: tuple[Bucket, ...]
    across: tuple[Bucket, ...]
    numbers: tuple[Any, ...]


@dataclass(slots=True)
class Fact:
    """One entry of the fact map.

    Attributes:
        values: one per aggregate; None where there is nothing to average or compare.
        record_ids: detail rows at this place, within the cap; empty above the deepest level.
    """

    values: list[Any]
    record_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Facts:
    """All of a run but the cells.

    Attributes:
        down: `groupingsDown.groupings`.
        across: `groupingsAcross.groupings`.
        facts: by key, the grand total `T!T` among them.
        rows: how many rows there are, beyond the cap too.
    """

    down: list[dict[str, Any]]
    across: list[dict[str, Any]]
    facts: dict[str, Fact]
    rows: int


def compute(
    items: Iterable[Item],
    functions: Sequence[str],
    down: Sequence[Grouping] = (),
    across: Sequence[Grouping] = (),
    *,
    most: int = MAX_ROWS,
) -> Facts:
    """Groups rows and summarises them.

    Args:
        items: rows in the order their details shall have.
        functions: per aggregate `count`, or one of `s a m x u`: sum, average, smallest, largest, unique.
        down: row groupings, for the order of their buckets.
        across: column groupings.
        most: keep no more detail rows than this; summaries cover all.
    """
    table = _Table(functions, most)
    for item in items:
        table.add(item)
    rows = _tree(table.down, down, table, first=True)
    columns = _tree(table.across, across, table, first=False)
    facts: dict[str, Fact] = {}
    left = most
    for (row_key, row_path), (column_key, column_path) in product(_places(rows), _places(columns)):
        fact = Fact(table.values(row_path, column_path))
        if len(row_path) == len(down) and len(column_path) == len(across):
            fact.record_ids = table.record_ids(row_path, column_path)[:left]
            left -= len(fact.record_ids)
        facts[f"{row_key}!{column_key}"] = fact
    return Facts(_json(rows), _json(columns), facts, table.rows)


class _Table:
    """Running summaries per pair of paths, and the buckets seen."""

    def __init__(self, functions: Sequence[str], most: int) -> None:
        self.functions = tuple(functions)
        self._most = most
        self.down: dict[Path, Bucket] = {}
        self.across: dict[Path, Bucket] = {}
        self.rows = 0
        self._sums: dict[tuple[Path, Path], list[_Summary]] = {}
        self._ids: dict[tuple[Path, Path], list[str]] = {}

    def add(self, item: Item) -> None:
        self.rows += 1
        rows = _remember(item.down, self.down)
        columns = _remember(item.across, self.across)
        for place in product(rows, columns):
            summaries = self._sums.get(place)
            if summaries is None:
                summaries = self._sums[place] = [_Summary(function) for function in self.functions]
            for summary, number in zip(summaries, item.numbers, strict=True):
                summary.add(number)
        found = self._ids.setdefault((rows[-1], columns[-1]), [])
        if len(found) < self._most:
            found.append(item.record_id)

    def values(self, row: Path, column: Path) -> list[Any]:
        summaries = self._sums.get((row, column)) or [_Summary(function) for function in self.functions]
        return [summary.result() for summary in summaries]

    def record_ids(self, row: Path, column: Path) -> list[str]:
        return self._ids.get((row, column), [])


class _Summary:
    __slots__ = ("_count", "_function", "_seen", "_value")

    def __init__(self, function: str) -> None:
        self._function = function
        self._count = 0
        self._value: Any = 0 if function in {"s", "a"} else None
        self._seen: set[Any] = set()

    def add(self, number: Any) -> None:
        if self._function == "count":
            self._count += 1
            return
        if number is None:
            return
        self._count += 1
        if self._function == "u":
            self._seen.add(number)
        elif self._function in {"s", "a"}:
            self._value += number
        elif self._value is None or (number < self._value) == (self._function == "m"):
            self._value = number

    def result(self) -> Any:
        if self._function == "count":
            return self._count
        if self._function == "u":
            return len(self._seen)
        if self._function == "a":
            return self._value / self._count if self._count else None
        return self._value


@dataclass(slots=True)
class _Node:
    key: str
    path: Path
    bucket: Bucket
    children: list[_Node]


def _remember(buckets: Sequence[Bucket], known: dict[Path, Bucket]) -> list[Path]:
    """All paths a row counts at, the total first."""
    paths: list[Path] = [()]
    for bucket in buckets:
        path = (*paths[-1], bucket.value)
        if path not in known:
            known[path] = bucket
        paths.append(path)
    return paths


def _tree(
    known: dict[Path, Bucket], levels: Sequence[Grouping], table: _Table, *, first: bool
) -> list[_Node]:
    below: dict[Path, list[Path]] = {}
    for path in known:
        below.setdefault(path[:-1], []).append(path)

    def grow(parent: Path, key: str) -> list[_Node]:
        depth = len(parent)
        if depth == len(levels):
            return []
        ordered = _ordered(below.get(parent, []), known, levels[depth], table, first=first)
        nodes = []
        for index, path in enumerate(ordered):
            own = f"{key}_{index}" if key else str(index)
            nodes.append(_Node(own, path, known[path], grow(path, own)))
        return nodes

    return grow((), "")


def _ordered(
    paths: list[Path], known: dict[Path, Bucket], level: Grouping, table: _Table, *, first: bool
) -> list[Path]:
    if level.sort_index is not None:
        index = level.sort_index

        def measure(path: Path) -> tuple[bool, Any]:
            value = table.values(path, ())[index] if first else table.values((), path)[index]
            return (value is not None, value if value is not None else 0)

        return sorted(paths, key=measure, reverse=level.descending)

    def natural(path: Path) -> tuple[bool, Any]:
        bucket = known[path]
        return (bucket.value is not None, bucket.order if bucket.value is not None else 0)

    return sorted(paths, key=natural, reverse=level.descending)


def _places(nodes: Sequence[_Node]) -> Iterator[tuple[str, Path]]:
    """Key and path of the total and of every node, in tree order."""
    yield "T", ()
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        yield node.key, node.path
        stack.extend(reversed(node.children))


def _json(nodes: Sequence[_Node]) -> list[dict[str, Any]]:
    return [
        {
            "groupings": _json(node.children),
            "key": node.key,
            "label": node.bucket.label,
            "value": node.bucket.value,
        }
        for node in nodes
    ]
