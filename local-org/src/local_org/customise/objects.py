"""From the metadata of a custom object to its definition.

<https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customobject.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org.customise import errors
from local_org.schema import FieldDef, ObjectDef

if TYPE_CHECKING:
    from collections.abc import Mapping

_FLAGS = frozenset(
    {
        "compactLayoutable",
        "createable",
        "deletable",
        "layoutable",
        "queryable",
        "replicateable",
        "retrieveable",
        "triggerable",
        "undeletable",
        "updateable",
    }
)
_MODELS = frozenset(
    {
        "ControlledByParent",
        "ControlledByCampaign",
        "ControlledByLeadOrContact",
        "FullAccess",
        "Private",
        "Read",
        "ReadSelect",
        "ReadWrite",
        "ReadWriteTransfer",
    }
)


def build(name: str, object_id: str, prefix: str, metadata: Mapping[str, Any]) -> ObjectDef:
    """Return the definition of a custom object without its custom fields.

    Args:
        name: API name with suffix.
        object_id: Its `01I` id.
        prefix: Key prefix of its rows.
        metadata: Attributes of the Metadata API's CustomObject.

    Raises:
        MetadataError: Something required is missing.
    """
    label = _text(metadata, "label")
    plural = _text(metadata, "pluralLabel")
    name_field = metadata.get("nameField")
    if not isinstance(name_field, dict):
        raise errors.integrity(
            "Must specify a nameField of type Text or AutoNumber for the CustomObject", "nameField"
        )
    _text(metadata, "deploymentStatus")
    model = _text(metadata, "sharingModel")
    if model not in _MODELS:
        raise errors.integrity(f"Invalid sharingModel: {model}", "sharingModel")
    flags = _FLAGS | (
        {"searchable", "searchLayoutable"} if metadata.get("enableSearch") in (True, "true") else set()
    )
    return ObjectDef(
        name=name,
        label=label,
        label_plural=plural,
        key_prefix=prefix,
        id_prefix=prefix,
        fields=_fields(name_field, owned=model != "ControlledByParent"),
        flags=frozenset(flags),
        custom=True,
        record_types=True,
        permission_object=name,
        id=object_id,
        description=str(metadata.get("description") or "") or None,
    )


def _fields(name_field: Mapping[str, Any], *, owned: bool) -> tuple[FieldDef, ...]:
    made = [
        _system("Id", "Record ID", "id", length=18, id_lookup=True),
        *([_owner()] if owned else []),
        _system("IsDeleted", "Deleted", "boolean", default=False),
        _name(name_field),
        _system("CreatedDate", "Created Date", "datetime"),
        _user("CreatedById", "Created By ID", "CreatedBy"),
        _system("LastModifiedDate", "Last Modified Date", "datetime"),
        _user("LastModifiedById", "Last Modified By ID", "LastModifiedBy"),
        _system("SystemModstamp", "System Modstamp", "datetime"),
    ]
    return tuple(made)


def _name(metadata: Mapping[str, Any]) -> FieldDef:
    label = str(metadata.get("label") or "Name")
    kind = str(metadata.get("type") or "Text")
    if kind not in {"Text", "AutoNumber"}:
        raise errors.integrity(
            "Must specify a nameField of type Text or AutoNumber for the CustomObject", "nameField"
        )
    numbered = kind == "AutoNumber"
    start = metadata.get("startingNumber")
    return FieldDef(
        name="Name",
        label=label,
        type="string",
        length=80,
        nillable=not numbered,
        createable=not numbered,
        updateable=not numbered,
        defaulted_on_create=True,
        permissionable=False,
        id_lookup=True,
        name_field=True,
        auto_number=str(metadata.get("displayFormat") or "{0}") if numbered else None,
        more={"startingNumber": int(start)} if start else {},
    )


def _system(name: str, label: str, kind: str, **attributes: Any) -> FieldDef:
    plain: dict[str, Any] = {
        "nillable": False,
        "createable": False,
        "updateable": False,
        "defaulted_on_create": True,
        "permissionable": False,
        "groupable": kind != "datetime",
        "aggregatable": kind != "boolean",
    }
    return FieldDef(name=name, label=label, type=kind, **{**plain, **attributes})


def _user(name: str, label: str, relationship: str) -> FieldDef:
    return _system(
        name, label, "reference", length=18, reference_to=("User",), relationship_name=relationship
    )


def _owner() -> FieldDef:
    return _system(
        "OwnerId",
        "Owner ID",
        "reference",
        length=18,
        reference_to=("Group", "User"),
        relationship_name="Owner",
        createable=True,
        updateable=True,
        polymorphic=True,
        name_pointing=True,
    )


def _text(metadata: Mapping[str, Any], attribute: str) -> str:
    text = str(metadata.get(attribute) or "").strip()
    if not text:
        raise errors.integrity(f"Must specify a non-empty {attribute} for the CustomObject", attribute)
    return text
