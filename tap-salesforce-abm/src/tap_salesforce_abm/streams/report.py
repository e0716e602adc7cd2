"""One report as a stream, read whole on every run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from salesforce_abm.reports import Reports
from tap_salesforce_abm.decode import encode_rows
from tap_salesforce_abm.report_pages import whole_report
from tap_salesforce_abm.streams.base import AbmStream, Checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesforce_abm.reports import ReportDescription
    from tap_salesforce_abm.decode import Lines
    from tap_salesforce_abm.reports import ReportSchema
    from tap_salesforce_abm.tap import TapSalesforceAbm

__all__ = ["ReportStream"]


class ReportStream(AbmStream):
    """Detail rows of a report.

    Args:
        tap: the tap.
        name: stream name.
        report: the report's definition.
        shape: how its rows become records.
    """

    def __init__(
        self, tap: TapSalesforceAbm, name: str, report: ReportDescription, shape: ReportSchema
    ) -> None:
        super().__init__(tap, name, shape.json_schema())
        self.primary_keys = list(shape.key)
        self._report = report
        self._shape = shape

    @override
    def events(self) -> Iterator[Lines | Checkpoint]:
        wanted = [name for name in self.effective_schema["properties"] if self.mask["properties", name]]
        yield from self._rows(wanted)
        yield Checkpoint(_nothing, whole=True)

    def _rows(self, wanted: list[str]) -> Iterator[Lines]:
        return whole_report(
            Reports(self._tap.session),
            self._report.id,
            lambda run: encode_rows(
                {name: record.get(name) for name in wanted} for record in self._shape.records(run)
            ),
        )


def _nothing(_state: dict[str, Any]) -> None:
    """Leave STATE alone: a report has none."""
