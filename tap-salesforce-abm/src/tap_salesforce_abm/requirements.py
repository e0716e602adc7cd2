"""What a configuration needs of the org, for the `salesforce-abm` command to check."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.checks.findings import Finding
from salesforce_abm.errors import SalesforceAbmError
from salesforce_abm.plugins import Plugin
from salesforce_abm.requirements import Collector, FieldNeed, Requirements, Right
from salesforce_abm.settings import normalise
from tap_salesforce_abm.report_discovery import find_reports
from tap_salesforce_abm.settings import DEFAULT_OBJECTS, SETTINGS, TapSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from salesforce_abm.session import Session

__all__ = ["PLUGIN", "probe", "requirements"]

logger = logging.getLogger(__name__)

SDK_SETTINGS: Final = (
    "stream_maps",
    "stream_map_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "batch_config",
)
_WILD: Final = frozenset("*?[")
_READ: Final = frozenset({Right.READ})


def requirements(config: Mapping[str, Any]) -> Requirements:
    """Work out what a configuration needs.

    Args:
        config: of the tap, without the settings of the Singer SDK.

    Raises:
        ConfigError: everything that is wrong with it.
    """
    settings = TapSettings.from_config(normalise(config, SETTINGS, also_known=SDK_SETTINGS))
    needs = Collector()
    # No org need have all objects of the default list.
    lenient = settings.objects == DEFAULT_OBJECTS
    for name in settings.objects:
        if not _WILD & set(name):
            needs.object(name, Right.READ, optional=lenient, where="objects")
    if settings.account_domains:
        for sobject, field in (("Account", "Website"), ("Contact", "AccountId"), ("Contact", "Email")):
            needs.object(sobject, Right.READ, where="account_domains")
            needs.field(FieldNeed(sobject, field, _READ, where="account_domains"))
    return needs.done(
        patterns=[name for name in settings.objects if _WILD & set(name)],
        reports=[report.find for report in settings.reports if not _WILD & set(report.find)],
        all_fields=True,
    )


def probe(session: Session, config: Mapping[str, Any]) -> Sequence[Finding]:
    """Look for the reports that globs mean, as a run would.

    Raises:
        ConfigError: the configuration is wrong by itself.
    """
    settings = TapSettings.from_config(normalise(config, SETTINGS, also_known=SDK_SETTINGS))
    found = []
    for report in settings.reports:
        if _WILD & set(report.find):
            subject = f"reports {report.find}"
            try:
                count = len(find_reports(session, [report], logger))
                found.append(Finding(subject, f"{count} can be run"))
            except SalesforceAbmError as error:
                remedy = (
                    "Correct it in `reports`, or share the folder with the user (Reports > Folders > Share)."
                )
                found.append(Finding.failed(subject, error.message, error.remedy or remedy))
    return found


PLUGIN: Final = Plugin("tap-salesforce-abm", SETTINGS, requirements, probe)
