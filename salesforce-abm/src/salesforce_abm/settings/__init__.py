"""Settings as data: one list gives the JSON Schema, the README table, `meltano.yml` and the checks.

model       Setting and Alias
connection  CONNECTION_SETTINGS: how to reach and sign in to an org; both plugins begin their lists with it
check       normalise: a user's configuration -> every setting with its value, or all problems in one error
render      to_jsonschema (the Singer SDK, `--about`), to_markdown (README), to_meltano (meltano.yml)
"""

from __future__ import annotations

from salesforce_abm.settings.check import nearest, normalise
from salesforce_abm.settings.connection import CONNECTION_SETTINGS
from salesforce_abm.settings.model import Alias, Kind, Setting
from salesforce_abm.settings.render import to_jsonschema, to_markdown, to_meltano

__all__ = [
    "CONNECTION_SETTINGS",
    "Alias",
    "Kind",
    "Setting",
    "nearest",
    "normalise",
    "to_jsonschema",
    "to_markdown",
    "to_meltano",
]
