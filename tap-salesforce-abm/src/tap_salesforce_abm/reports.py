"""What a report's rows look like as records: pure.

Every column of a report has a value and the text that a person sees. A record carries both under two names:

* a number, date, checkbox: `AMOUNT` is the typed value, `AMOUNT_label` the text in the user's locale;
* anything else: `ACCOUNT_NAME` is the text; when the cell stands for a record (the name of an Account, an
  owner), `ACCOUNT_NAME_id` is that record's Id.

Columns are named by their API names, dots made underscores, because headings can repeat and change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.errors import ConfigError
from salesforce_abm.reports import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from salesforce_abm.reports import ReportColumn, ReportDescription, ReportRun

__all__ = ["ReportSchema", "report_schema"]

_TYPES: Final[Mapping[str, dict[str, Any]]] = {
    "boolean": {"type": ["boolean", "null"]},
    "currency": {"type": ["number", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "double": {"type": ["number", "null"]},
    "int": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "percent": {"type": ["number", "null"]},
    # Salesforce puts bare dates into some columns it calls datetime (CREATED_DATE): no format fits.
    "datetime": {"type": ["string", "null"]},
}
_TEXT: Final = {"type": ["string", "null"]}
_NO_CELL: Final = Cell(None, None)
_NOT_IN_NAMES: Final = re.compile(r"\W+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReportSchema:
    """How a report's rows become records.

    Attributes:
        columns: groupings first, then detail columns: the property name and the column.
        key: properties that identify a row.
    """

    columns: tuple[tuple[str, ReportColumn], ...]
    key: tuple[str, ...]

    def json_schema(self) -> dict[str, Any]:
        """Give the stream's JSON Schema."""
        properties: dict[str, Any] = {}
        for name, column in self.columns:
            second = _second(name, column)
            properties[name] = {**_TYPES.get(column.data_type, _TEXT), "title": column.label}
            what = "as shown" if _is_typed(column) else "Id of the record"
            properties[second] = {**_TEXT, "title": f"{column.label} ({what})"}
        return {"type": "object", "properties": properties}

    def records(self, run: ReportRun) -> Iterator[dict[str, Any]]:
        """Turn the rows of a run into records; columns the report no longer has are null.

        Args:
            run: the result; its columns may be others than when the report was described.
        """
        positions = {column.name: at for at, column in enumerate((*run.groupings, *run.columns))}
        for row in run.rows:
            cells = row.groupings + row.cells
            record: dict[str, Any] = {}
            for name, column in self.columns:
                at = positions.get(column.name)
                _fill(record, name, column, _NO_CELL if at is None else cells[at])
            yield record


def _fill(record: dict[str, Any], name: str, column: ReportColumn, cell: Cell) -> None:
    if _is_typed(column):
        record[name] = cell.value
        record[_second(name, column)] = cell.label
    else:
        plain = cell.plain
        record[name] = plain if plain is None or isinstance(plain, str) else str(plain)
        record[_second(name, column)] = cell.value if cell.is_reference else None


def report_schema(report: ReportDescription, key: Iterable[str] = ()) -> ReportSchema:
    """Name and type a report's columns.

    Args:
        report: its definition.
        key: the user's choice of identifying columns: property or API names, in any letter case.

    Raises:
        ConfigError: the key names a column that the report does not have.
    """
    taken: set[str] = set()
    columns = []
    for column in (*report.groupings, *report.columns):
        base = _NOT_IN_NAMES.sub("_", column.name).strip("_") or "column"
        name, number = base, 2
        while taken & {name.lower(), _second(name, column).lower()}:
            name, number = f"{base}_{number}", number + 1
        taken |= {name.lower(), _second(name, column).lower()}
        columns.append((name, column))
    by_name: dict[str, str] = {}
    for name, column in columns:
        second = _second(name, column)
        by_name |= {column.name.lower(): name, name.lower(): name, second.lower(): second}
    unknown = [wanted for wanted in key if wanted.lower() not in by_name]
    if unknown:
        raise ConfigError(
            f"report {report.name!r}: `key` names {', '.join(unknown)}, which is no column of it; "
            f"there are {', '.join(name for name, _ in columns)}"
        )
    return ReportSchema(tuple(columns), tuple(by_name[wanted.lower()] for wanted in key))


def _is_typed(column: ReportColumn) -> bool:
    return column.data_type in _TYPES


def _second(name: str, column: ReportColumn) -> str:
    return f"{name}_label" if _is_typed(column) else f"{name}_id"
