"""The documentation says what the code does: its configurations parse, its names exist, its links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import jsonschema
import pytest
import yaml

from salesforce_abm.codes import CODES, REFINEMENTS
from salesforce_abm.connection import FLOWS
from salesforce_abm.domains import Status
from salesforce_abm.settings import normalise
from tap_salesforce_abm.requirements import SDK_SETTINGS as TAP_SDK_SETTINGS
from tap_salesforce_abm.settings import SETTINGS as TAP_SETTINGS
from tap_salesforce_abm.settings import TapSettings
from tap_salesforce_abm.tap import TapSalesforceAbm
from target_salesforce_abm import grammar, loads, recipe
from target_salesforce_abm.accounting import Tally
from target_salesforce_abm.settings import SDK_SETTINGS, TARGET_SETTINGS, Options
from target_salesforce_abm.target import TargetSalesforceAbm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from salesforce_abm.settings import Setting

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
DOCS = ROOT / "docs"
PACKAGES = ("salesforce-abm", "tap-salesforce-abm", "target-salesforce-abm", "local-org")
PAGES = sorted(DOCS.rglob("*.md"))
OTHERS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *(ROOT / package / name for package in PACKAGES for name in ("README.md", "CHANGELOG.md")),
]
FENCE = re.compile(r"^( *)```(\w*)(?: title=\"([^\"]*)\")?\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
PLUGIN_SETTINGS = {"tap-salesforce-abm": TAP_SETTINGS, "target-salesforce-abm": TARGET_SETTINGS}
MEASURED = ("errors.md", "performance.md")  # full of Salesforce's and the benchmarks' own words
# What MeltanoHub's schemas for extractors and loaders know.
HUB_KEYS = frozenset(
    """capabilities commands definition description docs domain_url executable hidden keywords label logo_url
    maintenance_status metadata name namespace next_steps pip_url prereq repo requires schema select settings
    settings_group_validation settings_preamble usage variant""".split()
)
# Names in code spans that are neither settings nor of the grammar: streams and properties of examples, fields
# of STATE, words of OAuth and of the older plugins.
OTHER_NAMES = frozenset(
    """account_domain account_id crm_2_seg domain_name engagement_score exit_code exit_reason intent_score
    intent_topics last_engaged_at last_seen segment_id segment_name scored_events report_ api_requests api_usage
    started_at ended_at dry_run deleted_to replication_key_value replication_key refresh_token offline_access
    chatter_api invalid_grant local_org simple_salesforce max_workers select_fields_by_default
    state_message_threshold deleted_at_source segment_not_mapped full_load _sdc_deleted_at lead_segments
    contact_segments send_anonymous_usage_stats sobject_collections metric_name tests_system""".split()
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, *languages: str) -> Iterator[tuple[str, str, int]]:
    """Title, text and line of the fenced blocks in some languages."""
    text = path.read_text("utf-8")
    for match in FENCE.finditer(text):
        indent, language, title, body = match.groups()
        if language in languages:
            yield (
                title or "",
                re.sub(f"^{indent}", "", body, flags=re.MULTILINE),
                text[: match.start()].count("\n") + 1,
            )


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text("utf-8"))


def setting_names(settings: Sequence[Setting]) -> frozenset[str]:
    return frozenset(name for one in settings for name in (one.name, *(alias.name for alias in one.aliases)))


# Configurations


def configurations() -> list[Any]:
    return [
        pytest.param(path, title, text, id=f"{name_of(path)}:{line}")
        for path in (*PAGES, *OTHERS)
        if path.exists()
        for title, text, line in blocks(path, "yaml")
    ]


def check_tap(config: dict[str, Any]) -> None:
    TapSettings.from_config(normalise(config, TAP_SETTINGS, also_known=TAP_SDK_SETTINGS))
    check_sign_in(config)


def check_target(config: dict[str, Any]) -> None:
    Options.from_config(config)
    check_sign_in(config)


def check_sign_in(config: dict[str, Any]) -> None:
    given = dict.fromkeys(setting_names(TAP_SETTINGS) | setting_names(TARGET_SETTINGS)) | config
    assert any(not flow.missing(given) for flow in FLOWS), "this does not sign in"


def check_loads(raw: Any) -> None:
    defaults = grammar.Defaults()
    assert recipe.with_recipe_fields(grammar.parse_loads(raw, defaults), recipe.Names())


def check_meltano(document: dict[str, Any]) -> None:
    schema = json.loads(files("meltano.schemas").joinpath("meltano.schema.json").read_text("utf-8"))
    # The SDK's targets declare `validate-records`, which Meltano's schema does not list yet.
    loader = schema["$defs"]["plugins"]["loaders"]["allOf"][1]["properties"]
    loader["capabilities"]["items"]["enum"].append("validate-records")
    jsonschema.validate({"version": 1} | document, schema)
    for kind in ("extractors", "loaders"):
        for plugin in document.get("plugins", {}).get(kind, []):
            settings = PLUGIN_SETTINGS.get(plugin["name"])
            if settings is not None:
                normalise(plugin.get("config", {}), settings, also_known=SDK_SETTINGS)


@pytest.mark.parametrize(("path", "title", "text"), configurations())
def test_every_configuration_in_the_documentation_is_accepted(path: Path, title: str, text: str) -> None:
    document = yaml.safe_load(text)
    if not title:  # READMEs are read where titles are not shown
        assert path in OTHERS, 'say what it is: ```yaml title="loads"'
        title = "meltano.yml" if "plugins" in document else "loads"
        document = document.get("loads", document)
    {
        "loads": check_loads,
        "tap config": check_tap,
        "target config": check_target,
        "meltano.yml": check_meltano,
    }[title](document)


def test_json_in_the_documentation_is_json() -> None:
    for path in (*PAGES, *OTHERS):
        for _, text, line in blocks(path, "json"):
            try:
                json.loads(text)
            except ValueError as error:
                pytest.fail(f"{name_of(path)}:{line}: {error}")


def test_the_projects_own_meltano_files_are_what_meltano_knows() -> None:
    for name in ("meltano.yml", "plugins.meltano.yml"):
        check_meltano(yaml.safe_load((ROOT / name).read_text("utf-8")))


# Names


def known_names() -> set[str]:
    names = (
        set(setting_names(TAP_SETTINGS) | setting_names(TARGET_SETTINGS))
        | set(TAP_SDK_SETTINGS)
        | set(SDK_SETTINGS)
    )
    names |= {
        *grammar._LOAD_KEYS,
        *grammar._FIELD_KEYS,
        "after_days",
        recipe.ENGAGEMENT,
        recipe.INTENT,
        recipe.SEGMENTS,
    }
    for kind in (
        loads.Operation,
        loads.Overwrite,
        loads.Nulls,
        loads.TooLong,
        loads.Deleted,
        loads.Moved,
        loads.Prefer,
    ):
        names |= {member.value for member in kind}
    for setting in (*TAP_SETTINGS, *TARGET_SETTINGS):
        names |= {*setting.allowed}
    names |= {*CODES, *(one.code or "" for one in REFINEMENTS), *get_args(Status), *Tally().as_dict()}
    return names | OTHER_NAMES


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=name_of(path)) for path in PAGES if path.name not in MEASURED]
)
def test_every_name_in_the_documentation_exists(path: Path) -> None:
    spans = re.findall(r"`([^`\n]+)`", prose(path))
    words = {
        word
        for span in spans
        for word in re.findall(r"(?<![\w./<-])_?[a-z]+\d*(?:_[a-z0-9]+)+(?![\w./>*-])", span)
    }
    assert words - known_names() == set()


def test_environment_variables_in_the_documentation_are_settings() -> None:
    prefixes = {"TAP_SALESFORCE_ABM_": TAP_SETTINGS, "TARGET_SALESFORCE_ABM_": TARGET_SETTINGS}
    for path in (*PAGES, *OTHERS):
        for prefix, name in re.findall(
            r"\b(TAP_SALESFORCE_ABM_|TARGET_SALESFORCE_ABM_)([A-Z][A-Z_]+)", path.read_text("utf-8")
        ):
            assert name == "X" or name.lower() in setting_names(prefixes[prefix]), (
                f"{name_of(path)}: {prefix}{name}"
            )


def test_the_page_of_loads_names_every_key_of_the_grammar() -> None:
    text = (DOCS / "reference" / "loads.md").read_text("utf-8")
    words = {*grammar._LOAD_KEYS, *grammar._FIELD_KEYS, "source", "by", "prefer"}
    for kind in (
        loads.Operation,
        loads.Overwrite,
        loads.Nulls,
        loads.TooLong,
        loads.Deleted,
        loads.Moved,
        loads.Prefer,
    ):
        words |= {member.value for member in kind}
    assert {word for word in words if f"`{word}`" not in text} == set()


def test_the_page_of_files_names_every_code_the_target_gives_rows() -> None:
    text = (DOCS / "reference" / "files.md").read_text("utf-8")
    sources = (ROOT / "target-salesforce-abm" / "src").rglob("*.py")
    codes = {code for path in sources for code in re.findall(r'Problem\(\s*"(\w+)"', path.read_text("utf-8"))}
    assert len(codes) > 5
    assert {code for code in codes if f"`{code}`" not in text} == set()


def test_the_page_of_files_names_every_number_of_the_report() -> None:
    text = (DOCS / "reference" / "files.md").read_text("utf-8")
    numbers = {*Tally(retried={}).as_dict(), "retried"}  # type: ignore[arg-type]
    assert {name for name in numbers if f"`{name}`" not in text} == set()


# Links


def anchors(path: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and MkDocs make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower())
        found.add(re.sub(r"[\s]+", "-", plain.strip()))
    return found


@pytest.mark.parametrize("path", [pytest.param(path, id=name_of(path)) for path in (*PAGES, *OTHERS)])
def test_every_link_inside_the_repository_resolves(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        assert page.exists(), f"{target}: no such file"
        assert not anchor or anchor in anchors(page), f"{target}: no such heading"


@pytest.mark.long
def test_the_site_builds_strictly_and_asks_no_other_host(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        [BIN / "mkdocs", "build", "--strict", "--site-dir", site],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    fetched = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=\"?(https?:)?//[^>]*>")
    for page in site.rglob("*.html"):
        tags = [tag.group() for tag in fetched.finditer(page.read_text("utf-8"))]
        assert [tag for tag in tags if "canonical" not in tag] == [], page.name
    assert not list(site.rglob("*.py"))


# Plugin definitions


@pytest.mark.parametrize("plugin", [TapSalesforceAbm, TargetSalesforceAbm], ids=lambda plugin: plugin.name)
@pytest.mark.parametrize("name", ["hub.yml", "plugin.yml"])
def test_plugin_definitions_say_what_the_plugins_say_of_themselves(plugin: Any, name: str) -> None:
    definition = yaml.safe_load((ROOT / plugin.name / name).read_text("utf-8"))
    assert set(definition["capabilities"]) == {capability.value for capability in plugin.capabilities}
    known = plugin.config_jsonschema["properties"]
    settings = {setting["name"]: setting for setting in definition["settings"]}
    assert set(settings) <= set(known)
    assert {n for n, s in settings.items() if s.get("sensitive")} == {
        n for n in settings if known[n].get("secret")
    }
    assert all(set(group) <= set(settings) for group in definition["settings_group_validation"])


@pytest.mark.parametrize("folder", ["tap-salesforce-abm", "target-salesforce-abm"])
def test_the_hubs_definitions_have_the_hubs_keys_in_the_hubs_order(folder: str) -> None:
    definition = yaml.safe_load((ROOT / folder / "hub.yml").read_text("utf-8"))
    assert set(definition) <= HUB_KEYS
    assert list(definition) == sorted(definition)
    assert {
        "name",
        "namespace",
        "variant",
        "label",
        "repo",
        "pip_url",
        "maintenance_status",
        "keywords",
    } <= set(definition)


@pytest.mark.meltano
@pytest.mark.long
@pytest.mark.xdist_group("meltano")
@pytest.mark.parametrize("name", ["hub.yml", "plugin.yml"])
@pytest.mark.parametrize(
    ("kind", "plugin"),
    [("extractor", "tap-salesforce-abm"), ("loader", "target-salesforce-abm")],
    ids=["tap", "target"],
)
def test_meltano_adds_the_plugins_from_their_definitions_without_the_hub(
    tmp_path: Path, kind: str, plugin: str, name: str
) -> None:
    (tmp_path / "meltano.yml").write_text(
        "version: 1\nproject_id: elsewhere\nsend_anonymous_usage_stats: false\n"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TAP_", "TARGET_", "MELTANO_"))}
    env |= {"MELTANO_HUB_URL": "http://127.0.0.1:9"}  # nobody is there: the Hub is not asked

    def meltano(*arguments: str) -> str:
        done = subprocess.run(
            [BIN / "meltano", *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    definition = ROOT / plugin / name
    meltano("add", "--no-install", "--plugin-type", kind, "--from-ref", str(definition), plugin)
    project = yaml.safe_load((tmp_path / "meltano.yml").read_text("utf-8"))
    [added] = project["plugins"][f"{kind}s"]
    given = yaml.safe_load(definition.read_text("utf-8"))
    for key in ("name", "namespace", "pip_url", "executable", "capabilities", "settings", "commands"):
        assert added[key] == given[key]
    assert plugin.replace("-", "_").upper() + "_CLIENT_ID" in meltano("config", "list", plugin)
