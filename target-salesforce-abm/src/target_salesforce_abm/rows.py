"""What travels between the stages. All of it is immutable.

Row --coerce--> Intent --resolve--> Found --diff--> Change --write--> Result --account--> Outcome of each Row
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_salesforce_abm.bind import BoundLoad
    from target_salesforce_abm.values import Value

__all__ = [
    "Action",
    "Change",
    "Found",
    "Intent",
    "Outcome",
    "Problem",
    "Result",
    "Row",
    "Stream",
    "Verdict",
]


class Outcome(enum.StrEnum):
    """What became of a row; each row has exactly one."""

    WRITTEN = "written"
    """Salesforce holds it because of this run."""
    UNCHANGED = "unchanged"
    """Salesforce held it already, or policy keeps what is there."""
    UNMATCHED = "unmatched"
    """No record fits its keys. It is in the rejects file and is tried again in the next run."""
    AMBIGUOUS = "ambiguous"
    """Several records fit. It is in the rejects file, with their Ids."""
    REJECTED = "rejected"
    """It cannot be written. It is in the rejects file, with the reason."""
    SKIPPED = "skipped"
    """A setting says not to load it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is not written.

    Attributes:
        code: Salesforce's code, or one of ours (`unmatched`, `ambiguous`, `SCHEMA_INVALID`, ...).
        message: one line.
        field: API name of the field, or the property, it is about; None for the row as a whole.
        retryable: the same row can succeed later without being changed.
    """

    code: str
    message: str
    field: str | None = None
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as its SCHEMA message announced it.

    Attributes:
        name: stream name.
        key_properties: the properties that identify a record at its source.
    """

    name: str
    key_properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One record on its way through one load.

    Attributes:
        stream: where it came from.
        load: where it goes.
        number: position among all rows of the run, from 1.
        record: property to value, `_sdc_` columns taken away.
        deleted: its source says that it is deleted.
        problem: found before the pipeline; the row is rejected.
        retried: it comes from the rejects of an earlier run.
        target: the record is known already: the Contact that a Lead became.
    """

    stream: Stream
    load: BoundLoad
    number: int
    record: Mapping[str, Any]
    deleted: bool = False
    problem: Problem | None = None
    retried: bool = False
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A row with its values as Salesforce would store them.

    Attributes:
        row: the row.
        values: position of the column in the load to the value wanted; None clears. Absent properties are
            absent.
        truncated: how many texts were shortened to fit.
    """

    row: Row
    values: Mapping[int, Value]
    truncated: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """An intent and the record it means.

    Attributes:
        intent: the intent, lookups resolved.
        id: the record's Id, or None when a new one is to be made.
        key: value of the external Id field a new record gets; None when the load has no key.
        looked: object, field and value (letter case lost) that were looked for in vain.
    """

    intent: Intent
    id: str | None
    key: str | None = None
    looked: tuple[tuple[str, str, str], ...] = ()


class Action(enum.StrEnum):
    """What is done to one record."""

    UPDATE = "update"
    CREATE = "create"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """What is sent for one record.

    Attributes:
        sobject: API name of the object.
        action: what is done.
        id: the record; None for a new one.
        key: external Id field and value of a new record, so that making it twice is impossible; None without
            one.
        values: field to value, only what differs; None clears.
        before: field to the value found in Salesforce.
        rows: the rows this change carries out, in order, each with whether it contributed to the change.
        parent: records that Salesforce locks together sort together by this.
    """

    sobject: str
    action: Action
    id: str | None
    key: tuple[str, str] | None
    values: Mapping[str, Value]
    before: Mapping[str, Value]
    rows: tuple[tuple[Row, bool], ...]
    parent: str = ""

    @property
    def name(self) -> str:
        """What the record is known by in this run: its Id, or its key."""
        return self.id or (self.key[1] if self.key else "")


@dataclass(frozen=True, slots=True)
class Result:
    """What Salesforce said to a change.

    Attributes:
        change: the change.
        id: the record's Id where it is known.
        problem: None when the change is in Salesforce.
        existed: nothing had to be made, it was there already.
    """

    change: Change
    id: str | None = None
    problem: Problem | None = None
    existed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one row.

    Attributes:
        row: the row.
        outcome: what became of it.
        problem: why, for rows that are not in Salesforce.
        looked: object, field and value (letter case lost) that were looked for in vain.
    """

    row: Row
    outcome: Outcome
    problem: Problem | None = None
    looked: tuple[tuple[str, str, str], ...] = ()
