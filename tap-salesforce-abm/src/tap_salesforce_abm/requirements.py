"""What a configuration needs of the org, for the `salesforce-abm` command to check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.plugins import Plugin
from salesforce_abm.requirements import Collector, FieldNeed, Requirements, Right
from salesforce_abm.settings import normalise
from tap_salesforce_abm.settings import DEFAULT_OBJECTS, SETTINGS, TapSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PLUGIN", "requirements"]

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
        reports=[report.find for report in settings.reports],
    )


PLUGIN: Final = Plugin("tap-salesforce-abm", SETTINGS, requirements)
