"""Memory stays flat whatever the size of an object."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tap.running import COMMAND, arguments_of, discover

from local_org.clock import stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_org.testing import RunningOrg

FEW, MANY = 20_000, 1_000_000


def _fill(org: RunningOrg, noon: datetime, rows: int, first: int) -> None:
    def values() -> Iterator[list[Any]]:
        for number in range(first, first + rows):
            yield [f"Account {number}", stored(noon - timedelta(minutes=10 + number % 400_000))]

    org.org.store.bulk_insert(
        org.org.schema.object("Account"),
        ["Name", "SystemModstamp"],
        values(),
        stamp=stored(noon - timedelta(days=900)),
        user_id=org.org.admin.id,
    )


def _run(config: dict[str, Any], catalog: dict[str, Any]) -> tuple[int, float]:
    """Run the tap; give the number of records and the most memory it held, in MB."""
    records, most = 0, 0
    with arguments_of(config, catalog=catalog) as arguments:
        process = subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        for line in process.stdout:
            records += line.startswith(b'{"type":"RECORD"')
            if records % 5000 == 0:
                status = Path(f"/proc/{process.pid}/status").read_text("ascii")
                most = max(
                    most, *(int(item.split()[1]) for item in status.splitlines() if "VmRSS" in item), 0
                )
        process.stdout.close()
        assert process.wait() == 0
    return records, most / 1024


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_a_million_rows_need_no_more_memory_than_a_few(
    org: RunningOrg, noon: datetime, config: dict[str, Any]
) -> None:
    settings = {**config, "api_type": "BULK2", "concurrency": 2}
    catalog = discover(settings)
    for item in catalog["streams"][0]["metadata"]:
        if item["breadcrumb"]:
            item["metadata"]["selected"] = item["breadcrumb"][1] == "Name"
    _fill(org, noon, FEW, 0)
    few, least = _run(settings, catalog)
    _fill(org, noon, MANY - FEW, FEW)
    many, most = _run(settings, catalog)
    assert (few, many) == (FEW, MANY)
    assert most - least < 20
