"""The Tooling API's own objects, as rows SOQL can be asked about.

`CustomField`, `CustomObject`, `EntityDefinition` and `FieldDefinition` are views of the schema. For each
query their rows are put into a database of their own, and the org's query engine runs on that: same grammar,
same errors.
"""

from __future__ import annotations

import json
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from local_org.clock import from_stored
from local_org.defaults import BORN
from local_org.ids import NULL_ID, encode, to18
from local_org.schema import FieldDef, ObjectDef, Schema
from local_org.security import Access
from local_org.soql import SoqlError, run_query
from local_org.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from local_org.customise import CustomField
    from local_org.org import Org
    from local_org.security import User
    from local_org.soql import QueryResult
    from local_org.soql.result import OpenList

Row = dict[str, Any]

ATTRIBUTES = (
    "caseSensitive",
    "defaultValue",
    "deleteConstraint",
    "deprecated",
    "description",
    "displayFormat",
    "displayLocationInDecimal",
    "escapeMarkup",
    "externalDeveloperName",
    "externalId",
    "formula",
    "formulaTreatBlanksAs",
    "inlineHelpText",
    "isFilteringDisabled",
    "isNameField",
    "isSortingDisabled",
    "label",
    "length",
    "maskChar",
    "maskType",
    "populateExistingRows",
    "precision",
    "readOnlyProxy",
    "referenceTargetField",
    "referenceTo",
    "relationshipLabel",
    "relationshipName",
    "relationshipOrder",
    "reparentableMasterDetail",
    "required",
    "restrictedAdminField",
    "scale",
    "securityClassification",
    "startingNumber",
    "stripMarkup",
    "summarizedField",
    "summaryFilterItems",
    "summaryForeignKey",
    "summaryOperation",
    "trackFeedHistory",
    "trackHistory",
    "trackTrending",
    "translateData",
    "type",
    "unique",
    "urls",
    "valueSet",
    "visibleLines",
    "writeRequiresMasterRead",
)
# These make the server look every row up; it does that for one row only.
_COSTLY = frozenset({"fullname", "metadata"})


def _text(name: str, length: int = 255) -> FieldDef:
    return FieldDef(name, name, "string", length=length, permissionable=False)


def _flag(name: str) -> FieldDef:
    return FieldDef(name, name, "boolean", nillable=False, permissionable=False)


def _object(name: str, *fields: FieldDef) -> ObjectDef:
    key = FieldDef("Id", "Id", "id", length=18, nillable=False, permissionable=False)
    present = {field.name for field in fields}
    listed = fields if "Id" in present else (key, *fields)
    return ObjectDef(name, name, f"{name}s", None, "000", listed, frozenset({"queryable", "retrieveable"}))


def _entity_reference() -> FieldDef:
    # EntityDefinitionId shows a name, but the engine joins by ids: these stand in a column of their own.
    return FieldDef(
        "EntityReference",
        "Entity Reference",
        "reference",
        length=18,
        permissionable=False,
        reference_to=("EntityDefinition",),
        relationship_name="EntityDefinition",
    )


_AUDIT = tuple(
    FieldDef(name, name, kind, length=18 if kind == "reference" else 0, permissionable=False)
    for name, kind in (
        ("CreatedDate", "datetime"),
        ("CreatedById", "reference"),
        ("LastModifiedDate", "datetime"),
        ("LastModifiedById", "reference"),
    )
)

_CUSTOM_FIELD = _object(
    "CustomField",
    _text("TableEnumOrId"),
    _text("DeveloperName"),
    _text("Description", 1000),
    FieldDef("Length", "Length", "int", permissionable=False),
    FieldDef("Precision", "Precision", "int", permissionable=False),
    FieldDef("Scale", "Scale", "int", permissionable=False),
    _text("InlineHelpText", 510),
    _text("ManageableState"),
    _text("NamespacePrefix"),
    _text("FullName"),
    _text("Metadata", 1_000_000),
    _text("EntityDefinitionId"),
    *_AUDIT,
)
_CUSTOM_OBJECT = _object(
    "CustomObject",
    _text("DeveloperName"),
    _text("Description", 1000),
    _text("ManageableState"),
    _text("NamespacePrefix"),
    _text("SharingModel"),
    *_AUDIT,
)
_ENTITY = _object(
    "EntityDefinition",
    _text("DurableId"),
    _text("QualifiedApiName"),
    _text("DeveloperName"),
    _text("MasterLabel"),
    _text("Label"),
    _text("PluralLabel"),
    _text("NamespacePrefix"),
    _text("KeyPrefix"),
    _flag("IsCustomizable"),
    _flag("IsQueryable"),
    _flag("IsCustomSetting"),
    _flag("IsReplicateable"),
    _flag("IsRetrieveable"),
    _flag("IsLayoutable"),
    _flag("IsTriggerable"),
    _flag("IsSearchable"),
)
_FIELD = _object(
    "FieldDefinition",
    _text("DurableId"),
    _text("QualifiedApiName"),
    _text("DeveloperName"),
    _text("MasterLabel"),
    _text("Label"),
    _text("NamespacePrefix"),
    _text("DataType"),
    _text("ValueTypeId"),
    FieldDef("Length", "Length", "int", permissionable=False),
    FieldDef("Precision", "Precision", "int", permissionable=False),
    FieldDef("Scale", "Scale", "int", permissionable=False),
    _flag("IsCalculated"),
    _flag("IsIndexed"),
    _flag("IsNillable"),
    _text("EntityDefinitionId"),
    _entity_reference(),
)
# The query engine asks the organization for its fiscal year.
_ORGANIZATION = _object(
    "Organization",
    FieldDef("FiscalYearStartMonth", "", "int"),
    FieldDef("UsesStartDateAsFiscalYearName", "", "boolean"),
)
OBJECTS = {item.name.lower(): item for item in (_CUSTOM_FIELD, _CUSTOM_OBJECT, _ENTITY, _FIELD)}


def query(org: Org, user: User, text: str) -> QueryResult:
    """Answer a Tooling query; objects that are not Tooling's own are answered from the data.

    Raises:
        SoqlError: refused.
    """
    schema = Schema({item.name: item for item in (*OBJECTS.values(), _ORGANIZATION)}, (), from_stored(BORN))
    store = Store()
    try:
        for item in schema:
            store.create_table(item)
            _fill(store, item, _ROWS[item.name](org, user) if item.name in _ROWS else (), org)
        shadow = SimpleNamespace(
            schema=schema,
            store=store,
            clock=org.clock,
            access=lambda who: Access(who, frozenset(), {}, frozenset(), frozenset()),
        )
        try:
            result = run_query(cast("Org", shadow), user, text)
        except SoqlError as error:
            if error.code == "INVALID_TYPE":
                return run_query(org, user, text)
            raise
        return _Kept(result)
    finally:
        store.close()


class _Kept:
    """A result whose rows were read before its database went."""

    def __init__(self, result: QueryResult) -> None:
        self.total_size = result.total_size
        self.sobject = result.sobject
        self.columns = result.columns
        self.is_count = result.is_count
        self.is_aggregate = result.is_aggregate
        costly = {column.lower() for column in result.columns} & _COSTLY
        if costly and self.sobject == "CustomField" and self.total_size > 1:
            raise SoqlError(
                "MALFORMED_QUERY",
                "When retrieving results with Metadata or FullName fields, the query qualifications must"
                f" specify no more than one row for retrieval. Result size: {self.total_size}",
            )
        found = [] if self.is_count else result.records(0, max(self.total_size, 1), version="VERSION")
        views = self.sobject in {"EntityDefinition", "FieldDefinition"}
        self._records = [_restored(record, views=views) for record in found]

    def records(self, start: int, size: int, *, version: str, open_list: OpenList | None = None) -> list[Row]:
        """One page."""
        del open_list
        text = json.dumps(self._records[start : start + size])
        address = f"/services/data/v{version}/tooling/sobjects/"
        page: list[Row] = json.loads(text.replace("/services/data/vVERSION/sobjects/", address))
        return page

    def csv_rows(self) -> Iterator[list[str]]:
        """Nothing: there is no Bulk for Tooling."""
        return iter(())


def _restored(record: Row, *, views: bool) -> Row:
    if views and "Id" in record:
        record["Id"] = NULL_ID
    if isinstance(record.get("Metadata"), str):
        record["Metadata"] = json.loads(record["Metadata"])
    return record


def _fill(store: Store, item: ObjectDef, rows: Iterable[Row], org: Org) -> None:
    columns = [field.name for field in item.stored_fields]
    values = [[row.get(column) for column in columns] for row in rows]
    if values:
        store.bulk_insert(item, columns, values, stamp=org.clock.stamp(), user_id=org.admin.id)


def entity_id(org: Org, name: str) -> str:
    """How the Tooling API names an object: standard ones by name, custom ones by `01I` id."""
    made = org.customiser.object(name)
    return made.id if made else name


def field_row(org: Org, field: CustomField) -> Row:
    """A custom field as a row of `CustomField`."""
    metadata = field.metadata
    entity = entity_id(org, field.object)
    return {
        "Id": field.id,
        "TableEnumOrId": entity,
        "DeveloperName": field.name.removesuffix("__c"),
        "Description": metadata.get("description"),
        "Length": metadata.get("length"),
        "Precision": metadata.get("precision"),
        "Scale": metadata.get("scale"),
        "InlineHelpText": metadata.get("inlineHelpText"),
        "ManageableState": "unmanaged",
        "NamespacePrefix": None,
        "FullName": field.full_name,
        "Metadata": json.dumps({name: metadata.get(name) for name in ATTRIBUTES}),
        "EntityDefinitionId": entity,
        "CreatedDate": field.created,
        "CreatedById": org.admin.id,
        "LastModifiedDate": field.modified,
        "LastModifiedById": org.admin.id,
    }


def _fields(org: Org, user: User) -> Iterable[Row]:
    del user
    return (field_row(org, field) for field in org.customiser.fields())


def _objects(org: Org, user: User) -> Iterable[Row]:
    del user
    for item in org.customiser.objects():
        yield {
            "Id": item.id,
            "DeveloperName": item.name.removesuffix("__c"),
            "Description": item.metadata.get("description"),
            "ManageableState": "unmanaged",
            "SharingModel": item.metadata.get("sharingModel"),
            "CreatedDate": item.created,
            "CreatedById": org.admin.id,
            "LastModifiedDate": item.modified,
            "LastModifiedById": org.admin.id,
        }


def _entities(org: Org, user: User) -> Iterable[Row]:
    access = org.access(user)
    for number, item in enumerate(org.schema):
        if not access.can_read(item):
            continue
        durable = entity_id(org, item.name)
        yield {
            "Id": _row_id(number),
            "DurableId": durable,
            "QualifiedApiName": item.name,
            "DeveloperName": item.name.removesuffix("__c"),
            "MasterLabel": item.label,
            "Label": item.label,
            "PluralLabel": item.label_plural,
            "KeyPrefix": item.key_prefix,
            "IsCustomizable": int(item.custom or item.allows("layoutable")),
            "IsQueryable": int(item.allows("queryable")),
            "IsCustomSetting": 0,
            "IsReplicateable": int(item.allows("replicateable")),
            "IsRetrieveable": int(item.allows("retrieveable")),
            "IsLayoutable": int(item.allows("layoutable")),
            "IsTriggerable": int(item.allows("triggerable")),
            "IsSearchable": int(item.allows("searchable")),
        }


def _definitions(org: Org, user: User) -> Iterable[Row]:
    access = org.access(user)
    counter = count()
    for number, item in enumerate(org.schema):
        durable = entity_id(org, item.name)
        for field in access.fields(item):
            yield {
                "Id": _row_id(next(counter)),
                "EntityReference": _row_id(number),
                "DurableId": f"{durable}.{field.id or field.name}",
                "QualifiedApiName": field.name,
                "DeveloperName": field.name.removesuffix("__c"),
                "MasterLabel": field.label,
                "Label": field.label,
                "DataType": field.type,
                "ValueTypeId": field.type,
                "Length": field.length,
                "Precision": field.precision,
                "Scale": field.scale,
                "IsCalculated": int(field.calculated),
                "IsIndexed": int(field.external_id or field.unique or field.type in {"id", "reference"}),
                "IsNillable": int(field.nillable),
                "EntityDefinitionId": durable,
            }


def _row_id(number: int) -> str:
    """An id the query engine can work with; what is shown is the null id."""
    return to18("000000" + encode(number))


_ROWS: dict[str, Callable[[Org, User], Iterable[Row]]] = {
    "CustomField": _fields,
    "CustomObject": _objects,
    "EntityDefinition": _entities,
    "FieldDefinition": _definitions,
}
