"""A report's run as a table in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.pages.values import record_url
from local_org.reports.documents import aggregate_cell

if TYPE_CHECKING:
    from local_org.pages.fetch import Viewer
    from local_org.reports.engine import Result

_VERSION = 60.0


@dataclass(frozen=True, slots=True)
class ReportCell:
    """One cell: its label and where it leads."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A run, laid out.

    Attributes:
        name: the report's.
        format: `Tabular`, `Summary` or `Matrix`.
        type_label: what it is about.
        headings: of the columns.
        numbers: which columns hold numbers.
        rows: level of the heading row (0 for details) and its cells.
        totals: label and value of each summary over all rows.
        shown: detail rows in the table.
        total: rows the report has.
    """

    name: str
    format: str
    type_label: str
    headings: tuple[str, ...]
    numbers: tuple[bool, ...]
    rows: tuple[tuple[int, tuple[ReportCell, ...]], ...]
    totals: tuple[tuple[str, str], ...]
    shown: int
    total: int


def report_table(viewer: Viewer, report_id: str) -> ReportTable:
    """Runs a report for the viewer.

    Raises:
        ReportError: as the Analytics API would say.
    """
    result = viewer.org.reports.run(viewer.user, report_id, details=True, version=_VERSION)
    plan, facts = result.plan, result.facts
    grand = facts.facts["T!T"].values
    report_type = plan.metadata.get("reportType") or {}
    return ReportTable(
        name=result.definition.name,
        format=plan.format.title(),
        type_label=str(report_type.get("label") or report_type.get("type") or ""),
        headings=_headings(result),
        numbers=_numbers(result),
        rows=tuple(_matrix(viewer, result) if plan.across else _list(viewer, result)),
        totals=tuple(
            (aggregate.label, aggregate_cell(aggregate, value, viewer.fmt)["label"])
            for aggregate, value in zip(plan.aggregates, grand, strict=True)
        ),
        shown=0 if plan.across else sum(len(fact.record_ids) for fact in facts.facts.values()),
        total=facts.rows,
    )


def _headings(result: Result) -> tuple[str, ...]:
    if not result.plan.across:
        return tuple(column.label for column in result.plan.details)
    down = " / ".join(level.column.label for level in result.plan.down)
    return (
        down,
        *(_path_label(result.facts.across, key) for key, _ in _leaves(result.facts.across)),
        "Total",
    )


def _numbers(result: Result) -> tuple[bool, ...]:
    if result.plan.across:
        return (False, *(True for _ in _leaves(result.facts.across)), True)
    return tuple(column.numeric for column in result.plan.details)


def _list(viewer: Viewer, result: Result) -> list[tuple[int, tuple[ReportCell, ...]]]:
    """Tabular and summary reports: a heading per group, then its rows."""
    rows: list[tuple[int, tuple[ReportCell, ...]]] = []

    def details(key: str) -> None:
        for record_id in result.facts.facts[key].record_ids:
            cells = result.cells[record_id]["dataCells"]
            rows.append((0, tuple(_cell(viewer, cell) for cell in cells)))

    def descend(groups: list[dict[str, Any]], level: int) -> None:
        for group in groups:
            rows.append((level, (ReportCell(_with_summary(viewer, result, group)),)))
            descend(group["groupings"], level + 1)
            if not group["groupings"]:
                details(f"{group['key']}!T")

    if result.plan.down:
        descend(result.facts.down, 1)
    else:
        details("T!T")
    return rows


def _matrix(viewer: Viewer, result: Result) -> list[tuple[int, tuple[ReportCell, ...]]]:
    """Matrix reports: the first summary where rows and columns cross."""
    columns = [key for key, _ in _leaves(result.facts.across)]
    aggregate = result.plan.aggregates[0] if result.plan.aggregates else None
    rows = []
    leaves = [(key, _path_label(result.facts.down, key)) for key, _ in _leaves(result.facts.down)]
    for row_key, label in [*leaves, ("T", "Total")]:
        cells = [ReportCell(label)]
        for column_key in [*columns, "T"]:
            fact = result.facts.facts.get(f"{row_key}!{column_key}")
            value = fact.values[0] if fact and fact.values else None
            shown = aggregate_cell(aggregate, value, viewer.fmt)["label"] if aggregate else ""
            cells.append(ReportCell(shown))
        rows.append((0, tuple(cells)))
    return rows


def _with_summary(viewer: Viewer, result: Result, group: dict[str, Any]) -> str:
    values = result.facts.facts[f"{group['key']}!T"].values
    parts = [
        f"{aggregate.label}: {aggregate_cell(aggregate, value, viewer.fmt)['label']}"
        for aggregate, value in zip(result.plan.aggregates, values, strict=True)
    ]
    return f"{group['label']} ({'; '.join(parts)})" if parts else str(group["label"])


def _leaves(groups: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for group in groups:
        found += _leaves(group["groupings"]) if group["groupings"] else [(group["key"], group)]
    return found


def _path_label(groups: list[dict[str, Any]], key: str) -> str:
    labels = []
    for index in key.split("_"):
        group = groups[int(index)]
        labels.append(str(group["label"]))
        groups = group["groupings"]
    return " / ".join(labels)


def _cell(viewer: Viewer, cell: dict[str, Any]) -> ReportCell:
    value, label = cell["value"], str(cell["label"]).replace("<br>", "\n")
    if isinstance(value, str) and value != cell["label"] and len(value) == 18:
        item = viewer.org.schema.by_prefix(value)
        if item is not None and viewer.object(item.name) is not None:
            return ReportCell(label, record_url(item.name, value))
    return ReportCell(label)
