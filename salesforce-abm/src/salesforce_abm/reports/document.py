"""The answer of a report run as typed columns and flat rows. Pure: a decoded document in, dataclasses out.

https://developer.salesforce.com/docs/atlas.en-us.api_analytics.meta/api_analytics/sforce_analytics_rest_api_factmap_example.htm

In the document, rows hang on keys such as `0_1!2`: paths through the groupings down and across, by index.
Only the deepest groups have rows, and their rows do not repeat the grouping values. Here a row has both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import DataError
from salesforce_abm.ids import is_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NUMBERS = frozenset({"currency", "double", "int", "number", "percent"})

Value = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """A column of a report: a detail column, or a grouping.

    Attributes:
        name: API name in the report (`ACCOUNT.NAME`, `Account.Tier__c`, `CUST_NAME`); unique, unlike labels.
        label: heading; two columns may have the same.
        data_type: `string`, `currency`, `date`, `datetime`, `boolean`, ...
        entity_column: the sObject field behind it (`Account.Name`), where Salesforce tells.
        is_lookup: whether Salesforce calls it a lookup; older answers do not say.
    """

    name: str
    label: str
    data_type: str
    entity_column: str | None = None
    is_lookup: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One value.

    Attributes:
        value: typed: exact numbers (the amount of a currency), booleans, dates as ISO text (a datetime column
            may hold just a date), None for null. For a name or lookup column: the record's Id.
        label: the text a person sees, in the running user's locale; None for null.
        currency: ISO code of a currency value in an org with several.
    """

    value: Value
    label: str | None
    currency: str | None = None

    @property
    def is_reference(self) -> bool:
        """Whether the value is a record's Id and the label its name.

        In columns that show Ids the label is the same Id, perhaps in its 15-character form.
        """
        value = self.value
        return isinstance(value, str) and is_id(value) and self.label not in {value, value[:15]}

    @property
    def plain(self) -> Value:
        """The value worth loading: the name for a name or lookup column, else the typed value."""
        return self.label if self.is_reference else self.value


Grouping = Cell
"""A row's place in one grouping; for dates the value is the first day of the bucket."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A detail row: its groupings (down, then across), then its cells."""

    groupings: tuple[Grouping, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ReportRun:
    """The result of one run.

    Attributes:
        id, name, format: of the report; the format is `TABULAR`, `SUMMARY` or `MATRIX`.
        groupings: the grouping columns, down first, then across.
        columns: the detail columns.
        rows: all detail rows, in the order of the groups.
        all_data: False when Salesforce stopped at its row limit and left rows out.
        row_count: rows the report has in all, where it counts them; also beyond the limit.
        metadata: the definition that was run, for running it again with changes.
    """

    id: str
    name: str
    format: str
    groupings: tuple[ReportColumn, ...]
    columns: tuple[ReportColumn, ...]
    rows: list[ReportRow] = field(repr=False)
    all_data: bool
    row_count: int | None
    metadata: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ReportDescription:
    """A report's definition; attributes as in `ReportRun`."""

    id: str
    name: str
    developer_name: str
    format: str
    groupings: tuple[ReportColumn, ...]
    columns: tuple[ReportColumn, ...]
    metadata: dict[str, Any] = field(repr=False)


def parse_run(document: Mapping[str, Any]) -> ReportRun:
    """Read a run document.

    Args:
        document: decoded JSON, numbers as Decimal.

    Raises:
        DataError: it is not a run, was made without details, or holds fewer rows than it counts.
    """
    metadata, extended = _metadata_of(document)
    name = str(metadata.get("name"))
    if not document.get("hasDetailRows"):
        raise DataError(f"report {name}: the run has no detail rows; ask for it with includeDetails=true")
    columns = _detail_columns(metadata, extended, {})
    rows = list(_rows(document, metadata.get("reportFormat"), columns))
    all_data = bool(document.get("allData"))
    row_count = _row_count(document, metadata)
    if all_data and row_count is not None and row_count != len(rows):
        raise DataError(f"report {name}: {len(rows)} rows came, the report counts {row_count}")
    return ReportRun(
        id=str(metadata.get("id") or document.get("attributes", {}).get("reportId")),
        name=name,
        format=str(metadata.get("reportFormat")),
        groupings=_grouping_columns(metadata, extended, {}),
        columns=columns,
        rows=rows,
        all_data=all_data,
        row_count=row_count,
        metadata=metadata,
    )


def parse_description(document: Mapping[str, Any]) -> ReportDescription:
    """Read a describe document; `entity_column` is known here if anywhere."""
    metadata, extended = _metadata_of(document)
    known: dict[str, Any] = {}
    for category in (document.get("reportTypeMetadata") or {}).get("categories") or ():
        known.update(category.get("columns") or {})
    return ReportDescription(
        id=str(metadata.get("id")),
        name=str(metadata.get("name")),
        developer_name=str(metadata.get("developerName")),
        format=str(metadata.get("reportFormat")),
        groupings=_grouping_columns(metadata, extended, known),
        columns=_detail_columns(metadata, extended, known),
        metadata=metadata,
    )


def parse_cell(raw: Mapping[str, Any], data_type: str) -> Cell:
    """Read one cell or grouping by the type of its column."""
    value, label = raw.get("value"), raw.get("label")
    if value is None:
        return Cell(None, None if label in {"-", ""} else label)
    if isinstance(value, dict):  # currency: {"amount": 5, "currency": "EUR"}
        return Cell(value.get("amount"), label, value.get("currency"))
    if data_type in NUMBERS and isinstance(value, str):
        try:
            return Cell(Decimal(value), label)
        except InvalidOperation:
            return Cell(value, label)
    if data_type == "boolean" and isinstance(value, str):
        return Cell(value.lower() == "true", label)
    return Cell(value, label)


def _metadata_of(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, extended = document.get("reportMetadata"), document.get("reportExtendedMetadata")
    if not isinstance(metadata, dict) or not isinstance(extended, dict):
        raise DataError("the answer is not a report: reportMetadata is missing")
    return metadata, extended


def _detail_columns(
    metadata: Mapping[str, Any], extended: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[ReportColumn, ...]:
    info = extended.get("detailColumnInfo") or {}
    return tuple(_column(name, info, known) for name in metadata.get("detailColumns") or ())


def _grouping_columns(
    metadata: Mapping[str, Any], extended: Mapping[str, Any], known: Mapping[str, Any]
) -> tuple[ReportColumn, ...]:
    info = extended.get("groupingColumnInfo") or {}
    if metadata.get("reportFormat") == "TABULAR":
        return ()
    both = (metadata.get("groupingsDown") or []) + (metadata.get("groupingsAcross") or [])
    return tuple(_column(grouping["name"], info, known) for grouping in both)


def _column(name: str, info: Mapping[str, Any], known: Mapping[str, Any]) -> ReportColumn:
    about = {**known.get(name, {}), **info.get(name, {})}
    return ReportColumn(
        name=name,
        label=about.get("label") or name,
        data_type=about.get("dataType") or "string",
        entity_column=about.get("entityColumnName"),
        is_lookup=bool(about.get("isLookup")),
    )


def _rows(
    document: Mapping[str, Any], report_format: str | None, columns: tuple[ReportColumn, ...]
) -> Iterator[ReportRow]:
    facts = document.get("factMap") or {}
    types = [column.data_type for column in columns]
    tabular = report_format == "TABULAR"
    down = [("T", ())] if tabular else list(_leaves(document.get("groupingsDown")))
    across = [("T", ())] if tabular else list(_leaves(document.get("groupingsAcross")))
    for down_key, down_path in down:
        for across_key, across_path in across:
            for row in (facts.get(f"{down_key}!{across_key}") or {}).get("rows") or ():
                cells = row["dataCells"]
                if len(cells) != len(types):
                    raise DataError(f"a report row of {len(cells)} cells under {len(types)} columns")
                yield ReportRow(down_path + across_path, tuple(map(parse_cell, cells, types)))


def _leaves(groupings: Any) -> Iterator[tuple[str, tuple[Grouping, ...]]]:
    """Give the key and path of every deepest group; the whole report when it is not grouped."""
    tops = (groupings or {}).get("groupings") or ()
    if not tops:
        yield "T", ()
    stack: list[tuple[Mapping[str, Any], tuple[Grouping, ...]]] = [(top, ()) for top in reversed(tops)]
    while stack:
        group, above = stack.pop()
        path = (*above, parse_cell(group, "string"))
        children = group.get("groupings") or ()
        if children:
            stack += [(child, path) for child in reversed(children)]
        else:
            yield str(group["key"]), path


def _row_count(document: Mapping[str, Any], metadata: Mapping[str, Any]) -> int | None:
    names = metadata.get("aggregates") or []
    totals = ((document.get("factMap") or {}).get("T!T") or {}).get("aggregates") or []
    if "RowCount" not in names or len(totals) != len(names):
        return None
    value = totals[names.index("RowCount")].get("value")
    return int(value) if isinstance(value, int | Decimal) else None
