"""The JSON documents of the Analytics API. Which keys they have depends on the API version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.reports import cells, dates
from local_org.reports.facts import MAX_ROWS
from local_org.reports.filters import OPERATORS
from local_org.reports.formats import EMPTY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from local_org.reports.columns import Column, ReportType
    from local_org.reports.facts import Fact, Facts
    from local_org.reports.formats import Formatter
    from local_org.reports.request import Aggregate, Plan

Json = dict[str, Any]
WITH_DETAILS_OF_COLUMNS = 41.0
WITH_ENTITY_NAMES = 50.0
_NO_FILTER_VALUES = frozenset({"string", "textarea", "id", "email", "phone", "url"})


def attributes(report_id: str | None, name: str | None, prefix: str) -> Json:
    """`attributes` of describe and run answers."""
    url = f"{prefix}/analytics/reports/{report_id}"
    return {
        "describeUrl": f"{url}/describe",
        "instancesUrl": f"{url}/instances",
        "reportId": report_id,
        "reportName": name,
        "type": "Report",
    }


def run(
    plan: Plan, facts: Facts, rows: Mapping[str, Json], *, details: bool, version: float, fmt: Formatter
) -> Json:
    """A run, without its `attributes`.

    Args:
        plan: what was run.
        facts: its result.
        rows: `dataCells` entries by record Id.
        details: whether detail rows were asked for; otherwise facts have no `rows` at all.
        version: API version.
        fmt: writes labels.
    """
    fact_map = {key: _fact(plan, fact, rows, details=details, fmt=fmt) for key, fact in facts.facts.items()}
    all_data = facts.rows <= MAX_ROWS
    document: Json = {
        "allData": all_data,
        "factMap": fact_map,
        "groupingsAcross": {"groupings": facts.across},
        "groupingsDown": {"groupings": facts.down},
        "hasDetailRows": details,
        "reportExtendedMetadata": extended(plan, version),
        "reportMetadata": plan.metadata,
    }
    if version >= WITH_DETAILS_OF_COLUMNS:
        document["picklistColors"] = {}
    if version >= WITH_ENTITY_NAMES:
        document["hasExceededTabularRowLimit"] = not all_data and plan.format == "TABULAR"
    return document


def extended(plan: Plan, version: float) -> Json:
    """`reportExtendedMetadata`: type and label of every column the report has."""
    levels: Json = {}
    for groupings in (plan.down, plan.across):
        for level, grouping in enumerate(groupings):
            levels[grouping.column.name] = {**_info(grouping.column, version), "groupingLevel": level}
    made: Json = {
        "aggregateColumnInfo": {item.name: _aggregate_info(item) for item in plan.aggregates},
        "detailColumnInfo": {column.name: _info(column, version) for column in plan.details},
        "groupingColumnInfo": levels,
    }
    if version >= WITH_DETAILS_OF_COLUMNS:
        made["availableDashboardSettings"] = None
    return made


def type_metadata(report_type: ReportType, today: dt.date, version: float) -> Json:
    """`reportTypeMetadata`: what the report could have."""
    made: Json = {
        "categories": [
            {
                "columns": {column.name: _choice(column, version) for column in category.columns},
                "label": category.label,
            }
            for category in report_type.categories
        ],
        "dataTypeFilterOperatorMap": {
            data_type: [{"label": label, "name": name} for name, label in operators.items()]
            for data_type, operators in OPERATORS.items()
        },
        "divisionInfo": None,
        "scopeInfo": {
            "defaultValue": "organization",
            "values": [
                {"allowsDivision": division, "label": label, "value": value}
                for value, label, division in report_type.scopes
            ],
        },
        "standardDateFilterDurationGroups": dates.duration_groups(today),
        "standardFilterInfos": _standard_filters(report_type),
    }
    if version >= WITH_DETAILS_OF_COLUMNS:
        made["dateGranularityInfos"] = [
            {"label": label, "value": value} for value, label in dates.GRANULARITIES.items()
        ]
        made |= {
            "hasOuterJoin": False,
            "isExternalObjectReport": False,
            "isHistorical": False,
            "objectRelationships": [],
            "supportsJoinedFormat": True,
        }
        for category in made["categories"]:
            category["labelSuffix"] = None
    if version >= 54.0:
        made["objects"] = [{"apiName": report_type.sobject, "label": report_type.label}]
    return made


def aggregate_cell(aggregate: Aggregate, value: Any, fmt: Formatter) -> Json:
    """An `aggregates` entry: amounts are bare numbers here, not objects as in cells."""
    column = aggregate.column
    if value is None:
        return {"label": EMPTY, "value": None}
    if column is None or aggregate.function == "u":
        return {"label": fmt.number(value), "value": value}
    if aggregate.function == "a" and column.data_type in {"int", "double"}:
        return {"label": fmt.number(value, max(column.field.scale, 2)), "value": cells.tidy(value)}
    shown, label = cells.spell(column, value, fmt)
    return {"label": label, "value": shown["amount"] if column.data_type == "currency" else shown}


def _fact(plan: Plan, fact: Fact, rows: Mapping[str, Json], *, details: bool, fmt: Formatter) -> Json:
    made: Json = {
        "aggregates": [
            aggregate_cell(aggregate, cells.tidy(value) if isinstance(value, float) else value, fmt)
            for aggregate, value in zip(plan.aggregates, fact.values, strict=True)
        ]
    }
    if details:
        made["rows"] = [rows[record_id] for record_id in fact.record_ids if record_id in rows]
    return made


def _aggregate_info(aggregate: Aggregate) -> Json:
    return {
        "acrossGroupingContext": None,
        "dataType": aggregate.data_type,
        "downGroupingContext": None,
        "label": aggregate.label,
    }


def _info(column: Column, version: float) -> Json:
    made: Json = {"dataType": column.data_type, "label": column.label}
    if version >= WITH_DETAILS_OF_COLUMNS:
        made |= {
            "filterValues": _values(column, version),
            "filterable": column.filterable,
            "inactiveFilterValues": [],
            "isLookup": column.id_path is not None,
            "uniqueCountable": True,
        }
    if version >= WITH_ENTITY_NAMES:
        made["entityColumnName"] = column.entity
    return made


def _choice(column: Column, version: float) -> Json:
    """A column as `reportTypeMetadata.categories` lists it."""
    made: Json = {
        "dataType": column.data_type,
        "filterValues": _values(column, version),
        "filterable": column.filterable,
        "label": column.label,
    }
    if version >= WITH_DETAILS_OF_COLUMNS:
        made |= {
            "allowedInCustomDetailFormula": column.data_type not in {"textarea", "multipicklist"},
            "bucketable": column.data_type in {"string", "picklist", "currency", "double", "int", "percent"},
            "inactiveFilterValues": [],
            "isCustom": column.custom,
            "isLookup": column.id_path is not None,
            "maxLength": column.field.length or None,
            "uniqueCountable": True,
        }
    if version >= WITH_ENTITY_NAMES:
        made |= {"entityColumnName": column.entity, "fieldToFieldFilterable": column.filterable}
    return made


def _values(column: Column, version: float) -> list[Json]:
    if column.data_type in _NO_FILTER_VALUES:
        return []
    if column.data_type == "boolean":
        names: Iterable[tuple[str, str]] = (("True", "True"), ("False", "False"))
    else:
        names = ((item.label, item.value) for item in column.field.picklist if item.active)
    with_api_name = version >= WITH_DETAILS_OF_COLUMNS
    return [
        {"label": label, "name": name, **({"apiName": name} if with_api_name else {})}
        for label, name in names
    ]


def _standard_filters(report_type: ReportType) -> Json | None:
    if report_type.sobject != "Opportunity":
        return None
    bounds = [("All", ">0")]
    bounds += [(f"> {number}%", f"gt{number}") for number in range(90, 0, -10)]
    bounds += [(f"< {number}%", f"lt{number}") for number in range(90, 0, -10)]
    status = (("Any", "all"), ("Open", "open"), ("Closed", "closed"), ("Closed Won", "closedwon"))
    return {
        "open": {
            "filterValues": [{"label": label, "name": name} for label, name in status],
            "label": "Opportunity Status",
            "type": "PICKLIST",
        },
        "probability": {
            "filterValues": [{"label": label, "name": name} for label, name in bounds],
            "label": "Probability",
            "type": "PICKLIST",
        },
    }
