"""Reading a report of more than 2,000 rows, which is the most that Salesforce gives of one run.

There is no next page: the report is run again with other filters, which change nothing in the saved one.

* A tabular report is sorted by a number or date column, and each run begins at the last value of the one
  before, whose rows are dropped there and come again here, because more of them may have been cut off.
* Any report with a date filter is run for windows of days, halved where there are still too many rows.

Rows without a value in that column are fetched by a run of their own. When nothing can be done, or the rows
that came are not as many as the report counts, the read fails and says how to make the report extractable.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.errors import ApiError, DataError
from salesforce_abm.reports import between_days, sorted_by, with_filter
from tap_salesforce_abm.decode import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from salesforce_abm.reports import ReportColumn, ReportRow, ReportRun, Reports

__all__ = ["whole_report"]

_SORTABLE: Final = ("int", "double", "number", "currency", "percent", "date", "datetime")
"""Types whose filters have an order that does not depend on a locale."""
_EARLIEST: Final = date(1970, 1, 1)
_LATEST: Final = date(2100, 1, 1)


class _StuckError(Exception):
    """This way of cutting the report leads nowhere."""


def whole_report(reports: Reports, report_id: str, encode: Callable[[ReportRun], Lines]) -> Iterator[Lines]:
    """Run a report, as often as it takes to get all rows.

    Args:
        reports: runs reports.
        report_id: which.
        encode: turns the rows of a run into records.

    Yields:
        The report's rows. Those of a report that has to be cut wait in a temporary file until they are all
        there, so nothing comes of a report that cannot be read whole.

    Raises:
        DataError: no way to get them all was found.
    """
    first = reports.run(report_id)
    if first.all_data:
        yield encode(first)
        return
    ways: list[_Sorted | _Days] = [
        *(_Sorted(reports, first, column) for column in _columns(first)),
        *([_Days(reports, first)] if _date_column(first.metadata) else []),
    ]
    for way in ways:
        with tempfile.TemporaryFile(prefix="tap-salesforce-abm-") as spool:
            kept = []
            try:
                for run in way.runs():
                    lines = encode(run)
                    spool.write(lines.data)
                    kept.append((lines.count, len(lines.data)))
            except (_StuckError, ApiError, ValueError):
                continue
            if first.row_count in (None, sum(count for count, _ in kept)):
                spool.seek(0)
                yield from (Lines(count, spool.read(size)) for count, size in kept)
                return
    raise DataError(
        f"report {first.name!r} has more rows than the 2,000 Salesforce gives of a run, and no way to cut it",
        remedy="Add a number or date column with many different values, or a date filter; or narrow the "
        "report, or extract the objects it is made of.",
    )


def _columns(run: ReportRun) -> list[ReportColumn]:
    if run.format != "TABULAR":
        return []  # the rows of other formats come by group, whatever they are sorted by
    fitting = [column for column in run.columns if column.data_type in _SORTABLE]
    return sorted(fitting, key=lambda column: -len({_value(run, row, column) for row in run.rows}))


def _date_column(metadata: Mapping[str, Any]) -> str | None:
    column = (metadata.get("standardDateFilter") or {}).get("column")
    return str(column) if column else None


def _value(run: ReportRun, row: ReportRow, column: ReportColumn) -> Any:
    return row.cells[run.columns.index(column)].value


class _Sorted:
    """Sorted by a column, each run beginning where the one before ended.

    Args:
        reports: runs reports.
        first: the report's first run.
        column: what to sort by.
    """

    def __init__(self, reports: Reports, first: ReportRun, column: ReportColumn) -> None:
        self._reports = reports
        self._first = first
        self._column = column

    def runs(self) -> Iterator[ReportRun]:
        """Give runs that together have all rows; nothing comes twice.

        Raises:
            _StuckError: more rows than a run gives have one value.
        """
        name = self._column.name
        empty = self._run(with_filter(self._first.metadata, name, "equals", ""))
        if not empty.all_data:
            raise _StuckError
        yield empty
        filled = sorted_by(with_filter(self._first.metadata, name, "notEqual", ""), name)
        last: Any = None
        while True:
            run = self._run(
                filled if last is None else with_filter(filled, name, "greaterOrEqual", str(last))
            )
            if run.all_data:
                yield run
                return
            values = [_value(run, row, self._column) for row in run.rows]
            if not values or values[-1] == values[0] or values[-1] == last:
                raise _StuckError
            last = values[-1]
            kept = [row for row, value in zip(run.rows, values, strict=True) if value != last]
            yield replace(run, rows=kept)

    def _run(self, metadata: Mapping[str, Any]) -> ReportRun:
        return self._reports.run(self._first.id, metadata=metadata)


class _Days:
    """Cut by the report's date filter.

    Args:
        reports: runs reports.
        first: the report's first run.
    """

    def __init__(self, reports: Reports, first: ReportRun) -> None:
        self._reports = reports
        self._first = first
        self._column = str(_date_column(first.metadata))

    def runs(self) -> Iterator[ReportRun]:
        """Give runs that together have all rows.

        Raises:
            _StuckError: a single day has more rows than a run gives.
        """
        known = self._first.metadata["standardDateFilter"]
        start, end = known.get("startDate"), known.get("endDate")
        if not start and not end:
            # Rows without a date are in no window.
            metadata = with_filter(self._first.metadata, self._column, "equals", "")
            empty = self._reports.run(self._first.id, metadata=metadata)
            if not empty.all_data:
                raise _StuckError
            yield empty
        yield from self._between(
            date.fromisoformat(start) if start else _EARLIEST, date.fromisoformat(end) if end else _LATEST
        )

    def _between(self, start: date, end: date) -> Iterator[ReportRun]:
        metadata = between_days(self._first.metadata, self._column, start, end)
        run = self._reports.run(self._first.id, metadata=metadata)
        if run.all_data:
            yield run
            return
        if start == end:
            raise _StuckError
        middle = start + (end - start) // 2
        yield from self._between(start, middle)
        yield from self._between(middle + timedelta(days=1), end)
