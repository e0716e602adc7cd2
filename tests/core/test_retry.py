from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
import urllib3.exceptions
from hypothesis import given
from hypothesis import strategies as st
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from salesforce_abm.retry import STATUSES, RetryPolicy, Setback, from_answer, from_exception
from salesforce_abm.wire import Problem, read_problem

POLICY = RetryPolicy()

ANSWERS = [
    # status, body, repeated, may have been done
    (406, b"", True, True),
    (408, b"", True, False),
    (420, b"", True, False),
    (429, b"", True, False),
    (500, b"", True, True),
    (502, b"<html>", True, True),
    (503, b"", True, True),
    (504, b"", True, True),
    (503, b'[{"errorCode":"SERVER_UNAVAILABLE","message":"busy"}]', True, True),
    (500, b'[{"errorCode":"UNKNOWN_EXCEPTION","message":"An unexpected error occurred."}]', True, True),
    (500, b'[{"errorCode":"NEVER_SEEN","message":"x"}]', True, True),
    (400, b'[{"errorCode":"UNABLE_TO_LOCK_ROW","message":"unable to obtain exclusive access"}]', True, False),
    (400, b'[{"errorCode":"REQUEST_RUNNING_TOO_LONG","message":"x"}]', True, False),
    (
        403,
        b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentRequests Limit exceeded."}]',
        True,
        False,
    ),
    (400, b'[{"errorCode":"TXN_SECURITY_METERING_ERROR","message":"x"}]', True, False),
    (400, b'{"error":"retry_request","error_description":"retry your request"}', True, False),
    (400, b'{"error":"invalid_grant","error_description":"login rate exceeded"}', True, False),
    (
        403,
        b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]',
        False,
        False,
    ),
    (
        400,
        b'[{"errorCode":"QUERY_TIMEOUT","message":"Your query request was running for too long."}]',
        False,
        False,
    ),
    (400, b'{"error":"invalid_grant","error_description":"authentication failure"}', False, False),
    (
        500,
        b'[{"errorCode":"BAD_REQUEST","message":"The request body is either invalid or incomplete"}]',
        False,
        False,
    ),
    (
        501,
        b'[{"errorCode":"X","message":"You\'re requesting data for an unsupported report format"}]',
        False,
        False,
    ),
    (400, b'[{"errorCode":"MALFORMED_QUERY","message":"x"}]', False, False),
    (404, b"", False, False),
    (413, b"", False, False),
]


@pytest.mark.parametrize(
    ("status", "body", "repeated", "maybe_done"),
    ANSWERS,
    ids=[f"{s} {b[:60].decode()}" for s, b, *_ in ANSWERS],
)
def test_an_answer_is_repeated_only_if_that_can_help(
    status: int, body: bytes, repeated: bool, maybe_done: bool
) -> None:
    setback = from_answer(status, read_problem(status, body))
    assert (setback is not None) is repeated
    if setback is not None:
        assert setback.maybe_done is maybe_done


def test_the_statuses_are_those_the_product_promises_to_retry() -> None:
    assert set(STATUSES) == {406, 408, 420, 429, 500, 502, 503, 504}


POOL = HTTPConnectionPool("acme.invalid")
CONNECTION = HTTPConnection("acme.invalid")
NOT_FOUND = urllib3.exceptions.NameResolutionError("acme.invalid", CONNECTION, OSError("no"))  # type: ignore[arg-type]
REFUSED = urllib3.exceptions.NewConnectionError(CONNECTION, "refused")
READ_TIMEOUT = urllib3.exceptions.ReadTimeoutError(POOL, "/", "slow")

BREAKS = [
    (
        requests.ConnectionError(urllib3.exceptions.MaxRetryError(POOL, "/", NOT_FOUND)),
        "host name is not known",
        False,
    ),
    (requests.ConnectionError(urllib3.exceptions.MaxRetryError(POOL, "/", REFUSED)), "no connection", False),
    (requests.ConnectTimeout("slow"), "no connection", False),
    (requests.exceptions.ProxyError("no"), "the proxy", False),
    (requests.ReadTimeout("slow"), "no answer within 5 s", True),
    (requests.ConnectionError(READ_TIMEOUT), "no answer within 5 s", True),
    (requests.ConnectionError(urllib3.exceptions.ProtocolError("aborted")), "the connection broke", True),
    (requests.exceptions.ChunkedEncodingError("cut"), "the answer broke off", True),
    (requests.exceptions.ContentDecodingError("bad gzip"), "the answer broke off", True),
    (requests.exceptions.SSLError("EOF occurred"), "the connection broke", True),
]


@pytest.mark.parametrize(
    ("error", "reason", "left"), BREAKS, ids=[f"{type(e).__name__}: {r}" for e, r, _ in BREAKS]
)
def test_a_broken_connection_says_whether_the_request_may_have_been_done(
    error: Exception, reason: str, left: bool
) -> None:
    setback = from_exception(error, 5)
    assert setback is not None
    assert reason in setback.reason
    assert setback.maybe_done is left
    assert setback.reached is left


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"),
        requests.exceptions.InvalidHeader("x"),
        ValueError("x"),
    ],
    ids=["untrusted certificate", "bad header", "other"],
)
def test_what_stays_wrong_is_not_repeated(error: Exception) -> None:
    assert from_exception(error, 5) is None


@pytest.mark.parametrize(
    ("setback", "contacted", "tries"),
    [
        (Setback("x", maybe_done=True), True, 8),
        (Setback("x", maybe_done=True, status=502), True, 8),
        (Setback("x", maybe_done=True, status=500), True, 4),
        (Setback("x", maybe_done=True, status=503), True, 10),
        (Setback("x", maybe_done=False, status=400, tries=3), True, 3),
        (Setback("x", maybe_done=False, reached=False), False, 3),
        (Setback("x", maybe_done=False, reached=False), True, 8),
        (Setback("x", maybe_done=False, status=429, wait=30), True, 8),
        (Setback("x", maybe_done=False, status=429, wait=7200), True, 1),
    ],
    ids=["broken", "502", "500", "503", "by code", "first contact", "later", "wait", "endless wait"],
)
def test_how_often_depends_on_what_went_wrong(setback: Setback, contacted: bool, tries: int) -> None:
    assert POLICY.allowed(setback, contacted=contacted) == tries


@given(st.integers(min_value=1, max_value=2000), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_pauses_grow_with_jitter_up_to_a_ceiling(tried: int, chance: float) -> None:
    pause = POLICY.delay(Setback("x", maybe_done=False), tried, chance)
    full = min(60.0, 0.5 * 2 ** min(tried - 1, 20))
    assert full / 2 <= pause <= full


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", 7.0),
        ("Sat, 21 Nov 2026 10:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
    ],
)
def test_the_server_can_ask_for_a_longer_pause(header: str | None, wait: float | None) -> None:
    now = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
    setback = from_answer(429, Problem("HTTP_429", "", foreign=True), retry_after=header, now=now)
    assert setback is not None
    assert setback.wait == wait
    assert POLICY.delay(setback, 1, 0.0) == max(wait or 0.0, 0.25)
