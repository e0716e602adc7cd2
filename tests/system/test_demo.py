"""`make demo`, as a newcomer runs it: from a fresh clone, to its end, and interrupted half-way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.meltano, pytest.mark.long, pytest.mark.xdist_group("meltano")]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone of what is committed; only the development environment is shared."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is nothing to clone")
    path = tmp_path_factory.mktemp("newcomer") / "clone"
    subprocess.run(["git", "clone", "--quiet", "--local", str(ROOT), str(path)], check=True)
    return path


def demo(clone: Path) -> subprocess.Popen[str]:
    # DEMO_PORT=0: any free port, so that two test runs on one machine do not meet
    return subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=clone,
        env={**os.environ, "DEMO_PORT": "0", "PYTHONPATH": str(clone)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes that name the folder, or run in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            inside = str((entry / "cwd").readlink()).startswith(str(folder))
        except OSError:
            continue
        if int(entry.name) != os.getpid() and (inside or str(folder) in command):
            found.append(command)
    return found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc to see what is left running")
def test_interrupting_the_demo_leaves_nothing_running(clone: Path) -> None:
    with demo(clone) as process:
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line)
            if "Starting the local org" in line:  # printed whole once the org answers
                break
        assert any("local-org" in command for command in processes_in(clone)), "the org is running now"

        os.killpg(process.pid, signal.SIGINT)

        rest = process.stdout.read()
    assert process.returncode == 130, "".join(seen) + rest
    assert "nothing is left running" in rest
    assert not processes_in(clone)


def test_the_demo_moves_everything_once_and_only_changes_the_second_time(clone: Path) -> None:
    with demo(clone) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, output

    rows = {
        name: (int(a.replace(",", "")), int(b.replace(",", "")))
        for name, a, b in re.findall(r"^  (\w+) +([\d,]+) +([\d,]+)$", output, re.MULTILINE)
    }
    assert rows["Account"][0] >= 2_000
    assert rows["Contact"][0] >= 8_000
    assert rows["Opportunity"][0] >= 3_000
    assert {
        "OpportunityLineItem",
        "OpportunityContactRole",
        "OpportunityHistory",
        "Lead",
        "Campaign",
        "Task",
        "Event",
        "User",
    } <= set(rows)
    assert rows["Opportunity"][1] == 7
    assert rows["Lead"][1] == 5
    assert rows["Contact"][1] == 0

    with duckdb.connect(str(clone / ".demo/warehouse.duckdb"), read_only=True) as warehouse:
        stored = {
            name: warehouse.execute(f'SELECT count(*) FROM salesforce."{name.lower()}"').fetchall()[0][0]
            for name, (_, again) in rows.items()
            if not again
        }
    assert {"Contact", "Campaign", "OpportunityHistory"} <= set(stored)
    assert stored == {name: rows[name][0] for name in stored}, "a loader that loses rows"

    reports = {path.name: json.loads(path.read_text()) for path in (clone / ".demo/reports").glob("*.json")}
    assert len(reports) == 6
    for name, report in reports.items():
        for counts in report["streams"].values():
            assert counts["received"] > 0
            if name.startswith("1-"):
                assert counts["written"] > 0
            else:
                assert counts["written"] == 0
                assert counts["unchanged"] > 0
    rejects = [
        json.loads(line)
        for path in (clone / ".demo/rejects").glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert {"unmatched", "ambiguous"} <= {reject["code"] for reject in rejects}
    assert not processes_in(clone)
