"""Reports through the Analytics API.

* `client`: `Reports`, finding, describing and running a report.
* `document`: the answer of a run, turned into typed columns and flat rows; no I/O.
* `metadata`: changes to a report's definition for one run (filters, sorting, a window of days); no I/O.

A run gives at most 2,000 rows and says so with `ReportRun.all_data`; there is no next page. Callers cut the
report into smaller runs with the functions of `metadata`.
"""

from __future__ import annotations

from salesforce_abm.reports.client import ReportRef, Reports
from salesforce_abm.reports.document import (
    Cell,
    Grouping,
    ReportColumn,
    ReportDescription,
    ReportRow,
    ReportRun,
    parse_description,
    parse_run,
)
from salesforce_abm.reports.metadata import between_days, sorted_by, with_filter

__all__ = [
    "Cell",
    "Grouping",
    "ReportColumn",
    "ReportDescription",
    "ReportRef",
    "ReportRow",
    "ReportRun",
    "Reports",
    "between_days",
    "parse_description",
    "parse_run",
    "sorted_by",
    "with_filter",
]
