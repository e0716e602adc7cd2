"""Which streams there are: all that the settings name, or those that a catalog selects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from salesforce_abm.describe import Describer
from salesforce_abm.errors import AccessError, ConfigError
from salesforce_abm.reports import Reports
from tap_salesforce_abm.discovery import find_objects
from tap_salesforce_abm.reports import report_schema
from tap_salesforce_abm.schema import object_schema
from tap_salesforce_abm.settings import DEFAULT_OBJECTS, ReportSetting
from tap_salesforce_abm.streams.account_domain import NAME as ACCOUNT_DOMAIN
from tap_salesforce_abm.streams.account_domain import NEEDED, AccountDomainStream
from tap_salesforce_abm.streams.report import ReportStream
from tap_salesforce_abm.streams.sobject import SObjectStream
from tap_salesforce_abm.streams.unreadable import UnreadableStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from singer_sdk.singerlib import Catalog

    from salesforce_abm.describe import SObject
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
        others = describer.sobjects(name for name in NEEDED if name not in found)
        derived = _account_domain(tap, found | others)
        if derived is not None:
            yield derived
    yield from (SObjectStream(tap, object_schema(sobject)) for sobject in found.values())
    names = set(found)
    for report in tap.settings.reports:
        stream = _report(tap, report)
        if stream.name in names:
            raise ConfigError(
                f"`reports`: there are two streams named {stream.name}: give one another `stream`"
            )
        names.add(stream.name)
        yield stream


def selected(tap: TapSalesforceAbm, catalog: Catalog) -> Iterator[AbmStream]:
    """Give the streams that a catalog selects; nothing else is described.

    What is not there any more becomes a stream that fails in its turn, alone.
    """
    entries = [entry for entry in catalog.streams if entry.metadata.resolve_selection().get((), True)]
    reports = _reports_by_stream(tap, [entry.tap_stream_id for entry in entries])
    objects = [
        entry.tap_stream_id
        for entry in entries
        if entry.tap_stream_id != ACCOUNT_DOMAIN and entry.tap_stream_id not in reports
    ]
    derived = any(entry.tap_stream_id == ACCOUNT_DOMAIN for entry in entries)
    found = Describer(tap.session).sobjects([*objects, *(NEEDED if derived else ())])
    for entry in entries:
        name = entry.tap_stream_id
        stream: AbmStream | None = None
        if name == ACCOUNT_DOMAIN:
            stream = _account_domain(tap, found)
        elif name in reports:
            stream = _report(tap, reports[name])
        elif name in found:
            stream = SObjectStream(tap, replace(object_schema(found[name]), name=name))
        yield stream or UnreadableStream(tap, name, entry.schema.to_dict(), _unreadable(name))


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


def _report(tap: TapSalesforceAbm, setting: ReportSetting) -> ReportStream:
    reports = Reports(tap.session)
    found = reports.find(setting.find)
    if found.format == "MULTI_BLOCK":
        raise ConfigError(
            f"report {found.name!r} is a joined report, which Salesforce does not run through its API: "
            "extract its blocks as reports of their own"
        )
    described = reports.describe(found.id)
    name = setting.stream or f"report_{found.developer_name.lower()}"
    return ReportStream(tap, name, described, report_schema(described, setting.key))


def _reports_by_stream(tap: TapSalesforceAbm, wanted: Sequence[str]) -> dict[str, ReportSetting]:
    """Tell which of these streams are reports; a report that cannot be found leaves its stream out."""
    known = {setting.stream: setting for setting in tap.settings.reports if setting.stream}
    unnamed = [setting for setting in tap.settings.reports if not setting.stream]
    if unnamed and set(wanted) - set(known) - {ACCOUNT_DOMAIN}:
        for setting in unnamed:
            try:
                found = Reports(tap.session).find(setting.find)
            except AccessError as error:
                tap.logger.warning("%s", error)
            else:
                known[f"report_{found.developer_name.lower()}"] = setting
    return {name: setting for name, setting in known.items() if name in wanted}


def _unreadable(name: str) -> AccessError:
    return AccessError(
        f"{name} is selected in the catalog, but there is no such object or report, or the connected user "
        "may not see it",
        remedy="Refresh the catalog, or give the user Read (Setup > Permission Sets > Object Settings).",
    )
