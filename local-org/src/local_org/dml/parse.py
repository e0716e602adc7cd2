"""From what a client sent to a draft: field names, rights, and each value's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_org.dml import errors
from local_org.dml.batch import Draft, Link
from local_org.dml.outcome import Refused, RowError, UnreadableError
from local_org.dml.values import clean, coerce

if TYPE_CHECKING:
    from local_org.schema import FieldDef, ObjectDef, Schema
    from local_org.security import Access

_NULL_IN_CSV = "#N/A"


@dataclass(frozen=True, slots=True)
class _Plain:
    field: FieldDef


@dataclass(frozen=True, slots=True)
class _Related:
    field: FieldDef
    # Set for CSV headers, which name the field of the target: `Account.Key__c`, `Owner:User.Username`.
    target: str | None = None
    by: str | None = None


class RowParser:
    """Parses rows of one object for one user; remembers what each key means.

    Args:
        schema: All objects.
        item: The rows' object.
        access: What the user may do.
        creating: Rows are new (`createable` counts), or exist (`updateable` counts).
        csv: Values are CSV text.
        system: The org writes itself; rights do not matter.
    """

    def __init__(
        self,
        schema: Schema,
        item: ObjectDef,
        access: Access,
        *,
        creating: bool,
        csv: bool,
        system: bool = False,
    ) -> None:
        self._schema = schema
        self._item = item
        self._access = access
        self._creating = creating
        self._csv = csv
        self._system = system
        self._keys: dict[str, _Plain | _Related | None] = {}
        self._writable: dict[str, bool] = {}

    def parse(self, draft: Draft, row: Mapping[str, Any], skip: frozenset[str] = frozenset()) -> None:
        """Fill a draft from a row; mistakes end up in its errors.

        Args:
            draft: Gets values, links and errors.
            row: What the client sent.
            skip: Keys in lower case that are not fields here (`id`, `attributes`, the upsert key).

        Raises:
            UnreadableError: A JSON value has the wrong form.
        """
        refused: list[str] = []
        for key, value in row.items():
            lowered = key.lower()
            if lowered in skip:
                continue
            known = self._keys.get(key, _UNKNOWN)
            if known is _UNKNOWN:
                known = self._keys[key] = self._resolve(key)
            if known is None:
                draft.errors.append(errors.unknown_column(self._item, key))
                continue
            if self._csv and value in ("", None):
                # An empty cell leaves the field alone.
                continue
            field = known.field
            if not self._may_write(field):
                refused.append(field.name)
                continue
            try:
                self._take(draft, known, None if self._csv and value == _NULL_IN_CSV else value)
            except Refused as refusal:
                draft.errors.append(refusal.error)
        if refused:
            draft.errors.append(errors.not_writable(refused))

    def _take(self, draft: Draft, known: object, value: Any) -> None:
        if isinstance(known, _Related):
            self._relate(draft, known, value)
            return
        assert isinstance(known, _Plain)  # noqa: S101 - the only other kind of key
        field = known.field
        draft.given.add(field.name.lower())
        draft.new[field.name] = stored = coerce(field, value, csv=self._csv)
        if field.type == "reference" and stored is not None:
            draft.raw[field.name] = stored

    def _relate(self, draft: Draft, known: _Related, value: Any) -> None:
        field = known.field
        draft.given.add(field.name.lower())
        if value is None:
            draft.new[field.name] = None
            return
        if known.by is not None:
            target = self._target(field, known.target)
            draft.links.append(self._link(field, target, known.by, value))
            return
        if not isinstance(value, Mapping):
            raise UnreadableError(errors.unreadable("reference", "VALUE_STRING", str(value)))
        attributes = value.get("attributes")
        named = attributes.get("type") if isinstance(attributes, Mapping) else None
        keys = [key for key in value if key.lower() != "attributes"]
        if len(keys) != 1:
            raise Refused(_one_key(field))
        target = self._target(field, named)
        draft.links.append(self._link(field, target, keys[0], value[keys[0]]))

    def _link(self, field: FieldDef, target: ObjectDef, by: str, key: Any) -> Link:
        found = self._access.field(target, by)
        if found is None:
            raise Refused(errors.unknown_column(target, by))
        if not (found.external_id or found.id_lookup):
            raise Refused(errors.not_an_external_id(target, by))
        stored = coerce(found, key, csv=self._csv)
        if stored is None:
            raise Refused(errors.key_missing(found))
        return Link(field, target, found, stored)

    def _target(self, field: FieldDef, named: str | None) -> ObjectDef:
        names = [name for name in field.reference_to if named is None or name.lower() == named.lower()]
        target = self._schema.get(names[0]) if names else None
        if target is None:
            raise Refused(errors.unknown_column(self._item, field.relationship_name or field.name))
        return target

    def _resolve(self, key: str) -> _Plain | _Related | None:
        field = self._visible(self._item.field(key))
        if field is not None:
            return _Plain(field)
        name, dot, by = key.partition(".")
        name, _, target = name.partition(":")
        related = self._visible(self._item.relationship(name))
        if related is None or bool(dot) != self._csv:
            return None
        return _Related(related, target or None, by) if dot else _Related(related)

    def _visible(self, field: FieldDef | None) -> FieldDef | None:
        if field is None or self._system or self._access.readable(self._item, field):
            return field
        return None

    def _may_write(self, field: FieldDef) -> bool:
        known = self._writable.get(field.name)
        if known is None:
            flag = field.createable if self._creating else field.updateable
            known = self._system or (flag and self._access.editable(self._item, field))
            self._writable[field.name] = known
        return known


def given_id(row: Mapping[str, Any]) -> Any:
    """Return the value under `Id` in any case, or None."""
    for key, value in row.items():
        if key.lower() == "id":
            return clean(value) if isinstance(value, str) else value
    return None


def _one_key(field: FieldDef) -> RowError:
    message = f"{field.label}: exactly one field must identify the related record"
    return RowError("INVALID_FIELD", message, (field.name,))


_UNKNOWN: Any = object()
