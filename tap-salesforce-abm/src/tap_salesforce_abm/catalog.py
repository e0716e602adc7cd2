"""Which streams there are: all that the settings name, or those that a catalog selects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from salesforce_abm.describe import Describer
from salesforce_abm.errors import AccessError, ApiError, ConfigError
from salesforce_abm.reports import Reports
from tap_salesforce_abm.discovery import describe, find_objects
from tap_salesforce_abm.report_discovery import find_reports
from tap_salesforce_abm.reports import report_schema
from tap_salesforce_abm.schema import object_schema
from tap_salesforce_abm.settings import DEFAULT_OBJECTS
from tap_salesforce_abm.streams.account_domain import NAME as ACCOUNT_DOMAIN
from tap_salesforce_abm.streams.account_domain import NEEDED, AccountDomainStream
from tap_salesforce_abm.streams.report import ReportStream
from tap_salesforce_abm.streams.sobject import SObjectStream
from tap_salesforce_abm.streams.unreadable import UnreadableStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.singerlib import Catalog

    from salesforce_abm.describe import SObject
    from tap_salesforce_abm.report_discovery import FoundReport
    from tap_salesforce_abm.streams.base import AbmStream
    from tap_salesforce_abm.tap import TapSalesforceAbm

__all__ = ["discovered", "selected"]


def discovered(tap: TapSalesforceAbm) -> Iterator[AbmStream]:
    """Give every stream there is: the objects of the settings, the derived one, the reports.

    Raises:
        ConfigError: the settings name an object or report that is not there.
    """
    describer = Describer(tap.session)
    wanted = tap.settings.objects
    found = {
        sobject.name: sobject
        for sobject in find_objects(describer, wanted, tap.logger, lenient=wanted == DEFAULT_OBJECTS)
    }
    if tap.settings.account_domains:
        others, _ = describe(describer, [name for name in NEEDED if name not in found], tap.logger)
        derived = _account_domain(tap, found | others)
        if derived is not None:
            yield derived
    yield from (SObjectStream(tap, object_schema(sobject)) for sobject in found.values())
    for report in find_reports(tap.session, tap.settings.reports, tap.logger):
        if report.stream in found:
            raise ConfigError(f"`reports`: {report.stream} is an object: give the report another `stream`")
        yield _report(tap, report)


def selected(tap: TapSalesforceAbm, catalog: Catalog) -> Iterator[AbmStream]:
    """Give the streams that a catalog selects; nothing else is described.

    What is not there any more becomes a stream that fails in its turn, alone.
    """
    entries = [entry for entry in catalog.streams if entry.metadata.resolve_selection().get((), True)]
    reports = _reports_among(tap, {entry.tap_stream_id for entry in entries})
    objects = [
        entry.tap_stream_id
        for entry in entries
        if entry.tap_stream_id != ACCOUNT_DOMAIN and entry.tap_stream_id not in reports
    ]
    derived = any(entry.tap_stream_id == ACCOUNT_DOMAIN for entry in entries)
    wanted = dict.fromkeys([*objects, *(NEEDED if derived else ())])
    found, failed = describe(Describer(tap.session), wanted, tap.logger)
    for entry in entries:
        name = entry.tap_stream_id
        stream: AbmStream | None = None
        if name == ACCOUNT_DOMAIN:
            stream = _account_domain(tap, found)
        elif name in reports:
            try:
                stream = _report(tap, reports[name])
            except (AccessError, ApiError) as error:
                stream = UnreadableStream(tap, name, entry.schema.to_dict(), error)
        elif name in found:
            stream = SObjectStream(tap, replace(object_schema(found[name]), name=name))
        problem = failed.get(name) or _unreadable(name)
        yield stream or UnreadableStream(tap, name, entry.schema.to_dict(), problem)


def _account_domain(tap: TapSalesforceAbm, found: Mapping[str, SObject]) -> AbmStream | None:
    schemas = {name: object_schema(found[name]) for name in NEEDED if name in found}
    for name, fields in NEEDED.items():
        schema = schemas.get(name)
        hidden = [field for field in fields if schema is None or schema.column(field) is None]
        if hidden:
            tap.logger.info(
                "No stream %s: the connected user may not see %s", ACCOUNT_DOMAIN, f"{name}.{hidden[-1]}"
            )
            return None
    return AccountDomainStream(tap, schemas["Account"], schemas["Contact"])


def _report(tap: TapSalesforceAbm, found: FoundReport) -> ReportStream:
    described = Reports(tap.session).describe(found.report.id)
    return ReportStream(tap, found.stream, described, report_schema(described, found.key))


def _reports_among(tap: TapSalesforceAbm, wanted: set[str]) -> dict[str, FoundReport]:
    """Tell which of these streams are reports; a report that cannot be found leaves its stream out."""
    if not tap.settings.reports or not wanted - {ACCOUNT_DOMAIN}:
        return {}
    reports: dict[str, FoundReport] = {}
    for setting in tap.settings.reports:
        try:
            found = find_reports(tap.session, [setting], tap.logger)
        except (AccessError, ConfigError) as error:
            tap.logger.warning("%s", error)
        else:
            reports |= {one.stream: one for one in found if one.stream in wanted}
    return reports


def _unreadable(name: str) -> AccessError:
    return AccessError(
        f"{name} is selected in the catalog, but there is no such object or report, or the connected user "
        "may not see it",
        remedy="Refresh the catalog, or give the user Read (Setup > Permission Sets > Object Settings).",
    )
