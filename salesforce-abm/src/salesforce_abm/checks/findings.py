"""One line of the table."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = ["Finding", "State"]


class State(enum.StrEnum):
    """How good it is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing fails."""
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and what there is.

    Attributes:
        subject: an object, `Object.Field`, a setting or a part of the connection.
        found: what there is, in a few words.
        remedy: the sentence that fixes it; None when nothing needs fixing.
        state: how good it is.
    """

    subject: str
    found: str
    remedy: str | None = None
    state: State = State.OK

    @classmethod
    def failed(cls, subject: str, found: str, remedy: str) -> Finding:
        """Make one that has to be fixed."""
        return cls(subject, found, remedy, State.FAILED)

    def as_dict(self) -> dict[str, str | None]:
        """Give it for machines."""
        return {
            "state": self.state.value,
            "subject": self.subject,
            "found": self.found,
            "remedy": self.remedy,
        }
