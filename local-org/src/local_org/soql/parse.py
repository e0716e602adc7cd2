"""Turns the text of a query into its tree, or into Salesforce's syntax error."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Transformer, UnexpectedToken
from lark.lexer import Lexer

from local_org.soql.ast import (
    And,
    Call,
    Comparison,
    Condition,
    Expr,
    GroupBy,
    Item,
    Literal,
    Not,
    Or,
    Order,
    Path,
    Query,
    TypeOf,
    When,
)
from local_org.soql.ast import (
    Source as From,
)
from local_org.soql.errors import SoqlError, Source
from local_org.soql.tokens import Tokens, plain_values

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 100_000
_MAX_DEPTH = 100
_LITERALS = {
    "STRING": "string",
    "NUMBER": "number",
    "DATE": "date",
    "DATETIME": "datetime",
    "TIME": "time",
    "BOOLEAN": "boolean",
    "NULL": "null",
    "RELATIVE": "relative",
    "CURRENCY": "currency",
}
_MAX_INTEGER = 2**31 - 1


def parse(text: str) -> Query:
    """Return the tree of a query.

    Raises:
        SoqlError: `MALFORMED_QUERY` as Salesforce words it.
    """
    if not text or text.isspace():
        raise SoqlError("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
    if len(text) > MAX_LENGTH:
        raise SoqlError("MALFORMED_QUERY", f"SOQL statements can not be longer than {MAX_LENGTH} characters")
    source = Source(text)
    tokens = Tokens(source)
    # Lark does not annotate these two.
    parser: Any = _parser().parse_interactive("")
    try:
        while True:
            token = tokens.next(parser.choices())
            if token is None:
                break
            parser.feed_token(token)
        tree = parser.feed_eof()
    except UnexpectedToken as error:
        raise _syntax_error(source, tokens, error.token) from None
    except _Refused as error:
        raise error.as_error(source) from None
    query: Query = tree
    return query


class _Refused(Exception):
    """A token the grammar takes and Salesforce does not; the tree builder knows no text to point into."""

    def __init__(
        self, offset: int, sentence: str, *, code: str = "MALFORMED_QUERY", syntax: bool = False
    ) -> None:
        super().__init__(sentence)
        self._offset = offset
        self._sentence = sentence
        self._code = code
        self._syntax = syntax

    def as_error(self, source: Source) -> SoqlError:
        if self._syntax:
            return source.unexpected(self._offset, self._sentence)
        return source.error(self._code, self._offset, self._sentence)


def _syntax_error(source: Source, tokens: Tokens, token: Token) -> SoqlError:
    if token.type == "$END":
        return source.unexpected(len(source.text), "<EOF>")
    taken = tokens.taken
    start = token.start_pos or 0
    if len(taken) == 1:
        # recorded for `SELEKT Name FROM Account`: no position, no quotes
        return SoqlError("MALFORMED_QUERY", f"unexpected token: {_first_word(token)}")
    if token.type == "FROM" and taken[-2].type == "SELECT":
        return source.unexpected(start, source.text[taken[-2].start_pos : start + len(token)])
    if token.type == "RPAR" and taken[-2].type == "LPAR" and taken[-3].type in ("IN", "NOT_IN"):
        # an empty list is shown with the whole comparison
        return source.unexpected(start, source.text[taken[-4].start_pos : start + 1])
    return source.unexpected(start, _first_word(token))


def _first_word(token: Token) -> str:
    if token.type == "PLAIN_LIST":
        return "("
    if token.type in ("STRING", "NUMBER", "DATE", "DATETIME", "TIME"):
        return str(token)
    end = next((i for i, c in enumerate(token) if c in " \t\r\n.:"), len(token))
    return token[: max(end, 1)]


class _FedByHand(Lexer):
    """Satisfies Lark, which wants a lexer; `parse` feeds the tokens itself."""

    def __init__(self, _conf: object) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:  # noqa: ARG002
        return iter(())


class _Builder(Transformer[Token, Query]):
    """Builds the tree while the parser reduces."""

    def start(self, children: list[Any]) -> Query:
        query: Query = children[0]
        return query

    def query(self, c: list[Any]) -> Query:
        select, items, _, sources, scope, where, security, group, order, limit, offset, all_rows, locks, _ = c
        return Query(
            select=items,
            sources=sources,
            offset_in_text=select.start_pos,
            scope=scope,
            where=where,
            security=security,
            group_by=group,
            order_by=order,
            limit=limit,
            offset=offset,
            all_rows=all_rows is not None,
            locks=locks,
        )

    def items(self, c: list[Any]) -> tuple[Item, ...]:
        return _listed(c)

    def item(self, c: list[Any]) -> Item:
        alias = c[1] if len(c) > 1 else None
        return Item(c[0], None if alias is None else _alias(alias))

    def child(self, c: list[Any]) -> Item:
        return Item(c[1])

    def typeof(self, c: list[Any]) -> TypeOf:
        whens = tuple(x for x in c if isinstance(x, When))
        otherwise = next((x for x in c if isinstance(x, tuple)), ())
        return TypeOf(_path(c[1]), whens, otherwise)

    def when(self, c: list[Any]) -> When:
        return When(_path(c[1]), c[3])

    def otherwise(self, c: list[Any]) -> tuple[Path, ...]:
        paths: tuple[Path, ...] = c[1]
        return paths

    def paths(self, c: list[Any]) -> tuple[Path, ...]:
        return tuple(_path(x) for x in c if x.type == "PATH")

    def path(self, c: list[Any]) -> Path:
        return _path(c[0])

    def call(self, c: list[Any]) -> Call:
        return Call(c[0].upper(), c[2] or (), c[0].start_pos)

    def arguments(self, c: list[Any]) -> tuple[Expr | Literal, ...]:
        return _listed(c)

    def sources(self, c: list[Any]) -> tuple[From, ...]:
        return _listed(c)

    def source(self, c: list[Any]) -> From:
        return From(_path(c[0]), None if c[2] is None else _alias(c[2]))

    def word(self, c: list[Any]) -> Path | None:
        return None if c[0] is None else _path(c[1])

    def clause(self, c: list[Any]) -> Condition | None:
        condition: Condition | None = c[-1]
        return condition

    def security(self, c: list[Any]) -> Path | None:
        path = self.word(c)
        if path and str(path).upper() not in ("SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"):
            raise _Refused(path.offset, path.parts[0], syntax=True)
        return path

    def integer(self, c: list[Any]) -> int | None:
        return None if c[0] is None else _integer(c[1])

    def only(self, c: list[Any]) -> Any:
        return c[0]

    group_ = direction = nulls = all_rows_ = only

    def all_of(self, c: list[Any]) -> Condition:
        items = tuple(x for x in c if not isinstance(x, Token))
        return And(items)

    def any_of(self, c: list[Any]) -> Condition:
        items = tuple(x for x in c if not isinstance(x, Token))
        return Or(items)

    def negated(self, c: list[Any]) -> Condition:
        return Not(c[1])

    def single(self, c: list[Any]) -> Condition:
        condition: Condition = c[1]
        return condition

    def comparison(self, c: list[Any]) -> Comparison:
        operator = _operator(c[1])
        return Comparison(c[0], operator, c[2])

    def semi_join(self, c: list[Any]) -> Comparison:
        return Comparison(c[0], _operator(c[1]), c[3])

    def plain_list(self, c: list[Any]) -> tuple[Literal, ...]:
        return tuple(
            Literal("string", text[1:-1], offset) if text[0] == "'" else Literal("number", text, offset)
            for text, offset in plain_values(c[0])
        )

    def values(self, c: list[Any]) -> tuple[Literal, ...]:
        return _listed(c)

    def value(self, c: list[Any]) -> Literal:
        token = c[0]
        if token.type == "BIND":
            raise _Refused(token.start_pos, "Bind variables only allowed in Apex code")
        text = token[1:-1] if token.type == "STRING" else str(token)
        return Literal(_LITERALS[token.type], text, token.start_pos)

    def group_plain(self, c: list[Any]) -> GroupBy:
        return GroupBy("", c[1], c[2])

    def group_sets(self, c: list[Any]) -> GroupBy:
        return GroupBy(c[1].upper(), c[3], c[5])

    def exprs(self, c: list[Any]) -> tuple[Expr, ...]:
        return _listed(c)

    def order_(self, c: list[Any]) -> tuple[Order, ...]:
        return tuple(x for x in c if isinstance(x, Order))

    def ordered(self, c: list[Any]) -> Order:
        expr, direction, nulls = c
        descending = direction is not None and direction.type == "DESC"
        # Salesforce's default is NULLS FIRST both ways.
        return Order(expr, descending, nulls is not None and nulls.type == "NULLS_LAST")

    def locks(self, c: list[Any]) -> tuple[str, ...]:
        return tuple(x.type for x in c)

    def update_(self, c: list[Any]) -> None:
        for word in c[1:]:
            if word is not None and word.type == "PATH" and word.upper() not in ("TRACKING", "VIEWSTAT"):
                raise _Refused(word.start_pos, _first_word(word), syntax=True)


def _listed(children: list[Any]) -> tuple[Any, ...]:
    return tuple(x for x in children if not isinstance(x, Token))


def _path(token: Token) -> Path:
    text = str(token)
    parts = tuple(part.strip() for part in text.split(".")) if "." in text else (text,)
    return Path(parts, token.start_pos or 0)


def _alias(token: Token) -> str:
    path = _path(token)
    if len(path.parts) > 1:
        raise _Refused(path.offset + len(path.parts[0]), ".", syntax=True)
    return path.parts[0]


def _operator(token: Token) -> str:
    operator = token.upper()
    return "!=" if operator == "<>" else "NOT IN" if token.type == "NOT_IN" else operator


def _integer(token: Token) -> int:
    if not token.isdigit():
        raise _Refused(token.start_pos or 0, str(token), syntax=True)
    number = int(token) if len(token) < 20 else _MAX_INTEGER + 1
    if number > _MAX_INTEGER:
        raise _Refused(token.start_pos or 0, f"numeric value out of range: {token}")
    return number


@functools.cache
def _parser() -> Lark:
    grammar = resources.files("local_org.soql").joinpath("grammar.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer=_FedByHand, transformer=_Builder(), maybe_placeholders=True)
