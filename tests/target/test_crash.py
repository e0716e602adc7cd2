"""Killed without warning at any request of any operation, and run again from the last STATE: the same org."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from target.crash import KILLED, run_until
from target.lab import NAMES, TEXT, Lab, lines, stream

from local_org.testing import start

if TYPE_CHECKING:
    from pathlib import Path

POINTS = 26
"""Crashes for each write path."""

LOADS: list[dict[str, Any]] = [
    {
        "stream": "companies",
        "object": "Account",
        "operation": "upsert",
        "match": [{"source": "ext", "field": "Ext__c"}],
        "fields": {"name": "Name", "site": "Site", "parent": "Parent.Ext__c"},
    },
    {
        "stream": "facts",
        "object": "Account",
        "match": [{"source": "ext", "field": "Ext__c"}, {"source": "domain", "by": "domain"}],
        "fields": {"phone": {"field": "Phone", "overwrite": "tracked"}, "size": "NumberOfEmployees"},
    },
    {
        "stream": "people",
        "object": "Contact",
        "operation": "insert",
        "key": "Ext__c",
        "fields": {"ext": "Ext__c", "last": "LastName", "company": "Account.Ext__c"},
    },
    {
        "stream": "gone",
        "object": "Account",
        "operation": "delete",
        "match": [{"source": "ext", "field": "Ext__c"}],
    },
    {
        "stream": "account_segments",
        "operation": "mirror",
        "object": NAMES.segment_object,
        "key": NAMES.segment_key,
        "key_from": [NAMES.segment_account, "segment_id"],
        "fields": {
            "account": {"field": NAMES.segment_account, "match": [{"source": "ext", "field": "Ext__c"}]},
            "segment_id": NAMES.segment_id,
            "status": NAMES.segment_status,
        },
        "max_remove_percent": 100,
    },
]


def prepare(lab: Lab) -> None:
    """The org before the run."""
    for sobject in ("Account", "Contact"):
        lab.field(f"{sobject}.Ext__c", externalId=True, unique=True, **TEXT)
    lab.field(f"Account.{NAMES.memory}", type="LongTextArea", length=32768, visibleLines=3)
    lab.segment_object()
    for n in range(6):
        lab.create("Account", Name=f"Old {n}", Ext__c=f"k{n}", Site="old")
    lab.company("acme.com", Ext__c="acme")
    [first] = lab.rows("SELECT Id FROM Account WHERE Ext__c = 'k0'")
    for segment in ("kept", "stale"):
        key = f"account_segments|{first['Id']}|{segment}"
        lab.create(NAMES.segment_object, **{NAMES.segment_key: key, NAMES.segment_account: first["Id"]})


def messages() -> list[dict[str, Any]]:
    """All operations, a STATE after each."""
    companies = [
        {"ext": f"k{n}", "name": f"New {n}", "site": None if n % 3 else "s", "parent": f"k{n % 4}"}
        for n in range(9)
    ]
    facts: list[dict[str, Any]] = [{"ext": f"k{n}", "phone": f"{n}", "size": n} for n in range(8)]
    facts += [{"domain": "acme.com", "size": 77}, {"ext": "nobody", "size": 1}, {"ext": "k1", "size": "many"}]
    people = [{"ext": f"p{n}", "last": f"Doe {n}", "company": f"k{n}"} for n in range(7)]
    gone = [{"ext": "k5"}, {"ext": "k7"}]
    segments = [{"ext": f"k{n}", "segment_id": s, "status": "in"} for n in range(3) for s in ("kept", "b")]
    parts = {
        "companies": companies,
        "facts": facts,
        "people": people,
        "gone": gone,
        "account_segments": segments,
    }
    found: list[dict[str, Any]] = []
    for number, (name, rows) in enumerate(parts.items()):
        found += stream(name, rows, key=["ext"], state={"after": number}, ext="string", size={})
    return found


def after(state: Any, everything: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a tap sends when it continues from a STATE."""
    if state is None:
        return everything
    position = everything.index({"type": "STATE", "value": state})
    return everything[position + 1 :]


def snapshot(lab: Lab) -> dict[str, list[tuple[Any, ...]]]:
    """The org, without Ids."""
    queries = {
        "Account": f"SELECT Ext__c, Name, Site, Phone, NumberOfEmployees, Parent.Ext__c, {NAMES.memory} FROM Account",
        "Contact": "SELECT Ext__c, LastName, Account.Ext__c FROM Contact",
        "Segment": f"SELECT {NAMES.segment_account.replace('__c', '__r')}.Ext__c, {NAMES.segment_id}, "
        f"{NAMES.segment_status} FROM {NAMES.segment_object}",
    }
    flat = lambda value: value["Ext__c"] if isinstance(value, dict) else value  # noqa: E731
    return {
        name: sorted((tuple(map(flat, row.values())) for row in lab.rows(soql)), key=repr)
        for name, soql in queries.items()
    }


def write(lab: Lab, api_type: str, state: Any = None) -> tuple[Path, Path, Path]:
    paths = tuple(lab.directory / name for name in ("config.json", "input.singer", "states.txt"))
    paths[0].write_text(
        json.dumps(lab.config(loads=LOADS, api_type=api_type, batch_size_rows=6, max_reject_percent=100))
    )
    paths[1].write_text(lines(after(state, messages())))
    return paths  # type: ignore[return-value]  # three


@pytest.mark.long
@pytest.mark.parametrize("api_type", ["REST", "BULK2"])
def test_killed_at_seeded_points_over_all_operations_and_run_again(
    api_type: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with start() as org:
        lab = Lab(org, tmp_path, caplog)
        prepare(lab)
        org.requests.clear()
        assert run_until(*write(lab, api_type), 0, "before") == 0
        expected, total = snapshot(lab), len(org.requests)
        assert len(expected["Account"]) == 8
        assert len(expected["Segment"]) == 6
        rejects = (tmp_path / "rejects.jsonl").read_text()
    chance = random.Random(20)
    points = [(at, when) for at in range(1, total) for when in ("before", "after")]
    points = sorted(chance.sample(points, POINTS))
    for at, when in points:
        (tmp_path / "rejects.jsonl").unlink(missing_ok=True)
        with start() as org:
            lab = Lab(org, tmp_path, caplog)
            prepare(lab)
            config, singer, states = write(lab, api_type)
            code = run_until(config, singer, states, at, when)
            assert code in (KILLED, 0)
            sent = [json.loads(line) for line in states.read_text().splitlines()]
            write(lab, api_type, sent[-1] if sent else None)
            assert run_until(config, singer, states, 0, "before") == 0
            where = f"killed {when} request {at} of {total}, went on from {sent[-1:]}"
            assert snapshot(lab) == expected, where
            # A row whose parent the first run deleted before it died has nothing to point at any more.
            assert _left_in(rejects) <= _left(tmp_path), where
            assert not org.errors


def _left(directory: Path) -> set[tuple[str, str]]:
    return _left_in((directory / "rejects.jsonl").read_text())


def _left_in(text: str) -> set[tuple[str, str]]:
    return {(json.loads(line)["code"], json.dumps(json.loads(line)["record"])) for line in text.splitlines()}
