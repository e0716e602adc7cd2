"""Formula and roll-up fields as SQL.

The formula language is translated, not interpreted: the store computes the value whenever it is read, so it
is always up to date and never touches SystemModstamp. Functions Salesforce has and this module has not are
refused by name. <https://help.salesforce.com/s/articleView?id=platform.customize_functions.htm>
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.customise import errors
from local_org.customise.functions import FUNCTIONS, Sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_org.schema import FieldDef, ObjectDef, Schema

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*|\.\d+)"
    r"|(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
    r"|(?P<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<operator><>|!=|<=|>=|==|&&|\|\||[-+*/^&=<>(),!]))"
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_COMPARISONS = ("=", "==", "<>", "!=", "<", ">", "<=", ">=")
_LEVELS = (("||",), ("&&",), _COMPARISONS, ("&",), ("+", "-"), ("*", "/"), ("^",))
_aliases = itertools.count(1)
_SQL_OPERATORS = {"||": "OR", "&&": "AND", "==": "=", "=": "=", "!=": "<>"}
_KINDS = {
    "boolean": "boolean",
    "currency": "number",
    "date": "date",
    "datetime": "datetime",
    "double": "number",
    "int": "number",
    "percent": "number",
    "time": "time",
}


def translate(schema: Schema, item: ObjectDef, metadata: Mapping[str, Any]) -> str:
    """Return the SQL of a formula field, over the table alias `{t}`.

    Raises:
        MetadataError: The formula has a mistake, or uses something that is not understood.
    """
    zero = str(metadata.get("formulaTreatBlanksAs") or "BlankAsZero") != "BlankAsBlank"
    parser = _Parser(schema, item, str(metadata["formula"]), blank_as_zero=zero)
    made = parser.parse()
    wanted = str(metadata.get("type"))
    if wanted == "Percent" and made.kind == "number":
        # A percent field shows 0.25 of a formula as 25.
        return f"({made.text} * 100.0)"
    if wanted in {"Number", "Currency"} and metadata.get("scale") is not None:
        return f"round({made.text}, {int(metadata['scale'])})"
    return made.text


def roll_up(schema: Schema, item: ObjectDef, metadata: Mapping[str, Any]) -> str:
    """Return the SQL of a roll-up summary field, over the table alias `{t}`.

    Raises:
        MetadataError: The summarised relationship or field is not there.
    """
    child_name, _, lookup_name = str(metadata.get("summaryForeignKey") or "").partition(".")
    child = schema.get(child_name)
    lookup = child.field(lookup_name) if child is not None else None
    if child is None or lookup is None or item.name not in lookup.reference_to:
        message = "summaryForeignKey must name a master-detail field of the child"
        raise errors.integrity(message, "summaryForeignKey")
    operation = str(metadata.get("summaryOperation") or "count").lower()
    c, what = _alias(), "*"
    if operation != "count":
        _, _, field_name = str(metadata.get("summarizedField") or "").partition(".")
        field = child.field(field_name)
        if field is None:
            raise errors.integrity("summarizedField must name a field of the child", "summarizedField")
        what = f'{c}."{field.name}"' if field.sql is None else field.sql.replace("{t}", c)
    alive = f' AND {c}."IsDeleted" = 0' if "IsDeleted" in child else ""
    select = (
        f'(SELECT {operation}({what}) FROM "{child.name}" {c} WHERE {c}."{lookup.name}" = {{t}}."Id"{alive})'
    )
    return f"coalesce({select}, 0)" if operation in {"count", "sum"} else select


def _alias() -> str:
    # Expressions are put inside one another, so no two of them may use the same name for a table.
    return f"f{next(_aliases)}"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _Parser:
    """Recursive descent: one method per level of precedence, producing SQL as it goes."""

    def __init__(self, schema: Schema, item: ObjectDef, formula: str, *, blank_as_zero: bool) -> None:
        self._schema = schema
        self._item = item
        self._zero = blank_as_zero
        self._tokens = list(_tokens(_COMMENT.sub(" ", formula)))
        self._position = 0

    def parse(self) -> Sql:
        made = self._level(0)
        if self._position < len(self._tokens):
            raise _syntax(self._tokens[self._position].text)
        return made

    def _level(self, level: int) -> Sql:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while (operator := self._accept(*_LEVELS[level])) is not None:
            left = _combine(operator, left, self._level(level + 1))
        return left

    def _unary(self) -> Sql:
        operator = self._accept("-", "+", "!")
        if operator is None:
            return self._primary()
        operand = self._unary()
        if operator == "!":
            return Sql(f"(NOT {operand.text})", "boolean")
        return Sql(f"({operator}{operand.text})", "number")

    def _primary(self) -> Sql:
        if self._accept("(") is not None:
            inner = self._level(0)
            self._expect(")")
            return Sql(f"({inner.text})", inner.kind)
        if self._position >= len(self._tokens):
            raise _syntax("end of formula")
        token = self._tokens[self._position]
        self._position += 1
        if token.kind == "number":
            return Sql(token.text if "." in token.text else f"{token.text}.0", "number")
        if token.kind == "text":
            text = re.sub(r"\\(.)", r"\1", token.text[1:-1]).replace("'", "''")
            return Sql(f"'{text}'", "text")
        if token.kind != "name":
            raise _syntax(token.text)
        return self._named(token.text)

    def _named(self, name: str) -> Sql:
        upper = name.upper()
        if self._accept("(") is not None:
            arguments = self._arguments()
            function = FUNCTIONS.get(upper)
            if function is None:
                raise errors.integrity(f"Error: Unknown function {name}. Check spelling.", "formula")
            return function(upper, arguments)
        if upper in {"TRUE", "FALSE"}:
            return Sql("1" if upper == "TRUE" else "0", "boolean")
        if upper == "NULL":
            return Sql("NULL", "text")
        return self._field(name)

    def _arguments(self) -> list[Sql]:
        if self._accept(")") is not None:
            return []
        found = [self._level(0)]
        while self._accept(",") is not None:
            found.append(self._level(0))
        self._expect(")")
        return found

    def _field(self, path: str) -> Sql:
        steps = path.split(".")
        if len(steps) > 1 and self._item.relationship(steps[0]) is None:
            # `Account.Name` inside a formula of Account means its own Name.
            steps = steps[1:] if steps[0].lower() == self._item.name.lower() else steps
        text, field = self._walk(self._item, steps, "{t}", path)
        kind = _KINDS.get(field.type, "text")
        if kind == "number" and self._zero:
            return Sql(f"coalesce({text}, 0)", kind, plain=text)
        return Sql(text, kind)

    def _walk(self, item: ObjectDef, steps: list[str], alias: str, path: str) -> tuple[str, FieldDef]:
        if len(steps) == 1:
            field = item.field(steps[0])
            if field is None or field.is_compound:
                raise _no_field(path)
            return (
                f'{alias}."{field.name}"' if field.sql is None else field.sql.replace("{t}", alias)
            ), field
        link = item.relationship(steps[0])
        target = self._schema.get(link.reference_to[-1]) if link is not None and link.reference_to else None
        if link is None or target is None:
            raise _no_field(path)
        inner = _alias()
        text, field = self._walk(target, steps[1:], inner, path)
        select = f'(SELECT {text} FROM "{target.name}" {inner} WHERE {inner}."Id" = {alias}."{link.name}")'
        return select, field

    def _accept(self, *operators: str) -> str | None:
        if self._position < len(self._tokens):
            token = self._tokens[self._position]
            if token.kind == "operator" and token.text in operators:
                self._position += 1
                return token.text
        return None

    def _expect(self, operator: str) -> None:
        if self._accept(operator) is None:
            rest = self._tokens[self._position :]
            found = rest[0].text if rest else "end of formula"
            raise errors.integrity(f"Error: Syntax error. Missing '{operator}' before '{found}'", "formula")


def _tokens(formula: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    formula = formula.rstrip()
    while position < len(formula):
        match = _TOKEN.match(formula, position)
        if match is None or match.lastgroup is None:
            raise _syntax(formula[position:].strip()[:1])
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


def _combine(operator: str, left: Sql, right: Sql) -> Sql:
    if operator in {"||", "&&"}:
        return Sql(f"({left.text} {_SQL_OPERATORS[operator]} {right.text})", "boolean")
    if operator in _COMPARISONS:
        return Sql(f"({left.text} {_SQL_OPERATORS.get(operator, operator)} {right.text})", "boolean")
    if operator == "&":
        return _joined(left, right)
    if operator in {"+", "-"}:
        return _sum(operator, left, right)
    pattern = {"^": "org_pow({0}, {1})", "/": "({0} / CAST({1} AS REAL))", "*": "({0} * {1})"}[operator]
    return Sql(pattern.format(left.text, right.text), "number")


def _sum(operator: str, left: Sql, right: Sql) -> Sql:
    moments = {"date", "datetime"}
    if left.kind in moments and right.kind in moments and operator == "-":
        return Sql(f"(julianday({left.text}) - julianday({right.text}))", "number")
    if left.kind in moments:
        shift = f"({operator}({right.text})) || ' days'"
        if left.kind == "date":
            return Sql(f"date({left.text}, {shift})", "date")
        return Sql(f"strftime('%Y-%m-%dT%H:%M:%SZ', {left.text}, {shift})", "datetime")
    if operator == "+" and "text" in (left.kind, right.kind):
        return _joined(left, right)
    return Sql(f"({left.text} {operator} {right.text})", "number")


def _joined(left: Sql, right: Sql) -> Sql:
    return Sql(f"nullif(coalesce({left.text}, '') || coalesce({right.text}, ''), '')", "text")


def _no_field(path: str) -> errors.MetadataError:
    return errors.integrity(f"Error: Field {path} does not exist. Check spelling.", "formula")


def _syntax(found: str) -> errors.MetadataError:
    return errors.integrity(f"Error: Syntax error. Found '{found}'", "formula")
