"""The synchronous calls of the Metadata API (SOAP): what the setup pages of an org are made of.

HTTP is 200 even when an item failed, each result says for itself; a call takes ten items of one type.
https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_createMetadata.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from salesforce_abm.errors import AccessError, DataError, SalesforceAbmError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from salesforce_abm.session import Session

__all__ = ["MOST_ITEMS", "Metadata", "MetadataError", "Outcome", "local_name"]

MOST_ITEMS: Final = 10
"""Items a call."""

_NAMESPACE: Final = "http://soap.sforce.com/2006/04/metadata"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE: Final = f"{{{_XSI}}}type"
_NIL: Final = f"{{{_XSI}}}nil"
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_GONE: Final = frozenset({"INVALID_CROSS_REFERENCE_KEY"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item.

    Attributes:
        full_name: the item.
        success: whether it was done.
        code: Salesforce's status code, empty on success.
        message: its words.
    """

    full_name: str
    success: bool
    code: str = ""
    message: str = ""


class MetadataError(SalesforceAbmError):
    """Items of a Metadata call were refused; the message names each."""

    @classmethod
    def of(cls, verb: str, kind: str, refused: Sequence[Outcome]) -> MetadataError:
        """Put refused items into words."""
        told = "\n".join(
            f"{one.full_name}: Salesforce refused to {verb} this {kind}: {one.code}: {one.message}"
            for one in refused
        )
        return cls(told, code=refused[0].code)


class Metadata:
    """Makes, changes, deletes and reads metadata.

    Args:
        session: the signed-in session. The user needs "Modify Metadata Through Metadata API Functions" or
            "Modify All Data".
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Make components.

        Args:
            kind: `CustomField`, `CustomObject`, `PermissionSet`, ...
            items: attributes as in the Metadata API, `fullName` among them.

        Raises:
            MetadataError: some were refused; the others are made.
            SalesforceAbmError: the call as a whole was refused, or its outcome is not known.
        """
        self._save("createMetadata", "make", kind, [_item(kind, item) for item in items])

    def update(self, kind: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Replace components; see `create`."""
        self._save("updateMetadata", "change", kind, [_item(kind, item) for item in items], repeat=True)

    def update_elements(self, kind: str, elements: Iterable[ET.Element]) -> None:
        """Replace components that `read` gave and the caller changed; see `create`."""
        self._save("updateMetadata", "change", kind, [_rewritten(kind, e) for e in elements], repeat=True)

    def delete(self, kind: str, names: Iterable[str]) -> None:
        """Delete components; one that is gone already is no problem. See `create`."""
        wanted = list(names)
        for chunk in _chunks(wanted):
            body = f"<type>{escape(kind)}</type>" + "".join(
                f"<fullNames>{escape(name)}</fullNames>" for name in chunk
            )
            outcomes = _outcomes(self._call("deleteMetadata", body, repeat=True))
            refused = [one for one in outcomes if not one.success and one.code not in _GONE]
            if refused:
                raise MetadataError.of("delete", kind, refused)

    def read(self, kind: str, names: Iterable[str]) -> dict[str, ET.Element]:
        """Read components; those that do not exist are absent."""
        found: dict[str, ET.Element] = {}
        for chunk in _chunks(list(names)):
            body = f"<type>{escape(kind)}</type>" + "".join(
                f"<fullNames>{escape(name)}</fullNames>" for name in chunk
            )
            answer = self._call("readMetadata", body, repeat=True)
            for record in (e for e in answer.iter() if local_name(e) == "records"):
                name = _text(record, "fullName")
                if record.get(_NIL) != "true" and name:
                    found[name] = record
        return found

    def names(self, kind: str) -> list[str]:
        """List the full names of all components of a kind."""
        answer = self._call("listMetadata", f"<queries><type>{escape(kind)}</type></queries>", repeat=True)
        return [_text(result, "fullName") for result in answer.iter() if local_name(result) == "result"]

    def _save(self, call: str, verb: str, kind: str, items: list[str], *, repeat: bool = False) -> None:
        for chunk in _chunks(items):
            outcomes = _outcomes(self._call(call, "".join(chunk), repeat=repeat))
            refused = [one for one in outcomes if not one.success]
            if refused:
                raise MetadataError.of(verb, kind, refused)
            if len(outcomes) != len(chunk):
                raise DataError(f"{call}: {len(chunk)} items sent, {len(outcomes)} results came")

    def _call(self, name: str, content: str, *, repeat: bool) -> ET.Element:
        def envelope() -> bytes:
            # Made anew for each try: after a renewal the session Id is another one.
            token = escape(self._session.current().access_token)
            return (
                '<?xml version="1.0" encoding="UTF-8"?>'
                '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
                f' xmlns:xsi="{_XSI}"><soapenv:Header xmlns="{_NAMESPACE}"><SessionHeader>'
                f"<sessionId>{token}</sessionId></SessionHeader></soapenv:Header>"
                f'<soapenv:Body xmlns="{_NAMESPACE}"><{name}>{content}</{name}></soapenv:Body>'
                "</soapenv:Envelope>"
            ).encode()

        try:
            response = self._session.request(
                "POST",
                f"/services/Soap/m/{self._session.api_version}",
                kind="metadata",
                data=envelope,
                headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""', "Accept": "text/xml"},
                idempotent=repeat,
            )
        except AccessError as error:
            raise AccessError(
                error.message,
                remedy="Give the user 'Customize Application' and 'Modify Metadata Through Metadata API "
                "Functions' (Setup > Permission Sets > System Permissions), or run this once as an "
                "administrator.",
                code=error.code,
            ) from None
        return _parsed(response.content)


def local_name(element: ET.Element) -> str:
    """Give the tag without its namespace."""
    return element.tag.rpartition("}")[2]


def _parsed(body: bytes) -> ET.Element:
    if _DOCTYPE.search(body):
        raise DataError("the answer of the Metadata API has a DOCTYPE, which SOAP forbids")
    try:
        return ET.fromstring(body)  # noqa: S314 - no DOCTYPE, so no entities to expand
    except ET.ParseError:
        raise DataError(
            "the answer of the Metadata API is not XML",
            remedy="Check that `instance_url` or `domain` is the address of a Salesforce org.",
        ) from None


def _outcomes(answer: ET.Element) -> list[Outcome]:
    return [
        Outcome(
            _text(result, "fullName"),
            _text(result, "success") == "true",
            _text(result, "statusCode"),
            _text(result, "message"),
        )
        for result in answer.iter()
        if local_name(result) == "result"
    ]


def _text(element: ET.Element, name: str) -> str:
    found = next((child for child in element.iter() if local_name(child) == name), None)
    return (found.text or "").strip() if found is not None else ""


def _item(kind: str, item: Mapping[str, Any]) -> str:
    return f'<metadata xsi:type="{escape(kind)}">{_elements(item)}</metadata>'


def _elements(value: Mapping[str, Any]) -> str:
    """Write attributes in the order of the WSDL: the full name, then by name."""
    keys = sorted(value, key=lambda key: (key != "fullName", key))
    return "".join(_element(key, value[key]) for key in keys if value[key] is not None)


def _element(name: str, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, dict):
        return f"<{name}>{_elements(value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{'true' if value else 'false'}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def _rewritten(kind: str, element: ET.Element) -> str:
    inner = "".join(_plain(child) for child in element)
    return f'<metadata xsi:type="{escape(kind)}">{inner}</metadata>'


def _plain(element: ET.Element) -> str:
    """Write an element without prefixes; nil ones are left out."""
    if element.get(_NIL) == "true":
        return ""
    name, kind = local_name(element), element.get(_TYPE)
    opening = f'{name} xsi:type="{escape(kind.rpartition(":")[2])}"' if kind else name
    inner = "".join(_plain(child) for child in element) if len(element) else escape(element.text or "")
    return f"<{opening}>{inner}</{name}>"


def _chunks(items: list[str]) -> Iterator[list[str]]:
    return (items[start : start + MOST_ITEMS] for start in range(0, len(items), MOST_ITEMS))
