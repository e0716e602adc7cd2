"""The door itself: encodings, headers, limits of URLs, and what is refused before any API is reached."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from local_org import testing
from local_org.http.messages import Response
from local_org.http.router import Router, Routes

if TYPE_CHECKING:
    from local_org.http.messages import Request
    from local_org.testing import RunningOrg
    from support.rest import Rest

COMMON_HEADERS = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "none",
    "Content-Type": "application/json;charset=UTF-8",
    "Vary": "Accept-Encoding",
}


def test_answers_carry_the_headers_of_recorded_ones(rest: Rest) -> None:
    headers = rest.get("limits").headers
    assert {name: headers.get(name) for name in COMMON_HEADERS} == COMMON_HEADERS
    assert headers["Transfer-Encoding"] == "chunked"
    assert len(headers["X-Sfdc-Request-Id"]) == 32
    assert headers["Date"].endswith(" GMT")


def test_errors_carry_the_same_headers(rest: Rest) -> None:
    answer = rest.get("sobjects/Nope/describe")
    assert answer.status_code == 404
    assert {name: answer.headers.get(name) for name in COMMON_HEADERS} == COMMON_HEADERS


def test_every_rest_answer_counts_one_api_request(rest: Rest) -> None:
    used = [rest.get("limits").headers["Sforce-Limit-Info"] for _ in range(3)]
    assert used == [f"api-usage={n}/100000" for n in (1, 2, 3)]


def test_the_per_app_quota_lengthens_the_limit_header(org: RunningOrg, rest: Rest) -> None:
    org.org.limits.per_app = 250
    rest.get("limits")
    header = rest.get("limits").headers["Sforce-Limit-Info"]
    assert header == "api-usage=2/100000; per-app-api-usage=2/250(appName=Local Org App)"


def test_the_version_list_is_open_and_not_counted(org: RunningOrg) -> None:
    answer = requests.get(f"{org.url}/services/data", timeout=10)
    assert answer.status_code == 200
    assert "Sforce-Limit-Info" not in answer.headers
    assert org.org.limits.used() == 0


def test_json_is_compact_unless_asked_otherwise(rest: Rest) -> None:
    answer = rest.get("query", params={"q": "SELECT Id FROM Account"})
    assert answer.text == '{"totalSize":0,"done":true,"records":[]}'


def test_pretty_print_has_blanks_around_colons_and_in_empty_lists(rest: Rest) -> None:
    answer = rest.get("query", params={"q": "SELECT Id FROM Account"}, headers={"X-PrettyPrint": "1"})
    assert answer.text == '{\n  "totalSize" : 0,\n  "done" : true,\n  "records" : [ ]\n}'


def test_answers_are_gzipped_when_the_client_takes_it(rest: Rest) -> None:
    packed = rest.get("sobjects", headers={"Accept-Encoding": "gzip"})
    plain = rest.get("sobjects", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_request_bodies_may_be_gzipped(rest: Rest) -> None:
    body = gzip.compress(json.dumps({"Name": "Packed"}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert rest.send("POST", "sobjects/Account", data=body, headers=headers).status_code == 201
    assert rest.query("SELECT Name FROM Account")[0]["Name"] == "Packed"


def test_request_bodies_may_be_chunked(rest: Rest) -> None:
    pieces = iter([b'{"Na', b'me": "In ', b'pieces"}'])
    headers = {"Content-Type": "application/json"}
    assert rest.send("POST", "sobjects/Account", data=pieces, headers=headers).status_code == 201
    assert rest.query("SELECT Name FROM Account")[0]["Name"] == "In pieces"


def test_a_body_that_is_no_gzip_is_refused_and_the_connection_lives_on(rest: Rest) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    answer = rest.send("POST", "sobjects/Account", data=b"not gzip at all", headers=headers)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert rest.get("limits").status_code == 200


def test_one_connection_serves_many_requests(org: RunningOrg, rest: Rest) -> None:
    host = org.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        for _ in range(3):
            connection.request("GET", "/services/data")
            answer = connection.getresponse()
            assert answer.status == 200
            answer.read()
            first = connection.sock
        assert connection.sock is first
        assert first is not None
    finally:
        connection.close()


def test_an_unread_body_does_not_spoil_the_next_request(rest: Rest) -> None:
    assert rest.send("POST", "sobjects/Nope", data=b"x" * 100_000).status_code == 404
    assert rest.get("limits").status_code == 200


def test_a_url_over_16384_bytes_gets_the_front_ends_html(rest: Rest) -> None:
    answer = rest.get("query", params={"q": "SELECT Id FROM Account WHERE Name = '" + "x" * 16_384 + "'"})
    assert answer.status_code == 414
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text == "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"


def test_url_and_headers_together_have_a_limit_too(rest: Rest) -> None:
    answer = rest.get("limits", headers={"X-Filler": "x" * 16_384})
    assert answer.status_code == 431
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_verb_nobody_knows_is_refused_and_the_connection_said_to_end(rest: Rest) -> None:
    answer = rest.send("NOPE", "limits")
    assert (answer.status_code, answer.headers["Connection"]) == (501, "close")
    assert rest.get("limits").status_code == 200


def test_a_host_that_is_none_opens_no_pages(org: RunningOrg) -> None:
    answer = requests.get(f"{org.url}/lightning/o/Account", headers={"Host": "[::1"}, timeout=10)
    assert answer.status_code == 403


def test_head_answers_without_a_body(rest: Rest) -> None:
    answer = rest.send("HEAD", "limits")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_verb_a_resource_lacks_is_405(rest: Rest) -> None:
    answer = rest.put("limits")
    assert answer.status_code == 405
    assert answer.json() == [
        {"errorCode": "METHOD_NOT_ALLOWED", "message": "HTTP Method 'PUT' not allowed. Allowed are GET,HEAD"}
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/services/data/viAmABadVersion/sobjects/Account",
        "/services/data/v999.0/sobjects/Account",
        "/services/data/v60.0/nowhere",
    ],
    ids=["no version", "future version", "unknown resource"],
)
def test_unknown_paths_are_404_with_error_code_first(rest: Rest, path: str) -> None:
    answer = rest.get(path)
    assert answer.status_code == 404
    assert answer.text == '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]'


def test_a_retired_version_is_410(rest: Rest) -> None:
    assert rest.get("/services/data/v25.0/sobjects").status_code == 410


@pytest.mark.parametrize(
    "path",
    ["limits/", "Limits", "/services/data/v60.0//limits", "limits.json"],
    ids=["trailing slash", "other case", "double slash", "json suffix"],
)
def test_spellings_of_a_path_that_work(rest: Rest, path: str) -> None:
    assert rest.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "accept"),
    [("limits.xml", "*/*"), ("limits", "application/xml")],
    ids=["suffix", "accept header"],
)
def test_xml_is_refused_in_words(rest: Rest, path: str, accept: str) -> None:
    answer = rest.get(path, headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json()[0]["errorCode"] == "NOT_ACCEPTABLE"


def test_the_oauth_scheme_is_accepted_like_bearer(rest: Rest) -> None:
    answer = rest.get("limits", headers={"Authorization": f"OAuth {rest.token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("authorization", "message", "code"),
    [
        (None, "INVALID_HEADER_TYPE", "INVALID_AUTH_HEADER"),
        ("Basic Zm9vOmJhcg==", "INVALID_HEADER_TYPE", "INVALID_AUTH_HEADER"),
        ("Bearer 00Dxx!garbage", "Session expired or invalid", "INVALID_SESSION_ID"),
    ],
    ids=["none", "other scheme", "garbage"],
)
def test_requests_without_a_session_are_401(
    org: RunningOrg, authorization: str | None, message: str, code: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.get(f"{org.url}/services/data/v60.0/limits", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.json() == [{"message": message, "errorCode": code}]
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert "Sforce-Limit-Info" not in answer.headers


def test_a_token_without_the_api_scope_cannot_use_rest(org: RunningOrg, rest: Rest) -> None:
    token = org.org.sessions.open(org.org.admin.id, scope="id profile").token
    answer = rest.get("limits", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert answer.json()[0]["message"] == "This session is not valid for use with the REST API"


def test_a_session_ends_when_it_was_not_used_for_two_hours(org: RunningOrg, rest: Rest) -> None:
    org.org.clock.shift(timedelta(minutes=119))
    assert rest.get("limits").status_code == 200
    org.org.clock.shift(timedelta(minutes=119))
    assert rest.get("limits").status_code == 200
    org.org.clock.shift(timedelta(minutes=121))
    assert rest.get("limits").status_code == 401


def test_what_nobody_expected_is_a_500_and_is_recorded(org: RunningOrg, rest: Rest) -> None:
    routes = Routes()

    @routes.get("/services/data/v{version}/broken")
    def broken(request: Request) -> Response:
        raise ZeroDivisionError(request.path)

    org.application.router = Router([routes])
    answer = rest.get("broken")
    assert answer.status_code == 500
    assert answer.json()[0]["errorCode"] == "UNKNOWN_EXCEPTION"
    assert answer.json()[0]["message"].startswith("An unexpected error occurred. Please include this ErrorId")
    (recorded,) = org.errors
    assert isinstance(recorded.error, ZeroDivisionError)
    assert "GET /services/data/v60.0/broken" in str(recorded)
    org.errors.clear()


def test_a_stream_that_breaks_off_is_seen_by_the_client(org: RunningOrg, rest: Rest) -> None:
    routes = Routes()

    @routes.get("/services/data/v{version}/broken")
    def broken(request: Request) -> Response:
        def rows() -> object:
            yield b"one\n" * 50_000
            raise ZeroDivisionError(request.path)

        return Response.csv(rows())  # type: ignore[arg-type]

    org.application.router = Router([routes])
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        rest.get("broken", headers={"Accept-Encoding": "identity"})
    assert len(org.errors) == 1
    org.errors.clear()


def test_https_works_with_the_orgs_own_certificate() -> None:
    with testing.start(tls=True) as running:
        assert running.url.startswith("https://127.0.0.1:")
        answer = requests.get(f"{running.url}/services/data", verify=str(running.certificate), timeout=10)
        assert answer.status_code == 200


def test_the_certificate_speaks_for_the_names_a_test_asks_for() -> None:
    with testing.start(tls=True, names=("login.salesforce.com",)) as running:
        context = ssl.create_default_context(cafile=str(running.certificate))
        port = int(running.url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="login.salesforce.com") as tls,
        ):
            assert tls.version() == "TLSv1.3"
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        ):
            context.wrap_socket(plain, server_hostname="test.salesforce.com")


def test_several_orgs_live_side_by_side(org: RunningOrg, rest: Rest) -> None:
    rest.create("Account", Name="Here")
    with testing.start() as other:
        assert other.url != org.url
        assert other.org.store.count("Account") == 0
    assert org.org.store.count("Account") == 1


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_behind() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            testing.start(port=taken.getsockname()[1])


def test_tokens_are_not_in_the_request_log(org: RunningOrg, rest: Rest) -> None:
    rest.get("limits")
    (entry,) = org.requests
    assert entry.user == "admin@example.com"
    assert rest.token not in repr(entry)
    assert rest.token not in "".join(entry.headers.values())
