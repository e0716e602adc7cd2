"""A load joined to what the org says of its object: exact names, and a codec for every field."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from target_salesforce_abm.values import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_salesforce_abm.loads import Load, Nulls, Overwrite, Prefer
    from target_salesforce_abm.values import Codec, Value

__all__ = ["BoundExpire", "BoundLoad", "BoundStep", "Column", "KeyField"]

_SEPARATOR = "|"
_UNIT = "\x1f"


@dataclass(frozen=True, slots=True)
class BoundStep:
    """One way to find a record.

    Attributes:
        source: property that holds the value looked for.
        sobject: the object searched.
        field: the field searched; None for a match by verified web domain.
        codec: reads the value as that field stores it; None for domains.
        case_sensitive: whether two values that differ in letter case are two values.
        key_prefix: first three characters of the object's Ids, for a match by Id.
        prefer: which of several Accounts of one domain is meant.
        also: further steps on the same object, all of which must find the same record.
        masters: records of the object can be merged, and then name the one that was kept.
    """

    source: str
    sobject: str
    field: str | None
    codec: Codec | None
    case_sensitive: bool = False
    key_prefix: str | None = None
    prefer: Prefer | None = None
    also: tuple[BoundStep, ...] = ()
    masters: bool = False

    @property
    def by_id(self) -> bool:
        """Whether the value is a record Id."""
        return self.field == "Id"

    @property
    def parts(self) -> tuple[BoundStep, ...]:
        """This step and those that must fit with it."""
        return (self, *self.also)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields searched."""
        return tuple(part.field or "" for part in self.parts)

    def fold(self, values: tuple[Value, ...]) -> str:
        """Make the text by which two sets of values of these fields are the same ones."""
        return _UNIT.join(part.fold_one(value) for part, value in zip(self.parts, values, strict=True))

    def fold_one(self, value: Value) -> str:
        """Make the text by which two values of this field are the same one."""
        text = to_text(value)
        return text if self.case_sensitive or self.by_id else text.casefold()

    def held(self, record: Mapping[str, Any]) -> Value:
        """Read this field of a record that Salesforce answered."""
        return self.codec.stored(record.get(self.field or "")) if self.codec else None


@dataclass(frozen=True, slots=True)
class Column:
    """One field that a load writes.

    Attributes:
        source: property of the record; unused when `lookup` is given.
        field: API name.
        codec: its values.
        overwrite: when the value in Salesforce gives way.
        nulls: what null does.
        createable: can be set on new records.
        updateable: can be changed on existing ones.
        lookup: ways to find the record a lookup points at; empty when the value is written as it is.
        segment: for a pivot, the segment whose status this field holds.
    """

    source: str
    field: str
    codec: Codec
    overwrite: Overwrite
    nulls: Nulls
    createable: bool
    updateable: bool
    lookup: tuple[BoundStep, ...] = ()
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class KeyField:
    """The external Id field of new records.

    Attributes:
        field: API name.
        codec: its values.
        length: longest text; 0 for numbers.
        case_sensitive: whether keys that differ in letter case are two keys.
        parts: what the value is built from, in order: a column's position or a property; empty when `source`
            holds it.
        owner: first part of a built key of a mirror; empty otherwise.
        source: property that holds the whole key.
    """

    field: str
    codec: Codec
    length: int
    case_sensitive: bool
    parts: tuple[int | str, ...] = ()
    owner: str = ""
    source: str | None = None

    @property
    def prefix(self) -> str:
        """How the keys of the rows a mirror made begin."""
        return _escaped(self.owner) + _SEPARATOR

    def build(self, texts: list[str]) -> str:
        """Join the parts of a key; the same parts always give the same key, different ones different keys.

        A key that is too long for its field ends in a hash instead of its last parts.
        """
        if len(texts) == 1 and not self.owner:
            return texts[0]
        key = _SEPARATOR.join(_escaped(text) for text in ([self.owner, *texts] if self.owner else texts))
        if self.length and len(key) > self.length:
            digest = hashlib.sha256(key.encode()).hexdigest()[:32]
            key = f"{key[: self.length - 33]}~{digest}"
        return key

    def fold(self, key: str) -> str:
        """Make the text by which Salesforce takes two keys for the same."""
        return key if self.case_sensitive else key.casefold()


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace(_SEPARATOR, "%7C")


@dataclass(frozen=True, slots=True)
class BoundExpire:
    """When a load's fields are too old.

    Attributes:
        column: position of the column that holds the date.
        after_days: last day that stays.
        is_date: the field is a date without a time.
    """

    column: int
    after_days: int
    is_date: bool

    def oldest_kept(self, now: datetime) -> str:
        """Give the earliest value that stays: the start of the day `after_days` ago, UTC."""
        day = now.astimezone(UTC).date() - timedelta(days=self.after_days)
        if self.is_date:
            return day.isoformat()
        return datetime.combine(day, time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(frozen=True, slots=True, eq=False)
class BoundLoad:
    """A load that has passed preflight.

    Attributes:
        number: position among the bound loads of this run.
        load: the load.
        sobject: the object's API name.
        columns: the fields it writes.
        steps: ways to find the record, in order.
        key: the external Id of new records; None when it makes none, or makes them without.
        memory: long text field that remembers what was written last; None when no column is tracked.
        expire: None when nothing expires.
        removed: for a mirror that marks rows: field and value; None when it deletes them.
        removed_codec: reads that field.
        extra: further fields to read, with their codecs.
        converted: for a load of Leads that follows converted ones: the same load into Contact.
        memory_codec, parent_codec: read the fields of those names.
        parent: lookup whose target Salesforce locks with the record; None when there is none.
        references: objects that the lookups of this load point at, so that those are written first.
    """

    number: int
    load: Load
    sobject: str
    columns: tuple[Column, ...]
    steps: tuple[BoundStep, ...]
    key: KeyField | None = None
    memory: str | None = None
    expire: BoundExpire | None = None
    removed: tuple[str, Value] | None = None
    removed_codec: Codec | None = None
    extra: Mapping[str, Codec] = dataclass_field(default_factory=dict)
    converted: BoundLoad | None = None
    memory_codec: Codec | None = None
    parent: str | None = None
    parent_codec: Codec | None = None
    references: frozenset[str] = frozenset()
    by_segment: Mapping[str, int] | None = None

    @property
    def codecs(self) -> dict[str, Codec]:
        """Every field whose current value the diff, or a look after a lost answer, needs."""
        codecs = {column.field: column.codec for column in self.columns} | dict(self.extra)
        extra = ((self.memory, self.memory_codec), (self.removed and self.removed[0], self.removed_codec))
        for name, codec in (*extra, (self.parent, self.parent_codec)):
            if name and codec:
                codecs.setdefault(name, codec)
        if self.key is not None:
            codecs.setdefault(self.key.field, self.key.codec)
        return codecs

    def source_key(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Name a row by what it is matched on, for streams without key properties."""
        sources = [step.source for step in self.steps] or [c.source for c in self.columns[:1]]
        if self.key and self.key.parts:
            sources = [part for part in self.key.parts if isinstance(part, str)] + [
                step.source for step in self._key_steps()
            ]
        return {source: record[source] for source in dict.fromkeys(sources) if source in record}

    def _key_steps(self) -> list[BoundStep]:
        parts = self.key.parts if self.key else ()
        return [step for part in parts if isinstance(part, int) for step in self.columns[part].lookup]
