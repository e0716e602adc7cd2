"""Refusals of changes to the schema."""

from __future__ import annotations

NAME_RULE = (
    "can only contain alphanumeric characters, must begin with a letter, cannot end with an underscore or"
    " contain two consecutive underscore characters, and must be unique across all"
)


class MetadataError(Exception):
    """A change to objects or fields that Salesforce refuses.

    Attributes:
        code: Salesforce's status code, such as `FIELD_INTEGRITY_EXCEPTION`.
        message: the text Salesforce sends.
        fields: metadata attributes concerned.
    """

    def __init__(self, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields


def integrity(message: str, *fields: str) -> MetadataError:
    """The attributes contradict each other or the type."""
    return MetadataError("FIELD_INTEGRITY_EXCEPTION", message, fields)


def forbidden(attribute: str, kind: str) -> MetadataError:
    """An attribute the type does not have."""
    return integrity(f"Can not specify '{attribute}' for a CustomField of type {kind}", attribute)


def missing(attribute: str, kind: str) -> MetadataError:
    """An attribute the type needs."""
    return integrity(f"Must specify '{attribute}' for a CustomField of type {kind}", attribute)


def out_of_range(attribute: str, least: int, most: int) -> MetadataError:
    """A size outside what the type allows."""
    message = f"Value for '{attribute}' must be between {least} and {most}"
    return MetadataError("NUMBER_OUTSIDE_VALID_RANGE", message, (attribute,))


def no_such_field() -> MetadataError:
    """The field to change or delete is not there."""
    message = "This custom field does not exist or is not accessible"
    return MetadataError("INVALID_CROSS_REFERENCE_KEY", message)


def no_such_object(name: str) -> MetadataError:
    """The object of a new field, or to change or delete, is not there."""
    return MetadataError("INVALID_CROSS_REFERENCE_KEY", f"Could not find an entity named {name}")
