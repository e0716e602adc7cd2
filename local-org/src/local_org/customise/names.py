"""API names of custom objects and fields.

<https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_field_types.htm>
"""

from __future__ import annotations

import re

from local_org.customise import errors

_SHAPE = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
_LONGEST = 40


def field_name(name: str) -> str:
    """Return the API name of a custom field with its suffix, which may be missing.

    Raises:
        MetadataError: The name breaks the rules.
    """
    return _checked(name.removesuffix("__c"), "The Custom Field API Name", "Custom fields") + "__c"


def object_name(name: str) -> str:
    """Return the API name of a custom object with its suffix, which may be missing.

    Raises:
        MetadataError: The name breaks the rules.
    """
    return _checked(name.removesuffix("__c"), "The object name", "object names") + "__c"


def relationship_name(name: str) -> str:
    """Return the name of a child relationship with its suffix.

    Raises:
        MetadataError: The name breaks the rules.
    """
    return _checked(name.removesuffix("__r"), "The relationship name", "relationship names") + "__r"


def split(full_name: str) -> tuple[str, str]:
    """Return object and field of `Account.Score__c`.

    Raises:
        MetadataError: There is no dot.
    """
    owner, dot, name = full_name.strip().partition(".")
    if not (dot and owner and name):
        raise errors.integrity(
            f"Invalid fullName, must be in the format: ObjectName.FieldName__c: {full_name}"
        )
    return owner, name


def _checked(bare: str, what: str, family: str) -> str:
    if not _SHAPE.match(bare):
        raise errors.integrity(f"{what} {errors.NAME_RULE} {family}", "fullName")
    if len(bare) > _LONGEST:
        raise errors.MetadataError(
            "STRING_TOO_LONG", f"{what}: data value too large: {bare} (max length={_LONGEST})", ("fullName",)
        )
    return bare
