"""What a describe says: the JSON of global, basic and full describes, for one user.

Hidden fields and objects are absent, read-only ones say so. Every field carries the same 57 keys, every
object the same 45, as in describes of real orgs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_org import ids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_org.org import Org
    from local_org.schema import ChildRelationship, FieldDef, ObjectDef
    from local_org.security import Access, User

Json = dict[str, Any]

_SUMMARY_FLAGS = (
    "activateable",
    "customSetting",
    "deepCloneable",
    "feedEnabled",
    "layoutable",
    "mergeable",
    "mruEnabled",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchable",
    "triggerable",
    "undeletable",
)
_FULL_FLAGS = ("compactLayoutable", "searchLayoutable")
_SOAP_TYPES: Mapping[str, str] = {
    "address": "urn:address",
    "anyType": "xsd:anyType",
    "base64": "xsd:base64Binary",
    "boolean": "xsd:boolean",
    "currency": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "double": "xsd:double",
    "id": "tns:ID",
    "int": "xsd:int",
    "location": "urn:location",
    "long": "xsd:long",
    "percent": "xsd:double",
    "reference": "tns:ID",
    "time": "xsd:time",
}
# One byte per character in these; text fields count three, the most a character takes in UTF-8.
_NARROW = frozenset({"id", "multipicklist", "reference"})


def global_describe(org: Org, user: User, version: str) -> Json:
    """Return the list of objects the user can see.

    Args:
        org: The org.
        user: Who asks.
        version: API version for the URLs, such as `60.0`.
    """
    access = org.access(user)
    listed = [_summary(access, item, version) for item in org.schema if access.can_read(item)]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}


def summary(org: Org, user: User, item: ObjectDef, version: str) -> Json:
    """Return an object's entry in the global describe."""
    return _summary(org.access(user), item, version)


def sobject(org: Org, user: User, item: ObjectDef, version: str, base_url: str) -> Json:
    """Return the full describe of an object.

    Args:
        org: The org.
        user: Who asks; must be able to read the object.
        item: The object.
        version: API version for the URLs.
        base_url: Address of the org, for links to its pages.
    """
    access = org.access(user)
    short = _summary(access, item, version)
    urls = {**short["urls"], **_page_urls(item, base_url)} if item.allows("layoutable") else short["urls"]
    made: Json = {
        **short,
        **{flag: item.allows(flag) for flag in _FULL_FLAGS},
        "actionOverrides": [],
        "childRelationships": [_child(child) for child in _visible_children(org, access, item)],
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [field(item, f, access) for f in access.fields(item)],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_types(org, item, version),
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": label, "name": name} for name, label in item.scopes],
        "urls": urls,
    }
    return {key: made[key] for key in sorted(made)}


def field(item: ObjectDef, f: FieldDef, access: Access) -> Json:
    """Return the 57 attributes of a field as the user sees it."""
    editable = access.editable(item, f)
    made: Json = {
        "aggregatable": f.aggregatable,
        "aiPredictionField": False,
        "autoNumber": f.auto_number is not None,
        "byteLength": _byte_length(f),
        "calculated": f.calculated,
        "calculatedFormula": f.formula,
        "cascadeDelete": f.on_delete == "cascade",
        "caseSensitive": f.case_sensitive,
        "compoundFieldName": f.compound,
        "controllerName": None,
        "createable": f.createable and editable and access.can_create(item),
        "custom": f.custom,
        "defaultValue": f.default,
        "defaultValueFormula": None,
        "defaultedOnCreate": f.defaulted_on_create,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": 0,
        "displayLocationInDecimal": False,
        "encrypted": f.type == "encryptedstring",
        "externalId": f.external_id,
        "extraTypeInfo": "plaintextarea" if f.type == "textarea" else None,
        "filterable": f.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": f.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": f.id_lookup,
        "inlineHelpText": f.help,
        "label": f.label,
        "length": f.length,
        "mask": None,
        "maskType": None,
        "name": f.name,
        "nameField": f.name_field,
        "namePointing": f.name_pointing,
        "nillable": f.nillable,
        "permissionable": f.permissionable,
        "picklistValues": _picklist(f),
        "polymorphicForeignKey": f.polymorphic,
        "precision": f.precision,
        "queryByDistance": f.is_compound,
        "referenceTargetField": None,
        "referenceTo": list(f.reference_to),
        "relationshipName": f.relationship_name,
        "relationshipOrder": None,
        "restrictedDelete": f.on_delete == "restrict",
        "restrictedPicklist": f.restricted_picklist,
        "scale": f.scale,
        "searchPrefilterable": f.type == "reference" and f.permissionable,
        "soapType": _SOAP_TYPES.get(f.type, "xsd:string"),
        "sortable": f.sortable,
        "type": f.type,
        "unique": f.unique,
        "updateable": f.updateable and editable and access.can_edit(item),
        "writeRequiresMasterRead": False,
    }
    made.update((key, value) for key, value in f.more.items() if key in made)
    return made


def _summary(access: Access, item: ObjectDef, version: str) -> Json:
    made: Json = {flag: item.allows(flag) for flag in _SUMMARY_FLAGS}
    made |= {
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": access.can_create(item),
        "custom": item.custom,
        "deletable": access.can_delete(item),
        "deprecatedAndHidden": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": item.key_prefix,
        "label": item.label,
        "labelPlural": item.label_plural,
        "name": item.name,
        "updateable": access.can_edit(item),
        "urls": _urls(item, version),
    }
    associated = _associated(item)
    if associated is not None:
        made["associateEntityType"], made["associateParentEntity"] = associated
    return {key: made[key] for key in sorted(made)}


def _associated(item: ObjectDef) -> tuple[str, str] | None:
    """Return what kind of side table an object is, and of which object."""
    if item.custom:
        return None
    for suffix in ("History", "Share", "Feed", "ChangeEvent"):
        parent = item.name.removesuffix(suffix)
        if parent != item.name and parent not in {"", "Opportunity", "Login"}:
            return suffix, parent
    return None


def _urls(item: ObjectDef, version: str) -> dict[str, str]:
    base = f"/services/data/v{version}/sobjects/{item.name}"
    urls = {"rowTemplate": f"{base}/{{ID}}", "describe": f"{base}/describe", "sobject": base}
    if item.allows("layoutable"):
        urls |= {
            "compactLayouts": f"{base}/describe/compactLayouts",
            "approvalLayouts": f"{base}/describe/approvalLayouts",
            "listviews": f"{base}/listviews",
            "quickActions": f"{base}/quickActions",
            "layouts": f"{base}/describe/layouts",
        }
    return urls


def _page_urls(item: ObjectDef, base_url: str) -> dict[str, str]:
    return {
        "uiDetailTemplate": f"{base_url}/{{ID}}",
        "uiEditTemplate": f"{base_url}/{{ID}}/e",
        "uiNewRecord": f"{base_url}/{item.key_prefix}/e",
    }


def _visible_children(org: Org, access: Access, item: ObjectDef) -> list[ChildRelationship]:
    visible = []
    for child in org.schema.children(item.name):
        target = org.schema.object(child.child)
        if access.readable(target, target[child.field]):
            visible.append(child)
    return visible


def _child(child: ChildRelationship) -> Json:
    return {
        "cascadeDelete": child.cascade_delete,
        "childSObject": child.child,
        "deprecatedAndHidden": False,
        "field": child.field,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": child.name,
        "restrictedDelete": child.restricted_delete,
    }


def _record_types(org: Org, item: ObjectDef, version: str) -> list[Json]:
    if not item.record_types:
        return []
    rows = org.store.read().execute(
        'SELECT "Id", "Name", "DeveloperName", "IsActive" FROM "RecordType" WHERE "SobjectType" = ?'
        ' ORDER BY "Name"',
        (item.name,),
    )
    infos = [
        _record_type(item, version, record_id, name, developer_name, active=bool(active))
        for record_id, name, developer_name, active in rows
    ]
    return [*infos, _record_type(item, version, ids.MASTER_RECORD_TYPE, "Master", "Master", active=True)]


def _record_type(
    item: ObjectDef, version: str, record_id: str, name: str, developer_name: str, *, active: bool
) -> Json:
    master = record_id == ids.MASTER_RECORD_TYPE
    layout = f"/services/data/v{version}/sobjects/{item.name}/describe/layouts/{record_id}"
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": master,
        "developerName": developer_name,
        "master": master,
        "name": name,
        "recordTypeId": record_id,
        "urls": {"layout": layout},
    }


def _picklist(f: FieldDef) -> list[Json]:
    return [
        {
            "active": value.active,
            "defaultValue": value.default,
            "label": value.label,
            "validFor": value.valid_for,
            "value": value.value,
        }
        for value in f.picklist
        if value.active
    ]


def _byte_length(f: FieldDef) -> int:
    if f.type in _NARROW:
        return f.length
    return 3 * f.length if f.is_text else 0
