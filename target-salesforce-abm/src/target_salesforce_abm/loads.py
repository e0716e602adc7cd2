"""What a load is: how one stream goes into one Salesforce object. Pure data, read by `grammar`."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Deleted",
    "Expire",
    "FieldMap",
    "Load",
    "MatchStep",
    "Moved",
    "Nulls",
    "Operation",
    "Overwrite",
    "Pivot",
    "Prefer",
    "Removed",
    "TooLong",
    "loads_for",
]


class Operation(enum.StrEnum):
    """What happens to the records."""

    UPDATE = "update"
    """Change records that exist; never create one."""
    UPSERT = "upsert"
    """Change the record with this external Id, create it when there is none."""
    INSERT = "insert"
    """Create records; with a key, only those that do not exist."""
    DELETE = "delete"
    """Delete the records found."""
    MIRROR = "mirror"
    """Upsert, and at the end remove the rows made earlier that the stream no longer carries."""

    @property
    def creates(self) -> bool:
        """Whether records can come into being."""
        return self in (Operation.UPSERT, Operation.INSERT, Operation.MIRROR)

    @property
    def updates(self) -> bool:
        """Whether existing records can change."""
        return self in (Operation.UPDATE, Operation.UPSERT, Operation.MIRROR)


class Overwrite(enum.StrEnum):
    """When a value that is already in Salesforce gives way."""

    ALWAYS = "always"
    IF_EMPTY = "if_empty"
    """Only an empty field is filled; 0 and false are values."""
    TRACKED = "tracked"
    """Filled when empty, and changed while it still holds what this target wrote last."""
    NEVER = "never"
    """Compared and counted, never written."""


class Nulls(enum.StrEnum):
    """What a null in a record does to the field."""

    CLEAR = "clear"
    IGNORE = "ignore"


class TooLong(enum.StrEnum):
    """What happens to a text longer than the field."""

    REJECT = "reject"
    TRUNCATE = "truncate"


class Deleted(enum.StrEnum):
    """What a row marked as deleted at its source (`_sdc_deleted_at`) does."""

    SKIP = "skip"
    DELETE = "delete"
    CLEAR = "clear"


class Moved(enum.StrEnum):
    """What a row does whose record was merged into another, or is a Lead that was converted."""

    ASIDE = "aside"
    FOLLOW = "follow"
    """It goes to the record that was kept, or to the Contact the Lead became."""


class Prefer(enum.StrEnum):
    """Which of several Accounts that are verified for one domain is meant."""

    PARENT = "parent"
    OLDEST = "oldest"
    MOST_CONTACTS = "most_contacts"


@dataclass(frozen=True, slots=True)
class MatchStep:
    """One way to find the record a row means.

    Attributes:
        source: the record's property that holds the value looked for.
        field: the Salesforce field to look in; None for a match by verified web domain.
        prefer: for domains, what to do with several Accounts; None sets the row aside as ambiguous.
        also: further properties and fields, all of which must fit.
    """

    source: str
    field: str | None
    prefer: Prefer | None = None
    also: tuple[tuple[str, str], ...] = ()

    @property
    def by_domain(self) -> bool:
        """Whether this is a match by verified web domain."""
        return self.field is None


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where one property goes.

    Attributes:
        source: property of the record.
        field: API name of the field, or `Relationship.ExternalField` for a lookup given by the other record's
            key.
        overwrite: when the value in Salesforce gives way.
        nulls: what null does.
        too_long: what a long text does.
        match: for a lookup, how the other record is found, tried in order; empty means the value is a record
            Id.
        where: the place in the settings, for messages.
    """

    source: str
    field: str
    overwrite: Overwrite
    nulls: Nulls
    too_long: TooLong
    match: tuple[MatchStep, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Expire:
    """Fields are cleared when the date in them is too old.

    Attributes:
        source: the property that is mapped to the date or datetime field.
        after_days: the last day that stays; the next one goes.
    """

    source: str
    after_days: int


@dataclass(frozen=True, slots=True)
class Removed:
    """What a mirror does with a row the stream no longer carries: delete it, or write a value into a field.

    Attributes:
        field: API name of the field to write; None deletes the row.
        value: what to write.
    """

    field: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Pivot:
    """Rows that name a segment and a status go into one field per segment.

    Attributes:
        name: the property that names the segment.
        value: the property that holds the status.
        fields: segment to API name of the field.
    """

    name: str
    value: str
    # Loads are keys of dictionaries, and a mapping has no hash.
    fields: Mapping[str, str] = dataclasses.field(hash=False)


@dataclass(frozen=True, slots=True)
class Load:
    """How one stream goes into Salesforce.

    Attributes:
        stream: stream name or glob.
        object: API name; None means the object is named as the stream.
        operation: what happens to the records.
        match: ways to find the record, tried in order until one gives exactly one.
        fields: the mapping; None maps every property to the field of the same name.
        overwrite: default of the fields.
        nulls: default of the fields.
        too_long: default of the fields.
        key: external Id field that new records carry and existing ones are found by.
        key_from: what the key's value is built from: properties, or API names of mapped fields; empty: not
            built.
        owner: first part of a built key. It says in Salesforce whose row it is.
        removed: what a mirror does with rows that are gone; None for the other operations.
        max_remove_percent: a mirror removes at most this share of its own rows in one run.
        expire: clears fields whose date is too old; None for none.
        pivot: one field per segment; None for none.
        deleted: what a row marked as deleted does.
        moved: what a row does whose record was merged or converted.
        where: the place in the settings, for messages.
        builtin: comes from the recipe, not from the settings.
    """

    stream: str
    object: str | None
    operation: Operation
    match: tuple[MatchStep, ...]
    fields: tuple[FieldMap, ...] | None
    overwrite: Overwrite
    nulls: Nulls
    too_long: TooLong
    key: str | None
    key_from: tuple[str, ...]
    owner: str
    removed: Removed | None
    max_remove_percent: int
    expire: Expire | None
    pivot: Pivot | None
    deleted: Deleted
    moved: Moved
    where: str
    builtin: bool = False

    @property
    def is_glob(self) -> bool:
        """Whether `stream` is a pattern, so that the stream and maybe the object are known only later."""
        return any(char in self.stream for char in "*?[")


def loads_for(stream: str, loads: tuple[Load, ...]) -> tuple[Load, ...]:
    """Find the loads of a stream: all that name it exactly, else the first pattern that fits."""
    exact = tuple(load for load in loads if load.stream == stream)
    if exact:
        return exact
    return next(((load,) for load in loads if load.is_glob and fnmatchcase(stream, load.stream)), ())
