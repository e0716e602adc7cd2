"""airbyte-source-salesforce: Bulk API 2.0 where it can, REST for objects with compound or binary fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local_org import defaults
from support.clients import Client, python_client

if TYPE_CHECKING:
    from pathlib import Path

    from local_org.testing import RunningOrg

pytestmark = pytest.mark.clients
STREAMS = ("Account", "OpportunityContactRole", "OpportunityStage")
CONFIG = {
    "auth_type": "Client",
    "client_id": defaults.CLIENT_ID,
    "client_secret": defaults.CLIENT_SECRET,
    "refresh_token": defaults.REFRESH_TOKEN,
    "start_date": "2015-01-01T00:00:00Z",
    "stream_slice_step": "P10000D",
    "streams_criteria": [{"criteria": "exacts", "value": name} for name in STREAMS],
}


@pytest.fixture
def client(tmp_path: Path, secure_demo: RunningOrg) -> Client:
    # It needs Python 3.13 or older.
    made = python_client("airbyte-source-salesforce", tmp_path, newest=(3, 13))
    made.command = (*made.command, "-c", "from source_salesforce.run import run; run()")
    return made.trust(secure_demo)


def write(client: Client, name: str, value: Any) -> Path:
    path = client.home / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def configured(stream: dict[str, Any], mode: str) -> dict[str, Any]:
    found = {"stream": stream, "sync_mode": mode, "destination_sync_mode": "append"}
    return found | ({"cursor_field": stream["default_cursor_field"]} if mode == "incremental" else {})


def test_it_tells_what_it_needs(client: Client) -> None:
    (spec,) = [
        message["spec"]
        for message in client.run("spec").require_success().lines()
        if message["type"] == "SPEC"
    ]
    assert {"client_id", "client_secret", "refresh_token"} <= set(spec["connectionSpecification"]["required"])


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        (defaults.REFRESH_TOKEN, "SUCCEEDED", ""),
        ("wrong", "FAILED", "The authentication to SalesForce has expired."),
    ],
    ids=["right", "wrong"],
)
def test_it_checks_the_connection(client: Client, token: str, status: str, message: str) -> None:
    path = write(client, "config.json", CONFIG | {"refresh_token": token})
    lines = client.run("check", "--config", path).lines()
    (told,) = [line["connectionStatus"] for line in lines if line["type"] == "CONNECTION_STATUS"]
    assert told["status"] == status
    assert told.get("message", "").startswith(message)


def read(
    client: Client, picked: list[dict[str, Any]], *options: str | Path
) -> tuple[dict[str, Any], list[Any]]:
    """The records of a run by stream, and its last states."""
    catalog = write(client, "catalog.json", {"streams": picked})
    done = client.run("read", "--config", client.home / "config.json", "--catalog", catalog, *options)
    records: dict[str, list[dict[str, Any]]] = {item["stream"]["name"]: [] for item in picked}
    states: dict[str, Any] = {}
    for line in done.require_success().lines():
        if line["type"] == "RECORD":
            records[line["record"]["stream"]].append(line["record"]["data"])
        if line["type"] == "STATE":
            states[line["state"]["stream"]["stream_descriptor"]["name"]] = line["state"]
    return records, list(states.values())


def test_it_discovers_and_reads_and_goes_on(client: Client, secure_demo: RunningOrg) -> None:
    config = write(client, "config.json", CONFIG)
    lines = client.run("discover", "--config", config).require_success().lines()
    (catalog,) = [line["catalog"] for line in lines if line["type"] == "CATALOG"]
    found = {stream["name"]: stream for stream in catalog["streams"]}
    assert set(STREAMS) <= set(found)
    assert found["Account"]["default_cursor_field"] == ["SystemModstamp"]
    records, states = read(client, [configured(found[name], "incremental") for name in STREAMS])
    for name in STREAMS:
        rows = secure_demo.org.store.read().execute(f'SELECT "Id", "SystemModstamp" FROM "{name}"')
        stored = {row[0]: row[1][:19] for row in rows}
        assert {row["Id"]: row["SystemModstamp"][:19] for row in records[name]} == stored, name
    assert secure_demo.requests.matching("/jobs/query$", method="POST")
    assert secure_demo.requests.matching("/queryAll$", method="GET")
    assert {type(row["AnnualRevenue"]) for row in records["Account"] if "AnnualRevenue" in row} == {float}
    assert any("é" in row["Name"] for row in records["Account"])
    state = write(client, "state.json", states)
    again, _ = read(client, [configured(found["OpportunityContactRole"], "incremental")], "--state", state)
    assert len(again["OpportunityContactRole"]) < 100 < len(records["OpportunityContactRole"])
