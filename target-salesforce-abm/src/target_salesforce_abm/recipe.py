"""The built-in loads: engagement and intent into Account fields, segments into an object of their own.

Every name this target writes without being told is here. The recipe is written in the settings' own grammar,
so that it can be copied into `loads` and changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import ConfigError
from target_salesforce_abm.grammar import Defaults, parse_loads

if TYPE_CHECKING:
    from target_salesforce_abm.loads import Load

__all__ = ["ENGAGEMENT", "INTENT", "SEGMENTS", "Names", "recipe", "recipe_loads", "with_recipe_fields"]

ENGAGEMENT = "account_engagement"
INTENT = "account_intent"
SEGMENTS = "account_segments"

_PREFIX = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|_(?!_))*", re.ASCII)
_LONGEST_PREFIX = 24
"""API names have at most 40 characters before `__c`; the longest name here takes 16."""


@dataclass(frozen=True, slots=True)
class Names:
    """API names of the recipe's fields and object.

    Attributes:
        prefix: the setting `field_prefix`.

    Raises:
        ConfigError: API names cannot begin like this.
    """

    prefix: str = "ABM_"

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix) or len(self.prefix) > _LONGEST_PREFIX:
            raise ConfigError(
                f"field_prefix {self.prefix!r} cannot begin an API name",
                remedy="Begin with a letter, use letters, digits and single underscores, "
                f"at most {_LONGEST_PREFIX} characters.",
            )

    def _named(self, name: str) -> str:
        return f"{self.prefix}{name}__c"

    @property
    def engagement_score(self) -> str:
        """Account, number."""
        return self._named("Engagement_Score")

    @property
    def last_engaged(self) -> str:
        """Account, date and time."""
        return self._named("Last_Engaged")

    @property
    def intent_score(self) -> str:
        """Account, number."""
        return self._named("Intent_Score")

    @property
    def intent_topics(self) -> str:
        """Account, text, long text or multi-select picklist."""
        return self._named("Intent_Topics")

    @property
    def memory(self) -> str:
        """Long text on every object with `tracked` fields: JSON of field to the value written last."""
        return self._named("Memory")

    @property
    def segment_object(self) -> str:
        """One row for each Account in each segment."""
        return self._named("Account_Segment")

    @property
    def segment_key(self) -> str:
        """Segment object, text, unique external Id: `stream|Account Id|segment Id`; tells whose row it is."""
        return self._named("Key")

    @property
    def segment_account(self) -> str:
        """Segment object, lookup to Account."""
        return self._named("Account")

    @property
    def segment_id(self) -> str:
        """Segment object, text."""
        return self._named("Segment_Id")

    @property
    def segment_name(self) -> str:
        """Segment object, text."""
        return self._named("Segment_Name")

    @property
    def segment_status(self) -> str:
        """Segment object, text or picklist."""
        return self._named("Status")


def recipe(
    names: Names, *, engagement: bool = True, segments: bool = True, window_days: int = 90
) -> list[dict[str, Any]]:
    """Write the recipe in the grammar of `loads`.

    Args:
        names: API names.
        engagement: include engagement and intent.
        segments: include segments.
        window_days: days after which engagement is cleared; 0 keeps it for ever.

    Returns:
        A value for the setting `loads`.
    """
    account = [{"source": "account_id", "field": "Id"}, {"source": "domain", "by": "domain"}]
    engagement_load: dict[str, Any] = {
        "stream": ENGAGEMENT,
        "object": "Account",
        "match": account,
        "fields": {"engagement_score": names.engagement_score, "last_engaged_at": names.last_engaged},
    }
    if window_days:
        engagement_load["expire"] = {"source": "last_engaged_at", "after_days": window_days}
    intent_load = {
        "stream": INTENT,
        "object": "Account",
        "match": account,
        "fields": {"intent_score": names.intent_score, "intent_topics": names.intent_topics},
    }
    segments_load = {
        "stream": SEGMENTS,
        "object": names.segment_object,
        "operation": "mirror",
        "key": names.segment_key,
        "key_from": [names.segment_account, "segment_id"],
        "fields": {
            "account": {"field": names.segment_account, "match": account},
            "segment_id": names.segment_id,
            "segment_name": names.segment_name,
            "status": names.segment_status,
        },
    }
    return [engagement_load, intent_load] * engagement + [segments_load] * segments


def recipe_loads(
    names: Names,
    defaults: Defaults,
    *,
    engagement: bool = True,
    segments: bool = True,
    window_days: int = 90,
) -> tuple[Load, ...]:
    """Read the recipe as loads; see `recipe` for the arguments."""
    raw = recipe(names, engagement=engagement, segments=segments, window_days=window_days)
    always_update = Defaults(max_remove_percent=defaults.max_remove_percent)
    return parse_loads(raw, always_update, builtin=True)


def with_recipe_fields(loads: tuple[Load, ...], names: Names, *, window_days: int = 90) -> tuple[Load, ...]:
    """Complete loads of the recipe's streams that give no `fields` of their own with the recipe's.

    Args:
        loads: from the settings.
        names: API names.
        window_days: not used for loads that give `expire`.

    Returns:
        The loads, those of the recipe's streams into the recipe's objects with its fields, match and key.
    """
    known = {load.stream: load for load in recipe_loads(names, Defaults(), window_days=window_days)}
    return tuple(_completed(load, known.get(load.stream)) for load in loads)


def _completed(load: Load, own: Load | None) -> Load:
    if own is None or load.fields is not None or load.pivot is not None:
        return load
    if load.object is not None and (load.object or "").casefold() != (own.object or "").casefold():
        return load
    fields = tuple(
        replace(mapped, overwrite=load.overwrite, nulls=load.nulls, too_long=load.too_long)
        for mapped in own.fields or ()
    )
    return replace(
        load,
        object=own.object,
        fields=fields,
        match=load.match or own.match,
        key=load.key or own.key,
        key_from=load.key_from or own.key_from,
        expire=load.expire or (own.expire if load.operation.updates else None),
    )
