"""`meltano run` in both directions, against an org that is running, with plugins nobody here wrote at the other end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from local_org.testing import RunningOrg
    from support.rest import Rest

ROOT = Path(__file__).resolve().parents[2]
MELTANO = Path(sys.executable).parent / "meltano"
pytestmark = [pytest.mark.meltano, pytest.mark.long, pytest.mark.xdist_group("meltano")]


class Project:
    """This repository's Meltano project, with a database of its own and pointed at one org."""

    def __init__(self, org: RunningOrg, folder: Path, **env: str) -> None:
        self._env = {
            k: v for k, v in os.environ.items() if not k.startswith(("TAP_", "TARGET_", "MELTANO_"))
        } | {
            "PATH": f"{MELTANO.parent}{os.pathsep}{os.environ['PATH']}",
            "MELTANO_ENVIRONMENT": "local",
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "TAP_SALESFORCE_ABM_INSTANCE_URL": org.url,
            "TARGET_SALESFORCE_ABM_INSTANCE_URL": org.url,
            **env,
        }

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            [MELTANO, *arguments],
            cwd=ROOT,
            env=self._env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_salesforce_to_jsonl_and_jsonl_to_salesforce(org: RunningOrg, rest: Rest, tmp_path: Path) -> None:
    ids = [
        rest.create("Account", Name=f"Company {n}", Website=f"https://company-{n}.example")
        for n in range(500)
    ]
    rows = [{"account_id": record, "rank": n} for n, record in enumerate(ids)]
    source = tmp_path / "ranks.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    load = {
        "stream": "ranks",
        "object": "Account",
        "match": [{"source": "account_id", "field": "Id"}],
        "fields": {"rank": "NumberOfEmployees"},
    }
    extracted = tmp_path / "extracted"
    extracted.mkdir()
    report = tmp_path / "report.json"
    meltano = Project(
        org,
        tmp_path,
        TAP_SALESFORCE_ABM_OBJECTS='["Account"]',
        TAP_SALESFORCE_ABM_REPORTS="[]",
        TAP_SALESFORCE_ABM_ACCOUNT_DOMAINS="false",
        TARGET_JSONL_DESTINATION_PATH=str(extracted),
        TAP_JSONL_PATH=str(source),
        TAP_JSONL_STREAM_NAME="ranks",
        TAP_JSONL_PRIMARY_KEYS='["account_id"]',
        TARGET_SALESFORCE_ABM_LOADS=json.dumps([load]),
        TARGET_SALESFORCE_ABM_REPORT_PATH=str(report),
        TARGET_SALESFORCE_ABM_REJECTS_PATH=str(tmp_path / "rejects.jsonl"),
    )
    meltano("install", "extractor", "tap-salesforce-abm")
    meltano("install", "extractor", "tap-jsonl")
    meltano("install", "loader", "target-salesforce-abm")
    meltano("install", "loader", "target-jsonl")

    meltano("run", "tap-jsonl", "target-salesforce-abm")
    counts = json.loads(report.read_text())["streams"]["ranks"]
    assert (counts["received"], counts["written"]) == (500, 500)

    # the same file again: its state is set aside, so that the tap sends all 500 records once more
    meltano("run", "--full-refresh", "tap-jsonl", "target-salesforce-abm")
    counts = json.loads(report.read_text())["streams"]["ranks"]
    assert (counts["received"], counts["written"], counts["unchanged"]) == (500, 0, 500)

    meltano("run", "tap-salesforce-abm", "target-jsonl")
    got = {
        row["Id"]: row["NumberOfEmployees"]
        for path in extracted.glob("Account*.jsonl")
        for row in read_lines(path)
    }
    assert got == {record: n for n, record in enumerate(ids)}

    assert rest.patch(f"sobjects/Account/{ids[7]}", {"NumberOfEmployees": 7_000}).status_code == 204
    org.org.clock.shift(timedelta(hours=1))
    meltano("run", "tap-salesforce-abm", "target-jsonl")
    seen = {
        row["NumberOfEmployees"]
        for path in extracted.glob("Account*.jsonl")
        for row in read_lines(path)
        if row["Id"] == ids[7]
    }
    assert seen == {7, 7_000}
