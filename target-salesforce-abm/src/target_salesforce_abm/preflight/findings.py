"""What is wrong with a load, collected while it is bound, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from salesforce_abm.describe import nearest_name
from salesforce_abm.presence import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from salesforce_abm.describe import Field, SObject
    from salesforce_abm.presence import Presence

__all__ = ["Findings", "Objects", "words_for"]

_TYPE_WORDS: Final = {
    "double": "number",
    "int": "whole number",
    "datetime": "date and time",
    "boolean": "checkbox",
    "reference": "lookup",
    "multipicklist": "multi-select picklist",
}
_MISSING: Final = {
    Where.NOWHERE: "there is no such {}",
    Where.HIDDEN: "the {} exists, but the connected user may not see it: give it Read and Edit in a "
    "permission set",
    Where.UNKNOWN: "no such {}, or the connected user may not see it",
}


@dataclass(slots=True)
class Objects:
    """The objects described so far, by lower-case name; None for one that the user cannot see."""

    known: dict[str, SObject | None] = field(default_factory=dict)

    def get(self, name: str) -> SObject | None:
        """Give a described object; None when the user cannot see one of that name."""
        return self.known.get(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.known


@dataclass(slots=True)
class Findings:
    """What is wrong with one load.

    Attributes:
        problems: sentences, ready to be told.
        missing: object and field (None: the object itself) that describe does not show, and the place in
            the settings that names it.
    """

    problems: list[str] = field(default_factory=list)
    missing: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.problems or self.missing)

    def say(self, sobject: SObject, found: Field | None, problem: str, where: str) -> None:
        """Note a problem with an object, or with a field of it."""
        name = f"{sobject.name}.{found.name}" if found else sobject.name
        self.problems.append(f"{name}: {problem} [{where}]")

    def lack(self, sobject: str, name: str | None, where: str) -> None:
        """Note that describe does not show a field, or (name None) an object."""
        self.missing.setdefault((sobject, name), where)

    def told(self, presence: Presence, objects: Objects, all_names: Callable[[], Iterable[str]]) -> list[str]:
        """Say everything, one line each.

        Args:
            presence: knows what is there but hidden.
            objects: where the nearest field name is looked for.
            all_names: gives the names of all objects, for the nearest one.
        """
        lines = []
        for (sobject, name), where in self.missing.items():
            what, thing = (sobject, "object") if name is None else (f"{sobject}.{name}", "field")
            fate = presence.where(sobject, name)
            near = None if fate is Where.HIDDEN else _nearest(sobject, name, objects, all_names)
            hint = f" (nearest: {near})" if near else ""
            lines.append(f"{what}: {_MISSING[fate].format(thing)}{hint} [{where}]")
        return lines + self.problems


def _nearest(
    sobject: str, name: str | None, objects: Objects, all_names: Callable[[], Iterable[str]]
) -> str | None:
    if name is None:
        return nearest_name(sobject, all_names())
    described = objects.get(sobject)
    return described.nearest(name) if described else None


def words_for(found: Field) -> str:
    """Say what kind of field this is."""
    if found.type == "textarea" and found.length > 255:
        return "long text"
    return _TYPE_WORDS.get(found.type, found.type)
