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
    _spread(org, noon, ROWS)
    return {**config, "api_type": "BULK2", "window_rows": WINDOW}


def _spread(org: RunningOrg, noon: datetime, rows: int) -> None:
    stamps = [stored(noon - timedelta(hours=30 * number + 1)) for number in range(rows)]
    listed = [{"Name": f"{number:03}", "SystemModstamp": stamp} for number, stamp in enumerate(stamps)]
    insert(org, "Account", listed, at=noon - timedelta(days=200))


def _names(messages: list[dict[str, Any]]) -> list[str]:
    return [message["record"]["Name"] for message in messages if message["type"] == "RECORD"]


def _check(first: list[dict[str, Any]], second: Result, *, rows: int = ROWS, window: int = WINDOW) -> None:
    """Nothing lost, and repeated at most what one window holds."""
    assert second.code == 0, second.log
    before, after = _names(first), _names(second.messages)
    assert set(before) | set(after) == {f"{number:03}" for number in range(rows)}
    assert len(before) + len(after) - rows <= window
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


@pytest.mark.long
def test_killed_at_random_points_of_unordered_rows(
    org: RunningOrg, noon: datetime, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _spread(org, noon, 24)
    small = {**config, "api_type": "BULK2", "window_rows": 6}
    dice = random.Random(4)
    whole = run_tap(small).output.encode()
    monkeypatch.setattr("tap_salesforce_abm.emit._ENOUGH", 1)  # every chunk goes out at once
    for _ in range(50):
        cut = _Cut(dice.randrange(1, len(whole)))
        with pytest.raises(_Killed):
            run_tap(small, output=cut)
        complete = bytes(cut.kept).decode("utf-8", "ignore").split("\n")[:-1]
        first = parse("\n".join(complete))
        _check(first, run_tap(small, state=_state(first)), rows=24, window=6)


@pytest.fixture
def paged(big: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """All rows in one window of twelve result pages."""
    monkeypatch.setattr("tap_salesforce_abm.fetch_bulk.PAGE_ROWS", 10)
    return {**big, "window_rows": 1000, "concurrency": 1}


def _killed_after(settings: dict[str, Any], rows: int, text: str) -> list[dict[str, Any]]:
    """Run until the STATE that says so many rows of the window are out, and no further."""
    lines = text.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if f'"rows":{rows},' in line)
    cut = _Cut(len("".join(lines[: at + 1]).encode()) + 20)
    with pytest.raises(_Killed):
        run_tap(settings, output=cut)
    return parse(bytes(cut.kept).decode().rpartition("\n")[0])


def test_a_killed_run_goes_on_with_the_finished_job_at_the_page_it_had_reached(
    org: RunningOrg, paged: dict[str, Any]
) -> None:
    whole = run_tap(paged)
    first = _killed_after(paged, 40, whole.output)
    assert len(_names(first)) == 40
    before = len(list(org.requests))
    second = run_tap(paged, state=_state(first))
    assert second.code == 0, second.log
    after = list(org.requests)[before:]
    assert not [r for r in after if r.method == "POST" and r.path.endswith("/jobs/query")], "no new job"
    assert sorted(_names(first) + _names(second.messages)) == [f"{number:03}" for number in range(ROWS)]
    assert "window" not in second.bookmark("Account")
    assert second.bookmark("Account")["replication_key_value"] == "2026-05-20T12:00:00.000Z"


@pytest.mark.parametrize("how", ["job_deleted", "other_columns"])
def test_a_window_that_cannot_be_gone_on_with_is_read_anew(
    org: RunningOrg, paged: dict[str, Any], how: str
) -> None:
    first = _killed_after(paged, 40, run_tap(paged).output)
    settings = paged
    state = _state(first)
    if how == "job_deleted":
        state["bookmarks"]["Account"]["window"]["job"] = "750000000000001AAA"
    else:
        org.org.customiser.create_field("Account.New__c", {"type": "Text", "label": "New", "length": 20})
        org.org.grant("Account.New__c", org.org.admin)
    second = run_tap(settings, state=state)
    assert second.code == 0, second.log
    assert sorted(_names(second.messages)) == [f"{number:03}" for number in range(ROWS)]
    assert "window" not in second.bookmark("Account")


def test_changes_made_since_the_kill_come_too(org: RunningOrg, noon: datetime, paged: dict[str, Any]) -> None:
    first = _killed_after(paged, 40, run_tap(paged).output)
    org.org.clock.set(noon + timedelta(hours=1))
    insert(org, "Account", [{"Name": "new"}], at=noon + timedelta(minutes=30))
    insert(org, "Account", [{"Name": "late"}], at=noon - timedelta(minutes=5))
    second = run_tap(paged, state=_state(first))
    assert second.code == 0, second.log
    assert {"new", "late"} <= set(_names(second.messages))
    assert len(set(_names(first) + _names(second.messages))) == ROWS + 2
    assert second.bookmark("Account")["replication_key_value"] == "2026-05-20T13:00:00.000Z"


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
