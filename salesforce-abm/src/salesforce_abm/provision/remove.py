"""Undo what was made, and nothing else: the marks in the descriptions say what that is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from salesforce_abm.collections import Collections
from salesforce_abm.errors import ApiError, ConfigError, SalesforceAbmError
from salesforce_abm.metadata import Metadata
from salesforce_abm.provision import layouts
from salesforce_abm.provision.components import is_ours
from salesforce_abm.query import Query
from salesforce_abm.soql import Select
from salesforce_abm.tooling import ACTIVITY

if TYPE_CHECKING:
    from collections.abc import Callable

    from salesforce_abm.provision.survey import Survey
    from salesforce_abm.session import Session
    from salesforce_abm.tooling import SetupField, SetupObject

__all__ = ["Removal", "carry_out", "plan_removal"]

_LOOKED_THROUGH: Final = 10_000
"""Rows read of an object whose long text cannot be searched."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What was made here, of what the configuration is about.

    Attributes:
        objects: custom objects; their fields go with them.
        fields: fields of objects that stay.
        permission_set: its name, or None.
        assignments: Ids of the permission set's assignments.
        data: full name of an object or field to why it should not go: it holds data.
        kept: things the configuration needs that were not made here.
    """

    objects: tuple[SetupObject, ...]
    fields: tuple[SetupField, ...]
    permission_set: str | None
    assignments: tuple[str, ...]
    data: dict[str, str]
    kept: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.objects or self.fields or self.permission_set)

    def as_dict(self) -> dict[str, Any]:
        """Give it for machines."""
        return {
            "objects": [one.name for one in self.objects],
            "fields": [one.full_name for one in self.fields],
            "permission_set": self.permission_set,
            "holds_data": self.data,
            "kept": list(self.kept),
        }


def plan_removal(session: Session, found: Survey, permission_set: str, needed: list[str]) -> Removal:
    """Find what carries the mark, and whether it holds data.

    Args:
        session: the signed-in session.
        found: the org.
        permission_set: API name of the permission set.
        needed: full names of the fields the configuration needs.
    """
    objects = tuple(one for one in found.objects.values() if is_ours(one.description))
    going = {one.name.lower() for one in objects}
    ours = [one for one in found.fields.values() if is_ours(one.description)]
    fields = tuple(one for one in ours if one.sobject.lower() not in going)
    marked = {one.full_name.lower() for one in ours}
    kept = [name for name in needed if name.lower().endswith("__c") and name.lower() not in marked]
    data = {one.name: why for one in objects if (why := _rows(session, one.name))}
    data |= {one.full_name: why for one in fields if (why := _values(session, found, one))}
    known = found.permission_set
    mine = known if known is not None and known.ours else None
    if known is not None and mine is None:
        kept.append(permission_set)
    return Removal(
        objects,
        fields,
        permission_set if mine else None,
        tuple(mine.assignments.values()) if mine else (),
        data,
        tuple(kept),
    )


def carry_out(
    session: Session, removal: Removal, *, force: bool, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Delete what was made.

    Args:
        session: the signed-in session.
        removal: what to delete.
        force: also what holds data.
        progress: told in a few words what happens now.

    Raises:
        ConfigError: something holds data, and `force` is false. Nothing was touched.
        MetadataError: Salesforce refused.
    """
    if removal.data and not force:
        lines = [f"{name}: {why}" for name, why in removal.data.items()]
        raise ConfigError.of([*lines, "nothing was removed: export what you need, then say --force"])
    metadata = Metadata(session)
    by_object: dict[str, list[str]] = {}
    for one in removal.fields:
        names = ("Task", "Event") if one.sobject == ACTIVITY else (one.sobject,)
        for name in names:
            by_object.setdefault(name, []).append(one.name)
    if by_object:
        progress("taking fields off page layouts")
        layouts.take_fields_away(metadata, by_object)
    if removal.permission_set is not None:
        progress(f"deleting {removal.permission_set}")
        _unassign(session, removal.assignments)
        metadata.delete("PermissionSet", [removal.permission_set])
    if removal.objects:
        progress(f"deleting {', '.join(one.name for one in removal.objects)}")
        metadata.delete("CustomObject", [one.name for one in removal.objects])
    if removal.fields:
        progress(f"deleting {len(removal.fields)} fields")
        metadata.delete("CustomField", [one.full_name for one in removal.fields])


def _unassign(session: Session, ids: tuple[str, ...]) -> None:
    """A permission set that somebody has cannot be deleted."""
    for start in range(0, len(ids), 200):
        for result in Collections(session).delete(list(ids[start : start + 200])):
            gone = not result.success and result.errors[0].code in ("ENTITY_IS_DELETED", "INVALID_ID_FIELD")
            if not result.success and not gone:
                error = result.errors[0]
                raise SalesforceAbmError(
                    f"the permission set could not be taken from a user: {error.code}: {error.message}",
                    code=error.code,
                )


def _rows(session: Session, sobject: str) -> str | None:
    """Say how many rows an object has, or that nobody can tell; None for none."""
    try:
        count = Query(session).count(f"SELECT COUNT() FROM {sobject}")
    except ApiError:
        return "the connected user may not look whether it has rows"
    return f"has {count:,} {'row' if count == 1 else 'rows'}" if count else None


def _values(session: Session, found: Survey, one: SetupField) -> str | None:
    names = ("Task", "Event") if one.sobject == ACTIVITY else (one.sobject,)
    total = 0
    for sobject in names:
        field = found.visible(sobject, one.name)
        if field is None:
            return "the connected user may not look whether it holds data"
        if not field.filterable:
            why = _looked_through(session, sobject, field.name)
            if why is not None:
                return why
            continue
        empty = "= TRUE" if field.type == "boolean" else "!= null"
        total += Query(session).count(f"SELECT COUNT() FROM {sobject} WHERE {field.name} {empty}")
    return f"holds a value in {total:,} {'record' if total == 1 else 'records'}" if total else None


def _looked_through(session: Session, sobject: str, name: str) -> str | None:
    """Long text cannot be searched for, so the first rows are read."""
    rows = Query(session).records(Select(("Id", name), sobject).render())
    count = 0
    for count, row in enumerate(islice(rows, _LOOKED_THROUGH), 1):  # noqa: B007 - counted for the message
        if row.get(name) not in (None, ""):
            return "holds values"
    if count == _LOOKED_THROUGH:
        return f"is empty in {count:,} records; nobody looked through the rest"
    return None
