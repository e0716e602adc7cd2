"""What became of a row that was to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RowError:
    """One refusal, in Salesforce's words.

    Attributes:
        status_code: `statusCode` of collections, `errorCode` of single rows.
        message: the text Salesforce sends.
        fields: API names of the fields concerned.
        extra: further keys beside the message (`duplicateResut`).
        http_status: status of the answer when the row was written alone.
        has_fields: False when the single-row layout leaves out the `fields` key.
    """

    status_code: str
    message: str
    fields: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY, hash=False)
    http_status: int = 400
    has_fields: bool = True


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row.

    Attributes:
        id: the row's 18-character id, also of a failed row when it has one; the collections layout shows it
            for failed deletes only.
        success: whether it was written.
        created: for upserts, whether the row is new; None for other calls.
        errors: why not.
    """

    id: str | None
    success: bool
    created: bool | None = None
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What request headers say about a write.

    Attributes:
        assignment_rules: run the active assignment rule (`Sforce-Auto-Assign`, which Salesforce takes as
            true).
        allow_duplicates: save in spite of duplicate rules that only alert (`allowSave=true`).
        include_record_details: show the matched records in a duplicate error.
    """

    assignment_rules: bool = True
    allow_duplicates: bool = False
    include_record_details: bool = False


class UnreadableError(Exception):
    """A JSON value has the wrong form, which makes the whole request unreadable, not just its row."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.message)
        self.error = error


class Refused(Exception):
    """Raised while a row is examined; the row carries the error."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.message)
        self.error = error
