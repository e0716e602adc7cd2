"""Every refusal of a row, with Salesforce's code and wording.

Wordings come from recorded answers where one exists. Labels and ids appear as Salesforce shows them: the
field's label before its own text, 15-character ids inside sentences about duplicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.dml.outcome import RowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from local_org.schema import FieldDef, ObjectDef

ROLLED_BACK = RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
ENTITY_IS_DELETED = RowError("ENTITY_IS_DELETED", "entity is deleted", http_status=404)
NO_SUCH_ROW = RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", http_status=404)
BAD_REFERENCE = RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
ID_MISSING = RowError("MISSING_ARGUMENT", "Id not specified in an update call")
ID_ON_INSERT = RowError("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ("Id",))
NO_ACCESS = RowError(
    "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", http_status=403
)
STORAGE_FULL = RowError("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")
NOT_IN_RECYCLE_BIN = RowError("UNDELETE_FAILED", "Entity is not in the recycle bin")


def unknown_column(item: ObjectDef, name: str) -> RowError:
    """The object has no such field, or hides it."""
    message = f"No such column '{name}' on sobject of type {item.name}"
    return RowError("INVALID_FIELD", message, has_fields=False)


def in_body(name: str) -> RowError:
    """The key of the URL is repeated in the body."""
    message = f"The {name} field should not be specified in the sobject data."
    return RowError("INVALID_FIELD", message, has_fields=False)


def not_writable(names: Sequence[str]) -> RowError:
    """Fields the user may see but not write."""
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this"
        " field and verify that it is read/write for your profile or permission set."
    )
    return RowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, tuple(names))


def required(names: Sequence[str]) -> RowError:
    """Fields that must have a value."""
    return RowError(
        "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", tuple(names)
    )


def too_long(field: FieldDef, value: str) -> RowError:
    """Text longer than the field."""
    message = f"{field.label}: data value too large: {value} (max length={field.length})"
    return RowError("STRING_TOO_LONG", message, (field.name,))


def bad_picklist(field: FieldDef, value: str) -> RowError:
    """A value a restricted picklist does not have."""
    message = f"{field.label}: bad value for restricted picklist field: {value}"
    return RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,))


def bad_email(field: FieldDef, value: str) -> RowError:
    """Not an e-mail address."""
    return RowError("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", (field.name,))


def bad_type(field: FieldDef, value: str) -> RowError:
    """A value that is not of the field's type, in CSV, or null for a checkbox."""
    message = f"{field.label}: value not of required type: {value}"
    return RowError("INVALID_TYPE_ON_FIELD_IN_RECORD", message, (field.name,))


def out_of_range(field: FieldDef, value: str) -> RowError:
    """A number with more digits before the point than the field has."""
    message = f"{field.label}: value outside of valid range on numeric field: {value}"
    return RowError("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,))


def bad_date(field: FieldDef, value: str) -> RowError:
    """A date outside the years Salesforce keeps (1700 to 4000)."""
    return RowError("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: invalid date: {value}", (field.name,))


def unreadable(kind: str, token: str, value: str) -> RowError:
    """A JSON value the parser cannot turn into the field's type."""
    message = (
        f"Cannot deserialize instance of {kind} from {token} value {value}"
        " or request may be missing a required field at [line:1, column:1]"
    )
    return RowError("JSON_PARSER_ERROR", message, has_fields=False)


def wrong_id(label: str, value: str, name: str) -> RowError:
    """An id that is none, or one of another object."""
    return RowError("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", (name,))


def malformed_id(value: str) -> RowError:
    """An id to delete that is none."""
    return RowError("MALFORMED_ID", f"malformed id {value}")


def bad_record_type(field: FieldDef, value: str) -> RowError:
    """A record type of another object, or none."""
    message = f"{field.label}: this ID value isn't valid for the user: {value}"
    return RowError("INVALID_CROSS_REFERENCE_KEY", message, (field.name,))


def inactive_owner(item: ObjectDef, user_id: str) -> RowError:
    """A row given to somebody who has left."""
    message = f"operation performed with inactive user [{user_id}] as owner of {item.label.lower()}"
    return RowError("INACTIVE_OWNER_OR_USER", message)


def no_access_to(record_id: str) -> RowError:
    """A reference to a row of an object the user cannot see."""
    message = f"insufficient access rights on cross-reference id: {record_id[:15]}"
    return RowError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message)


def foreign_key_missing(target: ObjectDef, field: FieldDef, value: str) -> RowError:
    """A reference by external id that finds nothing."""
    message = f"Foreign key external ID: {value} not found for field {field.name} in entity {target.name}"
    return RowError("INVALID_FIELD", message)


def ambiguous_external_id(field: FieldDef, record_ids: Sequence[str]) -> RowError:
    """An external id that several rows have; alone it is answered with 300 and the rows' addresses."""
    message = f"{field.label}: more than one record found for external id field: [{', '.join(record_ids)}]"
    extra: Mapping[str, Any] = {"ids": tuple(record_ids)}
    return RowError("DUPLICATE_EXTERNAL_ID", message, (field.name,), extra, http_status=300)


def not_an_external_id(target: ObjectDef, name: str) -> RowError:
    """A reference by a field that cannot identify rows."""
    message = (
        f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field"
        f" for {target.name}"
    )
    return RowError("INVALID_FIELD", message)


def external_id_unknown(name: str) -> RowError:
    """An upsert by a field that does not exist or cannot identify rows."""
    message = f"Provided external ID field does not exist or is not accessible: {name}"
    return RowError("NOT_FOUND", message, http_status=404, has_fields=False)


def external_id_repeated(field: FieldDef, value: str) -> RowError:
    """The same external id twice in one request."""
    return RowError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", (field.name,))


def id_repeated(record_id: str) -> RowError:
    """The same row twice in one request."""
    return RowError("DUPLICATE_VALUE", f"Duplicate id specified: {record_id}", ("Id",))


def key_missing(field: FieldDef) -> RowError:
    """An upsert row without its key."""
    return RowError("MISSING_ARGUMENT", f"{field.name} not specified")


def duplicate_value(field: FieldDef, record_id: str | None) -> RowError:
    """A value that must be unique and is not."""
    holder = record_id[:15] if record_id else "<unknown>"
    message = f"duplicate value found: {field.name} duplicates value on record with id: {holder}"
    return RowError("DUPLICATE_VALUE", message)


def cannot_insert(item: ObjectDef) -> RowError:
    """The object takes no new rows, or none from this user."""
    return RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {item.label}")


def cannot_update(item: ObjectDef) -> RowError:
    """Rows of the object cannot be changed."""
    return RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be updated: {item.label}")


def cannot_delete(item: ObjectDef) -> RowError:
    """Rows of the object cannot be deleted."""
    return RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be deleted: {item.label}")


def cannot_undelete(item: ObjectDef) -> RowError:
    """Rows of the object never come back."""
    return RowError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be undeleted: {item.label}")


def locked(record_id: str) -> RowError:
    """Another transaction holds the row."""
    message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
    return RowError("UNABLE_TO_LOCK_ROW", message)


def still_used(name: str, children: Iterable[str]) -> RowError:
    """A row that others must not lose."""
    listed = ", ".join(children)
    message = (
        f"Your attempt to delete {name} could not be completed because it is associated with the following"
        f" records: {listed}"
    )
    return RowError("DELETE_FAILED", message)


def validation(code: str, message: str, field: str | None) -> RowError:
    """An admin's validation rule, trigger or approval."""
    return RowError(code, message, (field,) if field else ())


def integrity(message: str, *fields: str) -> RowError:
    """Values that contradict each other."""
    return RowError("FIELD_INTEGRITY_EXCEPTION", message, fields)
