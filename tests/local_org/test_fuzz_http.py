"""Whatever is sent, over whatever path: the org answers as Salesforce would, and never breaks."""

from __future__ import annotations

import contextlib
import random
import socket
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from local_org import defaults
from local_org.api import router
from support.demo import start_demo
from support.fuzz import Fuzzer, Gun, is_failure
from support.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.http.router import Route
    from local_org.testing import RunningOrg
    from support.fuzz import Shot

SHOTS = 1000
ADMIN_SHOTS = 500
ROUTES = [route for route in router().routes if not route.pattern.startswith("/local-org")]
ADMIN_ROUTES = [route for route in router().routes if route.pattern.startswith("/local-org")]


@pytest.fixture(scope="module")
def target() -> Iterator[RunningOrg]:
    """A demo org to shoot at."""
    with start_demo() as running:
        yield running


def open_session(target: RunningOrg) -> str:
    return target.org.sessions.open(target.org.admin.id, client_id=defaults.CLIENT_ID).token


def aim(target: RunningOrg, seed: int, routes: list[Route]) -> Fuzzer:
    target.org.limits.set_remaining(defaults.DAILY_API_REQUESTS)
    token = open_session(target)
    read = target.org.store.read()
    ids = [
        row[0]
        for sobject in ("Account", "Contact", "Opportunity", "Report", "User", "Task", "PermissionSet")
        for row in read.execute(f'SELECT "Id" FROM "{sobject}" LIMIT 3')
    ]
    return Fuzzer(random.Random(seed), routes, token, ids)


def check(target: RunningOrg, shot: Shot, status: int, body: bytes) -> None:
    assert not is_failure(shot, status, body), f"{status} {body[:500]!r} for {shot}"
    assert not target.errors, f"{target.errors[0]} for {shot}"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8), ids=lambda seed: f"{SHOTS} requests, seed {seed}")
def test_no_request_makes_the_org_fail(target: RunningOrg, seed: int) -> None:
    target.errors.clear()
    fuzzer = aim(target, seed, ROUTES)
    seen: Counter[int] = Counter()
    with Gun(target.url) as gun:
        for _ in range(SHOTS):
            shot = fuzzer.shot()
            status, body = gun.fire(shot)
            check(target, shot, status, body)
            seen[status // 100] += 1
            fuzzer.learn(body)
            if target.org.sessions.find(fuzzer.token) is None:
                fuzzer.token = open_session(target)
    with Rest(target) as rest:
        assert rest.get("sobjects/Account/describe").status_code == 200
    # requests that all fail at the door would prove nothing
    assert seen[2] > SHOTS / 20, seen
    assert seen[4] > SHOTS / 5, seen


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2), ids=lambda seed: f"{ADMIN_SHOTS} requests, seed {seed}")
def test_no_request_to_the_admin_api_makes_the_org_fail(seed: int) -> None:
    with start_demo() as target, Gun(target.url) as gun:
        fuzzer = aim(target, seed, ADMIN_ROUTES)
        for _ in range(ADMIN_SHOTS):
            shot = fuzzer.shot()
            check(target, shot, *gun.fire(shot))
            target.faults.clear()


RAW = {
    "nothing": b"",
    "blank lines": b"\r\n\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "a version of the future": b"GET / HTTP/9.9\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "a hundred and one headers": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n",
    "an endless line": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    "a negative length": b"POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length of letters": b"POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a body that never comes": b"POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab",
    "chunks of letters": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    "a chunk that is cut": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nab",
    "a huge chunk size": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"f" * 100
    + b"\r\n",
    "an unknown transfer": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nab",
    "an address as target": b"GET http://evil.example/services/data HTTP/1.1\r\nHost: x\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in the target": b"GET /\xff\xfe%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /services/data HTTP/1.1\r\n\r\n",
    "a header that goes on": b"GET /services/data HTTP/1.1\r\nHost: x\r\n  y\r\n\r\n",
}


@pytest.mark.parametrize("data", RAW.values(), ids=RAW.keys())
def test_no_bytes_on_the_wire_make_the_org_fail(target: RunningOrg, data: bytes) -> None:
    target.errors.clear()
    address = urlsplit(target.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as wire:
        wire.sendall(data)
        wire.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := wire.recv(65536):
                answer += piece
    status = answer[9:12]
    assert not answer.startswith(b"HTTP/") or status < b"500" or status in (b"501", b"505"), answer[:300]
    assert not target.errors
    with Rest(target) as rest:
        assert rest.get("limits").status_code == 200
