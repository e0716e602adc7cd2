"""Exact values of every field type, out of an org, over REST and Bulk, down every road a record can take."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from tap.running import discover, insert, run_tap

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from local_org.testing import RunningOrg

FIELDS: dict[str, dict[str, Any]] = {
    "Text__c": {"type": "Text", "label": "Text", "length": 80, "inlineHelpText": "Any text."},
    "Long__c": {"type": "LongTextArea", "label": "Long", "length": 32000, "visibleLines": 3},
    "Area__c": {"type": "TextArea", "label": "Area"},
    "Rich__c": {"type": "Html", "label": "Rich", "length": 32000, "visibleLines": 10},
    "Flag__c": {"type": "Checkbox", "label": "Flag", "defaultValue": "false"},
    "Amount__c": {"type": "Currency", "label": "Amount", "precision": 18, "scale": 2},
    "Number__c": {"type": "Number", "label": "Number", "precision": 18, "scale": 6},
    "Whole__c": {"type": "Number", "label": "Whole", "precision": 18, "scale": 0},
    "Percent__c": {"type": "Percent", "label": "Percent", "precision": 5, "scale": 2},
    "Day__c": {"type": "Date", "label": "Day"},
    "Moment__c": {"type": "DateTime", "label": "Moment"},
    "Time__c": {"type": "Time", "label": "Time"},
    "Mail__c": {"type": "Email", "label": "Mail"},
    "Phone__c": {"type": "Phone", "label": "Phone"},
    "Web__c": {"type": "Url", "label": "Web"},
    "Spot__c": {"type": "Location", "label": "Spot", "scale": 5, "displayLocationInDecimal": True},
    "Parent__c": {
        "type": "Lookup",
        "label": "Parent",
        "referenceTo": "Account",
        "relationshipName": "Things",
        "relationshipLabel": "Things",
    },
    "Stage__c": {
        "type": "Picklist",
        "label": "Stage",
        "valueSet": {
            "valueSetDefinition": {
                "sorted": False,
                "value": [{"fullName": "NULL", "default": False, "label": "NULL"}],
            }
        },
    },
    "Many__c": {
        "type": "MultiselectPicklist",
        "label": "Many",
        "visibleLines": 3,
        "valueSet": {
            "valueSetDefinition": {
                "sorted": False,
                "value": [{"fullName": name, "default": False, "label": name} for name in ("a", "b")],
            }
        },
    },
}

MESSY = 'He said "no",\r\n\tthen left\\ — 漢字 🚀 ;é\x0b'
FULL: dict[str, Any] = {
    "Name": "NA",
    "Text__c": "None",
    "Long__c": MESSY,
    "Area__c": "line one\nline two",
    "Rich__c": "<p>a &amp; b</p>",
    "Flag__c": 1,
    "Amount__c": 1234567.89,
    "Number__c": 0.000001,
    "Whole__c": 42,
    "Percent__c": 12.5,
    "Day__c": "2024-02-29",
    "Moment__c": "2024-02-29T23:59:59Z",
    "Time__c": "13:05:00.000Z",
    "Mail__c": "a@b.example",
    "Phone__c": "+1 (555) 0100",
    "Web__c": "example.com/a?b=c&d=é",
    "Spot__Latitude__s": 47.37,
    "Spot__Longitude__s": -8.5,
    "Parent__c": None,
    "Stage__c": "NULL",
    "Many__c": "a;b",
}
EMPTY: dict[str, Any] = dict.fromkeys(FULL, None) | {"Name": "null", "Flag__c": 0}

EXPECTED_FULL: dict[str, Any] = {
    **{
        name: FULL[name] for name in ("Name", "Text__c", "Long__c", "Area__c", "Rich__c", "Day__c", "Time__c")
    },
    **{name: FULL[name] for name in ("Mail__c", "Phone__c", "Web__c", "Stage__c", "Many__c", "Parent__c")},
    "Flag__c": True,
    "Amount__c": Decimal("1234567.89"),
    "Number__c": Decimal("0.000001"),
    "Whole__c": 42,
    "Percent__c": Decimal("12.5"),
    "Moment__c": "2024-02-29T23:59:59.000Z",
    "Spot__Latitude__s": Decimal("47.37"),
    "Spot__Longitude__s": Decimal("-8.5"),
    "Spot__c": {"latitude": Decimal("47.37"), "longitude": Decimal("-8.5")},
    "IsDeleted": False,
}
EXPECTED_EMPTY = dict.fromkeys(EXPECTED_FULL, None) | {"Name": "null", "Flag__c": False, "IsDeleted": False}


@pytest.fixture
def things(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> dict[str, Any]:
    """An org with one row of everything and one of nothing; the settings that read it."""
    customiser = org.org.customiser
    customiser.create_object(
        "Thing__c",
        {
            "label": "Thing",
            "pluralLabel": "Things",
            "nameField": {"type": "Text", "label": "Name"},
            "deploymentStatus": "Deployed",
            "sharingModel": "ReadWrite",
            "fields": [{"fullName": name, **metadata} for name, metadata in FIELDS.items()],
        },
    )
    org.org.grant("Thing__c", org.org.admin)
    for name in FIELDS:
        org.org.grant(f"Thing__c.{name}", org.org.admin)
    insert(org, "Thing__c", [FULL, EMPTY], at=noon.replace(hour=10))
    return {**config, "objects": ["Thing__c"]}


@pytest.fixture(params=["REST", "BULK2"])
def api(request: pytest.FixtureRequest) -> str:
    """Each of the two ways to read."""
    return str(request.param)


def _by_name(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {record["Name"]: record for record in records}


def _known(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in EXPECTED_FULL}


def test_every_type_arrives_exactly(things: dict[str, Any], api: str) -> None:
    result = run_tap({**things, "api_type": api})
    assert result.code == 0, result.log
    records = _by_name(result.records["Thing__c"])
    assert _known(records["NA"]) == EXPECTED_FULL
    assert _known(records["null"]) == EXPECTED_EMPTY
    assert set(records["NA"]) == set(result.schemas["Thing__c"]["schema"]["properties"])
    assert records["NA"]["SystemModstamp"] == "2026-05-20T10:00:00.000Z"


def test_both_apis_give_the_same_records(things: dict[str, Any]) -> None:
    rest = run_tap({**things, "api_type": "REST"}).records["Thing__c"]
    bulk = run_tap({**things, "api_type": "BULK2"}).records["Thing__c"]
    assert _by_name(rest) == _by_name(bulk)


def test_schema_says_type_format_length_label_and_help(things: dict[str, Any]) -> None:
    schema = run_tap(things).schemas["Thing__c"]
    properties = schema["schema"]["properties"]
    assert schema["key_properties"] == ["Id"]
    assert schema["bookmark_properties"] == ["SystemModstamp"]
    assert properties["Text__c"] == {
        "type": ["string", "null"],
        "maxLength": 80,
        "title": "Text",
        "description": "Any text.",
    }
    assert properties["Flag__c"]["type"] == "boolean"
    assert properties["Amount__c"]["type"] == ["number", "null"]
    assert (properties["Day__c"]["type"], properties["Day__c"]["format"]) == (["string", "null"], "date")
    assert properties["Moment__c"]["format"] == "date-time"
    assert properties["Time__c"]["format"] == "time"
    assert properties["SystemModstamp"]["type"] == "string"
    assert properties["Spot__c"]["properties"] == {
        "latitude": {"type": ["number", "null"]},
        "longitude": {"type": ["number", "null"]},
    }


def test_the_slow_road_gives_what_the_fast_one_gives(things: dict[str, Any], api: str) -> None:
    """A stream map that changes nothing sends records through dicts and the SDK's own loop."""
    fast = run_tap({**things, "api_type": api})
    slow = run_tap({**things, "api_type": api, "stream_maps": {"Thing__c": {"Text__c": "record['Text__c']"}}})
    assert slow.code == 0, slow.log
    assert _by_name(slow.records["Thing__c"]) == _by_name(fast.records["Thing__c"])
    assert slow.state == fast.state


def test_stream_maps_change_and_filter_records(things: dict[str, Any]) -> None:
    maps = {"Thing__c": {"Label": "Name + '!'", "__filter__": "Flag__c", "__alias__": "things"}}
    result = run_tap({**things, "stream_maps": maps})
    [record] = result.records["things"]
    assert record["Label"] == "NA!"
    assert "Label" in result.schemas["things"]["schema"]["properties"]


def test_flattening_takes_compounds_apart(things: dict[str, Any]) -> None:
    result = run_tap({**things, "flattening_enabled": True, "flattening_max_depth": 1})
    record = _by_name(result.records["Thing__c"])["NA"]
    assert record["Spot__c__latitude"] == Decimal("47.37")
    assert "Spot__c" not in record


def test_batch_files_hold_the_same_records(things: dict[str, Any], api: str, tmp_path: Path) -> None:
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
        "batch_size": 1,
    }
    plain = run_tap({**things, "api_type": api})
    result = run_tap({**things, "api_type": api, "batch_config": batch})
    assert result.code == 0, result.log
    found = []
    for message in result.messages:
        for url in message.get("manifest", ()):
            with gzip.open(url2pathname(urlsplit(url).path), "rt", encoding="utf-8") as lines:
                found += [json.loads(line, parse_float=Decimal) for line in lines]
    assert _by_name(found) == _by_name(plain.records["Thing__c"])
    assert result.state == plain.state
    kinds = [message["type"] for message in result.messages]
    last = max(at for at, kind in enumerate(kinds) if kind == "BATCH")
    for message in result.messages[:last]:
        if message["type"] == "STATE":
            assert "replication_key_value" not in message["value"]["bookmarks"]["Thing__c"]


def test_only_selected_columns_are_asked_for_and_sent(
    org: RunningOrg, things: dict[str, Any], api: str
) -> None:
    catalog = discover(things)
    [entry] = catalog["streams"]
    wanted = {"Amount__c", "Spot__c"}
    for item in entry["metadata"]:
        if len(item["breadcrumb"]) == 2:
            item["metadata"]["selected"] = item["breadcrumb"][1] in wanted
    result = run_tap({**things, "api_type": api}, catalog=catalog)
    expected = {"Id", "SystemModstamp", *wanted}
    assert {frozenset(record) for record in result.records["Thing__c"]} == {frozenset(expected)}
    assert set(result.schemas["Thing__c"]["schema"]["properties"]) == expected
    asked = [request for request in org.requests if "Thing__c" in request.query]
    assert not any("Text__c" in request.query for request in asked)


def test_an_integer_and_an_address_of_a_standard_object(
    org: RunningOrg, noon: datetime, config: dict[str, Any], api: str
) -> None:
    insert(
        org,
        "Account",
        [{"Name": "Acme", "NumberOfEmployees": 12, "BillingCity": "Zürich", "BillingStreet": "Gasse 1\n2"}],
        at=noon.replace(hour=10),
    )
    [record] = run_tap({**config, "api_type": api}).records["Account"]
    assert record["NumberOfEmployees"] == 12
    assert record["BillingAddress"] == {
        "street": "Gasse 1\n2",
        "city": "Zürich",
        "state": None,
        "postalCode": None,
        "country": None,
        "latitude": None,
        "longitude": None,
        "geocodeAccuracy": None,
    }
    assert record["ShippingAddress"] is None


def test_bodies_come_only_when_asked_for(org: RunningOrg, noon: datetime, config: dict[str, Any]) -> None:
    settings = {**config, "objects": ["Attachment"], "api_type": "BULK2"}
    insert(org, "Account", [{"Name": "Acme"}], at=noon.replace(hour=10))
    [[parent]] = org.org.store.read().execute('SELECT "Id" FROM "Account"').fetchall()
    made = org.org.dml.create(
        org.org.admin, "Attachment", {"Name": "a.txt", "ParentId": parent, "Body": "aGVsbG8="}
    )
    assert made.success, made.errors
    org.org.clock.set(noon.replace(hour=13))
    assert "Body" not in run_tap(settings).records["Attachment"][0]
    catalog = discover(settings)
    for item in catalog["streams"][0]["metadata"]:
        if item["breadcrumb"] == ["properties", "Body"]:
            assert item["metadata"]["selected-by-default"] is False
            item["metadata"]["selected"] = True
    [record] = run_tap(settings, catalog=catalog).records["Attachment"]
    assert record["Body"] == "aGVsbG8="
