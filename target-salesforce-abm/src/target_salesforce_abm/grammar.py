"""Read `loads` from the settings: every mistake is named with its place, all in one error."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from salesforce_abm.describe import nearest_name
from salesforce_abm.errors import ConfigError
from target_salesforce_abm.loads import (
    Deleted,
    Expire,
    FieldMap,
    Load,
    MatchStep,
    Moved,
    Nulls,
    Operation,
    Overwrite,
    Pivot,
    Prefer,
    Removed,
    TooLong,
)

__all__ = ["Defaults", "nearest", "parse_loads"]

_LOAD_KEYS: Final = (
    "stream",
    "object",
    "operation",
    "match",
    "fields",
    "overwrite",
    "nulls",
    "too_long",
    "key",
    "key_from",
    "owner",
    "removed",
    "max_remove_percent",
    "expire",
    "pivot",
    "deleted",
    "moved",
)
_FIELD_KEYS: Final = ("field", "overwrite", "nulls", "too_long", "match")
_API_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_FIELD_PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)?", re.ASCII)
_E = TypeVar("_E", bound=enum.StrEnum)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What loads that do not say otherwise get.

    Attributes:
        operation: from the setting `action`.
        max_remove_percent: from the setting of that name.
    """

    operation: Operation = Operation.UPDATE
    max_remove_percent: int = 20


def parse_loads(raw: Any, defaults: Defaults = Defaults(), *, builtin: bool = False) -> tuple[Load, ...]:
    """Read the setting `loads`.

    Args:
        raw: the setting's value, as JSON or YAML gave it.
        defaults: what loads that do not say otherwise get.
        builtin: marks the loads as the recipe's.

    Returns:
        The loads, in order.

    Raises:
        ConfigError: one line for each mistake.
    """
    problems: list[str] = []
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise ConfigError(f"loads must be a list of loads, not {_kind(raw)}")
    loads: list[Load] = []
    for index, item in enumerate(raw):
        at = _At(f"loads[{index}]", problems)
        before = len(problems)
        load = _load(item, at, defaults, builtin=builtin)
        if load is not None and len(problems) == before:
            loads.append(load)
    if problems:
        raise ConfigError.of(problems)
    return tuple(loads)


def nearest(word: str, known: Collection[str]) -> str:
    """Give ` (nearest: x)` when something known looks like the word, else nothing."""
    found = nearest_name(word, known)
    return f" (nearest: {found})" if found else ""


@dataclass(frozen=True)
class _At:
    """A place in the settings, and where its problems go."""

    path: str
    problems: list[str] = field(repr=False)

    def say(self, problem: str) -> None:
        self.problems.append(f"{self.path}: {problem}")

    def into(self, step: str) -> _At:
        return _At(f"{self.path}{step}", self.problems)

    def mapping(self, raw: Any, what: str, known: Sequence[str]) -> Mapping[str, Any] | None:
        if not isinstance(raw, Mapping):
            self.say(f"{what} must be a mapping, not {_kind(raw)}")
            return None
        for key in raw:
            if key not in known:
                self.say(f"unknown key {key!r}{nearest(str(key), known)}; known: {', '.join(known)}")
        return raw

    def text(self, raw: Mapping[str, Any], key: str, *, needed: str | None = None) -> str | None:
        value = raw.get(key)
        if value is None:
            if needed:
                self.say(f"{key} is missing: {needed}")
            return None
        if not isinstance(value, str) or not value.strip():
            self.say(f"{key} must be a text, not {_kind(value)}")
            return None
        return value.strip()

    def name(self, raw: Mapping[str, Any], key: str, *, needed: str | None = None) -> str | None:
        value = self.text(raw, key, needed=needed)
        if value is not None and not _API_NAME.fullmatch(value):
            self.say(f"{key} {value!r} is not an API name (letters, digits and underscores)")
            return None
        return value

    def choice(self, raw: Mapping[str, Any], key: str, kind: type[_E], default: _E) -> _E:
        value = raw.get(key)
        if value is None:
            return default
        try:
            return kind(value)
        except ValueError:
            words = [member.value for member in kind]
            self.say(f"{key} {value!r} is not one of {', '.join(words)}{nearest(str(value), words)}")
            return default

    def whole(self, raw: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
        value = raw.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.say(f"{key} must be a whole number from {low} to {high}, not {value!r}")
            return default
        return value


def _load(raw: Any, at: _At, defaults: Defaults, *, builtin: bool) -> Load | None:
    given = at.mapping(raw, "a load", _LOAD_KEYS)
    if given is None:
        return None
    stream = at.text(given, "stream", needed="name the stream, or a pattern such as account_*") or ""
    is_glob = any(char in stream for char in "*?[")
    operation = at.choice(given, "operation", Operation, defaults.operation)
    overwrite = at.choice(given, "overwrite", Overwrite, Overwrite.ALWAYS)
    nulls = at.choice(given, "nulls", Nulls, Nulls.CLEAR)
    too_long = at.choice(given, "too_long", TooLong, TooLong.REJECT)
    key = at.name(given, "key")
    pivot = _pivot(given.get("pivot"), at.into(".pivot"))
    fields = _fields(given.get("fields"), at.into(".fields"), overwrite, nulls, too_long)
    deletes = operation in (Operation.DELETE, Operation.MIRROR)
    load = Load(
        stream=stream,
        object=at.name(given, "object"),
        operation=operation,
        match=_match(given.get("match"), at.into(".match")),
        fields=() if fields is None and pivot is not None else fields,
        overwrite=overwrite,
        nulls=nulls,
        too_long=too_long,
        key=key,
        key_from=_key_from(given.get("key_from"), at.into(".key_from")),
        owner=at.text(given, "owner") or ("" if is_glob else stream),
        removed=_removed(given.get("removed"), at.into(".removed"), operation),
        max_remove_percent=at.whole(given, "max_remove_percent", defaults.max_remove_percent, 0, 100),
        expire=_expire(given.get("expire"), at.into(".expire")),
        pivot=pivot,
        deleted=at.choice(given, "deleted", Deleted, Deleted.DELETE if deletes else Deleted.SKIP),
        moved=at.choice(given, "moved", Moved, Moved.ASIDE),
        where=at.path,
        builtin=builtin,
    )
    _agree(load, given, at)
    return load


def _agree(load: Load, given: Mapping[str, Any], at: _At) -> None:
    """Check that the parts of one load fit together."""
    if load.object is None and not load.is_glob and not _API_NAME.fullmatch(load.stream):
        at.say(f"object is missing, and the stream's name {load.stream!r} cannot be an object's")
    if load.key_from and load.key is None:
        at.say("key_from builds the value of key: name the external Id field in key")
    if load.operation is Operation.MIRROR:
        _agree_mirror(load, at)
    else:
        for name in ("removed", "max_remove_percent"):
            if given.get(name) is not None:
                at.say(f"{name} is for operation mirror only")
    if load.pivot and given.get("fields") is not None:
        at.say("pivot makes the fields: take fields away")
    if load.expire is None:
        return
    if not load.operation.updates:
        at.say(f"expire does not go with operation {load.operation.value}")
    sources = [mapped.source for mapped in load.fields or ()]
    if sources and load.expire.source not in sources:
        hint = nearest(load.expire.source, sources)
        at.into(".expire").say(f"source {load.expire.source!r} is not one of fields{hint}")


def _agree_mirror(load: Load, at: _At) -> None:
    if load.key is None:
        at.say("a mirror needs key, the external Id field by which its rows are known")
    elif not load.key_from:
        at.say("a mirror needs key_from, the properties that make a row's key: the key shows whose row it is")
    if load.match:
        at.say("a mirror finds its rows by key; take match away")
    if not load.owner:
        at.say("a mirror of a stream pattern needs owner, the name its rows are marked with")


def _match(raw: Any, at: _At) -> tuple[MatchStep, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        at.say("must be a list such as [{source: account_id, field: Id}, {source: domain, by: domain}]")
        return ()
    steps = (_step(item, at.into(f"[{index}]")) for index, item in enumerate(raw))
    return tuple(step for step in steps if step is not None)


def _step(raw: Any, at: _At) -> MatchStep | None:
    given = at.mapping(raw, "a match", ("source", "field", "by", "prefer"))
    if given is None:
        return None
    if isinstance(given.get("source"), list) or isinstance(given.get("field"), list):
        return _joint_step(given, at)
    source = at.text(given, "source", needed="name the record's property to look up")
    found = at.name(given, "field")
    way = at.text(given, "by")
    prefer = given.get("prefer")
    if way not in (None, "domain"):
        at.say(f"by {way!r} is not known; the only way besides field is domain")
    elif (found is None) == (way is None):
        at.say("give either field (an API name) or by: domain")
    if prefer is not None and way is None:
        at.say("prefer is for by: domain only")
    chosen = None if prefer is None else at.choice(given, "prefer", Prefer, Prefer.OLDEST)
    return None if source is None else MatchStep(source, found, chosen)


def _joint_step(given: Mapping[str, Any], at: _At) -> MatchStep | None:
    """Several properties that must all fit: `{source: [a, b], field: [A__c, B__c]}`."""
    sources, fields = given.get("source"), given.get("field")
    if not isinstance(sources, list) or not isinstance(fields, list) or len(sources) != len(fields):
        at.say("source and field must be lists of the same length")
        return None
    pairs = [({"source": source, "field": name}) for source, name in zip(sources, fields, strict=True)]
    read = [(at.text(pair, "source", needed="name a property"), at.name(pair, "field")) for pair in pairs]
    if len(read) < 2 or len({name for _, name in read}) < len(read):
        at.say("source and field must be lists of at least two different names")
        return None
    for key in ("by", "prefer"):
        if given.get(key) is not None:
            at.say(f"{key} does not go with several fields")
    first, *others = [(source, name) for source, name in read if source and name]
    return MatchStep(*first, also=tuple(others)) if len(others) == len(read) - 1 else None


def _fields(
    raw: Any, at: _At, overwrite: Overwrite, nulls: Nulls, too_long: TooLong
) -> tuple[FieldMap, ...] | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or not raw:
        at.say("must map at least one property to a field, such as engagement_score: ABM_Engagement_Score__c")
        return None
    maps: list[FieldMap] = []
    seen: dict[str, str] = {}
    for source, target in raw.items():
        here = at.into(f".{source}")
        given = {"field": target} if isinstance(target, str) else here.mapping(target, "a field", _FIELD_KEYS)
        if given is None:
            continue
        name = here.text(given, "field", needed="name the Salesforce field")
        if name is None:
            continue
        if not _FIELD_PATH.fullmatch(name):
            here.say(f"field {name!r} is neither an API name nor a path such as Account.External_Key__c")
            continue
        other = seen.setdefault(name.casefold(), source)
        if other != source:
            here.say(f"field {name} is already written from {other!r}")
        maps.append(
            FieldMap(
                source=str(source),
                field=name,
                overwrite=here.choice(given, "overwrite", Overwrite, overwrite),
                nulls=here.choice(given, "nulls", Nulls, nulls),
                too_long=here.choice(given, "too_long", TooLong, too_long),
                match=_match(given.get("match"), here.into(".match")),
                where=here.path,
            )
        )
        if "." in name and maps[-1].match:
            here.say("give either a relationship's field or match, not both")
    return tuple(maps)


def _key_from(raw: Any, at: _At) -> tuple[str, ...]:
    if raw is None:
        return ()
    parts = [raw] if isinstance(raw, str) else raw
    if not isinstance(parts, Sequence) or not parts or not all(isinstance(p, str) and p for p in parts):
        at.say("must be a list of properties such as [account_id, segment_id]")
        return ()
    return tuple(parts)


def _removed(raw: Any, at: _At, operation: Operation) -> Removed | None:
    if operation is not Operation.MIRROR or raw in (None, "delete"):
        return Removed() if operation is Operation.MIRROR else None
    if isinstance(raw, str):
        at.say(f"{raw!r} is not known: write delete, or {{field: ABM_Status__c, value: exited}}")
        return Removed()
    given = at.mapping(raw, "removed", ("field", "value"))
    if given is None:
        return Removed()
    name = at.name(given, "field", needed="name the field that says a row is gone")
    value = given.get("value")
    if value is None or isinstance(value, Mapping | list):
        at.say("value is missing: give what the field says then")
        return Removed()
    return Removed(name, str(value).lower() if isinstance(value, bool) else str(value))


def _expire(raw: Any, at: _At) -> Expire | None:
    if raw is None:
        return None
    given = at.mapping(raw, "expire", ("source", "after_days"))
    if given is None:
        return None
    source = at.text(given, "source", needed="name the property that holds the date")
    days = given.get("after_days")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 36_500:
        at.say(f"after_days must be a whole number from 1 to 36500, not {days!r}")
        return None
    return None if source is None else Expire(source, days)


def _pivot(raw: Any, at: _At) -> Pivot | None:
    if raw is None:
        return None
    given = at.mapping(raw, "pivot", ("name", "value", "fields"))
    if given is None:
        return None
    name = at.text(given, "name", needed="name the property that holds the segment")
    value = at.text(given, "value", needed="name the property that holds the status")
    fields = given.get("fields")
    if not isinstance(fields, Mapping) or not fields:
        at.into(".fields").say("must map at least one segment to a field, such as crm_2_seg: crm_2_seg__c")
        return None
    for segment, api_name in fields.items():
        if not isinstance(api_name, str) or not _API_NAME.fullmatch(api_name):
            at.into(f".fields.{segment}").say(
                f"{api_name!r} is not an API name (letters, digits and underscores)"
            )
    if name is None or value is None:
        return None
    return Pivot(name, value, {str(segment): str(api_name) for segment, api_name in fields.items()})


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
