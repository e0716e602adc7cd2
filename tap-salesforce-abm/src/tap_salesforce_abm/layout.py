"""Which columns one read of an object brings, and which fields must be asked for to get them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from tap_salesforce_abm.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_salesforce_abm.schema import Column, ObjectSchema

__all__ = ["Layout", "selected_layout"]


@dataclass(frozen=True)
class Layout:
    """The columns of one read.

    Attributes:
        sobject: API name of the object.
        columns: what each record carries, in order.
        gone: fields that Salesforce no longer knows; their values are null.
    """

    sobject: str
    columns: tuple[Column, ...]
    gone: frozenset[str] = frozenset()

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields to select, each once, in the order in which they come back."""
        sources = (source for column in self.columns for source in column.sources)
        return tuple(dict.fromkeys(source for source in sources if source not in self.gone))

    @cached_property
    def has_bodies(self) -> bool:
        """Whether a base64 body is among the columns: those cannot be read by Bulk API 2.0."""
        return any(column.kind is Kind.BASE64 and column.name not in self.gone for column in self.columns)

    @cached_property
    def never_null(self) -> frozenset[str]:
        """The columns whose schema promises a value."""
        return frozenset(column.name for column in self.columns if not column.nullable)

    def without(self, fields: Iterable[str]) -> Layout:
        """Give this layout with some fields known to be gone, whatever their letter case."""
        lost = {name.lower() for name in fields}
        found = {source for column in self.columns for source in column.sources if source.lower() in lost}
        return replace(self, gone=self.gone | found)

    def only(self, names: Iterable[str]) -> Layout:
        """Give this layout with only the columns of those names."""
        wanted = set(names)
        return replace(self, columns=tuple(column for column in self.columns if column.name in wanted))

    def nullable(self, names: Iterable[str]) -> Layout:
        """Give this layout with null allowed in some columns."""
        wanted = set(names)
        return replace(
            self,
            columns=tuple(
                replace(column, nullable=True) if column.name in wanted else column for column in self.columns
            ),
        )


def selected_layout(schema: ObjectSchema, mask: Mapping[tuple[str, ...], bool]) -> Layout:
    """Keep the columns, and the members of compounds, that a catalog selects.

    Args:
        schema: the object's columns.
        mask: the SDK's selection mask: breadcrumb to selected, parents standing in for what it lacks.

    Returns:
        The layout of a read of exactly these.
    """
    columns = []
    for column in schema.columns:
        path = ("properties", column.name)
        if not mask[path]:
            continue
        if column.parts:
            keys = {part.key for part in column.parts if mask[(*path, "properties", part.key)]}
            if not keys:
                continue
            columns.append(column.keeping_parts(keys))
        else:
            columns.append(column)
    return Layout(schema.name, tuple(columns))
