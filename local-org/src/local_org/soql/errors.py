"""What the query engine refuses, in Salesforce's own codes and layouts.

Two layouts exist. Plain: only the sentence (`unexpected token: SELEKT`). With a position, as recorded from
real orgs: a line feed, the part of the query around the mistake, a caret under it, `ERROR at Row:r:Column:c`,
and the sentence:

    (line feed)
    SELECT Bacon__c FROM Account LIMIT 2
           ^
    ERROR at Row:1:Column:8
    No such column 'Bacon__c' on entity 'Account'. If you are ...

How much of the query is echoed was worked out from recorded messages: the line of the mistake only, 30
characters to either side, widened to whole words; a word ends at a blank or a comma. Columns count from 1,
except in syntax errors, whose column (and caret) is one less.
"""

from __future__ import annotations

from bisect import bisect_right

_REACH = 30
_WORD_ENDS = frozenset(" ,\t\n\r\f")
_DESCRIBE_HINT = " Please reference your WSDL or the describe call for the appropriate names."


class SoqlError(Exception):
    """A query Salesforce would answer with HTTP 400.

    Attributes:
        code: Salesforce's `errorCode`, such as `MALFORMED_QUERY`.
        message: the exact `message`, caret block included.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Source:
    """The text of one query, to turn offsets into caret blocks."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line (from 1) and the column (from 0) of an offset."""
        if self._starts is None:
            self._starts = [0, *(i + 1 for i, c in enumerate(self.text) if c == "\n")]
        row = bisect_right(self._starts, offset)
        return row, offset - self._starts[row - 1]

    def block(self, offset: int, sentence: str, *, back: int = 0) -> str:
        """Lay a sentence out under the echoed query.

        Args:
            offset: index in the query of the token meant.
            sentence: what is wrong.
            back: characters the caret and the column lie before the token (1 in syntax errors).
        """
        row, column = self.position(offset)
        line_start = offset - column
        line_end = self.text.find("\n", line_start)
        line = self.text[line_start : len(self.text) if line_end < 0 else line_end].rstrip("\r")
        at = max(0, min(column, len(line)) - back)
        start = max(0, at - _REACH)
        while start > 0 and line[start - 1] not in _WORD_ENDS:
            start -= 1
        end = min(len(line), at + _REACH + 1)
        while end < len(line) and line[end] not in _WORD_ENDS:
            end += 1
        caret = " " * (at - start) + "^"
        return f"\n{line[start:end]}\n{caret}\nERROR at Row:{row}:Column:{at + 1}\n{sentence}"

    def error(self, code: str, offset: int, sentence: str) -> SoqlError:
        """Return an error that points at a token."""
        return SoqlError(code, self.block(offset, sentence))

    def unexpected(self, offset: int, shown: str) -> SoqlError:
        """Return the syntax error for the token at `offset`."""
        return SoqlError("MALFORMED_QUERY", self.block(offset, f"unexpected token: '{shown}'", back=1))

    def no_column(self, offset: int, column: str, entity: str) -> SoqlError:
        """Return the error for a field that does not exist or is hidden from the user."""
        return self.error(
            "INVALID_FIELD",
            offset,
            f"No such column '{column}' on entity '{entity}'. If you are attempting to use a custom field,"
            f" be sure to append the '__c' after the custom field name.{_DESCRIBE_HINT}",
        )

    def no_type(self, offset: int, name: str) -> SoqlError:
        """Return the error for an object that does not exist or may not be read."""
        return self.error(
            "INVALID_TYPE",
            offset,
            f"sObject type '{name}' is not supported. If you are attempting to use a custom object,"
            f" be sure to append the '__c' after the entity name.{_DESCRIBE_HINT}",
        )

    def no_parent(self, offset: int, relationship: str) -> SoqlError:
        """Return the error for an unknown relationship in a field path."""
        return self._no_relationship("INVALID_FIELD", offset, relationship, "field path")

    def no_children(self, offset: int, relationship: str) -> SoqlError:
        """Return the error for an unknown relationship in the FROM of a subquery."""
        return self._no_relationship("INVALID_TYPE", offset, relationship, "FROM part of query call")

    def _no_relationship(self, code: str, offset: int, name: str, where: str) -> SoqlError:
        return self.error(
            code,
            offset,
            f"Didn't understand relationship '{name}' in {where}. If you are attempting to use a custom"
            f" relationship, be sure to append the '__r' after the custom relationship name.{_DESCRIBE_HINT}",
        )
