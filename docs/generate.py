"""Write the files that are made from the plugins' own settings, so that nothing can drift.

    python docs/generate.py          # write them
    python docs/generate.py --check  # say which are out of date, exit code 1 if any

Made: `plugins.meltano.yml` (both plugins for this repository's `meltano.yml`), `plugin.yml` (for `meltano add --from-ref`
in any other project) and `hub.yml` (the definition as MeltanoHub keeps it) in each plugin's folder, `.env.example`, the
table of settings in each plugin's README, between its two `settings` comments, and the site's reference pages.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import site_pages
import yaml

from salesforce_abm.connection import FLOWS
from salesforce_abm.settings import CONNECTION_SETTINGS, to_markdown, to_meltano
from tap_salesforce_abm.settings import SETTINGS as TAP_SETTINGS
from target_salesforce_abm.settings import TARGET_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from salesforce_abm.settings import Setting

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/salesforce-abm/salesforce-abm"
TABLE_BEGINS, TABLE_ENDS = "<!-- settings: made by docs/generate.py -->", "<!-- /settings -->"
MADE_BY = "# Made by docs/generate.py from the plugin's settings; change those and run it again.\n"


@dataclass(frozen=True)
class Plugin:
    """What Meltano is told about one of the plugins."""

    kind: str
    name: str
    label: str
    description: str
    capabilities: tuple[str, ...]
    settings: Sequence[Setting]
    commands: Mapping[str, tuple[str, str]]
    keywords: tuple[str, ...]

    def definition(self, pip_url: str) -> dict[str, Any]:
        """The plugin as Meltano's YAML has it."""
        return {
            "name": self.name,
            "namespace": self.name.replace("-", "_"),
            "label": self.label,
            "description": self.description,
            "pip_url": pip_url,
            "executable": self.name,
            "capabilities": list(self.capabilities),
            "settings": to_meltano(self.settings),
            "settings_group_validation": sign_in_groups(),
            "commands": {
                name: {"executable": "salesforce-abm", "args": arguments, "description": description}
                for name, (arguments, description) in self.commands.items()
            },
        }

    def hub(self) -> dict[str, Any]:
        """The plugin as MeltanoHub's repository keeps it: keys in alphabetical order, facts about the project."""
        definition = self.definition(self.pip_url) | {
            "variant": "salesforce-abm",
            "repo": REPOSITORY,
            "docs": f"{REPOSITORY}/tree/main/{self.name}#readme",
            "domain_url": "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/",
            "keywords": list(self.keywords),
            "logo_url": f"/assets/logos/{self.kind}/salesforce.png",
            "maintenance_status": "active",
        }
        return dict(sorted(definition.items()))

    @property
    def pip_url(self) -> str:
        """Where pip finds it from anywhere."""
        return f"{self.name} @ git+{REPOSITORY}#subdirectory={self.name}"


def sign_in_groups() -> list[list[str]]:
    """Which settings together sign in, one list for each way of each flow."""
    groups = [list(names) for flow in FLOWS for names in itertools.product(*flow.needs)]
    # The client-credentials flow works at the org's own address only, which `domain` or `instance_url` gives.
    alone = ["client_id", "client_secret"]
    at_home = [[*alone, "domain"], [*alone, "instance_url"]]
    return [group for names in groups for group in (at_home if names == alone else [names])]


PLUGINS = (
    Plugin(
        "extractors",
        "tap-salesforce-abm",
        "Salesforce (ABM)",
        "Salesforce objects and reports as typed, incremental streams, deletes included.",
        (
            "catalog",
            "state",
            "discover",
            "about",
            "stream-maps",
            "schema-flattening",
            "batch",
            "structured-logging",
            "test",
            "activate-version",
        ),
        TAP_SETTINGS,
        {
            "check": (
                "check tap --config ENV",
                "Is the connection all right, and may the user read what is asked for?",
            )
        },
        ("api", "meltano_sdk", "salesforce", "crm", "abm"),
    ),
    Plugin(
        "loaders",
        "target-salesforce-abm",
        "Salesforce (ABM)",
        "Engagement, intent and segments into Salesforce: matched by verified domain, only differences written.",
        ("about", "stream-maps", "schema-flattening", "structured-logging", "validate-records", "batch"),
        TARGET_SETTINGS,
        {
            "check": (
                "check target --config ENV",
                "Is the connection all right, and may the user write what the loads write?",
            ),
            "provision": (
                "provision --config ENV",
                "Show which fields and permissions are to be made; --apply makes them.",
            ),
        },
        ("api", "meltano_sdk", "reverse_etl", "salesforce", "crm", "abm"),
    ),
)


def files() -> dict[Path, str]:
    """Every generated file and its text."""
    made = {
        ROOT / "plugins.meltano.yml": MADE_BY
        + _yaml({"plugins": {p.kind: [p.definition(f"-e ./{p.name}")] for p in PLUGINS}})
    }
    for plugin in PLUGINS:
        definition = {"plugin_type": plugin.kind, **plugin.definition(plugin.pip_url)} | {
            "variant": "salesforce-abm",
            "repo": REPOSITORY,
        }
        made[ROOT / plugin.name / "plugin.yml"] = MADE_BY + _yaml(definition)
        made[ROOT / plugin.name / "hub.yml"] = MADE_BY + _yaml(plugin.hub())
        readme = ROOT / plugin.name / "README.md"
        before, begin, rest = readme.read_text("utf-8").partition(TABLE_BEGINS)
        _, end, after = rest.partition(TABLE_ENDS)
        if begin and end:
            made[readme] = f"{before}{begin}\n{to_markdown(plugin.settings)}{end}{after}"
    made[ROOT / ".env.example"] = _env_example()
    return made | {ROOT / "docs" / name: text for name, text in site_pages.pages().items()}


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110))


def _env_example() -> str:
    lines = [
        "# Copy to .env and fill in ONE sign-in flow; Meltano reads it. Never commit .env.",
        "# The tap and the target read their own variables; point both at the same org.",
        "# Made by docs/generate.py.",
    ]
    for plugin in PLUGINS:
        prefix = plugin.name.replace("-", "_").upper()
        own = [s for s in plugin.settings if s not in CONNECTION_SETTINGS]
        for title, settings in (("the org and how to sign in", CONNECTION_SETTINGS), ("what it does", own)):
            lines += ["", f"# --- {plugin.name}: {title} ---"]
            for setting in settings:
                lines += [
                    "",
                    *textwrap.wrap(
                        setting.description,
                        110,
                        break_on_hyphens=False,
                        initial_indent="# ",
                        subsequent_indent="# ",
                    ),
                ]
                lines.append(f"#{prefix}_{setting.name.upper()}=")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = {
        path: text
        for path, text in files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} is out of date; run python docs/generate.py", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
