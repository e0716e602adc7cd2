"""API requests, rows and bytes that runs take: counts, never times.

Salesforce gives an org a daily number of requests; these are the promises of docs/performance.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import insert, run_tap
from target.lab import TEXT, Lab, stream

from salesforce_abm.session import Session
from tap_salesforce_abm import fetch_bulk

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg

NOON = datetime.fromisoformat("2026-05-20T12:00:00+00:00")


@pytest.fixture
def config(org: RunningOrg, connection_settings: dict[str, Any]) -> dict[str, Any]:
    org.org.clock.set(NOON)
    return {**connection_settings, "objects": ["Account"], "account_domains": False}


def fill(org: RunningOrg, rows: int) -> None:
    insert(org, "Account", [{"Name": f"{n:06}"} for n in range(rows)], at=NOON - timedelta(days=1))


def counted(org: RunningOrg) -> int:
    """Requests that Salesforce would count."""
    return sum(request.counted for request in org.requests)


@pytest.mark.parametrize("rows", [0, 1, 2000, 2001, 7000])
def test_rest_takes_a_request_for_2000_rows_and_two_more(
    org: RunningOrg, config: dict[str, Any], rows: int
) -> None:
    if rows:
        fill(org, rows)
    org.org.behaviour.small_pages = False  # long texts make Salesforce send fewer rows a page
    result = run_tap({**config, "api_type": "REST"})
    assert result.code == 0, result.log
    assert len(result.records.get("Account", [])) == rows
    pages = max(-(-rows // 2000), 1)
    # The describe, which is the catalog's, and the counts of all objects.
    assert counted(org) == pages + 2


@pytest.mark.parametrize("concurrency", [1, 4])
def test_bulk_takes_a_request_a_page_and_few_more_when_the_job_takes_a_minute(
    org: RunningOrg, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    rows, pages = 3000, 12
    fill(org, rows)
    monkeypatch.setattr(fetch_bulk, "PAGE_ROWS", rows // pages)
    org.org.behaviour.bulk_page_rows = rows // pages
    waited = 0.0

    def wait(_session: Session, seconds: float) -> None:
        nonlocal waited
        waited += seconds
        if waited >= 60:
            org.org.jobs.release()

    monkeypatch.setattr(Session, "sleep", wait)
    org.org.jobs.hold()
    result = run_tap({**config, "api_type": "BULK2", "concurrency": concurrency})
    assert result.code == 0, result.log
    assert waited >= 60
    assert len(result.records["Account"]) == rows
    requests = result.summary["tags"]["api_requests"]
    assert requests["bulk_result"] == pages
    # Describe, counts (twice: the estimate calls it small), create, delete; eleven looks in a minute, and not many more in an hour; pages are
    # listed by fives when they are fetched side by side.
    assert counted(org) <= 5 + 11 + 1.25 * pages


def test_answers_come_compressed(org: RunningOrg, config: dict[str, Any]) -> None:
    insert(
        org,
        "Account",
        [{"Name": f"{n:06}", "Description": "the same words again " * 40} for n in range(1000)],
        at=NOON - timedelta(days=1),
    )
    for api in ("REST", "BULK2"):
        result = run_tap({**config, "api_type": api})
        assert result.code == 0, result.log
    answers = [request for request in org.requests if "/query" in request.path and request.method == "GET"]
    assert answers
    assert all("gzip" in request.headers.get("Accept-Encoding", "") for request in answers)


@pytest.mark.long
def test_ten_thousand_updates_and_then_a_hundred(
    org: RunningOrg, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = 10_000
    lab = Lab(org, tmp_path, caplog)
    lab.field("Account.Score__c", **TEXT)
    fill(org, rows)
    found = org.org.store.read().execute('SELECT "Id" FROM "Account" ORDER BY "Name"')
    ids = [row[0] for row in found]
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": [{"source": "id", "field": "Id"}],
            "fields": {"score": "Score__c"},
        }
    ]

    def run(changed: int) -> tuple[dict[str, int], int]:
        records = [{"id": name, "score": f"{n}-{int(n < changed)}"} for n, name in enumerate(ids)]
        done = lab.run(stream("rows", records), loads=loads)
        assert done.code == 0, done.log
        return done.numbers("rows"), counted(org)

    numbers, requests = run(0)
    assert numbers == {"received": rows, "written": rows}
    # Looks at the job are as many as the machine is slow; a job of a minute takes eleven.
    looks = sum(
        r.method == "GET" and r.path.rpartition("/")[0].endswith("/jobs/ingest") for r in org.requests
    )
    assert looks
    assert requests - looks <= 25 - 11
    numbers, requests = run(rows // 100)
    assert numbers == {"received": rows, "written": rows // 100, "unchanged": rows - rows // 100}
    assert requests <= 12
    numbers, requests = run(rows // 100)
    assert numbers == {"received": rows, "unchanged": rows}
    assert requests <= 7
