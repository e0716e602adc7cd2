"""REST query pages (JSON) to JSON lines.

A page is decoded into structs whose every field is the raw text of its value, so numbers keep their digits
and most values are never looked at. Only datetimes are touched (REST writes `+0000` where Bulk writes `Z`,
and bookmarks compare as text) and compounds put together from their parts.
"""

from __future__ import annotations

import base64
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw

from salesforce_abm.errors import DataError
from tap_salesforce_abm.decode import Lines, clean
from tap_salesforce_abm.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_salesforce_abm.layout import Layout
    from tap_salesforce_abm.schema import Column

__all__ = ["JsonCodec"]

_NULL: Final = Raw(b"null")
_ENCODER: Final = msgspec.json.Encoder()
_UTC: Final = b'+0000"'
_SOME: Final = 250
"""Rows encoded at a time: memory that is used again and again costs less than new memory."""


class JsonCodec:
    """Decodes pages of one layout.

    Args:
        layout: the columns.
        body: fetches a base64 field's content; REST gives only its relative URL. Without it the URL stays.
    """

    def __init__(self, layout: Layout, body: Callable[[str], bytes] | None = None) -> None:
        self.layout = layout
        rewrites: dict[Kind, Callable[[Raw], Raw]] = dict(_REWRITES)
        if body is not None:
            rewrites[Kind.BASE64] = partial(_content, body)
        # Python names for the struct: c0, c1, ... for what is read, p0, p1, ... for what is put together.
        self._attribute = {name: f"c{index}" for index, name in enumerate(layout.fields)}
        scalars = [column for column in layout.columns if not column.parts]
        compounds = [column for column in layout.columns if column.parts]
        own = {column.name for column in scalars}
        made = {column.name: f"p{index}" for index, column in enumerate(compounds)}
        # A column that is gone stays null; it is not in `fields`.
        made |= {name: f"g{index}" for index, name in enumerate(sorted(own & layout.gone))}
        row = msgspec.defstruct(
            "Row",
            [
                *((name, Raw) for name in self._attribute.values()),
                *((name, Any, None) for name in made.values()),
            ],
            rename={attribute: name for name, attribute in (self._attribute | made).items()},
            gc=False,
        )
        page = msgspec.defstruct("Page", [("records", list[row])])  # type: ignore[valid-type]
        self._pages: msgspec.json.Decoder[Any] = msgspec.json.Decoder(page)
        self._helpers = [attribute for name, attribute in self._attribute.items() if name not in own]
        here = [column for column in scalars if column.name in self._attribute]
        self._never_null = {
            self._attribute[column.name]: column.name for column in here if not column.nullable
        }
        self._promised = _getter(list(self._never_null))
        self._gone = layout.never_null & layout.gone
        self._rewritten = [
            (self._attribute[column.name], rewrite)
            for column in here
            if (rewrite := rewrites.get(column.kind))
        ]
        self._moments = [self._attribute[column.name] for column in here if column.kind is Kind.DATETIME]
        self._times = _getter(self._moments)
        self._compounds = [self._compound(column, made[column.name]) for column in compounds]

    def encode(self, page: bytes) -> Lines:
        """Encode the records of one page.

        Args:
            page: the body of a query answer.

        Raises:
            DataError: a record lacks a field that was asked for, or the page is not a query's answer.
        """
        return self._lines(self._decode(page))

    def parts(self, page: bytes) -> Iterator[Lines]:
        """Encode the records of one page, some at a time; see `encode`."""
        rows = self._decode(page)
        for start in range(0, len(rows), _SOME):
            yield self._lines(rows[start : start + _SOME])

    def _decode(self, page: bytes) -> Sequence[Any]:
        try:
            rows: Sequence[Any] = self._pages.decode(page).records
        except msgspec.DecodeError as error:
            raise DataError(f"{self.layout.sobject}: a page of the result cannot be read: {error}") from error
        return rows

    def _lines(self, rows: Sequence[Any]) -> Lines:
        try:
            for row in rows if self._rewritten or self._compounds or self._helpers else ():
                for attribute, rewrite in self._rewritten:
                    setattr(row, attribute, rewrite(getattr(row, attribute)))
                for put_together in self._compounds:
                    put_together(row)
                for attribute in self._helpers:
                    setattr(row, attribute, UNSET)
        except ValueError as error:
            raise DataError(f"{self.layout.sobject}: {error}") from error
        data = self._canonical(rows, _ENCODER.encode_lines(rows))
        return Lines(len(rows), clean(data), self._nulls(rows))

    def _nulls(self, rows: Sequence[Any]) -> frozenset[str]:
        """Name the columns that promise a value and have none."""
        promised = self._promised
        nulls = set(self._gone if rows else ())
        for row in rows:
            if _NULL in promised(row):
                nulls |= {name for at, name in self._never_null.items() if getattr(row, at) == _NULL}
        return frozenset(nulls)

    def _canonical(self, rows: Sequence[Any], data: bytes) -> bytes:
        """Write the offsets of datetimes as Bulk writes them.

        All at once where there are exactly as many endings in `+0000` as there are datetimes (Salesforce
        writes all of them so); where a text ends so too, or a datetime does not, one by one.
        """
        if not self._moments:
            return data
        times = self._times
        missing = sum([times(row).count(_NULL) for row in rows])
        if data.count(_UTC) == len(rows) * len(self._moments) - missing:
            return data.replace(_UTC, b'Z"')
        for row in rows:
            for attribute in self._moments:
                setattr(row, attribute, _canonical(getattr(row, attribute)))
        return _ENCODER.encode_lines(rows)

    def _compound(self, column: Column, attribute: str) -> Callable[[Any], None]:
        present = [part for part in column.parts if part.source in self._attribute]
        keys = {f"m{index}": part.key for index, part in enumerate(column.parts)}
        struct = msgspec.defstruct("Compound", [(name, Raw, _NULL) for name in keys], rename=keys, gc=False)
        if not present:
            return _nothing
        names = [name for name, part in zip(keys, column.parts, strict=True) if part in present]
        read = _getter([self._attribute[part.source] for part in present])

        def put_together(row: Any) -> None:
            values = read(row)
            if any(value != _NULL for value in values):
                setattr(row, attribute, struct(**dict(zip(names, values, strict=True))))

        return put_together


def _nothing(_row: Any) -> None:
    """Leave a compound null whose every part is gone."""


def _getter(attributes: Sequence[str]) -> Callable[[Any], tuple[Raw, ...]]:
    if len(attributes) < 2:
        return lambda row: tuple(getattr(row, name) for name in attributes)
    return attrgetter(*attributes)


def _canonical(value: Raw) -> Raw:
    """Write a datetime's offset as Bulk writes it."""
    text = bytes(value)
    return Raw(text[:-6] + b'Z"') if text.endswith(_UTC) else value


def _whole(value: Raw) -> Raw:
    """Write a whole number without a fraction of zero or an exponent."""
    text = bytes(value)
    if text.lstrip(b"-").isdigit() or value == _NULL:
        return value
    number = msgspec.json.decode(text)
    if not isinstance(number, float) or not number.is_integer():
        raise ValueError(f"{text[:40]!r} is not a whole number")
    return Raw(str(int(number)).encode())


def _as_text(value: Raw) -> Raw:
    """Write a value of any type as text, as Bulk does."""
    text = bytes(value)
    if value == _NULL or text.startswith(b'"'):
        return value
    return Raw(msgspec.json.encode(text.decode()))


def _content(body: Callable[[str], bytes], value: Raw) -> Raw:
    """Put a body in the place of its URL."""
    if value == _NULL:
        return value
    return Raw(msgspec.json.encode(base64.b64encode(body(msgspec.json.decode(value, type=str))).decode()))


_REWRITES: Final = {Kind.INTEGER: _whole, Kind.ANY: _as_text}
