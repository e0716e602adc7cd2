"""The synchronous calls of the Metadata API.

HTTP is 200 even when an item failed; only a request that cannot be carried out at all gets a fault.
<https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_createMetadata.htm>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from local_org.api import soap
from local_org.api.soap import SoapFault
from local_org.clock import rest
from local_org.customise import MetadataError
from local_org.http import Request, Response, Routes
from local_org.metadata.components import TYPES, Component
from local_org.metadata.xml import from_dict, to_dict
from local_org.store import Rollback

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree import ElementTree as ET

routes = Routes()

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MOST = 10
_ROLLED_BACK = MetadataError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


@routes.post("/services/Soap/m/{version}", auth=False, counted=True)
@routes.post("/services/Soap/m/{version}/{org_id}", auth=False, counted=True)
def call(request: Request) -> Response:
    """Any call."""
    try:
        envelope, operation = soap.parse(request.body)
        _log_in(request, envelope)
        name = soap.local(operation)
        all_or_none = soap.text(envelope, "allOrNone").lower() == "true"
        content = _CALLS.get(name, _unknown)(request, operation, all_or_none)
        return soap.answer(_NAMESPACE, f"<{name}Response>{content}</{name}Response>")
    except SoapFault as error:
        return soap.fault("metadata", error)


def _unknown(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001
    del request, all_or_none
    raise SoapFault("sf:INVALID_OPERATION", f"{soap.local(operation)} is not offered here")


def _log_in(request: Request, envelope: ET.Element) -> None:
    session = request.org.sessions.find(soap.text(envelope, "sessionId"))
    if session is None:
        message = "Invalid Session ID found in SessionHeader: Illegal Session"
        raise SoapFault("sf:INVALID_SESSION_ID", message)
    request.app.become(request, session.user_id)
    if not request.org.access(request.user).has("ModifyAllData"):
        raise SoapFault(
            "sf:INSUFFICIENT_ACCESS", "use of the Metadata API requires Modify Metadata permission"
        )


def _component(request: Request, kind: str) -> Component:
    make = TYPES.get(kind)
    if make is None:
        raise SoapFault("sf:INVALID_TYPE", f"Unknown type: {kind}")
    return make(request.org, request.user, request.version)


# --- writing ----------------------------------------------------------------------------------------

Outcome = tuple[str, bool | None, MetadataError | None]


def _create(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001 - one of a table
    def work(component: Component, name: str, metadata: dict[str, Any]) -> bool | None:
        component.create(name, metadata)
        return None

    return _save(request, operation, all_or_none, work)


def _update(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001
    def work(component: Component, name: str, metadata: dict[str, Any]) -> bool | None:
        component.update(name, metadata)
        return None

    return _save(request, operation, all_or_none, work)


def _upsert(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001
    def work(component: Component, name: str, metadata: dict[str, Any]) -> bool | None:
        known = component.exists(name)
        (component.update if known else component.create)(name, metadata)
        return not known

    return _save(request, operation, all_or_none, work, upsert=True)


def _save(
    request: Request,
    operation: ET.Element,
    all_or_none: bool,  # noqa: FBT001
    work: Callable[[Component, str, dict[str, Any]], bool | None],
    *,
    upsert: bool = False,
) -> str:
    items = list(soap.children(operation, "metadata"))
    _check_count(len(items))
    kinds = {(item.get(_TYPE) or "").rpartition(":")[2] for item in items}
    if len(kinds) > 1:
        raise SoapFault("sf:INVALID_TYPE", "All items of a call must be of the same type")
    component = _component(request, kinds.pop()) if kinds else None

    def one(item: ET.Element) -> tuple[str, Callable[[], bool | None]]:
        metadata = to_dict(item)
        name = str(metadata.pop("fullName", ""))
        if component is None:
            raise SoapFault("sf:INVALID_TYPE", "An item has no xsi:type")
        return name, lambda: work(component, name, metadata)

    return _results(request, [one(item) for item in items], all_or_none=all_or_none, upsert=upsert)


def _delete(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001
    component = _component(request, soap.text(operation, "type"))
    names = [(item.text or "").strip() for item in soap.children(operation, "fullNames")]
    _check_count(len(names))

    def one(name: str) -> tuple[str, Callable[[], bool | None]]:
        def work() -> bool | None:
            component.delete(name)
            return None

        return name, work

    return _results(request, [one(name) for name in names], all_or_none=all_or_none)


def _results(
    request: Request,
    items: list[tuple[str, Callable[[], bool | None]]],
    *,
    all_or_none: bool,
    upsert: bool = False,
) -> str:
    org = request.org
    before = org.schema.snapshot()
    outcomes: list[Outcome] = []
    with org.store.write():
        for name, work in items:
            outcomes.append(_attempt(request, name, work))
        failed = any(error is not None for _, _, error in outcomes)
        if failed and all_or_none:
            org.schema.restore(before, org.clock.now())
            raise Rollback
    if all_or_none and any(error is not None for _, _, error in outcomes):
        outcomes = [(name, None, error or _ROLLED_BACK) for name, _, error in outcomes]
    return "".join(_result(*outcome, upsert=upsert) for outcome in outcomes)


def _attempt(request: Request, name: str, work: Callable[[], bool | None]) -> Outcome:
    """Do one item in a transaction of its own."""
    org = request.org
    before = org.schema.snapshot()
    outcome: Outcome = (name, None, None)
    with org.store.write():
        try:
            outcome = (name, work(), None)
        except MetadataError as error:
            outcome = (name, None, error)
            org.schema.restore(before, org.clock.now())
            raise Rollback from None
    return outcome


def _result(name: str, created: bool | None, error: MetadataError | None, *, upsert: bool) -> str:  # noqa: FBT001
    errors = None
    if error is not None:
        errors = {"fields": list(error.fields) or None, "message": error.message, "statusCode": error.code}
    return "<result>" + _ordered(
        created=bool(created) if upsert else None, errors=errors, fullName=name, success=error is None
    )


def _ordered(**values: Any) -> str:
    parts = [from_dict({name: value}) for name, value in values.items()]
    return "".join(parts) + "</result>"


def _check_count(count: int) -> None:
    if count > _MOST:
        message = f"record limit reached. cannot submit more than {_MOST} records in this operation"
        raise SoapFault("sf:EXCEEDED_ID_LIMIT", message)


# --- reading ----------------------------------------------------------------------------------------


def _read(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001
    del all_or_none
    kind = soap.text(operation, "type")
    component = _component(request, kind)
    names = [(item.text or "").strip() for item in soap.children(operation, "fullNames")]
    _check_count(len(names))
    records = ""
    for name in names:
        found = component.read(name)
        if found is None:
            records += '<records xsi:nil="true"/>'
        else:
            records += f'<records xsi:type="{escape(kind)}">{from_dict(found)}</records>'
    return f"<result>{records}</result>"


def _list(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001
    del all_or_none
    results = ""
    user = request.user
    for query in soap.children(operation, "queries"):
        kind = soap.text(query, "type")
        for listed in _component(request, kind).names():
            born = rest(listed.created or listed.modified) or "1970-01-01T00:00:00.000Z"
            changed = rest(listed.modified) or born
            results += "<result>" + _ordered(
                createdById=user.id,
                createdByName=user.name,
                createdDate=born.replace("+0000", "Z"),
                fileName=f"{_FOLDERS.get(kind, kind)}/{listed.full_name}",
                fullName=listed.full_name,
                id=listed.id,
                lastModifiedById=user.id,
                lastModifiedByName=user.name,
                lastModifiedDate=changed.replace("+0000", "Z"),
                type=kind,
            )
    return results


def _describe(request: Request, operation: ET.Element, all_or_none: bool) -> str:  # noqa: FBT001
    del request, operation, all_or_none
    objects = [
        {
            "directoryName": _FOLDERS[kind],
            "inFolder": False,
            "metaFile": False,
            "suffix": kind[0].lower() + kind[1:],
            "xmlName": kind,
        }
        for kind in TYPES
        if kind != "CustomField"
    ]
    value = {
        "metadataObjects": objects,
        "organizationNamespace": "",
        "partialSaveAllowed": True,
        "testRequired": False,
    }
    return f"<result>{from_dict(value)}</result>"


_FOLDERS = {
    "CustomField": "objects",
    "CustomObject": "objects",
    "Layout": "layouts",
    "PermissionSet": "permissionsets",
}
_CALLS: dict[str, Callable[[Request, ET.Element, bool], str]] = {
    "createMetadata": _create,
    "updateMetadata": _update,
    "upsertMetadata": _upsert,
    "deleteMetadata": _delete,
    "readMetadata": _read,
    "listMetadata": _list,
    "describeMetadata": _describe,
}
