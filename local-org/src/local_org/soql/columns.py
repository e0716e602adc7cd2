"""What a query's columns are, without running it: `/query?q=...&columns=true`.

Not in the REST guide; the Salesforce CLI asks it for the columns of `sf data query`, and its tests hold
recorded answers: <https://github.com/salesforcecli/plugin-data/blob/main/test/test-files/queryFields.exemplars.ts>.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.soql.ast import Call, Literal, Path, Query, TypeOf
from local_org.soql.children import child_frame
from local_org.soql.fields_function import expand
from local_org.soql.grouped import is_grouped

if TYPE_CHECKING:
    from local_org.schema import FieldDef
    from local_org.soql.names import Column, Frame, Level, Scope

Json = dict[str, Any]

_COUNTS = {"AVG", "COUNT", "COUNT_DISTINCT", "SUM", "GROUPING"}
# These answer under the name of their field.
_OF_A_FIELD = {"TOLABEL", "FORMAT", "CONVERTCURRENCY"}
_NUMBERS = {"int", "long", "double", "currency", "percent"}
_APEX_TYPES = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "int": "Integer",
    "long": "Long",
    "double": "Double",
    "currency": "Double",
    "percent": "Double",
    "date": "Date",
    "datetime": "Datetime",
    "time": "Time",
    "base64": "Blob",
    "address": "Address",
    "location": "Location",
}

# Everything else is text.
_NO_TEXT = set(_APEX_TYPES)


def describe(frame: Frame) -> Json:
    """Return the columns of a query that can be run."""
    columns = _of_query(frame)
    return {
        "columnMetadata": columns,
        "entityName": frame.item.name,
        "groupBy": frame.query.group_by is not None,
        "idSelected": any(column["columnName"] == "Id" for column in columns),
        "keyPrefix": frame.item.key_prefix,
    }


def _of_query(frame: Frame) -> list[Json]:
    scope, query = frame.scope(), frame.query
    columns: list[Json] = []
    unnamed = 0
    for item in query.select if is_grouped(query) else expand(scope, query):
        expr = item.expr
        if isinstance(expr, Query):
            inner, relationship = child_frame(frame, expr)
            columns.append(_column(relationship.name or "", aggregate=True, join=_of_query(inner)))
        elif isinstance(expr, TypeOf):
            _place(columns, _typed(scope, expr), _type_fields(expr))
        elif isinstance(expr, Path):
            found = scope.column(expr)
            _place(columns, found.level, [_field(found, item.alias)])
        else:
            columns.append(_call(expr, item.alias, unnamed))
            unnamed += columns[-1]["columnName"] == f"expr{unnamed}"
    return columns


def _typed(scope: Scope, expr: TypeOf) -> Level:
    head, *rest = expr.relationship.parts
    prefixed = rest and head.lower() in {*scope.names, scope.item.name.lower()}
    return scope.level(tuple(rest) if prefixed else expr.relationship.parts, expr.relationship.offset)


def _type_fields(expr: TypeOf) -> list[Json]:
    paths = [path for when in expr.whens for path in when.fields] + list(expr.otherwise)
    return [_column(name, text=True) for name in dict.fromkeys(map(str, paths))]


def _place(columns: list[Json], level: Level, found: list[Json]) -> None:
    """Add columns where they belong: inside those of their parents, which are made once."""
    inside = _inside(columns, level)
    known = {column["columnName"] for column in inside}
    inside.extend(column for column in found if column["columnName"] not in known)


def _inside(columns: list[Json], level: Level) -> list[Json]:
    """Return the list that holds the columns of a parent; the row's own columns are `columns`."""
    if level.above is None:
        return columns
    around = _inside(columns, level.above)
    name = level.keys[-1]
    parent = next((column for column in around if column["columnName"] == name), None)
    if parent is None:
        reference = level.above.item.relationship(name) if level.above.item else None
        parent = _column(name, foreign_key=reference.name if reference else None)
        around.append(parent)
    inside: list[Json] = parent["joinColumns"]
    return inside


def _field(found: Column, alias: str | None) -> Json:
    field: FieldDef = found.field
    return _column(
        alias or field.name,
        apex=_APEX_TYPES.get(field.type, "String"),
        boolean=field.type == "boolean",
        number=field.type in _NUMBERS,
        text=field.type not in _NO_TEXT,
        custom=field.custom,
        insertable=field.createable,
        updatable=field.updateable,
    )


def _call(call: Call, alias: str | None, unnamed: int) -> Json:
    path = next((argument for argument in call.args if isinstance(argument, Path)), None)
    shows_field = call.name in _OF_A_FIELD and path is not None
    name = alias or (path.parts[-1] if shows_field and path else f"expr{unnamed}")
    return _column(name, display=_text(call), aggregate=not shows_field, number=call.name in _COUNTS)


def _text(call: Call) -> str:
    arguments = (
        _text(item) if isinstance(item, Call) else item.text if isinstance(item, Literal) else str(item)
        for item in call.args
    )
    return f"{call.name.lower()}({', '.join(arguments)})"


def _column(
    name: str,
    *,
    display: str | None = None,
    apex: str | None = None,
    aggregate: bool = False,
    boolean: bool = False,
    number: bool = False,
    text: bool = False,
    custom: bool = False,
    insertable: bool = False,
    updatable: bool = False,
    foreign_key: str | None = None,
    join: list[Json] | None = None,
) -> Json:
    return {
        "aggregate": aggregate,
        "apexType": apex,
        "booleanType": boolean,
        "columnName": name,
        "custom": custom,
        "displayName": display or name,
        "foreignKeyName": foreign_key,
        "insertable": insertable,
        "joinColumns": join if join is not None else [],
        "numberType": number,
        "textType": text,
        "updatable": updatable,
    }
