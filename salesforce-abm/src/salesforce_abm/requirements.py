"""What a plugin's configuration needs of an org: objects, fields, types and rights.

The plugins say it, `salesforce-abm check` looks whether it is there, and `provision` makes it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from salesforce_abm.field_types import FieldType

__all__ = ["Collector", "FieldNeed", "ObjectNeed", "Requirements", "Right"]


class Right(enum.StrEnum):
    """What somebody may do with an object or a field; fields cannot be deleted."""

    READ = "read"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class ObjectNeed:
    """An object and what is done with its records.

    Attributes:
        name: API name.
        rights: always with read.
        label: how people call one record; empty when the object must be there already.
        optional: nothing fails without it.
        where: the place in the settings that asks for it.
    """

    name: str
    rights: frozenset[Right]
    label: str = ""
    optional: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class FieldNeed:
    """A field and what is done with it.

    Attributes:
        sobject: API name of the object.
        name: API name of the field, or `Relationship.Field` for a lookup given by the other record's key.
        rights: read alone, or with create and edit.
        type: what to make when it is missing; None when it must be there already.
        exact: the field must do the service of `type`; otherwise `type` is only the default.
        key: it must be a unique external Id.
        help: one sentence for the people who see it.
        shown: people want to see it on a record's page.
        where: the place in the settings that asks for it.
    """

    sobject: str
    name: str
    rights: frozenset[Right]
    type: FieldType | None = None
    exact: bool = False
    key: bool = False
    help: str = ""
    shown: bool = True
    where: str = ""

    @property
    def full_name(self) -> str:
        """`Account.Score__c`."""
        return f"{self.sobject}.{self.name}"


@dataclass(frozen=True, slots=True)
class Requirements:
    """Everything one configuration needs.

    Attributes:
        objects: in order of first mention.
        fields: likewise.
        patterns: globs of object names that are read, for the tap.
        reports: names or Ids of reports that are run.
        all_fields: every field of the objects is read, so one that is hidden will be missed.
        permission_set: API name of the permission set that grants all this.
        notes: what cannot be known before a stream comes, one sentence each.
    """

    objects: tuple[ObjectNeed, ...] = ()
    fields: tuple[FieldNeed, ...] = ()
    patterns: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    all_fields: bool = False
    permission_set: str = "ABM_Integration"
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Collector:
    """Puts requirements together; what is asked for twice becomes one need with both rights."""

    _objects: dict[str, ObjectNeed] = field(default_factory=dict)
    _fields: dict[tuple[str, str], FieldNeed] = field(default_factory=dict)

    def object(
        self, name: str, *rights: Right, label: str = "", optional: bool = False, where: str = ""
    ) -> None:
        """Ask for an object; read comes with every right."""
        new = ObjectNeed(name, frozenset({Right.READ, *rights}), label, optional, where)
        known = self._objects.get(name.lower(), new)
        self._objects[name.lower()] = replace(
            known,
            rights=known.rights | new.rights,
            label=known.label or label,
            optional=known.optional and optional,
        )

    def field(self, need: FieldNeed) -> None:
        """Ask for a field."""
        at = (need.sobject.lower(), need.name.lower())
        known = self._fields.get(at)
        if known is None:
            self._fields[at] = replace(need, rights=need.rights | {Right.READ})
            return
        stronger, weaker = (need, known) if need.exact and not known.exact else (known, need)
        self._fields[at] = replace(
            stronger,
            rights=known.rights | need.rights,
            type=stronger.type or weaker.type,
            key=known.key or need.key,
            help=stronger.help or weaker.help,
            where=known.where,
        )

    def done(
        self,
        *,
        patterns: Iterable[str] = (),
        reports: Iterable[str] = (),
        all_fields: bool = False,
        permission_set: str = "ABM_Integration",
        notes: Iterable[str] = (),
    ) -> Requirements:
        """Give what was asked for."""
        return Requirements(
            tuple(self._objects.values()),
            tuple(self._fields.values()),
            tuple(patterns),
            tuple(reports),
            all_fields,
            permission_set,
            tuple(notes),
        )
