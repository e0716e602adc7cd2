"""`Customiser`: changes to the schema, checked, carried into the tables and remembered in the org's file."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local_org.customise import errors, fields, formulas, names, objects
from local_org.customise.kept import Archive, CustomField, CustomObject
from local_org.ids import encode

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from local_org.org import Org
    from local_org.schema import FieldDef, ObjectDef

_MOST_EXTERNAL_IDS = 25
# Custom fields of tasks and events are made on Activity and appear on both.
_ACTIVITY = "Activity"
_ACTIVITY_OBJECTS = ("Task", "Event")


class Customiser:
    """Makes, changes and deletes custom objects and fields of one org.

    Changes are visible at once in the schema, but to nobody until permissions grant them. They survive a
    restart when the org keeps its data.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self._archive = Archive(org.store)
        self._load()

    # --- fields -----------------------------------------------------------------------------------

    def create_field(self, full_name: str, metadata: Mapping[str, Any]) -> CustomField:
        """Make a field.

        Args:
            full_name: `Account.Score__c`.
            metadata: `Metadata` of the Tooling API's CustomField (`label`, `type`, ...). Formulas are
                translated; `sql`, an attribute of this org's own, gives the expression directly, over the
                table alias `{t}`.

        Raises:
            MetadataError: The name is taken or the metadata is wrong.
        """
        owner, bare = names.split(full_name)
        name = names.field_name(bare)
        items = self._owners(owner)
        if any(name in item for item in items):
            message = f"There is already a field named {name.removesuffix('__c')} on {items[0].label}."
            raise errors.MetadataError("DUPLICATE_DEVELOPER_NAME", message, ("fullName",))
        field_id = self._org.store.ids.next("00N")
        made = [(item, self._build(item, name, field_id, metadata)) for item in items]
        with self._changing() as connection:
            for item, field in made:
                self._check_limits(item, field)
                self._add(item, field)
            stamp = self._org.clock.stamp()
            kept = CustomField(field_id, self._owner_name(owner, items), name, dict(metadata), stamp, stamp)
            self._archive.keep_field(connection, kept)
            self._publish(made)
        return kept

    def update_field(self, full_name: str, metadata: Mapping[str, Any]) -> CustomField:
        """Replace a field's metadata.

        Raises:
            MetadataError: There is no such field, or stored values do not fit the change.
        """
        known = self.field(full_name)
        if known is None:
            raise errors.no_such_field()
        items = self._owners(known.object)
        made = [(item, self._build(item, known.name, known.id, metadata)) for item in items]
        with self._changing() as connection:
            for item, field in made:
                self._check_limits(item, field)
                self._change(connection, item, item[known.name], field)
            kept = replace(known, metadata=dict(metadata), modified=self._org.clock.stamp())
            self._archive.keep_field(connection, kept)
            self._publish(made)
        return kept

    def delete_field(self, full_name: str) -> None:
        """Delete a field with its values and permissions.

        Raises:
            MetadataError: There is no such field.
        """
        known = self.field(full_name)
        if known is None:
            raise errors.no_such_field()
        self._check_unused(known)
        with self._changing() as connection:
            for item in self._owners(known.object):
                self._drop(connection, item, item[known.name])
            connection.execute("DELETE FROM _field WHERE id = ?", (known.id,))

    def field(self, full_name_or_id: str) -> CustomField | None:
        """Return a custom field by full name in any case, or by `00N` id, or None."""
        if "." not in full_name_or_id:
            return self._archive.field(full_name_or_id)
        owner, name = full_name_or_id.split(".", 1)
        if owner.lower() in {"task", "event"}:
            owner = _ACTIVITY
        return self._archive.field_of(owner, name)

    def fields(self, owner: str | None = None) -> list[CustomField]:
        """Return the custom fields, of one object or of all, in the order of creation."""
        return self._archive.fields(owner)

    # --- objects ----------------------------------------------------------------------------------

    def create_object(self, full_name: str, metadata: Mapping[str, Any]) -> CustomObject:
        """Make an object.

        Args:
            full_name: `Invoice__c`.
            metadata: Attributes of the Metadata API's CustomObject: `label`, `pluralLabel`, `nameField`,
                `deploymentStatus`, `sharingModel`; `fields` makes fields along with it.

        Raises:
            MetadataError: The name is taken or the metadata is wrong.
        """
        name = names.object_name(full_name)
        if name in self._org.schema:
            message = f"There is already an object named {name.removesuffix('__c')}."
            raise errors.MetadataError("DUPLICATE_DEVELOPER_NAME", message, ("fullName",))
        # The prefix counter is an id of its own kind: a00, a01, ... in the order of creation.
        with self._changing() as connection:
            number = self._org.store.ids.sequence("_custom object", 1, 0)[0]
            prefix = f"a{encode(number, 2)}"
            object_id = self._org.store.ids.next("01I")
            item = objects.build(name, object_id, prefix, metadata)
            self._org.store.create_table(item)
            stamp = self._org.clock.stamp()
            plain = {key: value for key, value in metadata.items() if key != "fields"}
            kept = CustomObject(object_id, name, prefix, plain, stamp, stamp)
            self._archive.keep_object(connection, kept)
            self._org.schema.put(item, self._org.clock.now())
            for field in _listed(metadata.get("fields")):
                rest = {key: value for key, value in field.items() if key != "fullName"}
                self.create_field(f"{name}.{field.get('fullName')}", rest)
        return kept

    def update_object(self, full_name: str, metadata: Mapping[str, Any]) -> CustomObject:
        """Replace an object's labels and other attributes; its fields stay.

        Raises:
            MetadataError: There is no such object or the metadata is wrong.
        """
        known = self.object(full_name)
        if known is None:
            raise errors.no_such_object(full_name)
        item = self._org.schema.object(known.name)
        plain = {key: value for key, value in metadata.items() if key != "fields"}
        rebuilt = objects.build(known.name, known.id, item.id_prefix, plain)
        kept = replace(known, metadata=plain, modified=self._org.clock.stamp())
        with self._changing() as connection:
            self._archive.keep_object(connection, kept)
            # Stored columns cannot appear or go by an update: owner and name stay what they were.
            fields_now = tuple(
                replace(field, label=rebuilt["Name"].label) if field.name_field else field
                for field in item.fields
            )
            self._org.schema.put(replace(rebuilt, fields=fields_now), self._org.clock.now())
        return kept

    def delete_object(self, full_name: str) -> None:
        """Delete an object with its rows, fields, permissions, and the lookups to it.

        Raises:
            MetadataError: There is no such object.
        """
        known = self.object(full_name)
        if known is None:
            raise errors.no_such_object(full_name)
        item = self._org.schema.object(known.name)
        with self._changing() as connection:
            for kept in self.fields():
                if (
                    str(kept.metadata.get("summaryForeignKey", ""))
                    .lower()
                    .startswith(f"{item.name.lower()}.")
                ):
                    self.delete_field(kept.full_name)
            for child in self._org.schema.children(item.name):
                lookup = self.field(f"{child.child}.{child.field}")
                if lookup is not None and child.child != item.name:
                    self.delete_field(lookup.full_name)
            connection.execute("DELETE FROM _field WHERE object = ?", (item.name,))
            connection.execute("DELETE FROM _object WHERE id = ?", (known.id,))
            for table in ("ObjectPermissions", "FieldPermissions"):
                connection.execute(f'DELETE FROM "{table}" WHERE "SobjectType" = ?', (item.name,))
            self._org.store.drop_table(item)
            self._org.schema.remove(item.name, self._org.clock.now())
            self._org.store.after_commit(self._org.security.changed)

    def object(self, full_name_or_id: str) -> CustomObject | None:
        """Return a custom object by name in any case, or by `01I` id, or None."""
        return self._archive.object(full_name_or_id)

    def objects(self) -> list[CustomObject]:
        """Return the custom objects in the order of creation."""
        return self._archive.objects()

    # --- helpers ----------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Change rows and schema together; an exception undoes both."""
        before = self._org.schema.snapshot()
        try:
            with self._org.store.write() as connection:
                yield connection
        except BaseException:
            self._org.schema.restore(before, self._org.clock.now())
            raise

    def _owners(self, owner: str) -> list[ObjectDef]:
        wanted = _ACTIVITY_OBJECTS if owner.lower() == _ACTIVITY.lower() else (owner,)
        if owner.lower() in {name.lower() for name in _ACTIVITY_OBJECTS}:
            raise errors.integrity("Custom fields of tasks and events are defined on Activity", "fullName")
        found = [item for name in wanted if (item := self._org.schema.get(name)) is not None]
        if not found:
            raise errors.no_such_object(owner)
        return found

    @staticmethod
    def _owner_name(owner: str, items: list[ObjectDef]) -> str:
        return _ACTIVITY if owner.lower() == _ACTIVITY.lower() else items[0].name

    def _build(self, item: ObjectDef, name: str, field_id: str, metadata: Mapping[str, Any]) -> FieldDef:
        sql = metadata.get("sql")
        if sql is None and metadata.get("formula"):
            sql = formulas.translate(self._org.schema, item, metadata)
        elif sql is None and metadata.get("type") == "Summary":
            sql = formulas.roll_up(self._org.schema, item, metadata)
        return fields.build(self._org.schema, name, field_id, metadata, sql)

    def _check_limits(self, item: ObjectDef, field: FieldDef) -> None:
        others = sum(f.external_id for f in item.fields if f.name.lower() != field.name.lower())
        if field.external_id and others >= _MOST_EXTERNAL_IDS:
            message = f"This entity already has the maximum of {_MOST_EXTERNAL_IDS} External Ids"
            raise errors.integrity(message, "externalId")

    def _check_unused(self, field: CustomField) -> None:
        word = re.compile(rf"\b{re.escape(field.name)}\b", re.IGNORECASE)
        users = [
            other.full_name
            for other in self.fields()
            if other.id != field.id
            and any(
                word.search(str(other.metadata.get(attribute) or ""))
                for attribute in ("formula", "summarizedField", "summaryForeignKey", "sql")
            )
        ]
        if users:
            message = f"This custom field is referenced elsewhere: {', '.join(users)}."
            raise errors.MetadataError("DEPENDENCY_EXISTS", message)

    def _add(self, item: ObjectDef, field: FieldDef) -> None:
        for part in (field, *fields.parts(field)):
            if part.stored:
                self._org.store.add_column(item, part)
        if field.auto_number:
            self._number(item, field)

    def _number(self, item: ObjectDef, field: FieldDef) -> None:
        from local_org.dml.save import auto_number  # noqa: PLC0415 - the write path imports half the org

        with self._org.store.write() as connection:
            rows = [row[0] for row in connection.execute(f'SELECT "Id" FROM "{item.name}" ORDER BY "Id"')]
            start = int(field.more.get("startingNumber", 1))
            numbers = self._org.store.ids.sequence(f"{item.name}.{field.name}", len(rows), start)
            connection.executemany(
                f'UPDATE "{item.name}" SET "{field.name}" = ? WHERE "Id" = ?',
                [
                    (auto_number(field.auto_number or "", number, self._org.clock), record_id)
                    for number, record_id in zip(numbers, rows, strict=True)
                ],
            )

    def _change(self, connection: sqlite3.Connection, item: ObjectDef, old: FieldDef, new: FieldDef) -> None:
        if old.type != new.type and (not (old.is_text and new.is_text) or "textarea" in (old.type, new.type)):
            raise errors.integrity(
                f"Cannot change the type of {item.name}.{old.name} from {old.type} to {new.type}"
            )
        if not old.stored or not new.stored:
            return
        if new.is_text and new.length and new.length < old.length:
            query = f'SELECT 1 FROM "{item.name}" WHERE length("{old.name}") > ?'
            if connection.execute(query, (new.length,)).fetchone():
                raise errors.integrity("Stored values are longer than the new length", "length")
        if new.unique and not old.unique:
            collation = "BINARY" if new.case_sensitive else "NOCASE"
            query = (
                f'SELECT 1 FROM "{item.name}" WHERE "{old.name}" IS NOT NULL'
                f' GROUP BY "{old.name}" COLLATE {collation} HAVING count(*) > 1 LIMIT 1'
            )
            if connection.execute(query).fetchone():
                raise errors.MetadataError("DUPLICATE_VALUE", "Stored values are not unique", ("unique",))
        self._org.store.change_column(item, old, new)

    def _drop(self, connection: sqlite3.Connection, item: ObjectDef, field: FieldDef) -> None:
        without = item
        for part in (field, *item.parts(field.name)):
            if part.stored:
                self._org.store.drop_column(item, part)
            without = without.without_field(part.name)
        connection.execute('DELETE FROM "FieldPermissions" WHERE "Field" = ?', (f"{item.name}.{field.name}",))
        self._org.schema.put(without, self._org.clock.now())
        self._org.store.after_commit(self._org.security.changed)

    def _publish(self, made: list[tuple[ObjectDef, FieldDef]]) -> None:
        for item, field in made:
            extended = self._org.schema.object(item.name)
            for part in (field, *fields.parts(field)):
                extended = extended.with_field(part)
            self._org.schema.put(extended, self._org.clock.now())

    def _load(self) -> None:
        moment = self._org.schema.modified
        for kept in self.objects():
            self._org.schema.put(objects.build(kept.name, kept.id, kept.prefix, kept.metadata), moment)
        # Lookups may point at objects and formulas at fields made later: build what can be built, then the
        # rest.
        waiting = self.fields()
        while waiting:
            left = [field for field in waiting if not self._revive(field)]
            if len(left) == len(waiting):
                listed = ", ".join(field.full_name for field in left)
                raise errors.integrity(f"The org's file holds fields that no longer make sense: {listed}")
            waiting = left

    def _revive(self, field: CustomField) -> bool:
        try:
            items = self._owners(field.object)
            made = [(item, self._build(item, field.name, field.id, field.metadata)) for item in items]
        except errors.MetadataError:
            return False
        self._publish(made)
        return True


def _listed(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, dict):
        return [value]
    return [row for row in value or [] if isinstance(row, dict)]
