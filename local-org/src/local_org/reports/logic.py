"""Filter logic of reports, such as `(1 OR 2) AND NOT 3`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local_org.reports.errors import bad_condition

if TYPE_CHECKING:
    from collections.abc import Sequence


def combine(conditions: Sequence[str], logic: str | None) -> str:
    """Joins numbered conditions by a filter logic.

    Args:
        conditions: SOQL conditions, the first has number 1.
        logic: such as `(1 OR 2) AND NOT 3`; None joins all by AND.

    Raises:
        ReportError: 400, for logic that cannot be read or leaves a filter out.
    """
    if not conditions:
        if logic:
            raise bad_condition(logic)
        return ""
    if not logic or not logic.strip():
        return " AND ".join(f"({item})" for item in conditions)
    parser = _Logic(logic, conditions)
    return parser.parse()


class _Logic:
    """Reads filter logic: numbers, AND, OR, NOT, parentheses."""

    def __init__(self, text: str, conditions: Sequence[str]) -> None:
        self._text = text
        self._conditions = conditions
        self._words = re.findall(r"\d+|\(|\)|[A-Za-z]+|\S", text)
        self._at = 0
        self._used: set[int] = set()

    def parse(self) -> str:
        rendered = self._either()
        if self._at != len(self._words) or self._used != set(range(1, len(self._conditions) + 1)):
            raise bad_condition(self._text)
        return rendered

    def _peek(self) -> str:
        return self._words[self._at].upper() if self._at < len(self._words) else ""

    def _take(self) -> str:
        word = self._peek()
        self._at += 1
        return word

    def _either(self) -> str:
        parts = [self._both()]
        while self._peek() == "OR":
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    def _both(self) -> str:
        parts = [self._one()]
        while self._peek() == "AND":
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"

    def _one(self) -> str:
        word = self._take()
        if word == "NOT":
            return f"(NOT {self._one()})"
        if word == "(":
            inner = self._either()
            if self._take() != ")":
                raise bad_condition(self._text)
            return inner
        if not word.isdigit() or not 1 <= int(word) <= len(self._conditions):
            raise bad_condition(self._text)
        self._used.add(int(word))
        return f"({self._conditions[int(word) - 1]})"
