"""The parsed query: immutable nodes that know where they stand in the text, and nothing about the org."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Path:
    """A dotted name such as `Account.Owner.Name`, as written."""

    parts: tuple[str, ...]
    offset: int

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in the text.

    Attributes:
        kind: `string`, `number`, `date`, `datetime`, `time`, `boolean`, `null`, `currency` or `relative`
            (`LAST_N_DAYS:3`).
        text: As written; for strings what stands between the quotes, escapes included.
    """

    kind: str
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; `name` is upper case."""

    name: str
    args: tuple[Expr | Literal, ...]
    offset: int


Expr: TypeAlias = Path | Call


@dataclass(frozen=True, slots=True)
class When:
    """`WHEN Contact THEN LastName, Email`."""

    sobject: Path
    fields: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class TypeOf:
    """`TYPEOF What WHEN ... ELSE ... END`."""

    relationship: Path
    whens: tuple[When, ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a SELECT list with its alias."""

    expr: Path | Call | TypeOf | Query
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`; operators are upper case, `<>` reads `!=`, lists are tuples."""

    left: Expr
    operator: str
    right: Literal | tuple[Literal, ...] | Query


@dataclass(frozen=True, slots=True)
class And:
    """All of several conditions."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of several conditions."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    item: Condition


Condition: TypeAlias = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of FROM: the object, or a relationship path that gets a short name."""

    path: Path
    alias: str | None


@dataclass(frozen=True, slots=True)
class GroupBy:
    """`GROUP BY` with its kind (`''`, `ROLLUP` or `CUBE`) and its HAVING."""

    kind: str
    items: tuple[Expr, ...]
    having: Condition | None


@dataclass(frozen=True, slots=True)
class Order:
    """One entry of ORDER BY."""

    expr: Expr
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole SELECT, the root or a subquery. `limit` and `offset` are as written."""

    select: tuple[Item, ...]
    sources: tuple[Source, ...]
    offset_in_text: int
    scope: Path | None = None
    where: Condition | None = None
    security: Path | None = None
    group_by: GroupBy | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    all_rows: bool = False
    locks: tuple[str, ...] = ()
