"""The tap's settings: one list for the JSON Schema, `--about`, the README's table and `meltano.yml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from salesforce_abm import times
from salesforce_abm.errors import ConfigError
from salesforce_abm.settings import CONNECTION_SETTINGS, Alias, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_OBJECTS", "SETTINGS", "TAP_SETTINGS", "ApiType", "ReportSetting", "Shard", "TapSettings"]

ApiType = Literal["AUTO", "REST", "BULK2"]

DEFAULT_OBJECTS: Final = (
    "Account",
    "Contact",
    "Lead",
    "Opportunity",
    "OpportunityLineItem",
    "OpportunityContactRole",
    "OpportunityHistory",
    "Product2",
    "PricebookEntry",
    "Campaign",
    "CampaignMember",
    "Task",
    "Event",
    "User",
    "RecordType",
)

TAP_SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "start_date",
        "string",
        "Lower bound of incremental streams, `2024-01-01` or `2024-01-01T00:00:00Z`. Unset means everything. "
        "Moving it back has no effect on a stream that has a bookmark: run with `--full-refresh` for that.",
        schema={"format": "date-time"},
    ),
    Setting(
        "objects",
        "array",
        "Objects to extract: API names or globs such as `*__c`; `*` is every queryable object.",
        default=list(DEFAULT_OBJECTS),
        aliases=(Alias("streams_to_discover"),),
        schema={"items": {"type": "string"}},
    ),
    Setting(
        "reports",
        "array",
        "Reports to extract: names, Ids, or mappings `{name or id, stream, key}`. Each becomes the stream "
        "`stream`, or `report_` and its developer name in lower case; `key` lists the columns that identify "
        "a row. Globs are taken too, with the folder before the name: `Sales/*`; `*` is every report.",
        default=[],
        schema={
            "items": {
                "type": ["string", "object"],
                "properties": {
                    "name": {"type": "string"},
                    "id": {"type": "string"},
                    "stream": {"type": "string"},
                    "key": {"type": ["array", "string"], "items": {"type": "string"}},
                },
                "additionalProperties": False,
            },
        },
    ),
    Setting(
        "account_domains",
        "boolean",
        "Offer the derived stream `account_domain`: the web domain each Account is verified for.",
        default=True,
    ),
    Setting(
        "excluded_domains",
        "array",
        "Hosts that identify no company, beyond the free-mail, social and site-builder hosts that ship with "
        "the tap: `example.com` (sub-domains too) or `example.*`.",
        default=[],
        schema={"items": {"type": "string"}},
    ),
    Setting(
        "api_type",
        "string",
        "How rows are read. `AUTO` reads small reads by REST and big ones by Bulk API 2.0.",
        default="AUTO",
        allowed=("AUTO", "REST", "BULK2"),
        same_as={"BULK": "BULK2"},
    ),
    Setting(
        "bulk_threshold_rows",
        "integer",
        "With `AUTO`, reads of more rows than this go by Bulk API 2.0: about where its fewer requests make "
        "up for the wait for a job.",
        default=25_000,
        minimum=1,
    ),
    Setting(
        "window_rows",
        "integer",
        "Reads of more rows than this are cut into windows of about so many; STATE is written after each, so "
        "a killed run repeats at most one.",
        default=250_000,
        minimum=1,
    ),
    Setting(
        "include_deleted",
        "boolean",
        "Bring deleted rows with `IsDeleted` true: those in the recycle bin whole, purged ones as key, "
        "`IsDeleted` and time of deletion. Archived activities come along.",
        default=True,
    ),
    Setting(
        "emit_activate_version_messages",
        "boolean",
        "Send ACTIVATE_VERSION after a stream has been read whole (full-table streams, and objects whose log "
        "of deletions has a gap), so that loaders that know the message remove rows no longer there.",
        default=False,
    ),
    Setting(
        "lookback_window",
        "integer",
        "Seconds before the bookmark that every incremental run reads again, because a transaction can "
        "commit after its timestamp.",
        default=600,
        minimum=0,
    ),
    Setting(
        "formula_refresh_hours",
        "integer",
        "Formula and roll-up fields change without touching the row's timestamp: every so many hours they "
        "are read for all rows, and changed rows are sent again. 0 turns it off.",
        default=24,
        minimum=0,
    ),
    Setting(
        "concurrency",
        "integer",
        "Requests and jobs under way at a time.",
        default=4,
        minimum=1,
        maximum=20,
    ),
    Setting(
        "shard",
        "string",
        "`i/n`, i from 1: this process reads the i-th of n disjoint parts, to spread a backfill over several "
        "machines. Each part keeps a STATE of its own.",
        schema={"pattern": r"^\s*\d+\s*/\s*\d+\s*$"},
    ),
)

SETTINGS: Final = CONNECTION_SETTINGS + TAP_SETTINGS
"""All settings in the order of the README; the SDK adds its own (stream maps, flattening, BATCH)."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Which of several disjoint parts to read: `index` from 0 of `count`."""

    index: int
    count: int


@dataclass(frozen=True, slots=True)
class ReportSetting:
    """One report to extract.

    Attributes:
        find: its name, developer name or Id.
        stream: stream name, None for the default one.
        key: columns that identify a row.
    """

    find: str
    stream: str | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TapSettings:
    """The tap's settings, checked and typed; see `TAP_SETTINGS` for their meaning."""

    start_date: datetime | None
    objects: tuple[str, ...]
    reports: tuple[ReportSetting, ...]
    account_domains: bool
    excluded_domains: tuple[str, ...]
    api_type: ApiType
    bulk_threshold_rows: int
    window_rows: int
    include_deleted: bool
    lookback: timedelta
    formula_refresh: timedelta | None
    concurrency: int
    shard: Shard | None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TapSettings:
        """Read the settings out of a normalised configuration.

        Raises:
            ConfigError: a value is of the right type but makes no sense; all such problems at once.
        """
        problems: list[str] = []
        settings = cls(
            start_date=_start_date(config["start_date"], problems),
            objects=tuple(str(name).strip() for name in config["objects"]),
            reports=tuple(_reports(config["reports"], problems)),
            account_domains=config["account_domains"],
            excluded_domains=tuple(str(host) for host in config["excluded_domains"]),
            api_type=cast("ApiType", config["api_type"]),
            bulk_threshold_rows=config["bulk_threshold_rows"],
            window_rows=config["window_rows"],
            include_deleted=config["include_deleted"],
            lookback=timedelta(seconds=config["lookback_window"]),
            formula_refresh=timedelta(hours=config["formula_refresh_hours"]) or None,
            concurrency=config["concurrency"],
            shard=_shard(config["shard"], problems),
        )
        if problems:
            raise ConfigError.of(problems)
        return settings


def _start_date(text: str | None, problems: list[str]) -> datetime | None:
    if text is None:
        return None
    try:
        return times.parse_datetime(text)
    except ValueError as error:
        problems.append(f"`start_date`: {error}")
        return None


def _shard(text: str | None, problems: list[str]) -> Shard | None:
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        problems.append(f"`shard` must be i/n with i from 1 to n, such as 2/4, not {text!r}")
        return None
    return Shard(int(found[1]) - 1, int(found[2])) if int(found[2]) > 1 else None


_REPORT_KEYS: Final = frozenset({"name", "id", "stream", "key"})


def _reports(entries: list[Any], problems: list[str]) -> list[ReportSetting]:
    reports = []
    for number, entry in enumerate(entries, start=1):
        fields = {"name": entry} if isinstance(entry, str) else entry
        where = f"`reports`, entry {number}"
        if not isinstance(fields, dict):
            problems.append(f"{where}: must be a name or a mapping with `name` or `id`")
            continue
        unknown = sorted(set(fields) - _REPORT_KEYS)
        if unknown:
            problems.append(f"{where}: `{unknown[0]}` is not known; there are name, id, stream and key")
        find = fields.get("id") or fields.get("name")
        if not find:
            problems.append(f"{where}: `name` or `id` is missing")
            continue
        key = fields.get("key") or ()
        columns = tuple(part.strip() for part in key.split(",")) if isinstance(key, str) else tuple(key)
        reports.append(ReportSetting(str(find), fields.get("stream"), columns))
    return reports
