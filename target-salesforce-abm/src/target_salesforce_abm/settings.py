"""The target's settings, once: the JSON Schema, the README's table and the checks are made from this list."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.domains import DomainRules
from salesforce_abm.settings import CONNECTION_SETTINGS, Setting, normalise
from target_salesforce_abm.grammar import Defaults, parse_loads
from target_salesforce_abm.loads import Load, Operation
from target_salesforce_abm.recipe import ENGAGEMENT, INTENT, SEGMENTS, Names, recipe_loads, with_recipe_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SDK_SETTINGS", "TARGET_SETTINGS", "ApiType", "Options"]

SDK_SETTINGS: Final = (
    "stream_maps",
    "stream_map_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "validate_records",
    "batch_config",
)
"""Settings of the Singer SDK that this target has too."""


class ApiType(enum.StrEnum):
    """Which API carries the writes."""

    AUTO = "AUTO"
    REST = "REST"
    BULK2 = "BULK2"


TARGET_SETTINGS: Final[tuple[Setting, ...]] = (
    *CONNECTION_SETTINGS,
    Setting(
        "loads",
        "array",
        "How each stream goes into Salesforce; see [Loads](#loads). Without it the built-in recipe serves "
        "the streams `account_engagement`, `account_intent` and `account_segments`.",
        schema={"items": {"type": "object"}},
    ),
    Setting(
        "field_prefix",
        "string",
        "How the API names of the recipe's fields and object begin.",
        default="ABM_",
    ),
    Setting(
        "push_engagement",
        "boolean",
        "Write engagement and intent into Accounts. When false, rows of the streams `account_engagement` and "
        "`account_intent` are skipped, and nothing is cleared.",
        default=True,
    ),
    Setting(
        "push_segments",
        "boolean",
        "Write segments. When false, rows of the stream `account_segments` are skipped, and nothing is "
        "removed.",
        default=True,
    ),
    Setting(
        "engagement_window_days",
        "integer",
        "An Account whose last engagement is more days ago has its engagement fields cleared, also when no "
        "record comes for it: day 90 stays, day 91 goes. 0 keeps them for ever. Costs one query a run.",
        default=90,
        minimum=0,
        maximum=36_500,
    ),
    Setting(
        "api_type",
        "string",
        "`REST` writes with sObject Collections, 200 records a request; `BULK2` with Bulk API 2.0 jobs; "
        "`AUTO` takes Bulk for more than about 2,000 changed records. The meaning is the same.",
        default="AUTO",
        allowed=("AUTO", "REST", "BULK2"),
        same_as={"BULK": "BULK2"},
    ),
    Setting(
        "concurrency",
        "integer",
        "sObject Collections requests side by side. Records with one parent never go in two of them.",
        default=4,
        minimum=1,
        maximum=20,
    ),
    Setting(
        "action",
        "string",
        "The operation of loads that name none.",
        default="update",
        allowed=tuple(operation.value for operation in Operation),
    ),
    Setting(
        "on_reject",
        "string",
        "`continue` ends with exit code 0 while at most `max_reject_percent` of the rows are rejected, else"
        " 1; `fail` ends with 1 when any row is. Rows that can be written are written either way.",
        default="continue",
        allowed=("continue", "fail"),
    ),
    Setting(
        "max_reject_percent",
        "integer",
        "Share of the rows that may be rejected without failing the run.",
        default=10,
        minimum=0,
        maximum=100,
    ),
    Setting(
        "allow_failures",
        "boolean",
        "An older target's name: true means `on_reject: continue` with no limit.",
        default=False,
    ),
    Setting(
        "rejects_path",
        "string",
        "JSON Lines file of every row that is not in Salesforce, with the reason. Rows in it are tried "
        "again in the next run. It is made when the first row needs it.",
        default="target-salesforce-abm.rejects.jsonl",
    ),
    Setting(
        "retry_rejects",
        "boolean",
        "Try the rows in `rejects_path` again at the end of the run, unless this run brought the same row "
        "anew. What goes through leaves the file.",
        default=True,
    ),
    Setting(
        "report_path",
        "string",
        "JSON summary of the run: rows by outcome, API requests, seconds. Written even when the run fails.",
    ),
    Setting(
        "dry_run",
        "boolean",
        "Do every read and no write; write the plan to `plan_path`. No STATE goes out.",
        default=False,
    ),
    Setting(
        "plan_path",
        "string",
        "Where a dry run puts its plan, value before and after for each record and field, and what it would"
        " cost.",
        default="target-salesforce-abm.plan.json",
    ),
    Setting(
        "full_load",
        "boolean",
        "Send every mapped value, also those that Salesforce holds already, so that its automation sees all"
        " records. Policies (`overwrite`, `nulls`) still hold.",
        default=False,
    ),
    Setting(
        "allow_duplicates",
        "boolean",
        "Save although a duplicate rule raises an alert (rules that block still do). Bulk API 2.0 has no "
        "such switch, so writes then stay on sObject Collections.",
        default=False,
    ),
    Setting(
        "assignment_rules",
        "boolean",
        "Run the active assignment rules on Accounts, Leads and Cases, which can change their owners. "
        "Writes then stay on sObject Collections.",
        default=False,
    ),
    Setting(
        "max_remove_percent",
        "integer",
        "A mirror removes at most this share of its own rows in one run; beyond that it removes none and "
        "the run fails. A load's own `max_remove_percent` goes first.",
        default=20,
        minimum=0,
        maximum=100,
    ),
    Setting(
        "excluded_domains",
        "array",
        "Hosts that do not stand for a company, besides free mail, social media, marketplaces and site "
        "builders: `example.com` with its sub-domains, or `example.*`.",
        schema={"items": {"type": "string"}},
    ),
    Setting(
        "on_unknown_stream",
        "string",
        "What a stream that no load names does: `fail` before anything of it is written, or `skip` its rows.",
        default="fail",
        allowed=("fail", "skip"),
    ),
    Setting(
        "batch_size_rows",
        "integer",
        "Rows held in memory before they are compared with Salesforce. More rows, fewer API requests.",
        default=10_000,
        minimum=1,
        maximum=100_000,
    ),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The settings, checked and typed; connection settings are not among them.

    Attributes:
        loads: explicit loads, or the recipe's.
        off: streams whose rows are skipped by a switch.
        names: the recipe's API names.
        reject_limit: largest share of rejected rows, percent, that ends well; None for no limit, 0 for none
            at all.
        domain_rules: which hosts are not a company's.
    """

    loads: tuple[Load, ...]
    off: frozenset[str]
    names: Names
    api_type: ApiType
    reject_limit: int | None
    rejects_path: Path
    retry_rejects: bool
    report_path: Path | None
    dry_run: bool
    plan_path: Path
    full_load: bool
    allow_duplicates: bool
    assignment_rules: bool
    domain_rules: DomainRules
    skip_unknown: bool
    batch_size: int
    concurrency: int

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Options:
        """Check a configuration.

        Args:
            config: what the user gave.

        Raises:
            ConfigError: everything that is wrong, one line each.
        """
        given = normalise(config, TARGET_SETTINGS, also_known=SDK_SETTINGS)
        names = Names(given["field_prefix"])
        defaults = Defaults(Operation(given["action"]), given["max_remove_percent"])
        window = given["engagement_window_days"]
        if given["loads"] is None:
            loads = recipe_loads(names, defaults, window_days=window)
        else:
            loads = with_recipe_fields(parse_loads(given["loads"], defaults), names, window_days=window)
        off: set[str] = set()
        off |= set() if given["push_engagement"] else {ENGAGEMENT, INTENT}
        off |= set() if given["push_segments"] else {SEGMENTS}
        limit: int | None = 0 if given["on_reject"] == "fail" else given["max_reject_percent"]
        return cls(
            loads=tuple(load for load in loads if load.stream not in off),
            off=frozenset(off),
            names=names,
            api_type=ApiType(given["api_type"]),
            reject_limit=None if given["allow_failures"] else limit,
            rejects_path=Path(given["rejects_path"]),
            retry_rejects=given["retry_rejects"],
            report_path=Path(given["report_path"]) if given["report_path"] else None,
            dry_run=given["dry_run"],
            plan_path=Path(given["plan_path"]),
            full_load=given["full_load"],
            allow_duplicates=given["allow_duplicates"],
            assignment_rules=given["assignment_rules"],
            domain_rules=DomainRules(given["excluded_domains"] or ()),
            skip_unknown=given["on_unknown_stream"] == "skip",
            batch_size=given["batch_size_rows"],
            concurrency=given["concurrency"],
        )
