"""Settings as JSON Schema, Markdown and Meltano YAML."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from salesforce_abm.settings.model import Kind, Setting


def to_jsonschema(settings: Sequence[Setting]) -> dict[str, Any]:
    """Describe the settings, older names included, as the JSON Schema of a Singer plugin's configuration."""
    properties: dict[str, Any] = {}
    for setting in settings:
        properties[setting.name] = _property(setting, setting.kind)
        for alias in setting.aliases:
            properties[alias.name] = _property(setting, alias.kind or setting.kind) | {
                "title": f"{setting.label} (older name)",
                "description": f"Older name; use `{setting.name}`.",
                "deprecated": True,
            }
            properties[alias.name].pop("default", None)
            if alias.convert is not None:
                properties[alias.name].pop("enum", None)
    return {
        "type": "object",
        "properties": properties,
        "required": [setting.name for setting in settings if setting.required],
    }


def _property(setting: Setting, kind: Kind) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": [kind] if setting.required else [kind, "null"],
        "title": setting.label,
        "description": setting.description,
    }
    if setting.default is not None:
        schema["default"] = copy.deepcopy(setting.default)
    if setting.secret:
        schema |= {"secret": True, "writeOnly": True}
    if setting.allowed:
        schema["enum"] = [*setting.allowed, *setting.same_as, *([] if setting.required else [None])]
    if setting.minimum is not None:
        schema["minimum"] = setting.minimum
    if setting.maximum is not None:
        schema["maximum"] = setting.maximum
    return schema | copy.deepcopy(dict(setting.schema))


def to_markdown(settings: Sequence[Setting]) -> str:
    """Render the settings as the table of a README."""
    lines = ["| setting | type | default | meaning |", "| --- | --- | --- | --- |"]
    for setting in settings:
        default = "" if setting.default is None else f"`{json.dumps(setting.default)}`"
        kind = setting.kind + (", secret" if setting.secret else "")
        meaning = setting.description
        if setting.allowed:
            meaning += f" One of {', '.join(f'`{value}`' for value in setting.allowed)}."
        if setting.aliases:
            meaning += f" Also accepted as {', '.join(f'`{alias.name}`' for alias in setting.aliases)}."
        cells = (f"`{setting.name}`", kind, default, meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def to_meltano(settings: Sequence[Setting]) -> list[dict[str, Any]]:
    """Describe the settings as the `settings:` of a plugin in `meltano.yml`.

    Defaults stay out: Meltano would pass them on as if the user had set them.
    """
    entries = []
    for setting in settings:
        entry: dict[str, Any] = {"name": setting.name}
        if setting.allowed:
            entry["kind"] = "options"
            entry["options"] = [{"label": value, "value": value} for value in setting.allowed]
        else:
            entry["kind"] = "decimal" if setting.kind == "number" else setting.kind
        entry["label"] = setting.label
        entry["description"] = setting.description
        if setting.secret:
            entry["sensitive"] = True
        entries.append(entry)
    return entries
