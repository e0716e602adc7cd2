"""Bulk API 2.0 result rows (CSV) to JSON lines.

The hot path of large extractions: measured, an expression compiled once per layout is nine times as fast as
turning every row into a dict and letting the SDK conform and encode it. The compiled expression is one
f-string over the row's cells:

    '{"Id":"' + id + '","Name":' + quoted(name) + ',"Amount":' + (amount or 'null') + ...

Cells of ids, dates and numbers are written as they came, after a look at whole columns at a time: a cell that
does not fit its type stops the read instead of corrupting the output.

The dialect (https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm):
an empty cell is null, there being no empty strings in Salesforce; booleans are `true` and `false`; datetimes
end in `Z`.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from salesforce_abm.errors import DataError
from tap_salesforce_abm.decode import Lines, clean
from tap_salesforce_abm.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_salesforce_abm.layout import Layout
    from tap_salesforce_abm.schema import Column

__all__ = ["CsvCodec"]

_QUOTED: Final = frozenset({Kind.ID, Kind.DATE, Kind.DATETIME, Kind.TIME})
_NUMBERS: Final = msgspec.json.Decoder(list[float | None])
_BOOLEANS: Final = {"true": "true", "false": "false"}


class CsvCodec:
    """Encodes rows of one layout.

    Args:
        layout: the columns; rows carry `layout.fields` in that order.
        encoding: `latin-1` when the text of the cells is UTF-8 read as Latin-1: bytes that need no
            understanding pass faster, and come out as the UTF-8 they are.
    """

    def __init__(self, layout: Layout, *, encoding: Literal["utf-8", "latin-1"] = "utf-8") -> None:
        self.layout = layout
        self._position = {name: index for index, name in enumerate(layout.fields)}
        self._nulls: set[str] = set()
        self._encoding = encoding
        kinds = [pair for column in layout.columns for pair in self._cells(column)]
        self._quoted = sorted({self._position[source] for kind, source in kinds if kind in _QUOTED})
        self._numbers = sorted({self._position[source] for kind, source in kinds if kind is Kind.NUMBER})
        self._texts, self._figures = _cells_at(self._quoted), _cells_at(self._numbers)
        self._render = self._compile()

    def check_header(self, header: tuple[str, ...]) -> None:
        """Make sure that the cells are the ones this codec was compiled for.

        Raises:
            DataError: other columns, or in another order.
        """
        if header != self.layout.fields:
            odd = sorted(set(header).symmetric_difference(self.layout.fields)) or ["in another order"]
            raise DataError(
                f"{self.layout.sobject}: the result has other columns than were asked for: {', '.join(odd)}"
            )

    def encode(self, rows: list[list[str]]) -> Lines:
        """Encode these rows.

        Raises:
            DataError: a row has too few or too many cells, or a cell does not fit its column's type.
        """
        self._nulls.clear()
        try:
            self._check(rows)
            data = self._render(rows).encode(self._encoding, "replace")
        except (ValueError, KeyError, InvalidOperation, msgspec.DecodeError) as error:
            raise self._explain(rows) from error
        # The one escape made here that must not go out is the NUL's; there are no halves of pairs in UTF-8.
        data = clean(data) if b"\\u0000" in data else data
        return Lines(len(rows), _valid(data), frozenset(self._nulls))

    def _check(self, rows: list[list[str]]) -> None:
        """Make sure that the cells that are written as they came are what they should be."""
        if {len(row) for row in rows} != {len(self.layout.fields)}:
            raise ValueError("a row has too few or too many cells")
        if self._quoted and not _is_plain("".join([text for row in rows for text in self._texts(row)])):
            raise ValueError("a cell of an Id, date or time has characters that need escaping")
        if self._numbers:
            _check_numbers([text for row in rows for text in self._figures(row)])

    # Compiling

    def _compile(self) -> Callable[[Iterable[list[str]]], str]:
        # Field names enter the source only as JSON string literals; the expressions hold names, no literals,
        # because quotes inside an f-string need Python 3.12.
        names: dict[str, Any] = {
            "quoted": encode_basestring,
            "booleans": _BOOLEANS,
            "integer": _integer,
            "missing": self._missing,
            "null": "null",
            "q": '"',
        }
        cells = "".join(f"c{index}," for index in range(len(self.layout.fields)))
        record = ",".join(
            f"{json.dumps(column.name)}:{{{self._value(column, names)}}}" for column in self.layout.columns
        )
        source = f"lambda rows: ''.join([f'{{{{{record}}}}}\\n' for {cells} in rows])"
        compiled: Callable[[Iterable[list[str]]], str] = eval(source, names)  # noqa: S307 - see above
        return compiled

    def _value(self, column: Column, names: dict[str, Any]) -> str:
        """Write the expression that gives a column's JSON text; its constants go into `names`."""
        if column.parts:
            return self._compound(column, names)
        empty = "null" if column.nullable else f"missing({_constant(names, column.name)})"
        if column.name in self.layout.gone:
            return empty
        return _scalar(column.kind, f"c{self._position[column.name]}", empty)

    def _compound(self, column: Column, names: dict[str, Any]) -> str:
        present = [part for part in column.parts if part.source in self._position]
        if not present:
            return "null"
        pieces = []
        for position, part in enumerate(column.parts):
            opening = ("," if position else "{") + json.dumps(part.key) + ":"
            cell = self._position.get(part.source)
            value = "null" if cell is None else f"({_scalar(part.kind, f'c{cell}', 'null')})"
            pieces.append(f"{_constant(names, opening)} + {value}")
        cells = " or ".join(f"c{self._position[part.source]}" for part in present)
        return f"{' + '.join(pieces)} + {_constant(names, '}')} if {cells} else null"

    def _missing(self, name: str) -> str:
        self._nulls.add(name)
        return "null"

    # Explaining

    def _explain(self, rows: list[list[str]]) -> DataError:
        """Find the cell that stopped a chunk."""
        fields = self.layout.fields
        for row in rows:
            if len(row) != len(fields):
                return DataError(
                    f"{self.layout.sobject}: a row of the result has {len(row)} cells, not {len(fields)}"
                )
            for column in self.layout.columns:
                for kind, source in self._cells(column):
                    if not _fits(kind, row[self._position[source]]):
                        return DataError(f"{self.layout.sobject}.{source}: not a valid {kind.value}")
        return DataError(f"{self.layout.sobject}: a row of the result cannot be written as JSON")

    def _cells(self, column: Column) -> Iterator[tuple[Kind, str]]:
        pairs = [(part.kind, part.source) for part in column.parts] or [(column.kind, column.name)]
        return ((kind, source) for kind, source in pairs if source in self._position)


def _scalar(kind: Kind, cell: str, empty: str) -> str:
    if kind is Kind.BOOLEAN:
        return f"booleans[{cell}] if {cell} else {empty}"
    if kind is Kind.NUMBER:
        return f"{cell} or {empty}"
    if kind is Kind.INTEGER:
        return f"({cell} if {cell}.isdecimal() else integer({cell})) if {cell} else {empty}"
    if kind in _QUOTED:
        return f"q + {cell} + q if {cell} else {empty}"
    return f"quoted({cell}) if {cell} else {empty}"


def _constant(names: dict[str, Any], value: str) -> str:
    """Make a text known to the compiled expression, and give the name it has there."""
    name = f"k{len(names)}"
    names[name] = value
    return name


def _cells_at(positions: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Make what picks the cells at these places out of a row."""
    if len(positions) == 1:
        return itemgetter(slice(positions[0], positions[0] + 1))
    return itemgetter(*positions) if positions else lambda _row: ()


def _valid(data: bytes) -> bytes:
    """Put U+FFFD where bytes are not UTF-8."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode()
    return data


def _integer(cell: str) -> str:
    """Write a whole number that came with a sign, a fraction of zero or an exponent (`10.0`, `1.39E8`)."""
    value = Decimal(cell)
    if not value.is_finite() or value != value.to_integral_value():
        raise ValueError(f"{cell[:40]!r} is not a whole number")
    return str(int(value))


def _is_plain(text: str) -> bool:
    """Tell whether a text needs no escaping in JSON."""
    return text.isprintable() and '"' not in text and "\\" not in text


def _check_numbers(cells: Sequence[str]) -> None:
    """Make sure that cells are JSON numbers or empty: no `NaN`, no separators of thousands."""
    numbers = _NUMBERS.decode("[" + ",".join([cell or "null" for cell in cells]) + "]")
    if len(numbers) != len(cells):
        raise ValueError("a number with a comma")


def _fits(kind: Kind, cell: str) -> bool:
    if not cell:
        return True
    try:
        if kind is Kind.BOOLEAN:
            _BOOLEANS[cell]
        elif kind is Kind.NUMBER:
            _check_numbers((cell,))
        elif kind is Kind.INTEGER:
            _integer(cell)
        elif kind in _QUOTED:
            return _is_plain(cell)
    except (KeyError, ValueError, InvalidOperation, msgspec.DecodeError):
        return False
    return True
