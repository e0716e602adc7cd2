"""The report page: its numbers, what it says of bad runs, and that nothing in it reaches outside."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from click.testing import CliRunner, Result

from salesforce_abm.cli import main
from salesforce_abm.run_report import summary
from salesforce_abm.run_report.numbers import ago, duration, short
from salesforce_abm.run_report.read import read_files
from salesforce_abm.run_report.svg import percent

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC).replace(microsecond=0)
VOID = {"meta", "br"}
CHROMIUM = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)


def written(path: Path, *, ago: timedelta = timedelta(hours=1), **changes: Any) -> Path:
    """A run report of the target."""
    counts = {"received": 10, "written": 4, "unchanged": 3, "unmatched": 2, "ambiguous": 1, "rejected": 0}
    document = {
        "target": "target-salesforce-abm",
        "started_at": (NOW - ago).isoformat(),
        "ended_at": NOW.isoformat(),
        "seconds": 12.5,
        "exit_code": 0,
        "exit_reason": "done",
        "dry_run": False,
        "streams": {"account_engagement": counts | {"reasons": {"unmatched": 2, "ambiguous": 1}}},
        "api_requests": {"query": 3, "write": 1},
        "api_usage": {"daily_used": 500, "daily_max": 1000},
    }
    path.write_text(json.dumps(document | changes))
    return path


def log(path: Path, *, failed: tuple[str, ...] = ()) -> Path:
    """A log of the tap."""
    tags = {
        "rows": {"Account": 7},
        "streams": {"Account": {"rows": 7}, "Lead": {"rows": 0}},
        "failed": list(failed),
        "api_requests": {"query": 2},
        "daily_api_requests": {"used": 400, "max": 1000},
        "seconds": 60,
    }
    line = json.dumps({"type": "summary", "metric": "run", "value": 7, "tags": tags}, separators=(",", ":"))
    moment = (NOW - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.123456Z")
    path.write_text(f"{moment} [info     ] starting\n{moment} [info     ] tap METRIC: {line}\n")
    return path


def rejects(path: Path, **changes: Any) -> Path:
    """A rejects file."""
    line = {
        "stream": "account_engagement",
        "key": {"domain": "acme.com"},
        "record": {"domain": "acme.com", "engagement_score": 4_711},
        "code": "unmatched",
        "message": "no Account has this domain",
        "field": None,
        "retryable": True,
    }
    path.write_text(json.dumps(line | changes) + "\n")
    return path


class Page(HTMLParser):
    """A parsed page: its texts, what it refers to, and whether its elements are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.references: list[str] = []
        self.labels: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.references += [str(given[name]) for name in ("src", "href") if name in given]
        if tag == "svg":
            self.labels.append(given.get("aria-label") or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def make(tmp_path: Path, *files: Path, options: tuple[str, ...] = ()) -> tuple[Result, Page]:
    output = tmp_path / "out" / "report.html"
    done = CliRunner().invoke(main, ["report", *map(str, files), "--output", str(output), *options])
    return done, Page(output.read_text("utf-8") if output.exists() else "")


@time_machine.travel(NOW, tick=False)
def test_the_page_shows_what_moved_in_both_directions_and_why_not(tmp_path: Path) -> None:
    done, page = make(
        tmp_path, written(tmp_path / "a.json"), log(tmp_path / "tap.log"), rejects(tmp_path / "r.jsonl")
    )
    assert done.exit_code == 0, done.output
    assert "2 runs" in done.output
    assert page.open == []
    assert "70.0% 7 of 10 rows" in page.text
    assert "Written to Salesforce 4 rows; 3 were up to date already" in page.text
    assert "Set aside 3 rows, none lost" in page.text
    assert "Read from Salesforce 7 rows" in page.text
    assert "API budget used 40.0% 400 of 1,000 requests in 24 hours" in page.text
    assert "account_engagement 10 4 3 2 1 0 0" in page.text
    assert "No record in Salesforce 2" in page.text
    assert "domain acme.com (account_engagement): no Account has this domain" in page.text
    assert "Several records fit 1" in page.text
    assert "All is well: the last run ended 31 minutes ago" in page.text
    assert "4711" not in page.text


def test_the_page_refers_to_nothing_outside_and_has_no_script(tmp_path: Path) -> None:
    _, page = make(tmp_path, written(tmp_path / "a.json"), log(tmp_path / "tap.log"))
    assert page.references == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert all(page.labels)
    assert len(page.labels) == 4


def test_names_from_outside_cannot_change_the_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    run = written(tmp_path / "a.json", streams={evil: {"received": 1, "unmatched": 1, "reasons": {evil: 1}}})
    bad = rejects(tmp_path / "r.jsonl", key={evil: evil}, message=evil, code=evil, stream=evil)
    _, page = make(tmp_path, run, bad, options=("--title", evil))
    assert "script" not in page.tags
    assert evil in page.text


def test_examples_can_be_left_out(tmp_path: Path) -> None:
    files = (written(tmp_path / "a.json"), rejects(tmp_path / "r.jsonl"))
    _, page = make(tmp_path, *files, options=("--no-examples",))
    assert "acme.com" not in page.text
    assert "No record in Salesforce 2" in page.text


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (1, "Account: no permission", "failed: Account: no permission"),
        (2, "stopped: quota", "stopped at the API limit: stopped: quota"),
        (143, "terminated", "interrupted: terminated"),
    ],
    ids=["failed", "quota", "signal"],
)
def test_a_bad_end_is_said_at_the_top(tmp_path: Path, code: int, reason: str, said: str) -> None:
    _, page = make(tmp_path, written(tmp_path / "a.json", exit_code=code, exit_reason=reason))
    assert f"The last run, 1 hour ago, {said}" in page.text


def test_streams_that_failed_in_the_tap_are_said(tmp_path: Path) -> None:
    _, page = make(tmp_path, log(tmp_path / "tap.log", failed=("Lead",)))
    assert "failed: Lead" in page.text
    assert "never" in page.text


def test_a_stream_that_came_long_ago_is_out_of_date(tmp_path: Path) -> None:
    old = written(
        tmp_path / "old.json", ago=timedelta(days=5), streams={"old": {"received": 1, "written": 1}}
    )
    _, page = make(tmp_path, old, written(tmp_path / "new.json"))
    assert "but old is out of date" in page.text
    weekly = [
        written(tmp_path / f"{n}.json", ago=timedelta(days=7 * n + 5), streams={"old": {"received": 1}})
        for n in range(3)
    ]
    [age] = summary.ages(read_files(weekly).runs, NOW)
    assert not age.stale


def test_a_folder_is_searched_and_what_is_no_report_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    written(folder / "a.json")
    (folder / "package.json").write_text("{}")
    (folder / "other.log").write_text("nothing here")
    done, _ = make(tmp_path, folder)
    assert "1 run" in done.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "is neither a run report"),
        ('{"streams": {}, "exit_code": 0}', "is not a run report: KeyError"),
        ("", "there is no run to report"),
    ],
    ids=["other", "broken", "empty"],
)
def test_files_that_are_no_reports_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.json").write_text(text)
    done, _ = make(tmp_path, tmp_path / "x.json")
    assert done.exit_code == 1
    assert said in done.stderr


def test_counts_of_dry_runs_are_not_called_written(tmp_path: Path) -> None:
    _, page = make(tmp_path, written(tmp_path / "a.json", dry_run=True))
    assert "Written to Salesforce 0 rows" in page.text
    assert "into Salesforce, dry run" in page.text


@pytest.mark.parametrize(
    ("seconds", "long", "brief"),
    [
        (1.25, "1.2 s", "1.25 s"),
        (59, "59 s", "59 s"),
        (125, "2 min 5 s", "2.08 min"),
        (7_260, "2 h 1 min", "2.02 h"),
    ],
)
def test_spans_are_written_as_people_do(seconds: float, long: str, brief: str) -> None:
    assert (duration(seconds), short(seconds)) == (long, brief)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0%"), (0.0001, "<0.1%"), (0.5, "50.0%"), (0.99999, "99.9%"), (1.0, "100%")],
)
def test_a_share_that_is_not_whole_never_reads_100(share: float, text: str) -> None:
    assert percent(share) == text


def test_ages_are_written_as_people_do() -> None:
    assert [ago(NOW, NOW - timedelta(seconds=s)) for s in (-5, 59, 60, 7_200, 90_000)] == [
        "just now",
        "just now",
        "1 minute ago",
        "2 hours ago",
        "1 day ago",
    ]


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [420, 1180])
def test_a_browser_shows_the_page_without_a_complaint_and_without_scrolling_sideways(
    tmp_path: Path, width: int
) -> None:
    make(tmp_path, written(tmp_path / "a.json"), log(tmp_path / "tap.log"), rejects(tmp_path / "r.jsonl"))
    page = tmp_path / "out" / "report.html"
    probe = tmp_path / "probe.html"
    script = "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth</script>"
    probe.write_text(page.read_text("utf-8").replace("</body>", f"{script}</body>"))
    done = subprocess.run(
        [
            str(CHROMIUM),
            *"--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync".split(),
            *"--disable-background-networking --disable-component-update --enable-logging=stderr".split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={width},900",
            "--dump-dom",
            probe.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if ":CONSOLE" in line] == []
    shown = done.stdout.partition("<title>")[2].partition("</title>")[0].split(" of ")
    assert int(shown[0]) <= int(shown[1])
