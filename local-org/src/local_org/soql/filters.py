"""Compiles WHERE and HAVING.

SOQL knows true and false only: what cannot be compared, because a side is null, is false, and NOT of it is
true. So `Industry != 'Banking'` finds records without an industry too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local_org.soql import literals
from local_org.soql.ast import And, Comparison, Condition, Expr, Literal, Not, Or, Query
from local_org.soql.errors import SoqlError
from local_org.soql.expressions import Expressions
from local_org.soql.semijoins import SemiJoins
from local_org.soql.sql import Sql, fill, fold, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local_org.soql.expressions import Value
    from local_org.soql.names import Context, Scope

_MAX_DEPTH = 100
_ORDERED = frozenset({"<", "<=", ">", ">="})
_NEGATIVE = frozenset({"!=", "NOT IN", "EXCLUDES"})
_NOTHING = Sql("0")


class Filter:
    """Compiles the conditions of one SELECT."""

    def __init__(self, scope: Scope, value: Callable[[Expr], Value]) -> None:
        """Compile for a scope.

        Args:
            scope: Where the SELECT stands.
            value: Gives the meaning of a left side: fields in WHERE, aggregates and groups in HAVING.
        """
        self._context: Context = scope.context
        self._value = value
        self._semi_joins = SemiJoins(scope)

    def compile(self, condition: Condition, depth: int = 0, *, above: str = "") -> Sql:
        """Return the SQL of a condition; it may be NULL for false.

        Args:
            condition: What to compile.
            depth: How deep it lies in other conditions.
            above: `OR` or `NOT` if one of those is above it.

        Raises:
            SoqlError: Anything Salesforce refuses in a filter.
        """
        if depth > _MAX_DEPTH:
            raise SoqlError(
                "QUERY_TOO_COMPLICATED",
                "Query is either selecting too many fields or the filter conditions are too complicated",
            )
        if isinstance(condition, And):
            return joined([self.compile(c, depth + 1, above=above) for c in condition.items], "AND")
        if isinstance(condition, Or):
            return joined([self.compile(c, depth + 1, above="OR") for c in condition.items], "OR")
        if isinstance(condition, Not):
            return _negated(self.compile(condition.item, depth + 1, above=above or "NOT"))
        return self._comparison(condition, above)

    def _comparison(self, comparison: Comparison, above: str) -> Sql:
        value = self._value(comparison.left)
        self._check_filterable(value)
        if isinstance(comparison.right, Query):
            return self._semi_joins.compile(comparison, value, above, self.where)
        literals_given = comparison.right if isinstance(comparison.right, tuple) else (comparison.right,)
        made = self._match(value, comparison.operator, literals_given)
        return _negated(made) if comparison.operator in _NEGATIVE else made

    def where(self, scope: Scope, condition: Condition) -> Sql:
        """Compile the WHERE of a subquery with its own scope."""
        return Filter(scope, Expressions(scope).value).compile(condition)

    def _check_filterable(self, value: Value) -> None:
        field = value.field
        if value.call and value.call != "TOLABEL":
            return
        if field.is_compound:
            raise self._context.source.error(
                "INVALID_FIELD",
                value.offset,
                "Address fields can only be filtered using Distance expressions",
            )
        if not field.filterable:
            raise self._context.source.error(
                "INVALID_FIELD", value.offset, f"field '{field.name}' can not be filtered in a query call"
            )

    def _match(self, value: Value, operator: str, given: tuple[Literal, ...]) -> Sql:
        """Return the SQL of a comparison, of its opposite for negative operators."""
        kind = literals.category(value.type)
        if operator in ("INCLUDES", "EXCLUDES"):
            if kind != "multi":
                raise self._wrong_operator(value)
            return joined([self._includes(value, literal) for literal in given], "OR")
        if operator == "LIKE":
            return self._like(value, kind, given)
        plain = [literal for literal in given if not self._is_null(literal, kind)]
        parts = []
        if len(plain) < len(given):
            parts.append(_NOTHING if operator in _ORDERED else fill("{} IS NULL", value.sql))
        if operator in _ORDERED:
            if kind in ("boolean", "multi"):
                raise self._wrong_operator(value)
            parts.extend(self._ordered(value, kind, operator, literal) for literal in plain)
        elif plain:
            parts.append(self._equal(value, kind, plain))
        return joined(parts, "OR")

    def _is_null(self, literal: Literal, kind: str) -> bool:
        # Salesforce has no empty text: '' means null.
        return literal.kind == "null" or (literal.kind == "string" and not literal.text and kind != "id")

    def _equal(self, value: Value, kind: str, given: list[Literal]) -> Sql:
        context = self._context
        if kind == "id":
            return _any_of(value.sql, [literals.record_id(context, value, x) for x in given])
        if kind == "number":
            return _any_of(value.sql, [literals.number(context, value, x) for x in given])
        if kind == "boolean":
            return _any_of(value.sql, [literals.boolean(context, value, x) for x in given])
        if kind == "moment":
            return self._same_moment(value, given)
        return self._same_text(value, [self._text(value, x) for x in given])

    def _text(self, value: Value, literal: Literal) -> str:
        if literal.kind != "string":
            raise literals.mismatch(self._context, value)
        return literals.unescaped(self._context, literal)

    def _same_text(self, value: Value, texts: list[str]) -> Sql:
        if _compares_bytes(value):
            return _any_of(value.sql, texts)
        ascii_texts = [text for text in texts if text.isascii()]
        other = [fold(text) for text in texts if not text.isascii()]
        parts = []
        if ascii_texts:
            # A bare column has its own collation, and may have an index with it.
            column = value.column
            bare = (
                column is not None and column.level.item is not None and value.field.stored and not value.call
            )
            parts.append(_any_of(value.sql if bare else fill("{} COLLATE NOCASE", value.sql), ascii_texts))
        if other:
            parts.append(_any_of(fill("soql_fold({})", value.sql), other))
        return joined(parts, "OR")

    def _same_moment(self, value: Value, given: list[Literal]) -> Sql:
        points = []
        parts = []
        for literal in given:
            first, after = literals.moment(self._context, value, literal)
            if after is None:
                points.append(first)
            else:
                span = fill("({} >= ? AND {} < ?)", value.sql, value.sql)
                parts.append(Sql(span.text, (*value.sql.values, first, *value.sql.values, after)))
        if points:
            parts.append(_any_of(value.sql, points))
        return joined(parts, "OR")

    def _ordered(self, value: Value, kind: str, operator: str, literal: Literal) -> Sql:
        context = self._context
        if kind == "moment":
            first, after = literals.moment(context, value, literal)
            bound = first
            if after is not None:
                # before the span or not, after the span or not
                bound = first if operator in ("<", ">=") else after
                operator = {">": ">=", "<=": "<"}.get(operator, operator)
            return _bind(fill(f"{{}} {operator} ?", value.sql), bound)
        if kind == "number":
            return _bind(fill(f"{{}} {operator} ?", value.sql), literals.number(context, value, literal))
        if kind == "id":
            return _bind(fill(f"{{}} {operator} ?", value.sql), literals.record_id(context, value, literal))
        return _bind(fill(f"{{}} {operator} ?", sort_key(value)), fold(self._text(value, literal)))

    def _like(self, value: Value, kind: str, given: tuple[Literal, ...]) -> Sql:
        if kind == "id":
            raise self._wrong_operator(value, "invalid operator on id field")
        if kind != "text":
            raise self._wrong_operator(value)
        return joined([self._like_one(value, literal) for literal in given], "OR")

    def _like_one(self, value: Value, literal: Literal) -> Sql:
        if literal.kind != "string":
            raise self._wrong_operator(value)
        if not literal.text:
            raise self._wrong_operator(value, "invalid LIKE value: ")
        pattern = literals.pattern(self._context, literal)
        if pattern.isascii():
            return _bind(fill("{} LIKE ? ESCAPE '\\'", value.sql), pattern)
        return _bind(fill("soql_fold({}) LIKE ? ESCAPE '\\'", value.sql), fold(pattern))

    def _includes(self, value: Value, literal: Literal) -> Sql:
        parts = []
        for wanted in self._text(value, literal).split(";"):
            folded = fold(wanted).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            template = "(';' || soql_fold({}) || ';') LIKE ? ESCAPE '\\'"
            parts.append(_bind(fill(template, value.sql), f"%;{folded};%"))
        return joined(parts, "AND")

    def _wrong_operator(self, value: Value, sentence: str = "invalid operator") -> SoqlError:
        return self._context.source.error("INVALID_QUERY_FILTER_OPERATOR", value.offset, sentence)


def sort_key(value: Value) -> Sql:
    """Return the SQL of the text that sorts a text value: upper case, in the order of code points."""
    if _compares_bytes(value):
        return value.sql
    # upper() is fast and knows ASCII only
    return fill("(CASE WHEN {} GLOB '*[^ -~]*' THEN soql_fold({}) ELSE upper({}) END)", *(value.sql,) * 3)


def _compares_bytes(value: Value) -> bool:
    field = value.field
    return field.case_sensitive and (field.unique or field.external_id) and not value.call


def _negated(condition: Sql) -> Sql:
    return fill("(NOT ifnull({}, 0))", condition)


def _bind(template: Sql, bound: object) -> Sql:
    return Sql(f"({template.text})", (*template.values, bound))


def _any_of(sql: Sql, bound: Iterable[object]) -> Sql:
    values = list(bound)
    if len(values) == 1:
        return _bind(fill("{} = ?", sql), values[0])
    # One bound value however long the list: the statement stays the same, and each is looked up in an index.
    return _bind(fill("{} IN (SELECT value FROM json_each(?))", sql), json.dumps(values, ensure_ascii=False))
