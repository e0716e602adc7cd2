"""Tell a field or object that is missing from one that the connected user may not see.

Describe hides what a user has no permission for exactly as if it did not exist. The Tooling API lists custom
fields and objects regardless of field-level security, to users who may view the setup; to others it answers
with an error, and then nobody can tell.
https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_customfield.htm
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from salesforce_abm.errors import ApiError
from salesforce_abm.soql import Select, any_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from salesforce_abm.session import Session

__all__ = ["Presence", "Where"]


class Where(enum.Enum):
    """What became of a field or object that describe does not show."""

    NOWHERE = "nowhere"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


class Presence:
    """Looks for custom fields and objects in the setup; costs requests only when something is missing.

    Args:
        session: the signed-in session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._fields: set[tuple[str, str]] | None = None
        self._objects: dict[str, str] | None = None

    def look_for(self, names: Iterable[tuple[str, str | None]]) -> None:
        """Ask the setup about these objects (no field) and fields."""
        wanted = list(names)
        custom = sorted({_bare(name) for _, name in wanted if name and _is_custom(name)})
        objects = sorted({_bare(sobject) for sobject, _ in wanted if _is_custom(sobject)})
        if objects:
            rows = self._ask(
                Select(("Id", "DeveloperName"), "CustomObject", (any_of("DeveloperName", objects),))
            )
            if rows is not None:
                self._objects = {str(row["Id"])[:15]: f"{row['DeveloperName']}__c".casefold() for row in rows}
        if custom:
            rows = self._ask(
                Select(("DeveloperName", "TableEnumOrId"), "CustomField", (any_of("DeveloperName", custom),))
            )
            if rows is not None:
                self._fields = {(self._table(row), f"{row['DeveloperName']}__c".casefold()) for row in rows}

    def where(self, sobject: str, field: str | None) -> Where:
        """Say what is known about an object, or a field of it."""
        if field is None:
            if not _is_custom(sobject) or self._objects is None:
                return Where.UNKNOWN
            return Where.HIDDEN if sobject.casefold() in self._objects.values() else Where.NOWHERE
        if not _is_custom(field) or self._fields is None:
            return Where.UNKNOWN
        return Where.HIDDEN if (sobject.casefold(), field.casefold()) in self._fields else Where.NOWHERE

    def _table(self, row: dict[str, Any]) -> str:
        """The object a custom field belongs to: its name, or the Id of a custom object."""
        table = str(row["TableEnumOrId"])
        return (self._objects or {}).get(table[:15], table).casefold()

    def _ask(self, query: Select) -> list[dict[str, Any]] | None:
        try:
            answer = self._session.get_json("tooling/query", kind="tooling", params={"q": query.render()})
        except ApiError:
            return None
        records = answer.get("records") if isinstance(answer, dict) else None
        return records if isinstance(records, list) else None


def _is_custom(name: str) -> bool:
    return name.casefold().endswith("__c") and "." not in name


def _bare(name: str) -> str:
    return name[: -len("__c")]
