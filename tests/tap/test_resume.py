"""Killed and stopped runs: the next one goes on, loses nothing, and repeats one window at most."""

from __future__ import annotations

import io
import json
import random
import signal
import subprocess
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import COMMAND, Result, arguments_of, insert, parse, run_tap

from local_org.clock import stored

if TYPE_CHECKING:
    from local_org.testing import RunningOrg

ROWS = 120
WINDOW = 15


@pytest.fixture
def big(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> dict[str, Any]:
    """Rows over half a year, read by Bulk in about eight windows."""
    rows = [
        {"Name": f"{number:03}", "SystemModstamp": stored(noon - timedelta(hours=30 * number + 1))}
        for number in range(ROWS)
    ]
    insert(org, "Account", rows, at=noon - timedelta(days=200))
    return {**config, "api_type": "BULK2", "window_rows": WINDOW}


def _names(messages: list[dict[str, Any]]) -> list[str]:
    return [message["record"]["Name"] for message in messages if message["type"] == "RECORD"]


def _check(first: list[dict[str, Any]], second: Result) -> None:
    """Nothing lost, and repeated at most what one window holds."""
    assert second.code == 0, second.log
    before, after = _names(first), _names(second.messages)
    assert set(before) | set(after) == {f"{number:03}" for number in range(ROWS)}
    assert len(before) + len(after) - ROWS <= WINDOW
    assert len(after) == len(set(after))


def _state(messages: list[dict[str, Any]]) -> dict[str, Any]:
    states = [message["value"] for message in messages if message["type"] == "STATE"]
    return states[-1] if states else {}


def test_a_big_read_is_cut_into_windows_by_count(org: RunningOrg, big: dict[str, Any]) -> None:
    result = run_tap(big)
    assert sorted(_names(result.messages)) == [f"{number:03}" for number in range(ROWS)]
    jobs = [request for request in org.requests if request.method == "POST" and "/jobs/query" in request.path]
    assert ROWS / WINDOW <= len(jobs) <= 2 * ROWS / WINDOW
    counts = [request for request in org.requests if "COUNT" in request.query]
    assert len(counts) <= 1 + 1 + 6, "grouped counts, not a count a window"


def test_kill_minus_nine_in_the_middle_of_a_bulk_extraction(org: RunningOrg, big: dict[str, Any]) -> None:
    # The fourth window's result takes its time, so the process dies while it waits for it.
    org.faults.latency(20, path="/results", skip=3, times=1)
    with arguments_of({**big, "concurrency": 1}) as arguments:
        process = subprocess.Popen(
            [COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if sum('"STATE"' in line for line in lines) == 3:
                break
        process.kill()
        lines += process.stdout.readlines()
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL
    org.faults.clear()
    first = parse("".join(lines))
    assert 0 < len(_names(first)) < ROWS
    _check(first, run_tap(big, state=_state(first)))


class _Cut(io.RawIOBase):
    """Standard output that is gone after some bytes, as the reader of a killed tap sees it."""

    def __init__(self, limit: int) -> None:
        self.kept = bytearray()
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.kept += bytes(data)[: self._limit - len(self.kept)]
        if len(self.kept) >= self._limit:
            raise _Killed
        return len(data)


class _Killed(BaseException):
    """Nothing in the tap handles this: it ends where it stands."""


def test_killed_at_random_points_of_unordered_rows(
    org: RunningOrg, big: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(4)
    whole = run_tap(big).output.encode()
    monkeypatch.setattr("tap_salesforce_abm.emit._ENOUGH", 1)  # every chunk goes out at once
    for _ in range(50):
        cut = _Cut(dice.randrange(1, len(whole)))
        with pytest.raises(_Killed):
            run_tap(big, output=cut)
        complete = bytes(cut.kept).decode("utf-8", "ignore").split("\n")[:-1]
        first = parse("\n".join(complete))
        _check(first, run_tap(big, state=_state(first)))


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["terminated", "interrupted"]
)
def test_a_signal_flushes_what_is_done_and_says_so_in_the_exit_code(
    org: RunningOrg, big: dict[str, Any], signum: signal.Signals, code: int
) -> None:
    org.faults.latency(30, path="/results", skip=2, times=1)
    with arguments_of({**big, "concurrency": 1}) as arguments:
        process = subprocess.Popen(
            [COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if sum('"STATE"' in line for line in lines) == 2:
                break
        process.send_signal(signum)
        rest, log = process.communicate(timeout=20)
    org.faults.clear()
    assert process.returncode == code, log
    assert "Traceback" not in log
    first = parse("".join(lines) + rest)
    assert json.loads((("".join(lines)) + rest).splitlines()[-1])["type"] in ("STATE", "RECORD")
    _check(first, run_tap(big, state=_state(first)))


def test_what_an_interrupted_run_finished_is_not_read_again(org: RunningOrg, big: dict[str, Any]) -> None:
    result = run_tap({**big, "concurrency": 1})
    middle = result.states[len(result.states) // 2]
    bookmark = middle["bookmarks"]["Account"]["replication_key_value"]
    rest = run_tap(big, state=middle)
    assert rest.records["Account"]
    assert all(record["SystemModstamp"] >= bookmark for record in rest.records["Account"])


def test_rest_reads_are_cut_into_windows_too(org: RunningOrg, big: dict[str, Any]) -> None:
    result = run_tap({**big, "api_type": "REST"})
    assert sorted(_names(result.messages)) == [f"{number:03}" for number in range(ROWS)]
    assert len(result.states) >= ROWS / WINDOW


def test_rows_of_one_second_are_one_window(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    insert(org, "Account", [{"Name": f"{n:03}"} for n in range(100)], at=noon - timedelta(days=3))
    result = run_tap({**config, "api_type": "BULK2", "window_rows": 10})
    assert sorted(_names(result.messages)) == [f"{number:03}" for number in range(100)]
