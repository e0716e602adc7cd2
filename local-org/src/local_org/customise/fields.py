"""From the metadata of a custom field to its definition, type by type.

<https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm>
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from local_org.customise import errors, names
from local_org.schema import FieldDef, PicklistValue, lacking

if TYPE_CHECKING:
    from local_org.schema import Schema

Metadata = Mapping[str, Any]

_MOST_DIGITS = 18
_LONG_TEXT = (256, 131_072)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a metadata type becomes and which attributes it takes."""

    type: str
    length: int = 0
    sized: bool = False
    numeric: bool = False
    external: bool = False
    unique: bool = False
    required: bool = True


_KINDS: Mapping[str, _Kind] = {
    "AutoNumber": _Kind("string", 30, external=True, required=False),
    "Checkbox": _Kind("boolean", required=False),
    "Currency": _Kind("currency", numeric=True),
    "Date": _Kind("date"),
    "DateTime": _Kind("datetime"),
    "Email": _Kind("email", 80, external=True, unique=True),
    "EncryptedText": _Kind("encryptedstring", sized=True),
    "Html": _Kind("textarea", sized=True, required=False),
    "Location": _Kind("location"),
    "LongTextArea": _Kind("textarea", sized=True, required=False),
    "Lookup": _Kind("reference", 18),
    "MasterDetail": _Kind("reference", 18, required=False),
    "MultiselectPicklist": _Kind("multipicklist", 4099),
    "Number": _Kind("double", numeric=True, external=True, unique=True),
    "Percent": _Kind("percent", numeric=True),
    "Phone": _Kind("phone", 40),
    "Picklist": _Kind("picklist", 255),
    "Summary": _Kind("double", 0, required=False),
    "Text": _Kind("string", sized=True, external=True, unique=True),
    "TextArea": _Kind("textarea", 255),
    "Time": _Kind("time"),
    "Url": _Kind("url", 255),
}
_LENGTHS: Mapping[str, tuple[int, int]] = {
    "EncryptedText": (1, 175),
    "Html": _LONG_TEXT,
    "LongTextArea": _LONG_TEXT,
    "Text": (1, 255),
}
_LINES: Mapping[str, int] = {"Html": 10, "LongTextArea": 2, "MultiselectPicklist": 3}


def build(schema: Schema, name: str, field_id: str, metadata: Metadata, sql: str | None) -> FieldDef:
    """Return the definition of a custom field.

    Args:
        schema: The org's objects, for lookups.
        name: API name of the field, with suffix.
        field_id: Its `00N` id.
        metadata: `Metadata` of the Tooling API's CustomField, keys in lower camel case.
        sql: For formulas and roll-ups, the expression that computes the value.

    Raises:
        MetadataError: The metadata is incomplete or contradicts the type.
    """
    kind_name = str(metadata.get("type") or "")
    kind = _KINDS.get(kind_name)
    if kind is None:
        raise errors.MetadataError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"bad value for restricted picklist field: {kind_name}",
            ("type",),
        )
    label = str(metadata.get("label") or "").strip()
    if not label:
        raise errors.integrity("Must specify a non-empty label for the CustomField", "label")
    if len(label) > 40:
        raise errors.MetadataError(
            "STRING_TOO_LONG", f"Label: data value too large: {label} (max length=40)", ("label",)
        )
    computed = bool(metadata.get("formula")) or kind_name == "Summary"
    _forbid(metadata, kind_name, kind, computed=computed)
    made = FieldDef(
        name=name,
        label=label,
        type=kind.type,
        length=_length(metadata, kind_name, kind, computed=computed),
        custom=True,
        id=field_id,
        description=metadata.get("description") or None,
        help=metadata.get("inlineHelpText") or None,
    )
    made = _SHAPES.get(kind.type, _plain)(schema, made, metadata, kind_name)
    if kind.numeric:
        made = _numeric(made, metadata, computed=computed)
    made = _computed(made, metadata, sql) if computed else _constrained(made, metadata)
    lacks = lacking(made.type, made.length, calculated=computed)
    return replace(
        made,
        aggregatable="aggregatable" not in lacks,
        filterable="filterable" not in lacks,
        groupable="groupable" not in lacks,
        sortable="sortable" not in lacks,
    )


def parts(field: FieldDef) -> tuple[FieldDef, ...]:
    """Return the two number fields a geolocation consists of."""
    if field.type != "location":
        return ()
    stem = field.name.removesuffix("__c")
    axes = (("Latitude", 3), ("Longitude", 3))
    return tuple(
        replace(
            field,
            name=f"{stem}__{axis}__s",
            label=f"{field.label} ({axis})",
            type="double",
            precision=field.scale + whole,
            id=None,
            createable=True,
            updateable=True,
            compound=field.name,
            aggregatable=True,
            sortable=True,
            more={},
        )
        for axis, whole in axes
    )


def truth(value: Any) -> bool:
    """Return a metadata boolean, which XML and some clients write as text."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def _forbid(metadata: Metadata, kind_name: str, kind: _Kind, *, computed: bool) -> None:
    if metadata.get("required") is not None and not kind.required:
        raise errors.forbidden("required", kind_name)
    if truth(metadata.get("externalId")) and (computed or not kind.external):
        raise errors.forbidden("externalId", kind_name)
    if truth(metadata.get("unique")) and (computed or not kind.unique):
        raise errors.forbidden("unique", kind_name)
    if truth(metadata.get("caseSensitive")) and kind_name != "Text":
        raise errors.forbidden("caseSensitive", kind_name)
    if metadata.get("length") is not None and not kind.sized and not computed:
        raise errors.forbidden("length", kind_name)
    if kind_name == "Checkbox" and not computed and metadata.get("defaultValue") is None:
        raise errors.missing("defaultValue", kind_name)
    least = _LINES.get(kind_name)
    if least is not None and not computed:
        lines = metadata.get("visibleLines")
        if lines is None:
            raise errors.missing("visibleLines", kind_name)
        if int(lines) < least:
            raise errors.out_of_range("visibleLines", least, 50)


def _length(metadata: Metadata, kind_name: str, kind: _Kind, *, computed: bool) -> int:
    if computed and kind.type == "string":
        return 1300
    if not kind.sized:
        return kind.length
    if metadata.get("length") is None:
        raise errors.missing("length", kind_name)
    length = int(metadata["length"])
    least, most = _LENGTHS[kind_name]
    if not least <= length <= most:
        raise errors.out_of_range("length", least, most)
    return length


def _numeric(field: FieldDef, metadata: Metadata, *, computed: bool) -> FieldDef:
    if computed and metadata.get("precision") is None:
        return replace(field, precision=_MOST_DIGITS, scale=int(metadata.get("scale") or 0))
    for attribute in ("precision", "scale"):
        if metadata.get(attribute) is None:
            raise errors.missing(attribute, str(metadata["type"]))
    precision, scale = int(metadata["precision"]), int(metadata["scale"])
    if not 1 <= precision <= _MOST_DIGITS:
        raise errors.out_of_range("precision", 1, _MOST_DIGITS)
    if not 0 <= scale <= precision:
        raise errors.out_of_range("scale", 0, precision)
    return replace(field, precision=precision, scale=scale)


def _computed(field: FieldDef, metadata: Metadata, sql: str | None) -> FieldDef:
    more = dict(field.more)
    if str(metadata.get("formulaTreatBlanksAs")) != "BlankAsBlank" and metadata.get("formula"):
        more["formulaTreatNullNumberAsZero"] = True
    return replace(
        field,
        calculated=True,
        createable=False,
        updateable=False,
        formula=metadata.get("formula") or None,
        sql=sql or "NULL",
        nillable=field.type != "boolean",
        defaulted_on_create=False,
        default=None,
        more=more,
    )


def _constrained(field: FieldDef, metadata: Metadata) -> FieldDef:
    external, unique = truth(metadata.get("externalId")), truth(metadata.get("unique"))
    required = truth(metadata.get("required"))
    field = replace(
        field,
        external_id=external,
        unique=unique,
        # An external id can be used like an id; so can the auto-number name of an object.
        id_lookup=external,
        case_sensitive=truth(metadata.get("caseSensitive")),
    )
    if required:
        # Fields that are required everywhere cannot be hidden from anybody.
        field = replace(field, nillable=False, permissionable=False)
    default = metadata.get("defaultValue")
    if default not in (None, "") and field.type != "boolean":
        literal = _literal(field, str(default))
        if literal is None:
            field = replace(
                field, more={**field.more, "defaultValueFormula": str(default)}, defaulted_on_create=True
            )
        else:
            field = replace(field, default=literal, defaulted_on_create=True)
    return field


def _literal(field: FieldDef, text: str) -> Any:
    """Return the value of a default that is a plain literal, else None."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if field.precision:
        try:
            return float(text)
        except ValueError:
            return None
    return None


def _plain(_schema: Schema, field: FieldDef, metadata: Metadata, kind_name: str) -> FieldDef:
    if kind_name == "AutoNumber":
        more = {"startingNumber": int(metadata["startingNumber"])} if metadata.get("startingNumber") else {}
        return replace(
            field,
            auto_number=str(metadata.get("displayFormat") or "{0}"),
            createable=False,
            updateable=False,
            nillable=True,
            defaulted_on_create=True,
            more=more,
        )
    if kind_name == "Summary":
        operation = str(metadata.get("summaryOperation") or "").lower()
        if operation not in {"count", "sum", "min", "max"}:
            raise errors.missing("summaryOperation", kind_name)
        return replace(field, precision=_MOST_DIGITS, scale=0 if operation == "count" else 2)
    return field


def _boolean(_schema: Schema, field: FieldDef, metadata: Metadata, _kind: str) -> FieldDef:
    return replace(
        field, nillable=False, defaulted_on_create=True, default=truth(metadata.get("defaultValue"))
    )


def _textarea(_schema: Schema, field: FieldDef, _metadata: Metadata, kind_name: str) -> FieldDef:
    if kind_name == "Html":
        return replace(field, more={"htmlFormatted": True, "extraTypeInfo": "richtextarea"})
    return field


def _picklist(schema: Schema, field: FieldDef, metadata: Metadata, kind_name: str) -> FieldDef:
    del schema
    if metadata.get("formula"):
        raise errors.forbidden("formula", kind_name)
    value_set = metadata.get("valueSet")
    if not isinstance(value_set, Mapping):
        raise errors.missing("valueSet", kind_name)
    definition = value_set.get("valueSetDefinition")
    entries = definition.get("value") if isinstance(definition, Mapping) else None
    rows = [entries] if isinstance(entries, Mapping) else list(entries or [])
    values = [_picklist_value(row) for row in rows if isinstance(row, Mapping)]
    if isinstance(definition, Mapping) and truth(definition.get("sorted")):
        values.sort(key=lambda value: value.label.lower())
    chosen = next((value.value for value in values if value.default), None)
    return replace(
        field,
        picklist=tuple(values),
        restricted_picklist=truth(value_set.get("restricted")),
        default=chosen,
        defaulted_on_create=chosen is not None,
        precision=int(metadata.get("visibleLines") or 0),
    )


def _picklist_value(row: Mapping[str, Any]) -> PicklistValue:
    name = str(row.get("valueName") or row.get("fullName") or row.get("label") or "").strip()
    if not name:
        raise errors.integrity("Picklist value must have a name", "valueSet")
    active = row.get("isActive")
    return PicklistValue(
        name,
        str(row.get("label") or name),
        active=active is None or truth(active),
        default=truth(row.get("default")),
    )


def _reference(schema: Schema, field: FieldDef, metadata: Metadata, kind_name: str) -> FieldDef:
    target = schema.get(str(metadata.get("referenceTo") or ""))
    if target is None:
        raise errors.integrity(
            f"referenceTo value of '{metadata.get('referenceTo')}' does not resolve to a valid sObject type",
            "referenceTo",
        )
    child = metadata.get("relationshipName")
    made = replace(
        field,
        reference_to=(target.name,),
        relationship_name=field.name.removesuffix("__c") + "__r",
        child_relationship=names.relationship_name(str(child)) if child else None,
    )
    if kind_name == "MasterDetail":
        if not child:
            raise errors.missing("relationshipName", kind_name)
        return replace(
            made,
            nillable=False,
            permissionable=False,
            updateable=truth(metadata.get("reparentableMasterDetail")),
            on_delete="cascade",
            more={
                "relationshipOrder": 0,
                "writeRequiresMasterRead": truth(metadata.get("writeRequiresMasterRead")),
            },
        )
    constraint = str(metadata.get("deleteConstraint") or "SetNull")
    return replace(made, on_delete={"Cascade": "cascade", "Restrict": "restrict"}.get(constraint, "clear"))


def _location(_schema: Schema, field: FieldDef, metadata: Metadata, kind_name: str) -> FieldDef:
    if metadata.get("scale") is None:
        raise errors.missing("scale", kind_name)
    decimal = truth(metadata.get("displayLocationInDecimal"))
    return replace(
        field,
        scale=int(metadata["scale"]),
        createable=False,
        updateable=False,
        more={"displayLocationInDecimal": decimal},
    )


_SHAPES: Mapping[str, Callable[[Schema, FieldDef, Metadata, str], FieldDef]] = {
    "boolean": _boolean,
    "location": _location,
    "multipicklist": _picklist,
    "picklist": _picklist,
    "reference": _reference,
    "textarea": _textarea,
}
