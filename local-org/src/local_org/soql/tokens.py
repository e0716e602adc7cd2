"""Cuts a query into tokens, asking the parser which kinds may come next.

SOQL has hardly any reserved words: `SELECT Id FROM Order ORDER BY Name` is a query. Each word is therefore
offered as a keyword only where the parser would take it. A list of strings and numbers, which may hold
thousands of ids, is one token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lark import Token

from local_org.soql.errors import SoqlError, Source

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_STRING = r"'(?:[^'\\]|\\.)*+'"
_MASTER = re.compile(
    rf"""
    (?P<STRING>{_STRING})
  | (?P<DATETIME>\d{{4}}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d+(?::\d+)?))
  | (?P<DATE>\d{{4}}-\d\d-\d\d)
  | (?P<TIME>\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d+(?::\d+)?)?)
  | (?P<NUMBER>[+-]?(?:\d+(?:\.\d*)?|\.\d+))
  | (?P<WORD>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<OPERATOR><=|>=|<>|!=|=|<|>)
  | (?P<LPAR>\()
  | (?P<RPAR>\))
  | (?P<COMMA>,)
  | (?P<BIND>:\s*[A-Za-z_][A-Za-z0-9_.]*)
  | (?P<STRAY>[-+*/%&|^!?@;:.\[\]{{}}~])
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANKS = re.compile(r"\s*", re.ASCII)
_PLAIN = rf"(?:{_STRING}|[+-]?(?:\d+(?:\.\d*)?|\.\d+))"
_PLAIN_LIST = re.compile(rf"\(\s*{_PLAIN}(?:\s*,\s*{_PLAIN})*+\s*\)", re.DOTALL | re.ASCII)
_IN_PLAIN_LIST = re.compile(_PLAIN, re.DOTALL | re.ASCII)
_MORE_PATH = re.compile(r"(?:\s*\.\s*[A-Za-z_][A-Za-z0-9_]*)*+", re.ASCII)
_SECOND_WORD = re.compile(r"\s+([A-Za-z]+)\b", re.ASCII)
_CALL_FOLLOWS = re.compile(r"\s*\(", re.ASCII)
_COUNT_FOLLOWS = re.compile(r"\s*:\s*([+-]?\d+)", re.ASCII)
_MONEY = re.compile(r"[A-Za-z]{3}-?\d+(?:\.\d+)?", re.ASCII)

# Two words that only together are a keyword.
_PAIRS = {
    ("USING", "SCOPE"): "USING_SCOPE",
    ("GROUP", "BY"): "GROUP_BY",
    ("ORDER", "BY"): "ORDER_BY",
    ("ALL", "ROWS"): "ALL_ROWS",
    ("FOR", "VIEW"): "FOR_VIEW",
    ("FOR", "REFERENCE"): "FOR_REFERENCE",
    ("FOR", "UPDATE"): "FOR_UPDATE",
    ("NULLS", "FIRST"): "NULLS_FIRST",
    ("NULLS", "LAST"): "NULLS_LAST",
    ("NOT", "IN"): "NOT_IN",
}
_PAIRED = frozenset(first for first, _ in _PAIRS)
_KEYWORDS = frozenset(
    """SELECT FROM AS WHERE WITH HAVING LIMIT OFFSET TYPEOF WHEN THEN ELSE END AND OR NOT UPDATE
    ASC DESC IN LIKE INCLUDES EXCLUDES NULL""".split()
)
_GROUP_KINDS = frozenset({"ROLLUP", "CUBE"})
# Words that are never names.
_RESERVED = frozenset("SELECT FROM WHERE WITH HAVING LIMIT AND OR NOT IN LIKE INCLUDES EXCLUDES NULL".split())
DATE_FUNCTIONS = frozenset(
    """CALENDAR_MONTH CALENDAR_QUARTER CALENDAR_YEAR DAY_IN_MONTH DAY_IN_WEEK DAY_IN_YEAR DAY_ONLY
    FISCAL_MONTH FISCAL_QUARTER FISCAL_YEAR HOUR_IN_DAY WEEK_IN_MONTH WEEK_IN_YEAR""".split()
)
AGGREGATES = frozenset({"AVG", "COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM"})
_FUNCTIONS = (
    DATE_FUNCTIONS
    | AGGREGATES
    | {
        "GROUPING",
        "TOLABEL",
        "FORMAT",
        "CONVERTCURRENCY",
        "CONVERTTIMEZONE",
        "DISTANCE",
        "GEOLOCATION",
        "FIELDS",
    }
)
RELATIVE_DATES = frozenset(
    """YESTERDAY TODAY TOMORROW LAST_WEEK THIS_WEEK NEXT_WEEK LAST_MONTH THIS_MONTH NEXT_MONTH LAST_90_DAYS
    NEXT_90_DAYS LAST_QUARTER THIS_QUARTER NEXT_QUARTER LAST_YEAR THIS_YEAR NEXT_YEAR LAST_FISCAL_QUARTER
    THIS_FISCAL_QUARTER NEXT_FISCAL_QUARTER LAST_FISCAL_YEAR THIS_FISCAL_YEAR NEXT_FISCAL_YEAR""".split()
)
COUNTED_DATES = frozenset(
    name
    for unit in ("DAYS", "WEEKS", "MONTHS", "QUARTERS", "YEARS", "FISCAL_QUARTERS", "FISCAL_YEARS")
    for name in (f"LAST_N_{unit}", f"NEXT_N_{unit}", f"N_{unit}_AGO")
)


class Tokens:
    """The tokens of one query, in order; `taken` are those given out."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._at = 0
        self.taken: list[Token] = []

    def next(self, choices: Container[str]) -> Token | None:
        """Return the next token, or None at the end of the text.

        Args:
            choices: names of the terminals the parser would take here.

        Raises:
            SoqlError: The text cannot be cut: a stray character, or a string that does not end.
        """
        blanks = _BLANKS.match(self._text, self._at)
        start = blanks.end() if blanks else self._at
        if start >= len(self._text):
            return None
        found = _MASTER.match(self._text, start)
        if found is None:
            raise self._cannot_cut(start)
        kind = found.lastgroup or ""
        end = found.end()
        if kind == "WORD":
            kind, end = self._word(found.group(), start, end, choices)
        elif kind == "LPAR" and "PLAIN_LIST" in choices:
            plain = _PLAIN_LIST.match(self._text, start)
            if plain:
                kind, end = "PLAIN_LIST", plain.end()
        token = Token(kind, self._text[start:end], start_pos=start)
        self._at = end
        self.taken.append(token)
        return token

    def _word(self, word: str, start: int, end: int, choices: Container[str]) -> tuple[str, int]:
        upper = word.upper()
        if upper in _PAIRED:
            second = _SECOND_WORD.match(self._text, end)
            pair = _PAIRS.get((upper, second.group(1).upper())) if second else None
            if second and pair and pair in choices:
                return pair, second.end()
        if upper in choices and (upper in _KEYWORDS or (upper in _GROUP_KINDS and self._call_follows(end))):
            return upper, end
        if "BOOLEAN" in choices:
            value = self._value(upper, start, end)
            if value:
                return value
        if upper in _FUNCTIONS and "FUNCTION" in choices and self._call_follows(end):
            return "FUNCTION", end
        if upper in _RESERVED:
            return upper, end
        more = _MORE_PATH.match(self._text, end)
        return "PATH", more.end() if more else end

    def _value(self, upper: str, start: int, end: int) -> tuple[str, int] | None:
        if upper in ("TRUE", "FALSE"):
            return "BOOLEAN", end
        if upper in RELATIVE_DATES:
            return "RELATIVE", end
        if upper in COUNTED_DATES:
            count = _COUNT_FOLLOWS.match(self._text, end)
            if count:
                return "RELATIVE", count.end()
        money = _MONEY.match(self._text, start)
        if money and money.end() >= end:
            return "CURRENCY", money.end()
        return None

    def _call_follows(self, end: int) -> bool:
        return _CALL_FOLLOWS.match(self._text, end) is not None

    def _cannot_cut(self, start: int) -> SoqlError:
        if self._text[start] == "'":
            row, column = self._source.position(len(self._text))
            return SoqlError(
                "MALFORMED_QUERY", f"line {row}:{column} mismatched character '<EOF>' expecting '''"
            )
        row, column = self._source.position(start)
        return SoqlError("MALFORMED_QUERY", f"line {row}:{column} unexpected token: '{self._text[start]}'")


def plain_values(token: Token) -> Iterator[tuple[str, int]]:
    """Yield the strings (with their quotes) and numbers of a PLAIN_LIST token, with offsets."""
    start = token.start_pos or 0
    return ((m.group(), start + m.start()) for m in _IN_PLAIN_LIST.finditer(token))
