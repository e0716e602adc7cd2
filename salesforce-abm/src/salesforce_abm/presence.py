"""Missing, or only hidden? Describe makes no difference; the Tooling API does, to who may see the setup."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from salesforce_abm.errors import ApiError, DataError
from salesforce_abm.tooling import SetupField, SetupObject, Tooling, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from salesforce_abm.session import Session

__all__ = ["Presence", "Where"]


class Where(enum.Enum):
    """What became of something that describe does not show."""

    NOWHERE = "nowhere"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


class Presence:
    """Knows custom objects and fields whoever may see them: at most two requests, made when first needed.

    Args:
        session: the signed-in session.
        sobjects: the objects it will be asked about.
    """

    def __init__(self, session: Session, sobjects: Iterable[str]) -> None:
        self._tooling = Tooling(session)
        self._sobjects = tuple(sobjects)
        self._objects: dict[str, SetupObject] = {}
        self._fields: dict[tuple[str, str], SetupField] = {}
        self._asked = False
        self._may_look = True

    def where(self, sobject: str, name: str | None) -> Where:
        """Say what is known about a field, or (name None) an object."""
        return self.object(sobject) if name is None else self.field(sobject, name)

    def object(self, name: str) -> Where:
        """Say what is known about an object that describe does not show."""
        if not name.lower().endswith("__c") or not self._ask():
            return Where.UNKNOWN
        return Where.HIDDEN if name.lower() in self._objects else Where.NOWHERE

    def field(self, sobject: str, name: str) -> Where:
        """Say what is known about a field that describe does not show."""
        if not name.lower().endswith("__c") or "." in name or not self._ask():
            return Where.UNKNOWN
        known = (owner_of(sobject).lower(), name.lower()) in self._fields
        return Where.HIDDEN if known else Where.NOWHERE

    def fields(self) -> tuple[SetupField, ...]:
        """List every custom field of the objects; none when the user may not look."""
        return tuple(self._fields.values()) if self._ask() else ()

    def _ask(self) -> bool:
        if not self._asked:
            self._asked = True
            try:
                self._objects = self._tooling.objects(self._sobjects)
                self._fields = self._tooling.fields(self._sobjects, self._objects)
            except (ApiError, DataError):
                self._may_look = False
        return self._may_look
