"""The functions of the formula language, each as the SQL it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_org.customise import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Function = Callable[[str, list["Sql"]], "Sql"]


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and what it yields: `text`, `number`, `boolean`, `date`, `datetime` or `time`.

    Attributes:
        plain: the same without blanks turned into zero, for functions that ask whether it is blank.
    """

    text: str
    kind: str
    plain: str | None = None

    @property
    def raw(self) -> str:
        """The SQL that is NULL when the field is blank."""
        return self.plain or self.text


def _need(name: str, arguments: list[Sql], least: int, most: int | None = None) -> None:
    if len(arguments) < least or (most is not None and len(arguments) > most):
        expected = str(least) if most == least else f"at least {least}"
        message = f"Error: Incorrect number of parameters for function '{name}()'. Expected {expected}"
        raise errors.integrity(f"{message}, received {len(arguments)}", "formula")


def _simple(pattern: str, kind: str, count: int) -> Function:
    """Make a function of a fixed number of arguments from a pattern with `{0}`, `{1}`, ..."""

    def made(name: str, arguments: list[Sql]) -> Sql:
        _need(name, arguments, count, count)
        return Sql(pattern.format(*(argument.text for argument in arguments)), kind)

    return made


def _folded(joint: str, kind: str) -> Function:
    def made(name: str, arguments: list[Sql]) -> Sql:
        _need(name, arguments, 1)
        return Sql("(" + joint.join(argument.text for argument in arguments) + ")", kind)

    return made


def _listed(function: str) -> Function:
    def made(name: str, arguments: list[Sql]) -> Sql:
        _need(name, arguments, 1)
        texts = [argument.text for argument in arguments]
        # With one argument SQLite would take max() for the aggregate.
        return Sql(f"{function}({', '.join(texts if len(texts) > 1 else texts * 2)})", "number")

    return made


def _if(name: str, arguments: list[Sql]) -> Sql:
    _need(name, arguments, 3, 3)
    condition, yes, no = arguments
    kind = yes.kind if yes.text != "NULL" else no.kind
    return Sql(f"CASE WHEN {condition.text} THEN {yes.text} ELSE {no.text} END", kind)


def _case(name: str, arguments: list[Sql]) -> Sql:
    _need(name, arguments, 4)
    subject, *rest = arguments
    if len(rest) % 2 == 0:
        raise errors.integrity("Error: Incorrect number of parameters for function 'CASE()'", "formula")
    pairs = zip(rest[:-1:2], rest[1::2], strict=True)
    whens = " ".join(f"WHEN {subject.text} = {value.text} THEN {result.text}" for value, result in pairs)
    return Sql(f"CASE {whens} ELSE {rest[-1].text} END", rest[1].kind)


def _blank(name: str, arguments: list[Sql]) -> Sql:
    _need(name, arguments, 1, 1)
    return Sql(f"({arguments[0].raw} IS NULL)", "boolean")


def _blank_value(name: str, arguments: list[Sql]) -> Sql:
    _need(name, arguments, 2, 2)
    return Sql(f"coalesce({arguments[0].raw}, {arguments[1].text})", arguments[1].kind)


def _text(name: str, arguments: list[Sql]) -> Sql:
    _need(name, arguments, 1, 1)
    value = arguments[0]
    if value.kind != "number":
        return Sql(f"CAST({value.text} AS TEXT)", "text")
    whole = f"CAST({value.text} AS INTEGER)"
    return Sql(f"CAST(CASE WHEN {value.text} = {whole} THEN {whole} ELSE {value.text} END AS TEXT)", "text")


def _mid(name: str, arguments: list[Sql]) -> Sql:
    _need(name, arguments, 3, 3)
    text, start, count = (argument.text for argument in arguments)
    return Sql(f"substr({text}, CAST({start} AS INTEGER), CAST({count} AS INTEGER))", "text")


def _part(code: str) -> Function:
    return _simple(f"CAST(strftime('{code}', {{0}}) AS REAL)", "number", 1)


FUNCTIONS: Mapping[str, Function] = {
    "ABS": _simple("abs({0})", "number", 1),
    "AND": _folded(" AND ", "boolean"),
    "BEGINS": _simple("(substr({0}, 1, length({1})) = {1})", "boolean", 2),
    "BLANKVALUE": _blank_value,
    "CASE": _case,
    "CEILING": _simple("org_ceil({0})", "number", 1),
    "CONTAINS": _simple("(instr({0}, {1}) > 0)", "boolean", 2),
    "DATE": _simple("printf('%04d-%02d-%02d', {0}, {1}, {2})", "date", 3),
    "DATEVALUE": _simple("substr({0}, 1, 10)", "date", 1),
    "DAY": _part("%d"),
    "FLOOR": _simple("org_floor({0})", "number", 1),
    "HYPERLINK": _simple("""('<a href="' || {0} || '" target="_blank">' || {1} || '</a>')""", "text", 2),
    "IF": _if,
    "INCLUDES": _simple("(instr(';' || {0} || ';', ';' || {1} || ';') > 0)", "boolean", 2),
    "ISBLANK": _blank,
    "ISNULL": _blank,
    "ISNUMBER": _simple("({0} GLOB '[0-9]*' AND {0} NOT GLOB '*[^0-9.]*')", "boolean", 1),
    "ISPICKVAL": _simple("(coalesce({0}, '') = {1})", "boolean", 2),
    "LEFT": _simple("substr({0}, 1, CAST({1} AS INTEGER))", "text", 2),
    "LEN": _simple("length(coalesce({0}, ''))", "number", 1),
    "LOWER": _simple("lower({0})", "text", 1),
    "MAX": _listed("max"),
    "MID": _mid,
    "MIN": _listed("min"),
    "MOD": _simple("({0} - {1} * org_floor({0} / {1}))", "number", 2),
    "MONTH": _part("%m"),
    "NOT": _simple("(NOT {0})", "boolean", 1),
    "NOW": _simple("org_now()", "datetime", 0),
    "NULLVALUE": _blank_value,
    "OR": _folded(" OR ", "boolean"),
    "RIGHT": _simple("substr({0}, -CAST({1} AS INTEGER))", "text", 2),
    "ROUND": _simple("round({0}, CAST({1} AS INTEGER))", "number", 2),
    "SUBSTITUTE": _simple("replace({0}, {1}, {2})", "text", 3),
    "TEXT": _text,
    "TODAY": _simple("org_today()", "date", 0),
    "TRIM": _simple("trim({0})", "text", 1),
    "UPPER": _simple("upper({0})", "text", 1),
    "VALUE": _simple("CAST({0} AS REAL)", "number", 1),
    "YEAR": _part("%Y"),
}
