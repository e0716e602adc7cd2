"""Random streams of rows, with random faults on the way, end in the same org as a model of a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from target.lab import TEXT, Lab, stream

from local_org.testing import start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_org.testing import RunningOrg

BY_EXT = [{"source": "ext", "field": "Ext__c"}]
LOADS: list[dict[str, Any]] = [
    {
        "stream": "made",
        "object": "Account",
        "operation": "upsert",
        "match": BY_EXT,
        "fields": {"name": "Name", "text": "Site", "size": "NumberOfEmployees"},
        "deleted": "delete",
    },
    {
        "stream": "filled",
        "object": "Account",
        "match": BY_EXT,
        "fields": {
            "text": {"field": "Site", "overwrite": "if_empty"},
            "size": {"field": "NumberOfEmployees", "nulls": "ignore"},
        },
    },
    {"stream": "gone", "object": "Account", "operation": "delete", "match": BY_EXT},
]
KEYS = st.sampled_from(["a", "B", "c'", "d\\", "e"])
TEXTS = st.sampled_from([None, "", "x", "y", "  z ", "ü", "#N/A"])
SIZES = st.sampled_from([None, 0, 7, "8", "many", 2.5])


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(["made", "made", "filled", "gone"]))
    row: dict[str, Any] = {"ext": draw(KEYS)}
    if name == "made":
        row["name"] = draw(st.sampled_from(["N", "M"]))
        if draw(st.integers(0, 5)) == 0:
            return name, {**row, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}
    if name != "gone":
        if draw(st.booleans()):
            row["text"] = draw(TEXTS)
        if draw(st.booleans()):
            row["size"] = draw(SIZES)
    return name, row


FAULTS = st.lists(
    st.tuples(
        st.sampled_from(["before", "after", "busy", "session", "lock", "job"]),
        st.integers(0, 6),
    ),
    max_size=3,
)

Org = dict[str, dict[str, Any]]


def model(history: list[tuple[str, dict[str, Any]]]) -> Org:
    """What each row means, one after the other."""
    org: Org = {}
    for name, row in history:
        key = row["ext"].casefold()
        if name == "gone" or "_sdc_deleted_at" in row:
            org.pop(key, None)
            continue
        if row.get("text") == "#N/A" or row.get("size") in ("many", 2.5):
            continue
        text = (row.get("text") or "").strip() or None
        size = None if row.get("size") is None else int(row["size"])
        if name == "made":
            record = org.setdefault(key, {"Site": None, "NumberOfEmployees": None})
            record["Name"] = row["name"]
            record |= {"Site": text} if "text" in row else {}
            record |= {"NumberOfEmployees": size} if "size" in row else {}
        elif key in org:
            record = org[key]
            record["Site"] = record["Site"] or text
            record["NumberOfEmployees"] = record["NumberOfEmployees"] if size is None else size
    return org


def strike(org: RunningOrg, fault: str, skip: int) -> None:
    writes = "/composite/sobjects|/jobs/ingest"
    match fault:
        case "before" | "after":
            org.faults.reset(fault, path=writes, skip=skip)
        case "busy":
            org.faults.status(503, path=writes, skip=skip, times=2)
        case "session":
            org.faults.expire_session(path=writes, skip=skip)
        case "lock":
            for row in org.org.store.read().execute("SELECT Id FROM Account").fetchall()[: skip + 1]:
                org.faults.lock(row[0], 2)
        case "job":
            org.faults.job("Failed", after_rows=skip % 3, job_kind="ingest")


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningOrg]:
    with start() as org:
        yield org


@pytest.mark.long
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    history=st.lists(rows(), min_size=1, max_size=14),
    faults=FAULTS,
    api_type=st.sampled_from(["REST", "BULK2", "AUTO"]),
    batch=st.sampled_from([1, 3, 100]),
)
def test_any_stream_with_any_faults_ends_as_the_model_says(
    shared: RunningOrg,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    history: list[tuple[str, dict[str, Any]]],
    faults: list[tuple[str, int]],
    api_type: str,
    batch: int,
) -> None:
    lab = Lab(shared, tmp_path, caplog)
    if "Ext__c" not in lab.org.schema.object("Account"):
        lab.field("Account.Ext__c", externalId=True, unique=True, **TEXT)
    shared.faults.clear()
    lab.org.locks.clear()
    with lab.org.store.write() as connection:
        connection.execute("DELETE FROM Account")
    lab.create("Account", Name="before", Ext__c="a", Site="theirs")
    (tmp_path / "rejects.jsonl").unlink(missing_ok=True)
    messages = [
        m
        for name in ("made", "filled", "gone")
        for m in stream(name, [], ext="string", name="string", text={}, size={})
    ]
    messages += [{"type": "RECORD", "stream": name, "record": row} for name, row in history]
    for fault, skip in faults:
        strike(shared, fault, skip)
    run = lab.run(messages, loads=LOADS, api_type=api_type, batch_size_rows=batch, allow_failures=True)
    expected = model([("made", {"ext": "a", "name": "before", "text": "theirs"}), *history])
    assert run.code == 0, run.log
    found = lab.rows("SELECT Ext__c, Name, Site, NumberOfEmployees FROM Account")
    assert {row.pop("Ext__c").casefold(): row for row in found} == expected
    assert sum(run.report["streams"][name]["received"] for name in ("made", "filled", "gone")) == len(history)
    assert not shared.errors
