"""Changes to a report's definition for one run. Pure: a definition in, a changed copy out.

Salesforce runs whatever `reportMetadata` it is sent and saves nothing. With these a report of more than 2,000
rows is read in parts: windows of days (`between_days`), or rows beyond the last one seen (`sorted_by` and
`with_filter(..., "greaterThan", ...)` on an Id, auto-number, date or number column: text sorts by locale).
https://developer.salesforce.com/docs/atlas.en-us.api_analytics.meta/api_analytics/sforce_analytics_rest_api_filter_reportdata.htm
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

Operator = Literal[
    "equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual", "contains"
]

MAX_FILTERS = 20


def with_filter(metadata: Mapping[str, Any], column: str, operator: Operator, value: str) -> dict[str, Any]:
    """Add a condition that every row must meet.

    Args:
        metadata: `reportMetadata` from a describe or run; not changed.
        column: API name of a filterable column.
        operator: comparison; `lessThan` and its kin need a number, date or Id.
        value: as a filter spells it: 15/18-character Ids, `yyyy-MM-dd`, plain numbers.

    Raises:
        ValueError: the report has 20 filters already, the most Salesforce takes.
    """
    filters = list(metadata.get("reportFilters") or [])
    if len(filters) >= MAX_FILTERS:
        raise ValueError(f"the report has {len(filters)} filters already, no room for another")
    quoted = f'"{value}"' if "," in value else value  # a bare comma separates alternatives
    filters.append({"column": column, "operator": operator, "value": quoted})
    changed = {**metadata, "reportFilters": filters}
    logic = metadata.get("reportBooleanFilter")
    if logic:
        changed["reportBooleanFilter"] = f"({logic}) AND {len(filters)}"
    return changed


def sorted_by(metadata: Mapping[str, Any], column: str, *, descending: bool = False) -> dict[str, Any]:
    """Sort by one column (Salesforce takes no more; none at all in a matrix report)."""
    order = "Desc" if descending else "Asc"
    return {
        **metadata,
        "reportFilters": list(metadata.get("reportFilters") or []),  # must be there in a run with metadata
        "sortBy": [{"sortColumn": column, "sortOrder": order}],
    }


def between_days(metadata: Mapping[str, Any], column: str, first: date, last: date) -> dict[str, Any]:
    """Keep the rows of some days, both ends included, by the report's standard date filter.

    Days are the running user's. A datetime column is cut at that user's midnight.
    """
    window = {
        "column": column,
        "durationValue": "CUSTOM",
        "startDate": first.isoformat(),
        "endDate": last.isoformat(),
    }
    return {
        **metadata,
        "reportFilters": list(metadata.get("reportFilters") or []),
        "standardDateFilter": window,
    }
