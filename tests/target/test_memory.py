"""Memory does not grow with the number of records."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from target.lab import Lab

# The peak of this process alone, which starts at the exec; what getrusage says begins with the parent's.
DRIVER = """
import re
from target_salesforce_abm.cli import run
from target_salesforce_abm.target import TargetSalesforceAbm
import sys
code = run(TargetSalesforceAbm, sys.argv[1:])
status = open("/proc/self/status").read()
print(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
sys.exit(code)
"""


def peak(lab: Lab, rows: int) -> float:
    """Megabytes a run took at most."""
    ids = [row[0] for row in lab.org.store.read().execute("SELECT Id FROM Account")]
    path = lab.directory / "input.singer"
    with path.open("w") as file:
        file.write(
            '{"type":"SCHEMA","stream":"rows","schema":{"properties":{"id":{},"text":{}}},"key_properties":[]}\n'
        )
        for n in range(rows):
            text = f"text {n} " + "x" * 60
            file.write(
                f'{{"type":"RECORD","stream":"rows","record":{{"id":"{ids[n]}","text":"{text}","more":"{text}"}}}}\n'
            )
    loads = [
        {
            "stream": "rows",
            "object": "Account",
            "match": [{"source": "id", "field": "Id"}],
            "fields": {"text": "Site"},
        }
    ]
    config = lab.directory / "config.json"
    config.write_text(json.dumps(lab.config(loads=loads, batch_size_rows=2_000, quota_percent_per_run=100)))
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, "--config", str(config), "--input", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((lab.directory / "report.json").read_text())
    assert report["streams"]["rows"]["written"] == rows
    return int(done.stdout.splitlines()[-1]) / 1024


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process's peak")
def test_six_times_the_records_take_the_same_memory(lab: Lab) -> None:
    item = lab.org.schema.object("Account")
    columns = ["Id", "Name", "OwnerId"]
    rows = [[lab.org.store.ids.next("001"), f"A{n}", lab.org.admin.id] for n in range(24_000)]
    lab.org.store.bulk_insert(item, columns, rows, stamp=lab.org.clock.stamp(), user_id=lab.org.admin.id)
    small = peak(lab, 4_000)
    with lab.org.store.write() as connection:
        connection.execute("UPDATE Account SET Site = NULL")
    assert peak(lab, 24_000) < small + 12
