"""tap-salesforce-abm into other people's loaders: after every run their tables are the org, row for row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from support.busy_org import OBJECTS, BusyOrg
from support.clients import python_client
from support.loaders import DuckDb, Jsonl, Loader, Pipeline, PostgresTarget, told

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg
    from support.postgres import Database

pytestmark = [pytest.mark.clients, pytest.mark.long, pytest.mark.xdist_group("loaders")]
ROUNDS = ("BULK2", "REST", "AUTO")


@pytest.fixture(params=["target-jsonl", "target-duckdb", "target-postgres"])
def loader(request: pytest.FixtureRequest, tmp_path: Path) -> Loader:
    """Each of the loaders, with nothing loaded."""
    if request.param == "target-jsonl":
        return Jsonl(tmp_path / "loaded")
    if request.param == "target-duckdb":
        return DuckDb(tmp_path / "warehouse.duckdb")
    return PostgresTarget(request.getfixturevalue("database"))


def differences(busy: BusyOrg, loader: Loader) -> list[str]:
    """Where a loader's tables are not the org."""
    found = []
    for sobject in OBJECTS:
        types, rows = busy.truth(sobject)
        loaded = loader.rows(sobject)
        table = {row["id"]: row for row in loaded}
        if len(table) != len(loaded):
            found.append(f"{sobject}: {len(loaded)} rows of {len(table)} keys")
        gone = busy.purged[sobject] & set(table)
        missing, extra = set(rows) - set(table), set(table) - set(rows) - gone
        found += [
            f"{sobject}: {sorted(ids)} {what}"
            for ids, what in ((missing, "missing"), (extra, "extra"))
            if ids
        ]
        found += [
            f"{sobject} {row}: purged and still there" for row in gone if table[row]["isdeleted"] is not True
        ]
        for key in set(rows) & set(table):
            for name, kind in types.items():
                expected = told(rows[key][name], kind, loader.number)
                got = table[key].get(name.lower(), "no such column")
                if got != "no such column":
                    got = loader.value(got, kind)
                if got != expected:
                    found.append(f"{sobject} {key} {name} ({kind}): {got!r}, in the org {expected!r}")
    return found


def test_three_rounds_of_changes_and_deletes_arrive(
    org: RunningOrg, connection_settings: dict[str, Any], tmp_path: Path, loader: Loader
) -> None:
    client = python_client(loader.pins, tmp_path)
    busy = BusyOrg(org)
    # a formula changes without a trace in its row, so every run reads them all
    settings = {**connection_settings, "objects": list(OBJECTS), "account_domains": False}
    pipeline = Pipeline(loader, client, {**settings, "formula_refresh_hours": 1})
    pipeline.run()
    assert not differences(busy, loader)
    for api in ROUNDS:
        busy.work()
        pipeline.run(api_type=api)
        assert not differences(busy, loader)
    told_of = {name: busy.purged[name] & {row["id"] for row in loader.rows(name)} for name in OBJECTS}
    assert min(map(len, told_of.values())) >= 3, "rows that had been loaded were purged"


def test_rows_purged_longer_ago_than_salesforce_remembers_leave_the_table(
    org: RunningOrg, connection_settings: dict[str, Any], tmp_path: Path, database: Database
) -> None:
    loader = PostgresTarget(database, hard_delete=True)
    client = python_client(loader.pins, tmp_path)
    busy = BusyOrg(org)
    settings = {**connection_settings, "objects": list(OBJECTS), "account_domains": False}
    pipeline = Pipeline(loader, client, {**settings, "emit_activate_version_messages": True})
    pipeline.run()
    busy.work()
    org.org.clock.shift(timedelta(days=40))
    pipeline.run()
    assert min(map(len, busy.purged.values())) >= 1
    assert not differences(busy, loader)
    for sobject in OBJECTS:
        assert not busy.purged[sobject] & {row["id"] for row in loader.rows(sobject)}
