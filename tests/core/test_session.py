from __future__ import annotations

import contextlib
import io
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from core.loopback import ROOT, Asked, Loopback, Reply, refusal, serving

from salesforce_abm.connection import Connection
from salesforce_abm.errors import (
    ApiError,
    AuthError,
    ConfigError,
    DataError,
    Forbidden,
    InvalidField,
    NotFound,
    QuotaError,
    RequestTooLong,
    SalesforceAbmError,
    TransientError,
)
from salesforce_abm.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local_org.testing import RunningOrg

TOKEN_PATH = "/services/oauth2/token"
EXPIRED = refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")


class Org:
    """An org that answers from a script: the token endpoint by itself, all else in turn, the last reply for good."""

    def __init__(self, *replies: Reply | Callable[[Asked], Reply]) -> None:
        self.replies = list(replies) or [Reply({})]
        self.tokens = 0
        self.lock = threading.Lock()
        self.loopback: Loopback

    def __call__(self, asked: Asked) -> Reply:
        with self.lock:
            if asked.path == TOKEN_PATH:
                self.tokens += 1
                # As on Salesforce, the sign-in does not tell the API usage.
                token = {"access_token": f"00D!token{self.tokens}", "instance_url": self.loopback.url}
                return Reply(token, headers={"Sforce-Limit-Info": ""})
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return reply(asked) if callable(reply) else reply

    @property
    def asked(self) -> list[Asked]:
        """Requests but the sign-ins."""
        return [asked for asked in self.loopback.asked if asked.path != TOKEN_PATH]


@contextlib.contextmanager
def talking(
    *replies: Reply | Callable[[Asked], Reply], **config: Any
) -> Iterator[tuple[Org, Session, list[float]]]:
    """Give a scripted org, a session to it, and the pauses that session makes."""
    org = Org(*replies)
    pauses: list[float] = []
    with serving(org) as loopback:
        org.loopback = loopback
        settings = {"instance_url": loopback.url, "client_id": "key", "client_secret": "app-secret", **config}
        with Session(Connection.from_config(settings), sleep=pauses.append, chance=lambda: 0.0) as session:
            yield org, session, pauses


def bearer(asked: Asked) -> str | None:
    return asked.headers.get("Authorization")


# ------------------------------------------------------------------------------------------------ requests


def test_a_request_carries_the_token_and_asks_for_compressed_json() -> None:
    with talking(Reply({"ok": True})) as (org, session, _):
        assert session.get_json("limits", kind="limits") == {"ok": True}
        headers = org.asked[0].headers
    assert headers["Authorization"] == "Bearer 00D!token1"
    assert headers["Accept"] == "application/json"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["User-Agent"].startswith("salesforce-abm/")
    assert "Cookie" not in headers


PATHS = [
    ("sobjects/Account/describe", f"{ROOT}/sobjects/Account/describe"),
    ("/services/data", "/services/data"),
    ("/services/data/v66.0/query/01g-2000", "/services/data/v66.0/query/01g-2000"),
]


@pytest.mark.parametrize(("path", "expected"), PATHS, ids=["relative", "absolute", "next page"])
def test_paths_are_below_the_api_version_unless_absolute(path: str, expected: str) -> None:
    with talking() as (org, session, _):
        session.request("GET", path, kind="other")
        assert org.asked[0].path == expected


def test_an_address_of_the_same_org_is_taken_and_no_other() -> None:
    with talking() as (org, session, _):
        session.request("GET", org.loopback.url + "/services/data", kind="other")
        assert org.asked[0].path == "/services/data"
        for elsewhere in ("https://evil.example/services/data", org.loopback.url + ".evil.example/x"):
            with pytest.raises(ValueError, match="is not the org"):
                session.request("GET", elsewhere, kind="other")


def test_query_values_are_encoded() -> None:
    query = "SELECT Id FROM Account WHERE Name = 'a+b & c' AND D > 2024-01-01T00:00:00+01:00"
    with talking() as (org, session, _):
        session.request("GET", "query", kind="query", params={"q": query})
        assert org.asked[0].query == {"q": query}


def test_json_bodies_keep_every_digit_of_a_decimal() -> None:
    with talking() as (org, session, _):
        session.request(
            "POST", "composite/sobjects", kind="write", json={"v": Decimal("12345678901234567.89")}
        )
        assert org.asked[0].body == b'{"v":12345678901234567.89}'
        assert org.asked[0].headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("status", [200, 201, 204, 304])
def test_success_is_2xx_and_not_modified(status: int) -> None:
    with talking(Reply(b"" if status in (204, 304) else {}, status)) as (_, session, _p):
        assert session.request("GET", "x", kind="other").status_code == status


def test_what_is_not_json_is_said_so() -> None:
    page = Reply(b"<html>Log in</html>", headers={"Content-Type": "text/html"})
    with (
        talking(page) as (_, session, _p),
        pytest.raises(DataError, match=r"is not JSON \(text/html, 19 bytes\)"),
    ):
        session.get_json("limits", kind="limits")


def test_compressed_answers_are_read_and_counted_as_they_travelled() -> None:
    big = {"text": "x" * 100_000}
    with talking(Reply(big, headers={"Content-Encoding": "gzip"})) as (_, session, _p):
        session.current()
        before = session.usage.bytes_received
        assert session.get_json("x", kind="query") == big
        assert session.usage.bytes_received - before < 2_000


def test_a_closed_session_can_be_shown_but_never_shows_secrets() -> None:
    with talking(client_secret="planted-secret") as (_, session, _p):
        session.current()
        assert "planted" not in repr(session)
        assert "token1" not in repr(session)
        assert "token1" not in repr(session.current())


# ------------------------------------------------------------------------------------------------ errors


ERRORS = [
    (refusal(400, "INVALID_FIELD", "No such column 'x'"), InvalidField),
    (refusal(404, "NOT_FOUND", "The requested resource does not exist"), NotFound),
    (refusal(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."), Forbidden),
    (Reply(b"<h1>Bad Message 414</h1>", 414), RequestTooLong),
    (Reply(b"", 404), NotFound),
    (Reply(["/a", "/b"], 300), ApiError),
    (Reply({"success": False, "errors": [{"statusCode": "MALFORMED_ID", "message": "bad"}]}, 400), ApiError),
    (refusal(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"), AuthError),
    (refusal(401, "INVALID_AUTH_HEADER", "INVALID_SCOPES"), AuthError),
    (refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaError),
]


@pytest.mark.parametrize(("reply", "kind"), ERRORS, ids=[f"{r.status} {r.body}"[:60] for r, _ in ERRORS])
def test_an_error_answer_becomes_its_exception_at_once(reply: Reply, kind: type[SalesforceAbmError]) -> None:
    with talking(reply) as (org, session, pauses):
        with pytest.raises(kind):
            session.request("GET", "x", kind="query")
        assert len(org.asked) == 1
        assert org.tokens == 1
        assert pauses == []


def test_an_error_names_the_request_and_its_id_but_not_its_query() -> None:
    reply = Reply(
        [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}],
        400,
        {"X-Sfdc-Request-Id": "5a7948"},
    )
    with talking(reply) as (_, session, _p), pytest.raises(ApiError) as caught:
        session.request("GET", "query", kind="query", params={"q": "SELECT planted"})
    assert str(caught.value) == (
        f"Salesforce refused GET {ROOT}/query: MALFORMED_QUERY: unexpected token (HTTP 400, request 5a7948)"
    )
    assert caught.value.request_id == "5a7948"


def test_a_redirect_is_not_followed_but_explained() -> None:
    reply = Reply(b"", 302, {"Location": "https://acme.my.salesforce.com/x"})
    with (
        talking(reply) as (_, session, _p),
        pytest.raises(ConfigError, match=r"redirects to acme\.my\.salesforce\.com"),
    ):
        session.request("GET", "x", kind="query")


# ------------------------------------------------------------------------------------------------ repetitions


@pytest.mark.parametrize("status", [406, 408, 420, 429, 500, 502, 503, 504])
def test_a_read_is_repeated_after_a_passing_failure(status: int) -> None:
    with talking(Reply(b"", status), Reply(b"", status), Reply({"ok": 1})) as (org, session, pauses):
        assert session.get_json("x", kind="query") == {"ok": 1}
        assert len(org.asked) == 3
        assert pauses == [0.25, 0.5]
        assert session.usage.retries == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_lost_answer_is_asked_for_again_where_that_is_harmless(method: str) -> None:
    with talking(Reply(lost=True), Reply({"ok": 1})) as (org, session, _):
        session.request(method, "x", kind="write")
        assert len(org.asked) == 2


def test_a_body_that_breaks_off_is_read_again() -> None:
    whole = {"text": "x" * 5000}
    with talking(Reply(whole, cut=100), Reply(whole, cut=4000), Reply(whole)) as (org, session, _):
        assert session.get_json("x", kind="query") == whole
        assert len(org.asked) == 3


def test_a_body_that_does_not_unpack_is_read_again() -> None:
    broken = Reply(b"not gzip", headers={"Content-Encoding": "identity"})
    with talking(broken) as (_, session, _p):
        assert session.request("GET", "x", kind="query").content == b"not gzip"


LOST = [
    pytest.param(Reply(lost=True), id="connection"),
    pytest.param(Reply({"id": "1"}, 201, cut=3), id="body"),
    pytest.param(Reply(b"", 500), id="500"),
    pytest.param(Reply(b"", 502), id="502"),
    pytest.param(refusal(503, "SERVER_UNAVAILABLE", "busy"), id="503"),
    pytest.param(Reply(b"", 504), id="504"),
]


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_whose_answer_is_lost_is_never_done_twice(method: str, lost: Reply) -> None:
    with talking(lost, Reply({"id": "2"}, 201)) as (org, session, pauses):
        with pytest.raises(TransientError, match="not known whether Salesforce carried it out") as caught:
            session.request(method, "sobjects/Account", kind="write", json={"Name": "x"})
        assert caught.value.outcome_unknown
        assert len(org.asked) == 1
        assert pauses == []


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(refusal(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"), id="lock"),
        pytest.param(
            refusal(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."),
            id="too many at once",
        ),
        pytest.param(Reply(b"", 429), id="429"),
        pytest.param(Reply(b"", 408), id="408"),
    ],
)
def test_a_write_that_was_surely_not_done_is_repeated(refused: Reply) -> None:
    with talking(refused, Reply({"id": "1"}, 201)) as (org, session, _):
        session.request("POST", "sobjects/Account", kind="write", json={"Name": "x"})
        assert [asked.json() for asked in org.asked] == [{"Name": "x"}] * 2


@pytest.mark.parametrize(
    ("kind", "said"), [("query", None), ("describe", None), ("retrieve", None), ("write", True)]
)
def test_a_post_that_only_reads_or_is_said_to_be_harmless_is_repeated(kind: Any, said: bool | None) -> None:
    with talking(Reply(lost=True), Reply({"ok": 1})) as (org, session, _):
        session.request("POST", "composite", kind=kind, json={}, idempotent=said)
        assert len(org.asked) == 2


def test_tries_end_and_the_error_says_what_and_how_often() -> None:
    with talking(Reply(b"", 502)) as (org, session, pauses):
        with pytest.raises(TransientError, match=r"HTTP 502 HTTP_502 after 8 tries") as caught:
            session.request("GET", "x", kind="query")
        assert len(org.asked) == 8
        assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16]
    assert caught.value.status == 502
    assert not caught.value.outcome_unknown
    assert isinstance(caught.value.__cause__, ApiError)


def test_an_unexpected_error_is_tried_less_often_than_maintenance() -> None:
    words = refusal(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId")
    with talking(words) as (org, session, _):
        with pytest.raises(TransientError) as caught:
            session.request("GET", "x", kind="query")
        assert len(org.asked) == 4
    assert caught.value.code == "UNKNOWN_EXCEPTION"


def test_the_server_says_how_long_to_wait() -> None:
    with talking(Reply(b"", 429, {"Retry-After": "7"}), Reply({})) as (_, session, pauses):
        session.request("GET", "x", kind="query")
        assert pauses == [7.0]


def test_a_wait_of_hours_is_an_error() -> None:
    with talking(Reply(b"", 503, {"Retry-After": "7200"})) as (_, session, pauses):
        with pytest.raises(TransientError, match="after 1 try; the server asks to wait 7200 s"):
            session.request("GET", "x", kind="query")
        assert pauses == []


def test_an_address_where_nobody_listens_is_given_up_soon_with_a_hint() -> None:
    with serving(Org()) as loopback:
        url = loopback.url
    pauses: list[float] = []
    settings = {"instance_url": url, "client_id": "key", "client_secret": "s"}
    with (
        Session(Connection.from_config(settings), sleep=pauses.append) as session,
        pytest.raises(
            TransientError, match=r"no connection after 3 tries\. Check the address 127\.0\.0\.1:\d+"
        ),
    ):
        session.get_json("limits", kind="limits")
    assert len(pauses) == 2


def test_a_write_whose_answer_is_lost_happened_once(
    org: RunningOrg, connection_settings: dict[str, Any]
) -> None:
    org.faults.reset("after", method="POST", path="/sobjects/Account", times=1)
    with Session(Connection.from_config(connection_settings)) as session:
        with pytest.raises(TransientError) as caught:
            session.request("POST", "sobjects/Account", kind="write", json={"Name": "Once"})
        found = session.get_json("query", kind="query", params={"q": "SELECT COUNT() FROM Account"})
    assert caught.value.outcome_unknown
    assert found["totalSize"] == 1


def test_a_run_goes_through_an_org_that_has_a_bad_day(
    org: RunningOrg, connection_settings: dict[str, Any]
) -> None:
    org.faults.status(503, times=2, path="/limits")
    org.faults.reset("before", skip=2, times=1, path="/limits")
    org.faults.truncate(50, skip=3, times=1, path="/limits")
    org.faults.expire_session(skip=4, times=1, path="/limits")
    with Session(Connection.from_config(connection_settings), sleep=lambda _: None) as session:
        assert session.get_json("limits", kind="limits")["DailyApiRequests"]["Max"] > 0
        assert session.usage.requests == {"auth": 2, "limits": 6}
        assert session.usage.retries == 5


def test_text_is_sent_as_utf_8() -> None:
    with talking() as (org, session, _):
        session.request("PUT", "x", kind="bulk_upload", data="Zürich")
        assert org.asked[0].body == "Zürich".encode()


def test_a_file_is_sent_from_its_beginning_again(tmp_path: Any) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"skip\nId\n1\n")
    with talking(Reply(lost=True), Reply(b"", 201)) as (org, session, _), path.open("rb") as file:
        file.seek(5)
        session.request(
            "PUT",
            "jobs/ingest/1/batches",
            kind="bulk_upload",
            data=file,
            headers={"Content-Type": "text/csv"},
        )
        assert [asked.body for asked in org.asked] == [b"Id\n1\n"] * 2
        assert org.asked[1].headers["Content-Length"] == "5"


def test_a_function_gives_a_fresh_body_for_every_try() -> None:
    opened: list[io.BytesIO] = []

    def body() -> io.BytesIO:
        opened.append(io.BytesIO(b"rows"))
        return opened[-1]

    with talking(EXPIRED, Reply(lost=True), Reply(b"", 201)) as (org, session, _):
        session.request("PUT", "x", kind="bulk_upload", data=body)
        assert [asked.body for asked in org.asked] == [b"rows"] * 3
    assert len(opened) == 3


def test_a_body_that_could_be_sent_only_once_is_refused() -> None:
    with talking() as (_, session, _p), pytest.raises(TypeError, match="a body is bytes"):
        session.request("PUT", "x", kind="bulk_upload", data=iter([b"a"]))


# ------------------------------------------------------------------------------------------------ streams


def test_a_streamed_body_is_read_by_the_caller_and_counted() -> None:
    with talking(Reply(b"x" * 50_000)) as (_, session, _p):
        session.current()
        before = session.usage.bytes_received
        with session.stream("GET", "jobs/query/1/results", kind="bulk_result") as response:
            assert session.usage.bytes_received == before
            assert sum(map(len, response.iter_content(1000))) == 50_000
        assert session.usage.bytes_received == before + 50_000


def test_a_streamed_body_that_breaks_off_is_a_transient_error() -> None:
    with (
        talking(Reply(b"x" * 50_000, cut=20_000)) as (_, session, _p),
        pytest.raises(TransientError, match=r"GET .*/results: the answer broke off"),
        session.stream("GET", "jobs/query/1/results", kind="bulk_result") as response,
    ):
        for _ in response.iter_content(1000):
            pass


def test_an_error_answer_to_a_stream_is_an_error_before_the_block() -> None:
    with (
        talking(refusal(404, "NOT_FOUND", "gone")) as (_, session, _p),
        pytest.raises(NotFound),
        session.stream("GET", "jobs/query/1/results", kind="bulk_result"),
    ):
        pytest.fail("the block must not run")


# ------------------------------------------------------------------------------------------------ sessions


@pytest.mark.parametrize(
    "ended",
    [
        pytest.param(EXPIRED, id="expired"),
        pytest.param(
            refusal(401, "INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT"), id="JWT-format token expired"
        ),
        pytest.param(
            Reply({"exceptionCode": "InvalidSessionId", "exceptionMessage": "x"}, 401), id="Bulk 1.0"
        ),
        pytest.param(Reply(b"Bad_OAuth_Token", 403), id="userinfo"),
        pytest.param(Reply(b"", 401), id="no words"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_ended_session_is_renewed_once_and_the_request_replayed(method: str, ended: Reply) -> None:
    with talking(ended, Reply({"ok": 1})) as (org, session, pauses):
        session.request(method, "x", kind="write", json={"Name": "x"})
        assert [bearer(asked) for asked in org.asked] == ["Bearer 00D!token1", "Bearer 00D!token2"]
        assert org.asked[0].body == org.asked[1].body
        assert pauses == []


def test_a_fresh_token_that_is_refused_too_ends_the_run() -> None:
    with talking(EXPIRED) as (org, session, _):
        with pytest.raises(AuthError, match="Session expired or invalid"):
            session.request("GET", "x", kind="query")
        assert org.tokens == 2
        assert len(org.asked) == 2


def test_a_given_access_token_cannot_be_renewed() -> None:
    org = Org(EXPIRED)
    with serving(org) as loopback:
        org.loopback = loopback
        settings = {"instance_url": loopback.url, "access_token": "00D!given"}
        with (
            Session(Connection.from_config(settings)) as session,
            pytest.raises(AuthError, match="the session of `access_token` has ended"),
        ):
            session.request("GET", "x", kind="query")
        assert bearer(org.asked[0]) == "Bearer 00D!given"
        assert org.tokens == 0


def test_threads_that_find_the_session_ended_sign_in_once_together() -> None:
    together = threading.Barrier(8, timeout=30)

    def answer(asked: Asked) -> Reply:
        if bearer(asked) != "Bearer 00D!token1":
            return Reply({"ok": 1})
        together.wait()  # so that all eight have used the token before any of them learns that it has ended
        return EXPIRED

    with talking(concurrency=8) as (org, session, _):
        session.current()
        org.loopback.answer = lambda asked: org(asked) if asked.path == TOKEN_PATH else answer(asked)
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda n: session.get_json(f"x/{n}", kind="query"), range(24)))
        assert results == [{"ok": 1}] * 24
        assert org.tokens == 2


def test_threads_that_start_together_sign_in_once() -> None:
    with talking(concurrency=8) as (org, session, _), ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: session.get_json(f"x/{n}", kind="query"), range(16)))
        assert org.tokens == 1
        assert session.usage.requests["query"] == 16


# ------------------------------------------------------------------------------------------------ quota


def usage(used: int, maximum: int = 100) -> dict[str, str]:
    return {"Sforce-Limit-Info": f"api-usage={used}/{maximum}"}


def test_the_run_stops_before_the_orgs_share_is_passed() -> None:
    with talking(Reply({}, headers=usage(79)), Reply({}, headers=usage(80))) as (org, session, _):
        session.request("GET", "x", kind="query")
        session.request("GET", "x", kind="query")
        with pytest.raises(QuotaError, match="80 of its 100 API requests"):
            session.request("GET", "x", kind="query")
        assert len(org.asked) == 2


def test_the_run_stops_before_its_own_share_is_passed_also_on_calls_without_a_header() -> None:
    silent = Reply({}, headers={"Sforce-Limit-Info": ""})
    with talking(Reply({}, headers=usage(1)), silent, quota_percent_per_run=5) as (org, session, _):
        for _ in range(5):
            session.request("GET", "jobs/query/1", kind="bulk_poll")
        with pytest.raises(QuotaError, match="this run has made 5 of the org's 100"):
            session.request("GET", "jobs/query/1", kind="bulk_poll")
        assert len(org.asked) == 5


def test_the_limit_is_asked_for_once_when_answers_do_not_tell_it() -> None:
    def answer(asked: Asked) -> Reply:
        silent = {"Sforce-Limit-Info": ""}
        if asked.path == f"{ROOT}/limits":
            return Reply({"DailyApiRequests": {"Max": 20, "Remaining": 8}}, headers=silent)
        return Reply({}, headers=silent)

    with talking(answer, quota_percent_per_run=100) as (org, session, _):
        for _ in range(5):
            session.request("GET", "jobs/query/1", kind="bulk_poll")
        with pytest.raises(QuotaError, match="16 of its 20"):
            session.request("GET", "jobs/query/1", kind="bulk_poll")
        assert [asked.path.removeprefix(ROOT) for asked in org.asked] == [
            "/jobs/query/1",
            "/limits",
            *["/jobs/query/1"] * 4,
        ]


def test_an_org_that_does_not_tell_its_limit_is_not_asked_again() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == f"{ROOT}/limits":
            words = [{"errorCode": "FORBIDDEN", "message": "You do not have access"}]
            return Reply(words, 403, {"Sforce-Limit-Info": ""})
        return Reply({}, headers={"Sforce-Limit-Info": ""})

    with talking(answer) as (org, session, _):
        for _ in range(5):
            session.request("GET", "jobs/query/1", kind="bulk_poll")
        assert org.loopback.count("GET /limits") == 1


# ------------------------------------------------------------------------------------------------ time and logs


def test_the_servers_time_comes_from_its_answers_and_goes_on() -> None:
    ticks = [100.0]
    date = "Fri, 18 Feb 2022 22:34:56 GMT"
    org = Org(Reply({}))
    with serving(org) as loopback:
        org.loopback = loopback
        settings = {"instance_url": loopback.url, "access_token": "t"}
        with Session(Connection.from_config(settings), monotonic=lambda: ticks[0]) as session:
            local = datetime.now(UTC)
            assert abs(session.server_now() - local) < timedelta(minutes=1)
            assert [str(asked) for asked in org.asked] == ["GET /services/data"]
            assert bearer(org.asked[0]) is None
            session._transport.server_time = (datetime(2022, 2, 18, 22, 34, 56, tzinfo=UTC), 100.0)
            ticks[0] = 112.5
            assert session.server_now() == datetime(2022, 2, 18, 22, 35, 8, 500_000, tzinfo=UTC), date
            assert len(org.asked) == 1


def test_each_request_is_one_debug_line_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    with talking(Reply({}, headers={"X-Sfdc-Request-Id": "abc123"})) as (_, session, _p):
        session.current()
        caplog.clear()
        with caplog.at_level(logging.DEBUG, logger="salesforce_abm"):
            session.request("GET", "query", kind="query", params={"q": "SELECT planted"})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("salesforce_abm")]
    assert len(lines) == 1
    assert lines[0].startswith(f"GET {ROOT}/query 200 ")
    assert lines[0].endswith("ms request abc123")


def test_the_password_flow_warns_once_when_the_session_is_made(caplog: pytest.LogCaptureFixture) -> None:
    with talking(username="u", password="p") as (_, session, _p):
        session.current()
    assert [r.getMessage() for r in caplog.records if r.levelname == "WARNING"] == list(
        session.connection.warnings
    )


def test_passwords_in_netrc_do_not_replace_the_token(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with talking() as (org, session, _):
        session.request("GET", "x", kind="query")
        assert bearer(org.asked[0]) == "Bearer 00D!token1"


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with talking(Reply({"ok": 1})) as (_, session, _p):
        assert session.get_json("x", kind="query") == {"ok": 1}


def test_the_counters_tell_what_a_run_has_cost() -> None:
    with talking(Reply({"a": 1}), Reply(b"", 503), Reply({})) as (_, session, _p):
        session.request("GET", "x", kind="describe")
        session.request("PATCH", "y", kind="write", json={"a": 1}, idempotent=True)
        counters = session.usage.as_dict()
    assert counters["requests"] == {"auth": 1, "describe": 1, "write": 2}
    assert counters["retries"] == 1
    assert counters["daily_max"] == 100_000
    assert counters["bytes_sent"] > 2 * len(json.dumps({"a": 1}).replace(" ", ""))
