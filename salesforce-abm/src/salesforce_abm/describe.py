"""What the connected user may see of an org's objects and fields.

Describe answers are large (100-500 KB an object), so they are decoded straight into frozen structs and asked
for 25 at a time: `POST /composite` carries 25 describes and counts as one API call
(https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm).

Attributes are the describe keys in snake case; what each means is in
https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_describesobjects_describesobjectresult.htm
Fields and objects the user has no permission for are simply absent, exactly as if they did not exist.
"""

from __future__ import annotations

import difflib
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from salesforce_abm.errors import AccessError, ApiError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from salesforce_abm.session import Session

COMPOSITE_SIZE = 25
"""Subrequests in one `POST /composite`."""

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_S = TypeVar("_S", bound=Struct)


class PicklistValue(Struct, frozen=True, kw_only=True, rename="camel"):
    """One entry of a picklist; `valid_for` is the base64 bitmap of controlling values or None."""

    value: str | None = None
    label: str | None = None
    active: bool = True
    default_value: bool = False
    valid_for: str | None = None


class Field(Struct, frozen=True, kw_only=True, rename="camel"):
    """One field. `nillable` is a rule for writes: reads may give null for any field but a boolean."""

    name: str
    type: str = "string"
    label: str = ""
    soap_type: str = "xsd:string"
    inline_help_text: str | None = None
    length: int = 0
    byte_length: int = 0
    digits: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = False
    updateable: bool = False
    permissionable: bool = False
    filterable: bool = False
    sortable: bool = False
    groupable: bool = False
    aggregatable: bool = False
    custom: bool = False
    calculated: bool = False
    calculated_formula: str | None = None
    auto_number: bool = False
    unique: bool = False
    external_id: bool = False
    id_lookup: bool = False
    case_sensitive: bool = False
    name_field: bool = False
    compound_field_name: str | None = None
    default_value: Any = None
    default_value_formula: str | None = None
    defaulted_on_create: bool = False
    picklist_values: tuple[PicklistValue, ...] = ()
    restricted_picklist: bool = False
    dependent_picklist: bool = False
    controller_name: str | None = None
    reference_to: tuple[str, ...] = ()
    reference_target_field: str | None = None
    relationship_name: str | None = None
    relationship_order: int | None = None
    polymorphic_foreign_key: bool = False
    name_pointing: bool = False
    cascade_delete: bool = False
    restricted_delete: bool = False
    write_requires_master_read: bool = False
    extra_type_info: str | None = None
    html_formatted: bool = False
    encrypted: bool = False
    mask: str | None = None
    mask_type: str | None = None
    deprecated_and_hidden: bool = False
    display_location_in_decimal: bool = False
    query_by_distance: bool = False
    high_scale_number: bool = False
    formula_treat_null_number_as_zero: bool = False
    ai_prediction_field: bool = False
    search_prefilterable: bool = False


class ChildRelationship(Struct, frozen=True, kw_only=True, rename="camel"):
    """A field of another object that points here. Without a `relationship_name` no subquery can follow it."""

    child_sobject: str = msgspec.field(default="", name="childSObject")
    field: str = ""
    relationship_name: str | None = None
    cascade_delete: bool = False
    restricted_delete: bool = False
    deprecated_and_hidden: bool = False


class RecordTypeInfo(Struct, frozen=True, kw_only=True, rename="camel"):
    """A record type the user may know of; every object has the master type `012000000000000AAA`."""

    record_type_id: str | None = None
    name: str | None = None
    developer_name: str | None = None
    active: bool = True
    available: bool = True
    master: bool = False
    default_record_type_mapping: bool = False


class SObjectSummary(Struct, frozen=True, kw_only=True, rename="camel"):
    """One object in the list of all objects (global describe)."""

    name: str
    label: str = ""
    label_plural: str = ""
    key_prefix: str | None = None
    custom: bool = False
    custom_setting: bool = False
    queryable: bool = False
    retrieveable: bool = False
    searchable: bool = False
    createable: bool = False
    updateable: bool = False
    deletable: bool = False
    undeletable: bool = False
    mergeable: bool = False
    replicateable: bool = False
    triggerable: bool = False
    layoutable: bool = False
    feed_enabled: bool = False
    deprecated_and_hidden: bool = False
    associate_entity_type: str | None = None
    associate_parent_entity: str | None = None


class SObject(SObjectSummary, frozen=True, kw_only=True, rename="camel", dict=True):
    """One object with its fields."""

    fields: tuple[Field, ...] = ()
    child_relationships: tuple[ChildRelationship, ...] = ()
    record_type_infos: tuple[RecordTypeInfo, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by lower-case name."""
        return {field.name.lower(): field for field in self.fields}

    def field(self, name: str) -> Field | None:
        """Give the field of that name, upper and lower case being equal, or None."""
        return self.by_name.get(name.lower())

    def nearest(self, name: str) -> str | None:
        """Give the name of the existing field that looks most like a wrong one, or None."""
        return nearest_name(name, (field.name for field in self.fields))


class Describer:
    """Describes objects through a session.

    Args:
        session: the signed-in session; nothing is remembered between calls.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def global_(self) -> tuple[SObjectSummary, ...]:
        """List every object the user may see: one API call.

        A listed object need not be queryable.

        Raises:
            ApiError, TransientError: Salesforce refused, or could not be reached.
            DataError: the answer is not a global describe.
        """
        answer = self._session.request("GET", "sobjects", kind="describe")
        return _decode(answer.content, _Global, "the list of objects").sobjects

    def sobjects(self, names: Iterable[str]) -> dict[str, SObject]:
        """Describe several objects, 25 an API call.

        Args:
            names: API names in any case.

        Returns:
            The objects under the names as given, in their order; those that do not exist or are hidden
            from the user are absent.

        Raises:
            ApiError: a describe failed for another reason than a missing object.
        """
        wanted = [name for name in dict.fromkeys(names) if _NAME.fullmatch(name)]
        found: dict[str, SObject] = {}
        for start in range(0, len(wanted), COMPOSITE_SIZE):
            found.update(self._chunk(wanted[start : start + COMPOSITE_SIZE]))
        return found

    def sobject(self, name: str) -> SObject:
        """Describe one object.

        Raises:
            AccessError: there is no such object for this user; the nearest name is in the remedy.
        """
        found = self._single(name) if _NAME.fullmatch(name) else None
        if found is not None:
            return found
        nearest = nearest_name(name, (summary.name for summary in self.global_()))
        hint = f"did you mean {nearest}? If not, " if nearest else ""
        raise AccessError(
            f"{name}: no such object, or the connected user may not see it",
            remedy=f"{hint}give the user Read on it (Setup > Permission Sets > Object Settings)",
        )

    def _single(self, name: str) -> SObject | None:
        try:
            answer = self._session.request("GET", f"sobjects/{name}/describe", kind="describe")
        except ApiError as error:
            if _is_missing(error.status, error.code):
                return None
            raise
        return _decode(answer.content, SObject, name)

    def _chunk(self, names: list[str]) -> Iterator[tuple[str, SObject]]:
        root = f"/services/data/v{self._session.api_version}/sobjects"
        body = {
            "allOrNone": False,
            "compositeRequest": [
                {"method": "GET", "url": f"{root}/{name}/describe", "referenceId": f"describe{number}"}
                for number, name in enumerate(names)
            ],
        }
        answer = self._session.request("POST", "composite", kind="describe", json=body, idempotent=True)
        parts = _decode(answer.content, _Composite, "composite describe").composite_response
        by_reference = {part.reference_id: part for part in parts}
        for number, name in enumerate(names):
            part = by_reference.get(f"describe{number}")
            if part is not None and part.http_status_code == 200:
                yield name, _decode(bytes(part.body), SObject, name)
            elif part is None or not _is_missing(part.http_status_code, _code_of(part.body)):
                # Not a plain "no such object": ask alone, where the session retries and words the error.
                single = self._single(name)
                if single is not None:
                    yield name, single


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Give the existing API name that looks most like a wrong one, upper and lower case being equal."""
    by_lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def parse_sobject(body: bytes) -> SObject:
    """Decode the body of one `GET /sobjects/X/describe`.

    Raises:
        DataError: it is not a describe.
    """
    return _decode(body, SObject, "describe")


class _Global(Struct):
    sobjects: tuple[SObjectSummary, ...]


class _Part(Struct, rename="camel"):
    http_status_code: int
    reference_id: str
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Composite(Struct, rename="camel"):
    composite_response: list[_Part]


class _ErrorItem(Struct, rename="camel"):
    error_code: str = ""


def _code_of(body: msgspec.Raw) -> str:
    try:
        errors = msgspec.json.decode(body, type=list[_ErrorItem])
    except msgspec.DecodeError:
        return ""
    return errors[0].error_code if errors else ""


def _is_missing(status: int, code: str | None) -> bool:
    # 404 NOT_FOUND is recorded; an object without permission answers the same, or one of these.
    return status == 404 or (status in {400, 403} and code in {"INVALID_TYPE", "INSUFFICIENT_ACCESS"})


def _decode(body: bytes, kind: type[_S], what: str) -> _S:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError:
        pass
    except msgspec.DecodeError as error:
        raise DataError(f"{what}: the answer is not readable JSON: {error}") from error
    # Salesforce answers null here and there where documentation promises a value (`"listviewable":null`):
    # a null key is then a missing key, and the defaults apply.
    try:
        return msgspec.convert(_without_nulls(msgspec.json.decode(body)), kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{what}: the answer has an unexpected shape: {error}") from error


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
