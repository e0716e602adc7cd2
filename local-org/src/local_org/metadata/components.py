"""The metadata types this org knows, each with the same few operations.

<https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_types_list.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from local_org.customise import MetadataError
from local_org.metadata.layouts import Layouts
from local_org.metadata.listed import Listed
from local_org.metadata.rights import PermissionSets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local_org.org import Org
    from local_org.security import User

Metadata = dict[str, Any]


class Component(Protocol):
    """A metadata type."""

    def exists(self, full_name: str) -> bool:
        """Whether there is one of that name."""
        ...

    def create(self, full_name: str, metadata: Metadata) -> None:
        """Make one.

        Raises:
            MetadataError: refused.
        """
        ...

    def update(self, full_name: str, metadata: Metadata) -> None:
        """Replace one.

        Raises:
            MetadataError: refused, or not there.
        """
        ...

    def delete(self, full_name: str) -> None:
        """Delete one.

        Raises:
            MetadataError: refused, or not there.
        """
        ...

    def read(self, full_name: str) -> Metadata | None:
        """One as it is, with its `fullName`; None when there is none."""
        ...

    def names(self) -> Iterable[Listed]:
        """All there are."""
        ...


class CustomFields:
    """Type `CustomField`; full names read `Account.Score__c`."""

    def __init__(self, org: Org, user: User) -> None:
        del user
        self._customiser = org.customiser

    def exists(self, full_name: str) -> bool:
        """Whether there is such a field."""
        return self._customiser.field(full_name) is not None

    def create(self, full_name: str, metadata: Metadata) -> None:
        """Make a field, visible to nobody yet."""
        self._customiser.create_field(full_name, checked(metadata))

    def update(self, full_name: str, metadata: Metadata) -> None:
        """Replace a field's attributes."""
        self._customiser.update_field(full_name, checked(metadata))

    def delete(self, full_name: str) -> None:
        """Delete a field with its values."""
        self._customiser.delete_field(full_name)

    def read(self, full_name: str) -> Metadata | None:
        """A field's attributes."""
        found = self._customiser.field(full_name)
        return None if found is None else {"fullName": found.full_name, **found.metadata}

    def names(self) -> Iterable[Listed]:
        """All custom fields."""
        return [Listed(f.full_name, f.id, f.created, f.modified) for f in self._customiser.fields()]


class CustomObjects:
    """Type `CustomObject`: custom objects, and the custom fields of standard ones."""

    def __init__(self, org: Org, user: User) -> None:
        del user
        self._org = org
        self._customiser = org.customiser

    def exists(self, full_name: str) -> bool:
        """Whether there is such an object."""
        return self._customiser.object(full_name) is not None

    def create(self, full_name: str, metadata: Metadata) -> None:
        """Make an object with the fields it brings, visible to nobody yet."""
        self._customiser.create_object(full_name, metadata)

    def update(self, full_name: str, metadata: Metadata) -> None:
        """Replace an object's attributes; fields it brings are made or replaced, others stay."""
        self._customiser.update_object(full_name, metadata)
        for field in metadata.get("fields") or []:
            rest = checked({key: value for key, value in field.items() if key != "fullName"})
            name = f"{full_name}.{field.get('fullName', '')}"
            if self._customiser.field(name) is None:
                self._customiser.create_field(name, rest)
            else:
                self._customiser.update_field(name, rest)

    def delete(self, full_name: str) -> None:
        """Delete an object with its rows."""
        self._customiser.delete_object(full_name)

    def read(self, full_name: str) -> Metadata | None:
        """An object's attributes and custom fields."""
        item = self._org.schema.get(full_name)
        if item is None:
            return None
        made = self._customiser.object(full_name)
        own = dict(made.metadata) if made else {"label": item.label, "pluralLabel": item.label_plural}
        fields = [{"fullName": f.name, **f.metadata} for f in self._customiser.fields(item.name)]
        return {"fullName": item.name, **own, **({"fields": fields} if fields else {})}

    def names(self) -> Iterable[Listed]:
        """Standard and custom objects."""
        made = {item.name: item for item in self._customiser.objects()}
        for item in self._org.schema:
            known = made.get(item.name)
            if known is not None:
                yield Listed(item.name, known.id, known.created, known.modified)
            elif item.allows("layoutable"):
                yield Listed(item.name)


TYPES: dict[str, Callable[[Org, User, str], Component]] = {
    "CustomField": lambda org, user, _: CustomFields(org, user),
    "CustomObject": lambda org, user, _: CustomObjects(org, user),
    "Layout": lambda org, _, __: Layouts(org),
    "PermissionSet": PermissionSets,
}


def checked(metadata: Metadata) -> Metadata:
    """The metadata without this org's own attribute; text where a whole number belongs is refused."""
    for name in ("length", "precision", "scale", "visibleLines", "startingNumber"):
        value = metadata.get(name)
        if value is not None and (isinstance(value, bool) or not str(value).lstrip("-").isdecimal()):
            message = f"'{value}' is not a valid value for {name}"
            raise MetadataError("INVALID_TYPE_ON_FIELD_IN_RECORD", message, (name,))
    return {key: value for key, value in metadata.items() if key != "sql"}
