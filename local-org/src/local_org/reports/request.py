"""A report's metadata, read and checked: what is to be run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_org.reports import dates, filters
from local_org.reports.errors import bad_column, bad_condition, bad_request, invalid_body, unsupported_format
from local_org.reports.logic import combine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local_org.reports.columns import Column, ReportType
    from local_org.reports.filters import Context

Json = dict[str, Any]
MAX_COLUMNS = 100
_APOSTROPHE = "\u2019"
_AGGREGATES = {"s": "Sum of {}", "a": "Average {}", "m": "Smallest {}", "x": "Largest {}", "u": "Unique {}"}
_STANDARD_DATES = frozenset({"CUSTOM", ""})
_OPPORTUNITY_STATUS = {
    "all": "",
    "open": "IsClosed = false",
    "closed": "IsClosed = true",
    "closedwon": "IsWon = true",
}
_NO_METADATA = "The request is invalid because there is no metadata. Specify metadata in the request body."
_NO_FILTERS = (
    "The request is invalid because there are no filters. Specify filters or set filters as an empty array"
    " to omit them."
)
_NO_COLUMNS = (
    f"Can{_APOSTROPHE}t run the report because it doesn{_APOSTROPHE}t have any columns selected."
    " Be sure to add fields as columns to the report through the user interface."
)
_TOO_WIDE = (
    "Only a report with fewer than 100 columns can be run. The columns are fields specified as detail"
    " columns, summaries, or custom summary formulas. Remove unneeded columns from the report and try again."
)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A summary of all rows of a group.

    Attributes:
        name: as in the metadata, such as `s!AMOUNT` or `RowCount`.
        function: `count`, or the letter before the `!`.
        column: what is summarised; None for the row count.
    """

    name: str
    function: str
    column: Column | None

    @property
    def label(self) -> str:
        """As people see it."""
        return _AGGREGATES[self.function].format(self.column.label) if self.column else "Record Count"

    @property
    def data_type(self) -> str:
        """`dataType` of the summary."""
        return self.column.data_type if self.column and self.function != "u" else "int"


@dataclass(frozen=True, slots=True)
class Grouping:
    """One level of grouping, downwards or across.

    Attributes:
        column: by what.
        granularity: of dates: a key of `dates.GRANULARITIES`, or `None` for single days.
        descending: order of the groups.
        sort_index: which aggregate the groups are ordered by; None: by their own value.
    """

    column: Column
    granularity: str = "None"
    descending: bool = False
    sort_index: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run computes.

    Attributes:
        format: `TABULAR`, `SUMMARY` or `MATRIX`.
        details: detail columns in order.
        down: grouping levels of rows.
        across: grouping levels of columns; matrix reports only.
        aggregates: summaries in order.
        where: SOQL condition of the rows; empty: all.
        sort: column of the detail rows' order.
        descending: whether that order is reversed.
        limit: at most so many rows altogether (`topRows`).
        metadata: the report's metadata with what the request changed, and without what the user may not see.
    """

    format: str
    details: tuple[Column, ...]
    down: tuple[Grouping, ...]
    across: tuple[Grouping, ...]
    aggregates: tuple[Aggregate, ...]
    where: str
    sort: Column | None
    descending: bool
    limit: int | None
    metadata: Json = field(hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Runner:
    """The running user, as far as a report depends on who runs it.

    Attributes:
        context: his day and locale.
        scopes: SOQL condition per scope value (`user`, `team`).
    """

    context: Context
    scopes: Mapping[str, str]


def merge(saved: Mapping[str, Any], body: Any) -> Json:
    """The metadata of a run: the saved one with what the request brings.

    Args:
        saved: the report's own metadata.
        body: the request's JSON; only its `reportMetadata` counts.

    Raises:
        ReportError: 400 or 500 when the body is none of what the API accepts.
    """
    if not isinstance(body, dict) or body.get("reportMetadata") is None:
        raise bad_request(_NO_METADATA)
    changes = body["reportMetadata"]
    if not isinstance(changes, dict):
        raise invalid_body()
    if changes.get("reportFilters") is None:
        raise bad_request(_NO_FILTERS)
    kept = ("id", "developerName", "reportType", "name", "folderId")
    return {**saved, **{key: value for key, value in changes.items() if key not in kept or key not in saved}}


def prune(saved: Mapping[str, Any], full: ReportType) -> Json:
    """Saved metadata without the columns of fields that the org has lost since.

    Args:
        saved: the report's own metadata.
        full: its report type.
    """

    def known(name: Any) -> bool:
        return name == "RowCount" or full.column(str(name).rpartition("!")[2]) is not None

    kept = dict(saved)
    for key in ("detailColumns", "aggregates"):
        kept[key] = [name for name in _list(saved, key) if known(name)]
    for key, of in (("groupingsDown", "name"), ("groupingsAcross", "name"), ("sortBy", "sortColumn")):
        kept[key] = [item for item in _list(saved, key) if isinstance(item, dict) and known(item.get(of))]
    return kept


def plan(metadata: Mapping[str, Any], full: ReportType, seen: ReportType, runner: Runner) -> Plan:
    """Checks a report's metadata and says what to compute.

    Args:
        metadata: `reportMetadata`.
        full: the report type as it is.
        seen: the report type as the running user may see it; columns hidden from him drop out of the report.
        runner: who runs it.

    Raises:
        ReportError: 400 for what cannot be run, 501 for joined reports.
    """
    report_format = str(metadata.get("reportFormat") or "TABULAR").upper()
    if report_format not in {"TABULAR", "SUMMARY", "MATRIX"}:
        raise unsupported_format()
    reader = _Reader(full, seen)
    details = reader.details(_list(metadata, "detailColumns"))
    aggregates = reader.aggregates(_list(metadata, "aggregates"))
    down: tuple[Grouping, ...] = ()
    across: tuple[Grouping, ...] = ()
    if report_format != "TABULAR":
        down = reader.groupings(_list(metadata, "groupingsDown"), aggregates)
    if report_format == "MATRIX":
        across = reader.groupings(_list(metadata, "groupingsAcross"), aggregates)
    if not details and not down:
        raise bad_request(_NO_COLUMNS)
    if len(details) + len(aggregates) > MAX_COLUMNS:
        raise bad_request(_TOO_WIDE)
    sort, descending = _sort(metadata, report_format, details)
    limit = _top_rows(metadata)
    where = _where(metadata, seen, runner)
    shown = {
        **metadata,
        "reportFormat": report_format,
        "detailColumns": [column.name for column in details],
        "aggregates": [aggregate.name for aggregate in aggregates],
        "standardDateFilter": _resolved_dates(metadata, runner),
    }
    return Plan(report_format, details, down, across, aggregates, where, sort, descending, limit, shown)


class _Reader:
    def __init__(self, full: ReportType, seen: ReportType) -> None:
        self._full = full
        self._seen = seen

    def _find(self, name: object) -> Column | None:
        """The column; None when it exists but not for this user."""
        if self._full.column(name) is None:
            raise bad_request(f"Specify a valid column because {name} is invalid.")
        return self._seen.column(name)

    def details(self, names: Sequence[Any]) -> tuple[Column, ...]:
        return tuple(column for name in names if (column := self._find(name)) is not None)

    def groupings(self, entries: Sequence[Any], aggregates: Sequence[Aggregate]) -> tuple[Grouping, ...]:
        names = [aggregate.name for aggregate in aggregates]
        made = []
        for entry in entries:
            item = entry if isinstance(entry, dict) else {}
            column = self._find(item.get("name"))
            granularity = str(item.get("dateGranularity") or "None")
            if granularity != "None" and granularity not in dates.GRANULARITIES:
                raise bad_condition(granularity)
            if column is not None:
                descending = str(item.get("sortOrder") or "Asc").lower() == "desc"
                by = item.get("sortAggregate")
                index = names.index(by) if by in names else None
                made.append(Grouping(column, granularity, descending, index))
        return tuple(made)

    def aggregates(self, names: Sequence[Any]) -> tuple[Aggregate, ...]:
        made = []
        for name in names:
            if name == "RowCount":
                made.append(Aggregate("RowCount", "count", None))
                continue
            function, mark, column_name = str(name).partition("!")
            if not mark or function not in _AGGREGATES:
                raise bad_request(f"Specify a valid column because {name} is invalid.")
            column = self._find(column_name)
            if column is not None and not column.numeric and function not in {"u", "m", "x"}:
                raise bad_request(f"Specify a valid column because {name} is invalid.")
            if column is not None:
                made.append(Aggregate(str(name), function, column))
        return tuple(made)


def _list(metadata: Mapping[str, Any], key: str) -> list[Any]:
    value = metadata.get(key)
    return value if isinstance(value, list) else []


def _sort(
    metadata: Mapping[str, Any], report_format: str, details: Sequence[Column]
) -> tuple[Column | None, bool]:
    entries = _list(metadata, "sortBy")
    if not entries:
        return None, False
    if report_format == "MATRIX":
        raise bad_request("Column sorting isn't supported for matrix reports.")
    if len(entries) > 1:
        raise bad_request("A report can only be sorted by one column.")
    entry = entries[0] if isinstance(entries[0], dict) else {}
    name = entry.get("sortColumn")
    if name is None:
        raise bad_request("The sort column name can't be null.")
    column = next((item for item in details if item.name.lower() == str(name).lower()), None)
    if column is None or not column.field.sortable:
        raise bad_request("The sort column name must be from a selected column.")
    return column, str(entry.get("sortOrder") or "Asc").lower() == "desc"


def _top_rows(metadata: Mapping[str, Any]) -> int | None:
    top = metadata.get("topRows")
    if not isinstance(top, dict):
        return None
    limit = top.get("rowLimit")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise bad_condition(limit)
    return limit


def _where(metadata: Mapping[str, Any], seen: ReportType, runner: Runner) -> str:
    entries = _list(metadata, "reportFilters")
    if len(entries) > filters.MAX_FILTERS:
        raise bad_request(f"A report can't have more than {filters.MAX_FILTERS} filters.")
    if _list(metadata, "crossFilters"):
        raise bad_request("Cross filters can't be applied through the local org.")
    numbered = [_filter(entry, seen, runner.context) for entry in entries]
    logic = metadata.get("reportBooleanFilter")
    parts = [
        combine(numbered, logic if isinstance(logic, str) else None),
        _standard_date(metadata, seen, runner.context),
        runner.scopes.get(str(metadata.get("scope") or ""), ""),
        *_standard_filters(metadata, seen),
    ]
    return " AND ".join(f"({part})" for part in parts if part)


def _filter(entry: Any, seen: ReportType, context: Context) -> str:
    item = entry if isinstance(entry, dict) else {}
    column = seen.column(item.get("column"))
    if column is None:
        raise bad_column(item.get("column"))
    value = item.get("value")
    if item.get("filterType", "fieldValue") not in {"fieldValue", None}:
        raise bad_condition(item["filterType"])
    text = "" if value is None else str(value)
    return filters.condition(column, str(item.get("operator")), text, context)


def _standard_date(metadata: Mapping[str, Any], seen: ReportType, context: Context) -> str:
    chosen = metadata.get("standardDateFilter")
    if not isinstance(chosen, dict) or not chosen.get("column"):
        return ""
    name = chosen["column"]
    column = seen.column(name)
    if column is None:
        raise bad_request(f"The column {name} specified for the standard date filter is invalid.")
    if column.data_type not in {"date", "datetime"}:
        message = f"The column {name} cannot be a standard date filter because it is not a date column."
        raise bad_request(message)
    start, end = _dates(chosen, context.today)
    if start and end:
        return filters.date_range(column, start, end, context.fmt)
    first, last = start or dt.date(1700, 1, 1), end or dt.date(3999, 12, 30)
    return filters.date_range(column, first, last, context.fmt) if start or end else ""


def _dates(chosen: Mapping[str, Any], today: dt.date) -> tuple[dt.date | None, dt.date | None]:
    duration = str(chosen.get("durationValue") or "")
    if duration.upper() not in _STANDARD_DATES:
        span = dates.span(duration, today)
        if span is None:
            raise bad_request(f"The duration {duration} specified for the standard date filter is invalid.")
        return span
    found: list[dt.date | None] = []
    for key, word in (("startDate", "start"), ("endDate", "end")):
        text = chosen.get(key)
        try:
            found.append(dt.date.fromisoformat(str(text)) if text else None)
        except ValueError:
            message = (
                f"The specified {word} date of {chosen['column']} specified for the standard date filter"
            )
            raise bad_request(f"{message} is invalid.") from None
    return found[0], found[1]


def _resolved_dates(metadata: Mapping[str, Any], runner: Runner) -> Any:
    """The standard date filter with the days its duration means today, as answers carry it."""
    chosen = metadata.get("standardDateFilter")
    if not isinstance(chosen, dict) or not chosen.get("column"):
        return chosen
    start, end = _dates(chosen, runner.context.today)
    days = {"startDate": start and start.isoformat(), "endDate": end and end.isoformat()}
    return {"durationValue": "CUSTOM", **chosen, **days}


def _standard_filters(metadata: Mapping[str, Any], seen: ReportType) -> list[str]:
    """The filters Opportunity reports have above the field filters: status and probability."""
    if seen.sobject != "Opportunity":
        return []
    parts = []
    for entry in _list(metadata, "standardFilters"):
        item = entry if isinstance(entry, dict) else {}
        name, value = item.get("name"), str(item.get("value") or "")
        if name == "open":
            if value not in _OPPORTUNITY_STATUS:
                raise bad_condition(value)
            parts.append(_OPPORTUNITY_STATUS[value])
        elif name == "probability" and value != ">0":
            sign, number = {"gt": ">", "lt": "<"}.get(value[:2]), value[2:]
            if sign is None or not number.isdigit():
                raise bad_condition(value)
            parts.append(f"Probability {sign} {number}")
    return parts
