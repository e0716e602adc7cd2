from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_abm.wire import Problem, Used, read_problem, read_usage

SOAP = (
    b'<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    b'xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode>'
    b"<faultstring>INVALID_LOGIN: Invalid username &amp; password</faultstring></soapenv:Fault></soapenv:Body>"
    b"</soapenv:Envelope>"
)

SHAPES = [
    pytest.param(
        400,
        b'[{"errorCode":"INVALID_FIELD","message":"No such column","fields":["Color__c"]}]',
        Problem("INVALID_FIELD", "No such column", ("Color__c",)),
        id="REST",
    ),
    pytest.param(
        400,
        b'[{"errorCode":"A","message":"one"},{"errorCode":"B","message":"two"},{"errorCode":"A","message":"one"}]',
        Problem("A", "one; two"),
        id="several REST errors",
    ),
    pytest.param(
        401,
        b'[{"message":"Session expired","errorCode":"INVALID_SESSION_ID"}]',
        Problem("INVALID_SESSION_ID", "Session expired"),
        id="session",
    ),
    pytest.param(
        400,
        b'{"id":null,"success":false,"errors":[{"statusCode":"MALFORMED_ID","message":"bad id","fields":["Id"]}]}',
        Problem("MALFORMED_ID", "bad id", ("Id",)),
        id="per-record",
    ),
    pytest.param(
        400,
        b'{"error":"invalid_grant","error_description":"inactive user"}',
        Problem("invalid_grant", "inactive user"),
        id="OAuth",
    ),
    pytest.param(400, b'{"error":"invalid_grant"}', Problem("invalid_grant", ""), id="OAuth without words"),
    pytest.param(
        400,
        b'{"exceptionCode":"InvalidJob","exceptionMessage":"no job"}',
        Problem("InvalidJob", "no job"),
        id="Bulk 1.0 JSON",
    ),
    pytest.param(
        400,
        b'<?xml version="1.0"?><error xmlns="http://www.force.com/2009/06/asyncapi/dataload">\n'
        b" <exceptionCode>InvalidSessionId</exceptionCode>\n <exceptionMessage>Invalid session id</exceptionMessage></error>",
        Problem("InvalidSessionId", "Invalid session id"),
        id="Bulk 1.0 XML",
    ),
    pytest.param(500, SOAP, Problem("INVALID_LOGIN", "Invalid username & password"), id="SOAP fault"),
    pytest.param(
        300,
        b'["/services/data/v66.0/sobjects/X/1","/services/data/v66.0/sobjects/X/2"]',
        Problem(
            "MULTIPLE_CHOICES",
            "more than one record has this key: /services/data/v66.0/sobjects/X/1, /services/data/v66.0/sobjects/X/2",
        ),
        id="external id fits several records",
    ),
    pytest.param(403, b"Bad_OAuth_Token", Problem("Bad_OAuth_Token", "Bad_OAuth_Token"), id="userinfo"),
    pytest.param(
        414,
        b"<html><head><style>p {}</style></head><h1>Bad Message 414</h1><pre>reason: URI Too Long</pre></html>",
        Problem("URI_TOO_LONG", "Bad Message 414 reason: URI Too Long", foreign=True),
        id="front end, HTML",
    ),
    pytest.param(
        503, b"", Problem("SERVER_UNAVAILABLE", "Service Unavailable", foreign=True), id="empty 503"
    ),
    pytest.param(406, b"", Problem("HTTP_406", "Not Acceptable", foreign=True), id="empty 406"),
    pytest.param(420, b"", Problem("HTTP_420", "no explanation", foreign=True), id="a status nobody knows"),
    pytest.param(
        502, b"upstream failed", Problem("HTTP_502", "upstream failed", foreign=True), id="plain text"
    ),
    pytest.param(
        500,
        b'[{"errorCode": broken',
        Problem("HTTP_500", '[{"errorCode": broken', foreign=True),
        id="broken JSON",
    ),
    pytest.param(500, b"[]", Problem("HTTP_500", "[]", foreign=True), id="empty list"),
    pytest.param(
        500,
        b'[{"message":"no code"}]',
        Problem("HTTP_500", '[{"message":"no code"}]', foreign=True),
        id="no code",
    ),
    pytest.param(500, b"\xff\xfe\x00", Problem("HTTP_500", "\ufffd\ufffd\x00", foreign=True), id="not text"),
]


@pytest.mark.parametrize(("status", "body", "expected"), SHAPES)
def test_an_error_is_read_from_every_shape_salesforce_uses(
    status: int, body: bytes, expected: Problem
) -> None:
    assert read_problem(status, body) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["errorCode", "message", "fields", "errors", "error", "x"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(st.integers(min_value=300, max_value=599), JSON)
def test_no_json_at_all_breaks_the_reader(status: int, document: object) -> None:
    assert read_problem(status, json.dumps(document).encode()).code


@given(st.integers(min_value=300, max_value=599), st.binary(max_size=60))
def test_no_bytes_at_all_break_the_reader(status: int, body: bytes) -> None:
    assert read_problem(status, body).code


def test_a_long_page_is_cut() -> None:
    assert len(read_problem(502, b"word " * 5000).message) <= 300


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("api-usage=6361/5000000", Used(6361, 5000000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", Used(25, 5000)),
        ("per-app-api-usage=17/250(appName=x); api-usage=25/5000", Used(25, 5000)),
        ("per-app-api-usage=17/250(appName=x)", None),
        ("api-usage=1/0", None),
        ("", None),
        (None, None),
    ],
)
def test_the_quota_header_is_read_in_both_forms(header: str | None, expected: Used | None) -> None:
    assert read_usage(header) == expected
