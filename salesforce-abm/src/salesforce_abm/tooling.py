"""The Tooling API: the org's setup as rows, whoever may see the fields themselves.

Describe hides what a user has no permission for exactly as if it did not exist. `CustomField` and
`CustomObject` list everything, to users with "View Setup and Configuration".
https://developer.salesforce.com/docs/atlas.en-us.api_tooling.meta/api_tooling/tooling_api_objects_customfield.htm
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.errors import DataError
from salesforce_abm.soql import Select, any_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from salesforce_abm.session import Session

__all__ = ["SetupField", "SetupObject", "Tooling"]

_ACTIVITIES: Final = frozenset({"task", "event"})
ACTIVITY: Final = "Activity"
"""Custom fields of tasks and events belong to this object, which has no records."""


@dataclass(frozen=True, slots=True)
class SetupObject:
    """A custom object as the setup knows it.

    Attributes:
        id: `01I...`.
        name: API name.
        description: what its maker wrote.
    """

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class SetupField:
    """A custom field as the setup knows it.

    Attributes:
        id: `00N...`.
        sobject: API name of its object.
        name: API name.
        description: what its maker wrote.
    """

    id: str
    sobject: str
    name: str
    description: str = ""

    @property
    def full_name(self) -> str:
        """`Account.Score__c`."""
        return f"{self.sobject}.{self.name}"


def owner_of(sobject: str) -> str:
    """Name the object that owns the custom fields of an object."""
    return ACTIVITY if sobject.lower() in _ACTIVITIES else sobject


class Tooling:
    """Asks the Tooling API.

    Args:
        session: the signed-in session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def query(self, select: Select) -> Iterator[dict[str, Any]]:
        """Query the setup, page by page.

        Raises:
            ApiError: refused; users without "View Setup and Configuration" are.
            DataError: the answer is no query result.
        """
        answer = self._session.get_json("tooling/query", kind="tooling", params={"q": select.render()})
        while True:
            records = answer.get("records") if isinstance(answer, dict) else None
            if not isinstance(records, list):
                raise DataError("the answer of the Tooling API is no query result")
            yield from records
            following = answer.get("nextRecordsUrl")
            if not following:
                return
            answer = self._session.get_json(following, kind="tooling")

    def objects(self, names: Iterable[str]) -> dict[str, SetupObject]:
        """Look custom objects up; the keys are lower-case API names."""
        wanted = sorted({_bare(name) for name in names if _is_custom(name)})
        if not wanted:
            return {}
        condition = any_of("DeveloperName", wanted)
        select = Select(
            ("Id", "DeveloperName", "Description", "NamespacePrefix"), "CustomObject", (condition,)
        )
        return {
            f"{row['DeveloperName']}__c".lower(): SetupObject(
                str(row["Id"]), f"{row['DeveloperName']}__c", str(row.get("Description") or "")
            )
            for row in self.query(select)
            if not row.get("NamespacePrefix")
        }

    def fields(
        self, sobjects: Iterable[str], made: dict[str, SetupObject]
    ) -> dict[tuple[str, str], SetupField]:
        """List every custom field of some objects.

        Args:
            sobjects: API names.
            made: the custom ones among them, from `objects`; others do not exist.

        Returns:
            Fields by lower-case object and field name. Those of tasks and events are under `activity`.
        """
        tables: dict[str, str] = {}
        for name in map(owner_of, sobjects):
            if not _is_custom(name):
                tables[name] = name
            elif name.lower() in made:
                tables[made[name.lower()].id] = made[name.lower()].name
        if not tables:
            return {}
        by_short_id = {
            table[:15] if table.startswith("01I") else table: name for table, name in tables.items()
        }
        condition = any_of("TableEnumOrId", sorted(tables))
        names = ("Id", "DeveloperName", "TableEnumOrId", "Description", "NamespacePrefix")
        found: dict[tuple[str, str], SetupField] = {}
        for row in self.query(Select(names, "CustomField", (condition,))):
            table = str(row["TableEnumOrId"])
            owner = by_short_id.get(table[:15] if table.startswith("01I") else table, table)
            space = f"{row['NamespacePrefix']}__" if row.get("NamespacePrefix") else ""
            name = f"{space}{row['DeveloperName']}__c"
            found[owner.lower(), name.lower()] = SetupField(
                str(row["Id"]), owner, name, str(row.get("Description") or "")
            )
        return found


def _is_custom(name: str) -> bool:
    return name.lower().endswith("__c") and "." not in name


def _bare(name: str) -> str:
    return name[: -len("__c")]
