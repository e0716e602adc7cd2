"""SOAP envelopes: parsed by local name (clients differ in prefixes), written with Salesforce's prefixes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from local_org.http import Response

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPE = "text/xml;charset=UTF-8"
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


class SoapFault(Exception):
    """A refusal in SOAP's shape; HTTP 500."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def local(element: ET.Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]


def find(element: ET.Element, name: str) -> ET.Element | None:
    """The first element of that local name, anywhere below."""
    return next((item for item in element.iter() if local(item) == name), None)


def children(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """The direct children of that local name."""
    return (item for item in element if local(item) == name)


def text(element: ET.Element, name: str) -> str:
    """The text of the first element of that local name, empty when there is none."""
    found = find(element, name)
    return (found.text or "").strip() if found is not None else ""


def parse(body: bytes) -> tuple[ET.Element, ET.Element]:
    """The envelope and the operation in its body.

    Raises:
        SoapFault: not an envelope.
    """
    if _DOCTYPE.search(body):
        raise SoapFault("soapenv:Client", "DOCTYPE is not allowed")
    try:
        envelope = ET.fromstring(body)  # noqa: S314 - no DOCTYPE, so no entities to expand
    except ET.ParseError as error:
        raise SoapFault("soapenv:Client", f"could not parse the request: {error}") from None
    content = find(envelope, "Body")
    if content is None or len(content) == 0:
        raise SoapFault("soapenv:Client", "No operation in the SOAP body")
    return envelope, content[0]


def answer(namespace: str, content: str) -> Response:
    """A successful envelope around ready-made XML."""
    return Response.raw(
        (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{namespace}"'
            f' xmlns:xsi="{_XSI}"><soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>'
        ).encode(),
        content_type=_TYPE,
    )


def fault(kind: str, error: SoapFault, *, detail: str | None = None) -> Response:
    """A fault.

    Args:
        kind: `partner`, `enterprise` or `metadata`: names the fault namespace.
        error: what to say.
        detail: element name of the detail block, such as `LoginFault`; None leaves it out.
    """
    block = ""
    code, message = escape(error.code), escape(error.message)
    if detail is not None:
        block = (
            f'<detail><sf:{detail} xsi:type="sf:{detail}"><sf:exceptionCode>{code}</sf:exceptionCode>'
            f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{detail}></detail>"
        )
    namespace = (
        "http://soap.sforce.com/2006/04/metadata"
        if kind == "metadata"
        else f"urn:fault.{kind}.soap.sforce.com"
    )
    return Response.raw(
        (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            f' xmlns:sf="{namespace}" xmlns:xsi="{_XSI}"><soapenv:Body><soapenv:Fault>'
            f"<faultcode>{code}</faultcode><faultstring>{code.rpartition(':')[2]}: {message}</faultstring>"
            f"{block}</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        ).encode(),
        content_type=_TYPE,
        status=500,
    )
