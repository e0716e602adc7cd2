"""Compiles the SELECT list of a query that returns records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from local_org.soql import encode
from local_org.soql.ast import Call, Item, Path, Query, TypeOf
from local_org.soql.display import formatter, labels
from local_org.soql.errors import SoqlError
from local_org.soql.expressions import Expressions, Value
from local_org.soql.fields_function import expand
from local_org.soql.names import read
from local_org.soql.output import Binary, Compound, Leaf, Record
from local_org.soql.output import TypeOf as TypeOfEntry
from local_org.soql.sql import Sql

if TYPE_CHECKING:
    from local_org.schema import FieldDef, ObjectDef
    from local_org.soql.names import Column, Level, Scope

Decoder = Callable[[Any], Any]


class Selection:
    """What a query reads of each record, in REST's and in Bulk's shape.

    Attributes:
        record: Builds a record's JSON from a row of `sql`.
        headers: Paths or aliases in canonical case, without repetitions.
        children: Subqueries by their key in the record.
    """

    def __init__(self, scope: Scope, query: Query) -> None:
        """Compile a SELECT list.

        Raises:
            SoqlError: Anything Salesforce refuses in a SELECT list.
        """
        self._scope = scope
        self._context = scope.context
        self._expressions = Expressions(scope)
        self._columns: dict[str, int] = {}
        self._values: list[Any] = []
        self._csv: list[tuple[Sql, Decoder | None]] = []
        self._unnamed = 0
        self.headers: list[str] = []
        self.record = Record(scope.item.name, self._read(scope.root.id))
        self._records: dict[tuple[str, ...], Record] = {(): self.record}
        self.children: dict[str, Query] = {}
        for item in expand(scope, query):
            self._add(item)

    @property
    def sql(self) -> Sql:
        """The columns for `record`."""
        return Sql(", ".join(self._columns), tuple(self._values))

    @property
    def csv_sql(self) -> Sql:
        """The columns for Bulk rows."""
        values = tuple(value for sql, _ in self._csv for value in sql.values)
        return Sql(", ".join(sql.text for sql, _ in self._csv), values)

    @property
    def csv_decoders(self) -> list[tuple[int, Decoder]]:
        """What finishes Bulk columns, by position."""
        return [(at, decode) for at, (_, decode) in enumerate(self._csv) if decode is not None]

    def _read(self, sql: Sql) -> int:
        at = self._columns.get(sql.text)
        if at is None or sql.values:
            at = len(self._columns)
            # a column that binds values is never shared: equal text may bind different ones
            self._columns[f"{sql.text} AS _c{at}" if sql.values else sql.text] = at
            self._values.extend(sql.values)
        return at

    def _add(self, item: Item) -> None:
        expr = item.expr
        if isinstance(expr, Query):
            self._child(expr)
        elif isinstance(expr, TypeOf):
            self._typeof(expr)
        elif isinstance(expr, Path):
            if item.alias is not None:
                raise SoqlError("MALFORMED_QUERY", "only aggregate expressions use field aliasing")
            self._field(self._scope.column(expr))
        else:
            self._call(expr, item.alias)

    def _field(self, column: Column) -> None:
        target = self._record_of(column.level)
        name = column.field.name
        if name in target.entries:
            return
        target.entries[name] = self._entry(column)
        self.headers.append(".".join(column.keys))
        kind = column.field.type
        if column.field.is_compound or kind == "base64":
            # CSV has no form for these; Bulk refuses them, other readers find an empty cell
            self._csv.append((Sql("''"), None))
        else:
            sql = Sql(encode.csv_sql(column.sql.text, kind), column.sql.values)
            self._csv.append((sql, encode.csv_decoder(kind)))

    def _entry(self, column: Column) -> Leaf | Compound | Binary:
        found, level = column.field, column.level
        if self._context.bulk and (found.is_compound or found.type == "base64"):
            raise SoqlError(
                "FUNCTIONALITY_NOT_ENABLED",
                "Selecting compound data not supported in Bulk Query"
                if found.is_compound
                else "Binary fields cannot be selected in bulk queries",
            )
        if found.is_compound and level.item is not None:
            parts = [
                (name, self._read(Sql(read(level.alias, part))))
                for name, part in compound_parts(level.item, found)
            ]
            return Compound(parts)
        if found.type == "base64" and level.item is not None:
            size = self._read(Sql(f"length({column.sql.text}) > 0"))
            return Binary(size, self._read(level.id), level.item.name, found.name)
        rest = Sql(encode.rest_sql(column.sql.text, found.type), column.sql.values)
        return Leaf(self._read(rest), encode.rest_decoder(found.type))

    def _record_of(self, level: Level) -> Record:
        known = self._records.get(level.keys)
        if known is None:
            above = self._record_of(level.above) if level.above else self.record
            known = self._records[level.keys] = self._new_record(level)
            above.entries[level.keys[-1]] = known
        return known

    def _new_record(self, level: Level) -> Record:
        id_at = self._read(level.id)
        if level.item is not None:
            return Record(level.item.name, id_at)
        return Record("Name", id_at, {item.id_prefix: item.name for item in level.targets})

    def _call(self, call: Call, alias: str | None) -> None:
        value = self._expressions.value(call)
        column = value.column
        decode: Decoder | None = encode.rest_decoder(value.type)
        sql = Sql(encode.rest_sql(value.sql.text, value.type), value.sql.values)
        target, key = self.record, alias
        if call.name == "TOLABEL":
            decode = labels(value.field)
            if value.field.type == "multipicklist" and column is not None:
                sql = column.sql
        elif call.name == "FORMAT":
            inner = self._expressions.value(self._expressions.argument(call))
            column, sql = inner.column, inner.sql
            decode = formatter(inner, self._context)
        elif call.name == "CONVERTCURRENCY":
            inner = self._expressions.value(self._expressions.argument(call))
            column = inner.column
        if key is None and column is not None:
            target, key = self._record_of(column.level), column.field.name
        if key is None:
            key = f"expr{self._unnamed}"
            self._unnamed += 1
        if key in target.entries:
            raise SoqlError("INVALID_FIELD", f"duplicate field selected: {key}")
        target.entries[key] = Leaf(self._read(sql), decode)
        self.headers.append(".".join(column.keys) if alias is None and column else key)
        self._csv.append(self._csv_call(value, sql, decode))

    def _csv_call(self, value: Value, sql: Sql, decode: Decoder | None) -> tuple[Sql, Decoder | None]:
        if value.call in ("TOLABEL", "FORMAT"):
            return sql, lambda raw: "" if raw is None else str(decode(raw) if decode else raw)
        made = Sql(encode.csv_sql(value.sql.text, value.type), value.sql.values)
        return made, encode.csv_decoder(value.type)

    def _child(self, query: Query) -> None:
        if self._context.bulk:
            raise SoqlError(
                "FUNCTIONALITY_NOT_ENABLED", "Aggregate Relationships not supported in Bulk Query"
            )
        path = query.sources[0].path
        relationship = self._context.schema.child(self._scope.item.name, path.parts[-1])
        key = relationship.name if relationship and relationship.name else path.parts[-1]
        if key in self.children or key in self.record.entries:
            raise SoqlError("MALFORMED_QUERY", f"duplicate field selected: {key}")
        self.children[key] = query
        # keeps the key's place; the list itself is read for a whole page at once
        self.record.entries[key] = Leaf(self.record.id_at)

    def _typeof(self, expr: TypeOf) -> None:
        if self._context.bulk:
            raise SoqlError("FUNCTIONALITY_NOT_ENABLED", "TYPEOF clause is not supported in Bulk Query")
        path = expr.relationship
        names = path.parts[1:] if self._is_prefix(path) else path.parts
        level = self._scope.level(names, path.offset)
        if level.item is not None:
            raise self._context.source.error(
                "MALFORMED_QUERY",
                path.offset,
                f"TYPEOF can only be used with polymorphic relationships: {path.parts[-1]}",
            )
        above = self._record_of(level.above) if level.above else self.record
        otherwise = self._new_record(level)
        branches = {}
        for when in expr.whens:
            item = self._context.object(str(when.sobject), when.sobject.offset)
            if item not in level.targets:
                raise self._context.source.no_type(when.sobject.offset, str(when.sobject))
            branches[item.id_prefix] = self._branch(self._scope.as_type(level, item), when.fields)
        for field_path in expr.otherwise:
            column = self._scope.field_of(level, field_path)
            otherwise.entries[column.field.name] = self._entry(column)
        above.entries[level.keys[-1]] = TypeOfEntry(self._read(level.id), branches, otherwise)

    def _is_prefix(self, path: Path) -> bool:
        head = path.parts[0].lower()
        return len(path.parts) > 1 and (head in self._scope.names or head == self._scope.item.name.lower())

    def _branch(self, level: Level, paths: tuple[Path, ...]) -> Record:
        made = self._new_record(level)
        records = {level.keys: made}
        for path in paths:
            column = self._scope.field_of(level, path)
            target = self._nested(records, column.level)
            target.entries[column.field.name] = self._entry(column)
        return made

    def _nested(self, records: dict[tuple[str, ...], Record], level: Level) -> Record:
        known = records.get(level.keys)
        if known is None:
            known = records[level.keys] = self._new_record(level)
            if level.above is not None:
                self._nested(records, level.above).entries[level.keys[-1]] = known
        return known


def compound_parts(item: ObjectDef, compound: FieldDef) -> list[tuple[str, FieldDef]]:
    """Return the parts of an address or location by their names in JSON, in alphabetical order."""
    stem = compound.name.removesuffix("__c")
    prefix = f"{stem}__" if stem != compound.name else compound.name.removesuffix("Address")
    named = []
    for part in item.parts(compound.name):
        name = part.name.removesuffix("__s")
        name = name.removeprefix(prefix)
        named.append((name[:1].lower() + name[1:], part))
    return sorted(named, key=lambda entry: entry[0])
