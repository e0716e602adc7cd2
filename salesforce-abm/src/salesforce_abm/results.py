"""What became of one row of a write, in the same words for every API.

Collections answer with JSON, Bulk 2.0 with one CSV cell; both become a `RowError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from salesforce_abm.codes import Action, advice_for

_FIELD_LIST = re.compile(r"[A-Za-z][\w.:]*(?:, ?[A-Za-z][\w.:]*)*", re.ASCII)
_CODE = re.compile(r"[A-Z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class RowError:
    """Why Salesforce refused a row.

    Attributes:
        code: Salesforce's `statusCode` (`REQUIRED_FIELD_MISSING`).
        message: its words; they may hold values of the record.
        fields: API names of the fields it blames.
    """

    code: str
    message: str
    fields: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        """What to do with the row: mostly `SKIP_ROW`, `RETRY` for locks."""
        advice = advice_for(self.code, self.message)
        return advice.action if advice else Action.SKIP_ROW


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row.

    Attributes:
        id: the record's 18-character Id; None for a row that was not created.
        success: whether the row is in Salesforce. A success may carry errors (`OPERATION_ENQUEUED`).
        created: whether it is a new record; None where the API does not say (update, delete).
        errors: why not.
    """

    id: str | None
    success: bool
    created: bool | None = None
    errors: tuple[RowError, ...] = ()


def parse_bulk_error(text: str) -> RowError:
    """Read the `sf__Error` cell of a Bulk result file.

    Args:
        text: `CODE:message:Field1,Field2 --`; without fields it ends `:--`. Messages have colons of their
            own, so the code ends at the first colon and the fields start after the last.
    """
    code, colon, rest = text.partition(":")
    if not colon or not _CODE.fullmatch(code):
        return RowError("UNKNOWN", text.strip())
    if not rest.endswith("--"):
        return RowError(code, rest.strip())
    rest = rest[:-2].rstrip(" ")
    message, colon, names = rest.rpartition(":")
    if colon and (not names or _FIELD_LIST.fullmatch(names)):
        return RowError(code, message.strip(), tuple(name.strip() for name in names.split(",") if name))
    return RowError(code, rest.strip())
