"""A catalog made some time ago against the object as it is now."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_salesforce_abm.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_salesforce_abm.layout import Layout
    from tap_salesforce_abm.schema import ObjectSchema

__all__ = ["as_declared", "reconcile"]


def reconcile(declared: Mapping[str, Any], described: ObjectSchema) -> tuple[dict[str, Any], list[str]]:
    """Bring a catalog's schema in line with what Salesforce will send.

    * A column that is gone stays, with null allowed: it will be null.
    * A column of another type takes its present type, unless the catalog calls it plain text: anything but an
      object can be written as that.
    * Everything else stays as the catalog has it: people edit catalogs.
    * New columns are not added: what is not in the catalog is not selected.

    Args:
        declared: the stream's schema in the catalog.
        described: the object as it is now.

    Returns:
        The schema to announce, and a sentence for the log on each kind of difference.
    """
    schema = copy.deepcopy(dict(declared))
    properties: dict[str, Any] = schema.setdefault("properties", {})
    now = {column.name: column for column in described.columns}
    gone = [name for name in properties if name not in now]
    for name in gone:
        properties[name]["type"] = _with_null(properties[name].get("type", "string"))
    retyped = []
    for name, column in now.items():
        if name in properties and not _agrees(properties[name], column):
            properties[name] = copy.deepcopy(dict(column.json_schema))
            retyped.append(name)
    new = [name for name in now if name not in properties]
    notes = []
    if gone:
        notes.append(f"{described.name}: gone or hidden since discovery, now null: {', '.join(gone)}")
    if retyped:
        notes.append(f"{described.name}: of another type since discovery: {', '.join(retyped)}")
    if new:
        notes.append(
            f"{described.name}: not in the catalog, so not extracted: {', '.join(new)} "
            "(refresh the catalog to have them)"
        )
    return schema, notes


def as_declared(layout: Layout, schema: Mapping[str, Any], mask: Mapping[tuple[str, ...], bool]) -> Layout:
    """Make a layout give what a schema announces.

    Args:
        layout: the selected columns as described.
        schema: the stream's announced schema, after `reconcile`.
        mask: the selection.

    Returns:
        The layout with numbers and the like as text where the schema says so, without columns that the schema
        does not have, and with those that only the schema has, for ever null.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    columns = [
        replace(column, kind=Kind.ANY) if _is_plain_text(properties[column.name], column) else column
        for column in layout.columns
        if column.name in properties
    ]
    present = {column.name for column in layout.columns}
    gone = [name for name in properties if name not in present and mask["properties", name]]
    return replace(
        layout, columns=(*columns, *(Column(name, Kind.TEXT) for name in gone)), gone=layout.gone | set(gone)
    )


def _agrees(declared: Mapping[str, Any], column: Column) -> bool:
    if _bare(declared) != _bare(column.json_schema):
        return _is_plain_text(declared, column)
    return declared.get("format") in (None, column.json_schema.get("format"))


def _is_plain_text(declared: Mapping[str, Any], column: Column) -> bool:
    return (
        _bare(declared) == {"string"}
        and "format" not in declared
        and not column.parts
        and column.kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.NUMBER)
    )


def _with_null(types: str | list[str]) -> list[str]:
    listed = [types] if isinstance(types, str) else list(types)
    return listed if "null" in listed else [*listed, "null"]


def _bare(schema: Mapping[str, Any]) -> set[str]:
    types = schema.get("type", ())
    return {types} if isinstance(types, str) else set(types) - {"null"}
